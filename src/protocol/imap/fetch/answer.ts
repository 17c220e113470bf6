// Writes the answers of one FETCH, batch by batch: columns in memory as they are, facts by the thousand, letters by the megabyte.
// Knows the plan, the store and the wire; knows no grammar. A letter that vanished for good meanwhile is left out and counted.
import { noBytes, type Bytes } from '../../../base/bytes.ts';
import { giveSlab, slabSize, takeSlab } from '../../../base/slabs.ts';
import { Refusal, Unavailable } from '../../../base/trouble.ts';
import type { LetterBytes } from '../../../store/contract.ts';
import type { Wire } from '../../line/session.ts';
import type { Context } from '../context.ts';
import { messagesOf, type Letters } from '../selection.ts';
import { Turns } from '../turns.ts';
import { textItems, type Batch, type OctetItem, type Plan, type TextItem } from './plan.ts';
import { cutOctets, locate, locator, type Wanted } from './section.ts';

/** Letters of one batch: when all is in memory, and when the store is asked. */
const memoryBatch = 4096;
const factBatch = 1000;
/** Octets of letters read at once when they do not go into a slab, and from what size on a letter is opened instead, so that only what is wanted of it is read. */
const octetBatch = 1_048_576;
const largeLetter = 262_144;
/** Above this size the wire takes the octets over, and they must not lie in a slab. */
const slabLetter = 60 * 1024;
/** More items than this of one letter are written with pauses. */
const fewItems = 8;
/** Octets of a large letter that are read and sent at a time. */
const streamPiece = 1_048_576;

export interface FetchOutcome {
  /** Letters that could not be answered because they are gone for good. */
  readonly missing: number;
}

/** A batch with all that is asked for it. */
interface Prepared {
  /** Where the next one begins. */
  readonly to: number;
  readonly batch: Batch;
  readonly seqs: Uint32Array;
  /** Octets of its letters of ordinary size. */
  readonly whole: readonly (Bytes | null)[];
  /** Where they lie, when all of them are small. */
  readonly slab: Bytes | undefined;
}

/** `seen`: UIDs that this command has made \Seen, whose answers say so. */
export async function answerFetch(context: Context, plan: Plan, letters: Letters, seen: ReadonlySet<number>): Promise<FetchOutcome> {
  const { wire, parts, account, selected } = context;
  const turns = new Turns(parts.clock, wire);
  const reading = new LetterReader(context, turns);
  let missing = 0;
  const prepare = async (from: number): Promise<Prepared> => {
    const [to, slabbed] = endOfBatch(letters, from, plan);
    const messages = plan.facts.length > 0 || plan.threads ? messagesOf(letters, from, to) : null;
    const batch: Batch = {
      columns: letters.columns,
      flagSets: selected.state.flagSets,
      at: letters.at.subarray(from, to),
      facts: messages !== null && plan.facts.length > 0 ? await parts.store.readFacts(account, messages, plan.facts) : {},
      threads: messages !== null && plan.threads ? await parts.store.readThreads(account, messages) : [],
    };
    const slab = slabbed ? takeSlab() : undefined;
    return { to, batch, seqs: letters.seqs.subarray(from, to), whole: plan.octets ? await reading.readSmall(batch, slab) : [], slab };
  };
  for (let next: Promise<Prepared> | null = letters.count > 0 ? prepare(0) : null; next !== null;) {
    const { to, batch, seqs, whole, slab }: Prepared = await next;
    const more = to < letters.count;
    // The disk reads the next letters while these go out.
    next = more && plan.octets ? prepare(to) : null;
    // Its trouble is met when it is waited for.
    next?.catch(() => {});
    const told = toldSeen(context, plan, batch, seen);
    if (plan.octets) missing += await reading.write(plan, batch, whole, seqs, told);
    else missing += writeTexts(wire, plan, batch, seqs, told);
    if (slab !== undefined) giveSlab(slab);
    if (more && turns.due) await turns.pause();
    // Facts are read at once: what is ready goes out before.
    if (more) next ??= prepare(to);
  }
  if (reading.damage !== null) throw reading.damage;
  return { missing };
}

