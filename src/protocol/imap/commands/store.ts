// STORE and UID STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3). Knows what is told of a change of flags; the store decides which letters pass
// UNCHANGEDSINCE, in the same transaction.
import type { FlagChange } from '../../../store/contract.ts';
import type { MailboxState } from '../../../store/mailbox-state.ts';
import type { Command, Context, Done } from '../context.ts';
import { formatFlagList, parseFlags } from '../grammar/flag.ts';
import { readSequenceSet } from '../grammar/search-keys.ts';
import { formatNumbers, type SequenceSet } from '../grammar/sequence-set.ts';
import type { Cursor } from '../grammar/cursor.ts';
import { selectLetters, uidsOf } from '../selection.ts';
import { Turns } from '../turns.ts';

export interface StoreArguments {
  readonly set: SequenceSet;
  readonly how: FlagChange['how'];
  readonly flags: readonly string[];
  readonly silent: boolean;
  readonly unchangedSince: number | null;
}

/** RFC 9051 §9 (store), with the modifiers of RFC 4466 §2.5. */
export function parseStore(cursor: Cursor): StoreArguments {
  cursor.space();
  const set = readSequenceSet(cursor);
  cursor.space();
  let unchangedSince: number | null = null;
  if (cursor.atList) {
    cursor.list(() => {
      const begin = cursor.at;
      if (cursor.word('a modifier of STORE') !== 'UNCHANGEDSINCE') cursor.fail('no such modifier of STORE', begin);
      cursor.space();
      unchangedSince = cursor.modSeq();
    });
    cursor.space();
  }
  const how = cursor.take('+') ? 'add' : cursor.take('-') ? 'remove' : 'replace';
  cursor.expect('FLAGS');
  const silent = cursor.take('.SILENT');
  cursor.space();
  const flags = parseFlags(cursor);
  cursor.end();
  return { set, how, flags, silent, unchangedSince };
}

export function formatStore({ set, how, flags, silent, unchangedSince }: StoreArguments, formatSet: (set: SequenceSet) => string): string {
  const modifier = unchangedSince === null ? '' : ` (UNCHANGEDSINCE ${unchangedSince})`;
  const sign = how === 'add' ? '+' : how === 'remove' ? '-' : '';
  return ` ${formatSet(set)}${modifier} ${sign}FLAGS${silent ? '.SILENT' : ''} ${formatFlagList(flags)}`;
}

function storeCommand(byUid: boolean): Command<StoreArguments> {
  return { parse: parseStore, run: (context, args) => runStore(context, args, byUid) };
}

export const store = storeCommand(false);
export const uidStore = storeCommand(true);

