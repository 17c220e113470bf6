// What lists of letters ask for again and again, kept as it goes to the wire: for each account in use the envelopes and structures that
// were read lately, in blocks of neighbours. The facts of a letter never change while it is there, so nothing here grows old; what is
// removed for good is dropped. Knows letters by number; reads nothing itself.
import type { FactName } from '../../message/facts.ts';
import type { AccountId, MessageId } from '../../store/contract.ts';

/** What is kept, by name; all of them texts. */
const keptNames = ['envelope', 'body', 'bodyStructure'] as const;
export type ReadyName = (typeof keptNames)[number];
export type Texts = (string | undefined)[];

/** Octets of all that is kept: some 25,000 letters with envelope and structure. */
const usualMost = 16 << 20;
/** Letters of a block, a power of two. */
const blockBits = 8;
const inBlock = (1 << blockBits) - 1;
/** What a text costs beside its octets, and a block beside its texts. */
const perText = 24;
const perBlock = 200 + 4 * (inBlock + 1);

interface Block {
  readonly texts: Texts;
  octets: number;
}

export class ReadyTexts {
  /** The one used longest ago first. */
  readonly #blocks = new Map<string, Block>();
  readonly #most: number;
  #octets = 0;

  constructor(most = usualMost) {
    this.#most = most;
  }

  static keeps(names: readonly FactName[]): names is readonly ReadyName[] {
    return names.every((name) => (keptNames as readonly FactName[]).includes(name));
  }

  get octets(): number {
    return this.#octets;
  }

  /** Texts in the order of `messages`; undefined where none is kept. */
  read(account: AccountId, name: ReadyName, messages: ArrayLike<MessageId>): Texts {
    const texts: Texts = new Array(messages.length);
    let number = -1;
    let block: Block | undefined;
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index]!;
      if (message >>> blockBits !== number) {
        number = message >>> blockBits;
        block = this.#use(keyOf(account, name, number));
      }
      texts[index] = block?.texts[message & inBlock];
    }
    return texts;
  }

  keep(account: AccountId, name: ReadyName, message: MessageId, text: string): void {
    const key = keyOf(account, name, message >>> blockBits);
    let block = this.#blocks.get(key);
    if (block === undefined) {
      this.#blocks.set(key, (block = { texts: new Array(inBlock + 1), octets: perBlock }));
      this.#octets += perBlock;
    }
    const before = block.texts[message & inBlock];
    const octets = text.length + perText - (before === undefined ? 0 : before.length + perText);
    block.texts[message & inBlock] = text;
    block.octets += octets;
    this.#octets += octets;
    for (const [oldest] of this.#blocks) {
      if (this.#octets <= this.#most) break;
      this.#drop(oldest);
    }
  }

  /** These letters are no more. */
  forget(account: AccountId, messages: readonly MessageId[]): void {
    for (const name of keptNames) for (const message of messages) this.#drop(keyOf(account, name, message >>> blockBits));
  }

  forgetAccount(account: AccountId): void {
    for (const key of this.#blocks.keys()) if (key.startsWith(`${account} `)) this.#drop(key);
  }

  #use(key: string): Block | undefined {
    const block = this.#blocks.get(key);
    if (block === undefined) return undefined;
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    return block;
  }

  #drop(key: string): void {
    this.#octets -= this.#blocks.get(key)?.octets ?? 0;
    this.#blocks.delete(key);
  }
}

function keyOf(account: AccountId, name: ReadyName, block: number): string {
  return `${account} ${name} ${block}`;
}
