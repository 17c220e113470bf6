// What the server says: every code with its enhanced code and words in one table, and how trouble becomes one of them.
// Knows RFC 5321 §4.2, RFC 3463 and the registry of RFC 5248; knows no command and no state.
import { Refusal, SyntaxTrouble, Unavailable, type RefusalCode, type UnavailableCode } from '../../base/trouble.ts';

export interface Reply {
  readonly code: number;
  /** RFC 2034; null where none belongs: greeting, EHLO, 3yz. */
  readonly enhanced: string | null;
  /** Words; `\n` begins a new line of the reply. */
  readonly text: string;
}

const table = {
  // 2yz: done
  ok: [250, '2.0.0', 'OK'],
  'sender-ok': [250, '2.1.0', 'Sender OK'],
  'recipient-ok': [250, '2.1.5', 'Recipient OK'],
  'letter-taken': [250, '2.6.0', 'Letter taken'],
  'signed-in': [235, '2.7.0', 'Signed in'],
  'cannot-verify': [252, '2.5.0', 'Cannot verify the person here; send the letter and see'], // RFC 5321 §3.5.3, §7.3
  help: [214, '2.0.0', 'RFC 5321. Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP STARTTLS AUTH QUIT'],
  'start-tls': [220, '2.0.0', 'Ready to start TLS'],
  goodbye: [221, '2.0.0', 'Goodbye'],
  // 3yz: go on
  'send-data': [354, null, 'Send the letter, end it with a dot on a line of its own'],
  // 421: the connection ends
  silence: [421, '4.4.2', 'Nothing was heard for too long'], // RFC 3463 §3.5 X.4.2
  'too-slow': [421, '4.4.2', 'The letter took too long'],
  shutdown: [421, '4.3.2', 'The server is stopping; please come again'],
  'too-many-errors': [421, '4.7.0', 'Too many errors'],
  'too-many-letters': [421, '4.5.3', 'Enough letters on this connection; please open another'],
  // 4yz: not now
  'try-again': [451, '4.3.0', 'Something went wrong here; please try again later'],
  'server-busy': [451, '4.3.2', 'The server is busy; please try again later'],
  'no-room': [452, '4.3.1', 'No room on the disk; please try again later'],
  'too-many-recipients': [452, '4.5.3', 'Too many recipients; send the others in another letter'], // RFC 5321 §4.5.3.1.10
  'mailbox-full': [452, '4.2.2', 'The mailbox is full'],
  'rate-limited': [451, '4.7.1', 'Too many letters in a short time; please wait'],
  'auth-unavailable': [454, '4.7.0', 'Cannot check the password now; please try again later'], // RFC 4954 §6
  'tls-unavailable': [454, '4.7.0', 'TLS is not available now'], // RFC 3207 §4
  // 5yz: no
  'unknown-command': [500, '5.5.1', 'Unknown command'],
  'bad-syntax': [500, '5.5.2', 'Not understood'],
  'line-too-long': [500, '5.5.2', 'The line is too long'], // RFC 5321 §4.5.3.1.9
  'auth-line-too-long': [500, '5.5.6', 'The line of the sign-in is too long'], // RFC 4954 §4
  'wrong-protocol': [500, '5.5.2', 'This is a mail server'],
  'bad-argument': [501, '5.5.4', 'The argument is not well-formed'],
  'bad-sender': [501, '5.1.7', 'The address of the sender is not well-formed'],
  'bad-recipient': [501, '5.1.3', 'The address of the recipient is not well-formed'],
  'auth-bad-response': [501, '5.5.2', 'The response is not well-formed'], // RFC 4954 §4
  'auth-cancelled': [501, '5.7.0', 'Sign-in was given up'], // RFC 4954 §4
  'not-offered': [502, '5.5.1', 'Not offered here'],
  'bad-order': [503, '5.5.1', 'The commands are out of order'],
  'no-recipients': [554, '5.5.1', 'No recipient was accepted'], // RFC 5321 §3.3
  'unknown-mechanism': [504, '5.5.4', 'This way to sign in is not offered'], // RFC 4954 §4
  'login-required': [530, '5.7.0', 'Sign in first'], // RFC 4954 §6
  'bad-login': [535, '5.7.8', 'Name or password is wrong'], // RFC 4954 §6
  'tls-required': [538, '5.7.11', 'Start TLS first: nothing secret is taken in the clear'], // RFC 4954 §6
  'starttls-required': [530, '5.7.0', 'Start TLS first'], // RFC 3207 §4
  'unknown-recipient': [550, '5.1.1', 'No such person here'],
  'account-closed': [550, '5.2.1', 'This mailbox takes no letters'],
  'no-relay': [550, '5.7.1', 'Letters for that domain are not taken here'],
  'sender-not-yours': [553, '5.7.1', 'This sender address does not belong to the account'],
  'author-not-yours': [550, '5.7.1', 'The address in the From or Sender field does not belong to the account'],
  'unclear-author': [550, '5.7.1', 'A letter has one From field, with addresses of one domain'],
  'bad-header': [550, '5.6.0', 'The header of the letter is not well-formed'],
  smuggling: [550, '5.5.2', 'A line with a lone dot must stand between CR LF and CR LF'],
  'bad-line-ends': [550, '5.5.2', 'Lines of a letter end with CR LF; a bare CR or LF or a NUL is not taken'],
  'mailbox-over-quota': [552, '5.2.2', 'The letter is larger than the whole mailbox may be'],
  'too-big': [552, '5.3.4', 'The letter is too large'], // RFC 1870 §6
  'needs-smtputf8': [553, '5.6.7', 'An address beyond ASCII needs the parameter SMTPUTF8 on MAIL'], // RFC 6531 §3.5
  loop: [554, '5.4.6', 'The letter goes round in circles'], // RFC 5321 §6.3
  'junk-before-greeting': [554, '5.5.1', 'The client spoke before the greeting'],
  refused: [554, '5.0.0', 'Refused'],
  'unknown-parameter': [555, '5.5.4', 'A parameter of MAIL or RCPT is not offered here'], // RFC 5321 §4.1.1.11
} as const satisfies Record<string, readonly [number, string | null, string]>;

