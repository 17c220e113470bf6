// What may go at the provider: letters that are kept here, by the account's rule, after a look at what we hold.
// Knows rows and the store; the server hears of it elsewhere.
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { MessageNumber } from '../../protocol/pop3/command.ts';
import type { Pop3Leaving } from '../../store/outside-contract.ts';
import type { Pop3FoundRow } from '../../store/ledger-contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import { removedByUs } from './pop3-known.ts';
import { rowsAtOnce, type Pop3CollectorParts } from './pop3-parts.ts';

const day = 24 * 60 * 60 * 1000;
/** Octets read at once when letters are looked at before the provider's copies go. */
const readAtOnce = 1024 * 1024;

/** Whether the rule says that a letter kept since then may go now. */
function mayGo(leaving: Pop3Leaving, keptAt: number, now: number): boolean {
  if (keptAt === 0 || leaving.keep === 'forever') return false;
  return leaving.keep === 'none' || now - keptAt >= leaving.days * day;
}

export interface Leaving {
  /** To be removed at the provider, ascending. */
  readonly numbers: readonly MessageNumber[];
  /** Letters whose octets here are damaged: the provider's copies stay. */
  readonly damaged: number;
}

export async function whatMayGo(
  parts: Pop3CollectorParts,
  inbox: MailboxState,
  numbers: Iterable<MessageNumber>,
  keyOf: (number: MessageNumber) => string,
): Promise<Leaving> {
  const { row, ledger, clock } = parts;
  const may: MessageNumber[] = [];
  let damaged = 0;
  if (row.leaving.keep === 'forever') return { numbers: may, damaged };
  let chunk: MessageNumber[] = [];
  const look = async (): Promise<void> => {
    const found = await ledger.find(row.id, chunk.map(keyOf));
    const due = found.flatMap((one, index) =>
      one !== null && mayGo(row.leaving, one.keptAt, clock.now()) ? [{ number: chunk[index]!, row: one }] : [],
    );
    chunk = [];
    const { here, missing, broken } = await sortOut(parts, inbox, due);
    may.push(...here);
    damaged += broken;
    // The ledger is newer than the store: whoever restored the store wants these letters again.
    if (missing.length > 0) await ledger.write(row.id, { remove: missing });
    await new Promise<void>((go) => void clock.after(0, go));
  };
  for (const number of numbers) {
    chunk.push(number);
    if (chunk.length >= rowsAtOnce) await look();
  }
  if (chunk.length > 0) await look();
  return { numbers: may, damaged };
}

interface Due {
  readonly number: MessageNumber;
  readonly row: Pop3FoundRow;
}

/** The only other copy is about to go: ours is read once more, against its SHA-256. A letter that its owner has removed here may go. */
async function sortOut(
  parts: Pop3CollectorParts,
  inbox: MailboxState,
  due: readonly Due[],
): Promise<{ readonly here: readonly MessageNumber[]; readonly missing: readonly number[]; readonly broken: number }> {
  const here: MessageNumber[] = [];
  const missing: number[] = [];
  let broken = 0;
  for (let from = 0; from < due.length;) {
    let to = from;
    for (let octets = 0; to < due.length && (to === from || octets + due[to]!.row.size <= readAtOnce); to++) octets += due[to]!.row.size;
    const piece = due.slice(from, to);
    from = to;
    const letters = await parts.store.readLetters(
      parts.row.id,
      piece.map(({ row }) => row.message),
    );
    for (const [index, { number, row }] of piece.entries()) {
      if (row.localUid >= inbox.uidNext) missing.push(row.id);
      else if (row.message === 0 || letters[index] !== null || (await isGone(parts, row))) here.push(number);
      else broken++;
    }
  }
  return { here, missing, broken };
}

async function isGone({ store, row: { id } }: Pop3CollectorParts, { message }: Pop3FoundRow): Promise<boolean> {
  try {
    await store.openLetter(id, message);
    return false;
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return true;
    if (trouble instanceof Unavailable) return false;
    throw trouble;
  }
}

/** QUIT was answered with yes: the rows of what was marked say so. */
export async function noteRemoved(
  { row, ledger, clock }: Pop3CollectorParts,
  numbers: readonly MessageNumber[],
  keyOf: (number: MessageNumber) => string,
): Promise<void> {
  for (let at = 0; at < numbers.length; at += rowsAtOnce) {
    const found = await ledger.find(row.id, numbers.slice(at, at + rowsAtOnce).map(keyOf));
    const put = found.flatMap((one) => (one === null ? [] : [{ ...one, goneAt: clock.now(), trouble: removedByUs }]));
    await ledger.write(row.id, { put });
  }
}