/** Where the batch ends, and whether its letters are read into a slab: small ones are, others are with others like them. */
function endOfBatch(letters: Letters, from: number, plan: Plan): [to: number, slabbed: boolean] {
  if (!plan.octets) return [Math.min(letters.count, from + (plan.facts.length > 0 || plan.threads ? factBatch : memoryBatch)), false];
  const { sizes } = letters.columns;
  const slabbed = sizes[letters.at[from]!]! <= slabLetter;
  let octets = 0;
  let to = from;
  for (; to < letters.count && to - from < factBatch; to++) {
    const size = sizes[letters.at[to]!]!;
    if (size <= slabLetter !== slabbed) break;
    if (size > largeLetter) continue;
    if (octets > 0 && octets + size > (slabbed ? slabSize : octetBatch)) break;
    octets += size;
  }
  return [to, slabbed];
}

/** RFC 9051 §6.4.5: flags that the command itself changed are told in the same answers; RFC 7162 §3.1.3 wants their MODSEQ, §3.2.4 their UID. */
function toldSeen(context: Context, plan: Plan, batch: Batch, seen: ReadonlySet<number>): ((i: number) => string) | null {
  if (seen.size === 0) return null;
  const extra: TextItem[] = [];
  for (const item of [
    textItems.FLAGS,
    ...(context.enabled.condstore ? [textItems.MODSEQ] : []),
    ...(context.enabled.qresync ? [textItems.UID] : []),
  ])
    if (!plan.items.includes(item)) extra.push(item);
  if (extra.length === 0) return null;
  return (i) => (seen.has(batch.columns.uids[batch.at[i]!]!) ? `${extra.map((item) => item(batch, i)).join(' ')} ` : '');
}

/** True when the store no longer has facts of this letter. */
function factsMissing(plan: Plan, batch: Batch, i: number): boolean {
  const [name] = plan.facts;
  return name !== undefined && batch.facts[name]![i] === undefined;
}

function writeTexts(wire: Wire, plan: Plan, batch: Batch, seqs: Uint32Array, told: ((i: number) => string) | null): number {
  const items = plan.items as readonly TextItem[];
  let missing = 0;
  for (let i = 0; i < seqs.length; i++) {
    if (factsMissing(plan, batch, i)) {
      missing++;
      continue;
    }
    let answer = `* ${seqs[i]!} FETCH (`;
    if (told !== null) answer += told(i);
    for (let k = 0; k < items.length; k++) answer += (k > 0 ? ' ' : '') + items[k]!(batch, i);
    wire.write(`${answer})\r\n`);
  }
  return missing;
}

/** Answers with octets of letters. */
class LetterReader {
  readonly #context: Context;
  readonly #turns: Turns;
  /** The first letter that could not be read: the others are answered, and the command ends with NO. */
  damage: Unavailable | null = null;

  constructor(context: Context, turns: Turns) {
    this.#context = context;
    this.#turns = turns;
  }

  /** Returns how many letters were not there. */
  async write(
    plan: Plan,
    batch: Batch,
    whole: readonly (Bytes | null)[],
    seqs: Uint32Array,
    told: ((i: number) => string) | null,
  ): Promise<number> {
    const { sizes, messages } = batch.columns;
    let missing = 0;
    for (let i = 0; i < seqs.length; i++) {
      const size = sizes[batch.at[i]!]!;
      const bytes = whole[i]!;
      // Not read: large, gone or damaged. Opening tells which.
      const large = bytes === null ? await this.#open(messages[batch.at[i]!]!) : null;
      if ((bytes === null && large === null) || factsMissing(plan, batch, i)) {
        missing++;
        continue;
      }
      // What cannot be answered is found out before the answer begins.
      const find = locator(batch.facts, i, bytes?.length ?? size);
      const wanted = plan.items.map((item) => (typeof item === 'function' ? null : locate(item, find)));
      this.#context.wire.write(`* ${seqs[i]!} FETCH (${told === null ? '' : told(i)}`);
      if (bytes !== null && plan.items.length <= fewItems) this.#writeItems(plan, batch, i, wanted, bytes);
      else await this.#writeSlowly(plan, batch, i, wanted, bytes ?? large!);
      this.#context.wire.write(')\r\n');
    }
    return missing;
  }