export type ReplyName = keyof typeof table;

/** Every reply with its own words. */
export const replies = Object.fromEntries(
  Object.entries(table).map(([name, [code, enhanced, text]]) => [name, { code, enhanced, text }]),
) as Readonly<Record<ReplyName, Reply>>;

/** A reply of the table in other words. */
export function replyWith(name: ReplyName, text: string): Reply {
  return { ...replies[name], text };
}

/** RFC 5321 §4.5.3.1.5: 512 octets a line with code and CRLF. */
const maxLine = 480;

/** RFC 5321 §4.2.1, RFC 2034 §4: the enhanced code stands on every line. Nothing but printable ASCII leaves. */
export function formatReply({ code, enhanced, text }: Reply): string {
  const start = enhanced === null ? '' : enhanced + ' ';
  if (text.length <= maxLine && /^[\x20-\x7e]*$/.test(text)) return `${code} ${start}${text}\r\n`;
  const lines = text.split('\n').flatMap((line) => {
    const clean = line.replace(/[^\x20-\x7e]/g, '?');
    const pieces: string[] = [];
    for (let at = 0; at === 0 || at < clean.length; at += maxLine) pieces.push(clean.slice(at, at + maxLine));
    return pieces;
  });
  return lines.map((line, index) => `${code}${index === lines.length - 1 ? ' ' : '-'}${start}${line}\r\n`).join('');
}

const refusals: Readonly<Record<RefusalCode, ReplyName>> = {
  'authentication-failed': 'bad-login',
  'authorization-failed': 'bad-login',
  'privacy-required': 'tls-required',
  'login-delayed': 'auth-unavailable',
  nonexistent: 'unknown-recipient',
  'already-exists': 'refused',
  cannot: 'unknown-mechanism',
  'in-use': 'server-busy',
  'over-quota': 'mailbox-full',
  'too-big': 'too-big',
  limit: 'rate-limited',
  'no-perm': 'bad-login',
  'read-only': 'account-closed',
  'bad-charset': 'refused',
  'unknown-cte': 'refused',
  'has-children': 'refused',
  parse: 'refused',
  expired: 'bad-login',
  'uid-not-sticky': 'refused',
  'not-saved': 'refused',
  policy: 'refused',
  changed: 'server-busy',
};

const unavailables: Readonly<Record<UnavailableCode, ReplyName>> = {
  'disk-full': 'no-room',
  'disk-fault': 'try-again',
  'store-stopped': 'try-again',
  busy: 'server-busy',
  dns: 'try-again',
  timeout: 'try-again',
  'shutting-down': 'shutdown',
  'unknown-outcome': 'try-again',
  // Trouble with a server of another provider is no answer to an SMTP client; were it one, the client would come again.
  outside: 'try-again',
};

/** The one place where trouble becomes words. Null for a defect of ours: the caller logs it, says `try-again` and closes. */
export function replyForTrouble(trouble: unknown): Reply | null {
  if (trouble instanceof SyntaxTrouble) return replyWith('bad-argument', trouble.message);
  if (trouble instanceof Refusal) return replyWith(refusals[trouble.code], trouble.message);
  if (trouble instanceof Unavailable) return replies[unavailables[trouble.code]];
  return null;
}

/** A reply that a peer sent, read back: `250-2.1.0 words`, or null when the line is none (RFC 5321 §4.2). */
export function parseReplyLine(
  line: string,
): { readonly code: number; readonly last: boolean; readonly enhanced: string | null; readonly text: string } | null {
  // Liberal: a code alone without the space behind it (RFC 5321 §4.2 says clients must take it).
  const match = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s.exec(line);
  if (match === null) return null;
  const code = Number(match[1]);
  const rest = match[3] ?? '';
  // RFC 3463 §2; a class that differs from that of the code is no enhanced code.
  const enhanced = /^([245])\.(\d{1,3})\.(\d{1,3})(?: |$)/.exec(rest);
  const own = enhanced !== null && enhanced[1] === line.charAt(0);
  return {
    code,
    last: match[2] !== '-',
    enhanced: own ? enhanced[0].trimEnd() : null,
    text: own ? rest.slice(enhanced[0].length) : rest,
  };
}
