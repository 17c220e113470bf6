// What the server answers: one line, and the one place where trouble becomes words (RFC 2449 §8, RFC 3206).
// Knows status, response codes and sentences; knows no wire.
import { Refusal, SyntaxTrouble, Unavailable, type RefusalCode } from '../../base/trouble.ts';
import type { Words } from './words.ts';

/** Response codes: IN-USE and LOGIN-DELAY of RFC 2449 §8.1, AUTH and SYS of RFC 3206 §3, UTF8 of RFC 6856 §5. */
export type ResponseCode = 'IN-USE' | 'LOGIN-DELAY' | 'AUTH' | 'SYS/TEMP' | 'SYS/PERM' | 'UTF8';

export interface Reply {
  readonly ok: boolean;
  readonly code: ResponseCode | null;
  readonly text: string;
}

/** RFC 2449 §3: 512 octets with the line end; in the worst case a character takes three. */
const longestText = 160;

export function ok(text: string): Reply {
  return { ok: true, code: null, text };
}

export function no(text: string, code: ResponseCode | null = null): Reply {
  return { ok: false, code, text };
}

/** RFC 2449 §3 (single-line), with its CRLF. */
export function formatReply({ ok, code, text }: Reply): string {
  // Without a code the text must not look as if it began with one. A line has no line ends inside, whoever wrote it.
  const words = text.replace(/[\0-\x1f\x7f]/g, ' ').slice(0, longestText);
  const start = code !== null ? `[${code}] ` : words.startsWith('[') ? '. ' : '';
  return `${ok ? '+OK' : '-ERR'}${words === '' ? '' : ' '}${start}${words}\r\n`;
}

export function parseReply(line: string): Reply {
  const match = /^(\+OK|-ERR)(?: (?:\[([A-Z0-9/-]+)\] ?)?(.*))?$/i.exec(line.replace(/\r\n$/, ''));
  if (!match) throw new SyntaxTrouble('a reply begins with +OK or -ERR');
  return {
    ok: match[1]!.toUpperCase() === '+OK',
    code: (match[2]?.toUpperCase() as ResponseCode | undefined) ?? null,
    text: match[3] ?? '',
  };
}

/** Why someone cannot sign in is told by a code (RFC 3206 §3), so that an app asks for another password only when that would help. */
const codes: Readonly<Partial<Record<RefusalCode, ResponseCode>>> = {
  'authentication-failed': 'AUTH',
  'authorization-failed': 'AUTH',
  'no-perm': 'AUTH',
  'privacy-required': 'AUTH',
  'login-delayed': 'LOGIN-DELAY',
  'in-use': 'IN-USE',
};

export function replyOfTrouble(trouble: unknown, words: Words): Reply {
  if (trouble instanceof SyntaxTrouble) return no(words.syntax(trouble.message));
  if (trouble instanceof Refusal) return no(words.refusals[trouble.code] ?? trouble.message, codes[trouble.code] ?? null);
  if (trouble instanceof Unavailable) return no(words.unavailable(trouble.message), 'SYS/TEMP');
  return no(words.defect, 'SYS/TEMP');
}