  #writeItems(plan: Plan, batch: Batch, i: number, wanted: readonly (Wanted | null)[], bytes: Bytes): void {
    for (let k = 0; k < wanted.length; k++) {
      const item = plan.items[k]!;
      if (k > 0) this.#context.wire.write(' ');
      if (typeof item === 'function') this.#context.wire.write(item(batch, i));
      else if (wanted[k] === null) this.#context.wire.write(`${item.label}NIL`);
      else this.#writeCut(item, wanted[k]!, bytes, 0);
    }
  }

  /** A large letter, or one that is asked for many times over (reliability B-056). */
  async #writeSlowly(plan: Plan, batch: Batch, i: number, wanted: readonly (Wanted | null)[], source: Bytes | LetterBytes): Promise<void> {
    try {
      for (let k = 0; k < wanted.length; k++) {
        const item = plan.items[k]!;
        if (k > 0) this.#context.wire.write(' ');
        if (typeof item === 'function') this.#context.wire.write(item(batch, i));
        else if (wanted[k] === null) this.#context.wire.write(`${item.label}NIL`);
        else if ('read' in source) await this.#writeLarge(item, wanted[k]!, source);
        else this.#writeCut(item, wanted[k]!, source, 0);
        if (this.#turns.due) {
          this.#context.wire.flush();
          await this.#turns.pause();
        }
      }
    } catch (trouble) {
      // The answer was begun, perhaps a literal promised: nothing but the end of the connection is true now.
      this.#context.wire.close();
      throw trouble;
    }
  }

  /** Letters of ordinary size, one call for all; null for large ones and those that are gone. */
  async readSmall(batch: Batch, slab: Bytes | undefined): Promise<(Bytes | null)[]> {
    const { sizes, messages } = batch.columns;
    const whole: (Bytes | null)[] = Array.from({ length: batch.at.length }, () => null);
    const asked: number[] = [];
    for (let i = 0; i < whole.length; i++) if (sizes[batch.at[i]!]! <= largeLetter) asked.push(i);
    if (asked.length === 0) return whole;
    const { store } = this.#context.parts;
    const ids = Uint32Array.from(asked, (i) => messages[batch.at[i]!]!);
    try {
      const letters = await store.readLetters(this.#context.account, ids, slab);
      for (let k = 0; k < asked.length; k++) whole[asked[k]!] = letters[k] ?? null;
    } catch (trouble) {
      if (!(trouble instanceof Unavailable) || this.#context.wire.closing) throw trouble;
      // One damaged letter does not take the others with it.
      for (let k = 0; k < asked.length; k++) whole[asked[k]!] = await this.#readOne(ids[k]!);
    }
    return whole;
  }

  async #readOne(message: number): Promise<Bytes | null> {
    try {
      return (await this.#context.parts.store.readLetters(this.#context.account, [message]))[0] ?? null;
    } catch (trouble) {
      return this.#noteDamage(trouble);
    }
  }

  async #open(message: number): Promise<LetterBytes | null> {
    try {
      return await this.#context.parts.store.openLetter(this.#context.account, message);
    } catch (trouble) {
      return this.#noteDamage(trouble);
    }
  }

  #noteDamage(trouble: unknown): null {
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return null;
    if (!(trouble instanceof Unavailable)) throw trouble;
    this.damage ??= trouble;
    return null;
  }

  /** `bytes` hold the letter from `offset` on, at least as far as `wanted` goes. */
  #writeCut(item: OctetItem, wanted: Wanted, bytes: Bytes, offset: number): void {
    const cut = cutOctets(item, wanted, bytes, offset);
    if (typeof cut === 'number') this.#context.wire.write(item.label + cut);
    else if (cut.length === 0) this.#context.wire.write(`${item.label}""`);
    else {
      this.#context.wire.write(`${item.label}${cut.binary ? '~' : ''}{${cut.length}}\r\n`);
      for (const piece of cut.pieces) this.#context.wire.write(piece);
    }
  }

  async #writeLarge(item: OctetItem, wanted: Wanted, letter: LetterBytes): Promise<void> {
    if (wanted.kind === 'length') return this.#writeCut(item, wanted, noBytes(), 0);
    if (wanted.kind !== 'range') return this.#writeCut(item, wanted, await letter.read(wanted.start, wanted.end), wanted.start);
    const length = wanted.end - wanted.start;
    if (length <= streamPiece) return this.#writeCut(item, wanted, await letter.read(wanted.start, wanted.end), wanted.start);
    this.#context.wire.write(`${item.label}{${length}}\r\n`);
    for (let at = wanted.start; at < wanted.end;) {
      const to = Math.min(wanted.end, at + streamPiece);
      const piece = await letter.read(at, to);
      if (piece.length !== to - at) throw new Unavailable('unknown-outcome', 'A letter is shorter than it was');
      this.#context.wire.write(piece);
      at = to;
      if (this.#turns.due) {
        this.#context.wire.flush();
        await this.#turns.pause();
      }
    }
  }
}