async function runStore(context: Context, { set, how, flags, silent, unchangedSince }: StoreArguments, byUid: boolean): Promise<Done> {
  const { selected, parts, account } = context;
  context.checkWritable();
  if (unchangedSince !== null) context.enableCondstore();
  // What others did to these letters is told before our own change hides it (RFC 9051 §6.4.6 wants it even with .SILENT).
  if (selected.view.stale) context.sync(byUid);
  const letters = selectLetters(selected, set, byUid);
  if (letters.count === 0) return finish([], 0);
  const uids = uidsOf(letters);
  // With .SILENT the client reckons the flags for itself, from those it was told: as they are now.
  const before = silent ? letters.at.map((position) => letters.columns.flagIndexes[position]!) : null;
  const change = { how, flags, ...(unchangedSince === null ? {} : { unchangedSince }) };
  const { changed, modified, modSeq } = await parts.store.setFlags(account, selected.mailbox, uids, change);
  if (changed.length > 0) selected.view.noteOwn(modSeq);
  // RFC 9051 §7.3.5: a new keyword stands in FLAGS before a letter has it.
  if (selected.state.keywords.length !== selected.toldKeywords) context.sync(false);
  await tell();
  return finish(modified, letters.missing);

  /** RFC 9051 §6.4.6 and RFC 7162 §3.1.3: which letters are told of, and what. */
  async function tell(): Promise<void> {
    const { condstore } = context.enabled;
    const skip = new Set(modified);
    // A client that hears NO cannot know by itself what has become of the others, so they are told.
    const quiet = silent && letters.missing === 0;
    const touched = quiet ? new Set(changed) : null;
    // With .SILENT only a new MODSEQ is told: always after UNCHANGEDSINCE, and to whoever keeps MODSEQs; and what others changed in between.
    const { state } = selected;
    const surprises = new Surprises(state, how, flags);
    const isSurprise = (i: number, index: number): boolean =>
      quiet && state.modSeqs[index] === modSeq && surprises.has(before![i]!, state.flagIndexes[index]!);
    const turns = new Turns(parts.clock, context.wire);
    for (let i = 0; i < letters.count; i++) {
      const uid = uids[i]!;
      const index = state.indexOf(uid);
      // Whatever failed the test is told with its flags, so that the client need not ask (RFC 7162 §3.1.3, example 10).
      const failed = skip.has(uid);
      if (index < 0 || (touched !== null && !touched.has(uid) && !failed)) continue;
      const surprise = isSurprise(i, index);
      if (quiet && !condstore && !surprise) continue;
      const flagText = quiet && !failed && !surprise ? '' : ` FLAGS ${state.flagsAt(index).text}`;
      context.wire.write(`* ${letters.seqs[i]!} FETCH (UID ${uid}${flagText}${condstore ? ` MODSEQ (${state.modSeqs[index]!})` : ''})\r\n`);
      if ((i & 4095) === 4095 && turns.due) {
        context.wire.flush();
        await turns.pause();
      }
    }
  }

  function finish(failed: readonly number[], missing: number): Done {
    const numbers = byUid ? failed : failed.map((uid) => selected.view.seqOf(uid));
    // RFC 7162 §3.1.3
    if (failed.length > 0) {
      const code = `MODIFIED ${formatNumbers(numbers)}`;
      return missing > 0 && !byUid
        ? { status: 'NO', code, text: 'Some of the letters are no longer there' }
        : { code, text: 'Letters that others have changed were left alone' };
    }
    // RFC 2180 §4.2: the others have been changed.
    if (missing > 0 && !byUid) return { status: 'NO', code: 'EXPUNGEISSUED', text: 'Some of the letters are no longer there' };
    return { text: 'STORE completed' };
  }
}

/**
 * Which flags a client that was told nothing of its change cannot know (RFC 9051 §6.4.6): another session changed the same letter after the last
 * telling and before the commit. The flags are sets of the mailbox by index, and mailboxes have few: each pair is reckoned once.
 */
class Surprises {
  readonly #state: MailboxState;
  readonly #how: FlagChange['how'];
  readonly #flags: readonly string[];
  readonly #known = new Map<number, boolean>();

  constructor(state: MailboxState, how: FlagChange['how'], flags: readonly string[]) {
    this.#state = state;
    this.#how = how;
    this.#flags = flags.map((flag) => flag.toLowerCase());
  }

  has(before: number, after: number): boolean {
    // What replaces all flags is known whatever was there.
    if (this.#how === 'replace') return false;
    const pair = before * 0x1_0000_0000 + after;
    let surprise = this.#known.get(pair);
    if (surprise === undefined) this.#known.set(pair, (surprise = !this.#isExpected(this.#namesOf(before), this.#namesOf(after))));
    return surprise;
  }

  #isExpected(before: ReadonlySet<string>, after: ReadonlySet<string>): boolean {
    const expected = new Set(before);
    for (const flag of this.#flags) {
      if (this.#how === 'add') expected.add(flag);
      else expected.delete(flag);
    }
    return expected.size === after.size && expected.isSubsetOf(after);
  }

  #namesOf(index: number): Set<string> {
    return new Set(
      this.#state.flagSets[index]!.text.slice(1, -1)
        .toLowerCase()
        .split(' ')
        .filter((name) => name !== ''),
    );
  }
}
