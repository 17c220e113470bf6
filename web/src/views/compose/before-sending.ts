// What is asked about before a letter goes out, and what keeps it here. Knows letters and the words of both languages; asks nobody.
import type { Draft } from '../../engine/contract.ts';
import { oddityOf } from './addresses.ts';
import { speaksOfAttachment } from './reminder.ts';

export interface Doubt {
  /** `nobody`, `malformed`, `too-large`: it cannot go; the others: it can, when the person says so. */
  readonly kind: 'nobody' | 'malformed' | 'too-large' | 'subject' | 'attachment';
  readonly what: string;
}

export type Question =
  | { readonly kind: Doubt['kind']; readonly what: string; readonly go: () => void; readonly attach: () => void }
  | { readonly kind: 'time'; readonly what: string; readonly go: (at?: string | null) => void }
  /** `what`: the address to begin with; `set`: there is one that can be taken away. */
  | { readonly kind: 'link'; readonly what: string; readonly go: (address?: string | null) => void };

export interface SendingWays {
  /** The person wants to be reminded of what was forgotten. */
  readonly reminds: boolean;
  readonly signature: string;
  readonly forwardHead: string;
  /** Octets that the server takes as attachments of one letter. */
  readonly most: number;
}

/** The first that is in the way. `answered`: those about which the person has said yes. */
export function doubtOf(
  draft: Draft,
  answered: ReadonlySet<Doubt['kind']>,
  { reminds, signature, forwardHead, most }: SendingWays,
): Doubt | null {
  const recipients = [...draft.to, ...draft.cc, ...draft.bcc];
  if (recipients.length === 0) return { kind: 'nobody', what: '' };
  const wrong = recipients.find(({ email }) => oddityOf(email)?.kind === 'malformed');
  if (wrong) return { kind: 'malformed', what: wrong.email };
  if (draft.attachments.reduce((sum, { size }) => sum + size, 0) > most) return { kind: 'too-large', what: String(most) };
  if (draft.subject.trim() === '' && !answered.has('subject')) return { kind: 'subject', what: '' };
  const own = draft.text.split(forwardHead)[0]!.replace(signature, '');
  if (reminds && draft.attachments.every(({ cid }) => cid !== null) && speaksOfAttachment(own) && !answered.has('attachment'))
    return { kind: 'attachment', what: '' };
  return null;
}
