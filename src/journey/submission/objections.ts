// What can be said against a letter before it goes, recipient by recipient, and in which words. Knows addresses and objections; keeps nothing.
import type { Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { SendingEnvelope, SendingObjection } from '../../protocol/jmap/sending/contract.ts';
import { parseMailbox } from '../../protocol/smtp/grammar/path.ts';
import type { Objection, RecipientList } from '../account/contract.ts';
import type { Outgoing, OutgoingFault } from './outgoing.ts';

/** What is known of a letter once it was looked at. */
export interface Looked {
  readonly outgoing: Outgoing;
  readonly refused: readonly { readonly address: string; readonly objection: Objection | 'malformed' }[];
  readonly fault: OutgoingFault | null;
}

export async function addAll(list: RecipientList, envelope: SendingEnvelope, size: number): Promise<Looked['refused']> {
  const refused: { address: string; objection: Objection | 'malformed' }[] = [];
  for (const { address, notify, originalRecipient } of envelope.recipients) {
    const path = pathOf(address);
    // oxlint-disable-next-line no-await-in-loop -- a list counts what it has
    const objection = path === null ? 'malformed' : await list.add({ address: path, notify, originalRecipient }, size);
    if (objection !== null) refused.push({ address, objection });
  }
  return refused;
}

/** In the shortest legal spelling; null for what is no address of SMTP (RFC 5321 §4.1.2). */
function pathOf(address: string): string | null {
  try {
    return parseMailbox(address).address;
  } catch (trouble) {
    if (trouble instanceof SyntaxTrouble) return null;
    throw trouble;
  }
}

/** RFC 6531 §3.4: an address or a header that is not ASCII. */
export function needsUtf8(reversePath: string, envelope: SendingEnvelope, octets: Bytes): boolean {
  if (/[^\x00-\x7f]/.test(reversePath) || envelope.recipients.some(({ address }) => /[^\x00-\x7f]/.test(address))) return true;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!;
    if (octet > 127) return true;
    if (octet === 10 && (octets[at + 1] === 10 || (octets[at + 1] === 13 && octets[at + 2] === 10))) return false;
  }
  return false;
}

export const wordsOfObjection: Readonly<Record<Objection | 'malformed', string>> = {
  unknown: 'No such person here',
  elsewhere: 'Not taken here',
  closed: 'This account is closed',
  full: 'The mailbox is full',
  'over-quota': 'The letter is larger than the mailbox may be',
  'too-many': 'Too many recipients',
  malformed: 'This is no address',
};

export function objectionOf({ fault, refused }: Looked): SendingObjection | null {
  if (fault !== null) return objectionOfFault(fault);
  if (refused.length === 0) return null;
  if (refused.some(({ objection }) => objection === 'too-many')) return { why: 'tooManyRecipients', most: 10_000 };
  const words = [...new Set(refused.map(({ objection }) => wordsOfObjection[objection]))].join('; ');
  return { why: 'invalidRecipients', addresses: refused.map(({ address }) => address), words };
}

export function objectionOfFault({ fault, words }: OutgoingFault): SendingObjection {
  switch (fault) {
    case 'bad-header':
      return { why: 'invalidEmail', words, properties: [/sender/i.test(words) && !/from/i.test(words) ? 'sender' : 'from'] };
    case 'author-not-yours':
      return { why: 'forbiddenFrom', words };
    case 'rate-limited':
      return { why: 'rateLimit', words };
  }
}

export function wordsOf(objection: SendingObjection): string {
  return 'words' in objection ? objection.words : objection.why;
}
