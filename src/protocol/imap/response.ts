// What the server says when a command ends. The one place where trouble becomes words of IMAP: BAD, or NO with a code of RFC 5530.
// Knows the codes; knows no command.
import { Refusal, SyntaxTrouble, Unavailable, type RefusalCode } from '../../base/trouble.ts';
import type { Done } from './context.ts';

/** RFC 5530 §3, RFC 9051 §7.1. */
const refusalCodes: Readonly<Record<RefusalCode, string>> = {
  'authentication-failed': 'AUTHENTICATIONFAILED',
  'authorization-failed': 'AUTHORIZATIONFAILED',
  'privacy-required': 'PRIVACYREQUIRED',
  'login-delayed': 'UNAVAILABLE', // not AUTHENTICATIONFAILED: apps would ask for another password
  nonexistent: 'NONEXISTENT',
  'already-exists': 'ALREADYEXISTS',
  cannot: 'CANNOT',
  'in-use': 'INUSE',
  'over-quota': 'OVERQUOTA',
  'too-big': 'TOOBIG', // RFC 7889 §4
  limit: 'LIMIT',
  'no-perm': 'NOPERM',
  'read-only': 'NOPERM',
  'bad-charset': 'BADCHARSET (UTF-8 US-ASCII)', // RFC 9051 §6.4.4
  'unknown-cte': 'UNKNOWN-CTE',
  'has-children': 'HASCHILDREN',
  parse: 'PARSE',
  expired: 'EXPIRED',
  'uid-not-sticky': 'UIDNOTSTICKY',
  'not-saved': 'NOTSAVED', // RFC 5182 §2.1
  policy: 'NOPERM',
  changed: 'INUSE',
};

/** What kind of trouble it was, for the log and the count of faults. */
export type Fault = 'syntax' | 'refused' | 'unavailable' | 'defect';

export function faultOf(trouble: unknown): Fault {
  if (trouble instanceof SyntaxTrouble) return 'syntax';
  if (trouble instanceof Refusal) return 'refused';
  return trouble instanceof Unavailable ? 'unavailable' : 'defect';
}

/** `tryCreate`: the missing mailbox was the target, which the client may create (RFC 9051 §7.1 TRYCREATE). */
export function answerTrouble(trouble: unknown, tryCreate = false): Done {
  if (trouble instanceof SyntaxTrouble) return { status: 'BAD', text: `${trouble.message} (octet ${trouble.offset})` };
  if (trouble instanceof Refusal) {
    const code = tryCreate && trouble.code === 'nonexistent' ? 'TRYCREATE' : refusalCodes[trouble.code];
    return { status: 'NO', code, text: trouble.message };
  }
  if (trouble instanceof Unavailable) return { status: 'NO', code: 'UNAVAILABLE', text: trouble.message };
  return { status: 'NO', code: 'SERVERBUG', text: 'the server made a mistake; it has been noted' };
}

/** RFC 9051 §9 (resp-text): nothing in it can end the line or be taken for a code. */
export function formatText(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain === '' ? '-' : plain.startsWith('[') ? `-${plain}` : plain;
}

export function formatTagged(tag: string, done: Done): string {
  return `${tag} ${done.status ?? 'OK'} ${done.code === undefined ? '' : `[${done.code}] `}${formatText(done.text)}\r\n`;
}

/** RFC 9051 §9 (quoted) for text without CR, LF and NUL; what cannot stand in it is left out. */
export function formatQuoted(text: string): string {
  return `"${text.replace(/[\0\r\n]/g, '').replace(/["\\]/g, '\\$&')}"`;
}
