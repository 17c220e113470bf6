// The trace fields that a server puts on top of a letter: Return-Path and Received (RFC 5321 §4.4, RFC 3848, RFC 6531 §3.7.3, RFC 8314 §4.3).
// Knows how they are written; knows no station.
import type { LetterId } from '../../store/contract.ts';
import type { Client } from './contract.ts';
import { formatAddressLiteral } from './grammar/domain.ts';

export interface ReceivedFacts {
  readonly client: Client;
  /** Our name. */
  readonly by: string;
  readonly letter: LetterId;
  /** The one recipient as the client told it; null when there are several, since it would tell them of one another. */
  readonly recipient: string | null;
  readonly smtpUtf8: boolean;
  /** Wall time, milliseconds. */
  readonly at: number;
}

/** RFC 5321 §4.4 (Return-path-line). */
export function formatReturnPath(reversePath: string): string {
  return `Return-Path: <${reversePath}>\r\n`;
}

/** RFC 5321 §4.4 (Time-stamp-line), folded. */
export function formatReceived({ client, by, letter, recipient, smtpUtf8, at }: ReceivedFacts): string {
  const { helloName, remote, tls } = client;
  const literal = formatAddressLiteral(remote.address.replace(/%.*$/, ''));
  // RFC 5321 §4.1.1.1 names only; anything else that a client called itself is told in no place where it could mean something.
  const name = /^[A-Za-z0-9._-]+$/.test(helloName) || /^\[[A-Za-z0-9.:]+\]$/.test(helloName) ? helloName : 'unknown';
  return (
    `Received: from ${name} (${literal})\r\n\tby ${by} with ${withProtocol(client, smtpUtf8)} id ${letter}` +
    (recipient === null ? '' : `\r\n\tfor <${recipient}>`) +
    // RFC 8314 §4.3: a registered clause, after those of RFC 5321.
    (tls === null ? '' : `\r\n\ttls ${tls.cipher} (${tls.version})`) +
    `; ${formatTraceDate(at)}\r\n`
  );
}

/** RFC 3848 §2 and the registry of mail transmission types: ESMTPSA, LMTPS, UTF8SMTPS … */
function withProtocol(client: Client, smtpUtf8: boolean): string {
  if (client.protocol === 'SMTP') return 'SMTP';
  const base = smtpUtf8 ? (client.protocol === 'LMTP' ? 'UTF8LMTP' : 'UTF8SMTP') : client.protocol;
  return `${base}${client.tls === null ? '' : 'S'}${client.principal === null ? '' : 'A'}`;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
let lastSecond = -1;
let lastDate = '';

/** RFC 5322 §3.3 in UTC. Letters of one second share the text. */
export function formatTraceDate(at: number): string {
  const second = Math.floor(at / 1000);
  if (second === lastSecond) return lastDate;
  const date = new Date(second * 1000);
  lastSecond = second;
  lastDate =
    `${days[date.getUTCDay()]}, ${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()} ` +
    `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
  return lastDate;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
