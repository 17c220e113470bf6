// The letters of a mailbox as they are at one moment, read in order, so many at a time. Knows the store; knows no file and no format.
import type { Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId, MailboxInfo, MailStore } from '../../store/contract.ts';
import { systemFlags, type MailboxState } from '../../store/mailbox-state.ts';

/** What is expunged meanwhile leaves these arrays as they are. */
export interface Picture {
  readonly account: AccountId;
  readonly count: number;
  readonly uids: Uint32Array;
  readonly messages: Uint32Array;
  readonly sizes: Uint32Array;
  readonly receivedAt: Float64Array;
  readonly flags: readonly (readonly string[])[];
}

export interface PictureLetter {
  /** `gone`: it was expunged for good after the picture was taken. `damaged`: the store cannot read it. */
  readonly letter: Bytes | 'gone' | 'damaged';
  readonly uid: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly flags: readonly string[];
  readonly size: number;
}

type Letters = Pick<MailStore, 'openMailbox' | 'readLetters' | 'openLetter'>;

/** Read at a time. */
export const octetsAtOnce = 2 << 20;
const lettersAtOnce = 200;

/** @throws Refusal `nonexistent` when there is no such mailbox. */
export async function takePicture(store: Letters, account: AccountId, mailbox: MailboxInfo['id']): Promise<Picture> {
  const state = await store.openMailbox(account, mailbox);
  try {
    return pictureOf(account, state);
  } finally {
    state.release();
  }
}

function pictureOf(account: AccountId, state: MailboxState): Picture {
  const { count } = state;
  const sets = state.flagSets.map(({ system, keywords }) => [
    ...Object.entries(systemFlags)
      .filter(([, bit]) => (system & bit) !== 0)
      .map(([flag]) => flag),
    ...keywords,
  ]);
  return {
    account,
    count,
    uids: state.uids.slice(0, count),
    messages: state.messages.slice(0, count),
    sizes: state.sizes.slice(0, count),
    receivedAt: state.receivedAt.slice(0, count),
    flags: Array.from(state.flagIndexes.subarray(0, count), (index) => sets[index] ?? []),
  };
}

/** All letters of the picture, in its order; about `octetsAtOnce` of them are held. */
export async function* readPicture(store: Letters, picture: Picture): AsyncGenerator<readonly PictureLetter[]> {
  for (let at = 0; at < picture.count;) {
    let end = at;
    let octets = 0;
    while (end < picture.count && end - at < lettersAtOnce && (end === at || octets + picture.sizes[end]! <= octetsAtOnce))
      octets += picture.sizes[end++]!;
    const first = at;
    const read = await readAll(store, picture.account, picture.messages.subarray(at, end));
    yield read.map((letter, index) => ({
      letter,
      uid: picture.uids[first + index]!,
      receivedAt: picture.receivedAt[first + index]!,
      flags: picture.flags[first + index]!,
      size: picture.sizes[first + index]!,
    }));
    at = end;
  }
}

/** The store gives null for a letter that is gone, and for one that is damaged: which of both is asked again. */
async function readAll(store: Letters, account: AccountId, messages: ArrayLike<number>): Promise<PictureLetter['letter'][]> {
  const read = await store.readLetters(account, messages);
  const letters: PictureLetter['letter'][] = [];
  for (const [index, letter] of read.entries()) letters.push(letter ?? (await reasonOf(store, account, messages[index]!)));
  return letters;
}

async function reasonOf(store: Letters, account: AccountId, message: number): Promise<'gone' | 'damaged'> {
  try {
    await store.openLetter(account, message);
    return 'damaged';
  } catch (trouble) {
    return trouble instanceof Refusal && trouble.code === 'nonexistent' ? 'gone' : 'damaged';
  }
}
