// Flags of letters on both sides are made equal and written down. Knows the three-way merge by imap-flags.ts and what a provider does with
// flags that it does not keep; knows no move and no deletion.
import { Refusal } from '../../base/trouble.ts';
import { ImapAnswer } from '../../protocol/imap/client.ts';
import type { Uid } from '../../store/contract.ts';
import type { ImapLetterRow } from '../../store/ledger-contract.ts';
import { FlagPlan, formatFlags, mergeFlags, parseFlags, readFlags } from './imap-flags.ts';
import { flagsHere, openThere } from './imap-look.ts';
import { checkGoing, piecesOf, type FolderLook, type SyncParts } from './imap-parts.ts';

const window = 1000;

/** A letter on both sides. */
export interface Agreeing {
  readonly row: ImapLetterRow;
  /** False: both sides never agreed, what the row says of flags is nothing. */
  readonly hasBase: boolean;
  /** Null: as the row says. */
  readonly there: readonly string[] | null;
}

/** The rows with the flags that both sides have now. Those whose letter is gone here are left out. */
export async function agree(parts: SyncParts, look: FolderLook, letters: readonly Agreeing[]): Promise<ImapLetterRow[]> {
  const { store, account, log } = parts;
  const { state } = look;
  if (state === null) return [];
  const [here, there] = [new FlagPlan(), new FlagPlan()];
  const agreed = new Map<Uid, Map<string, string>>();
  const isKept = keptBy(parts, look);
  for (const { row, hasBase, there: told } of letters) {
    if (state.indexOf(row.localUid) < 0) continue;
    const base = hasBase ? parseFlags(row.flags) : null;
    const merged = mergeFlags(
      base,
      parseFlags(flagsHere(state, row.localUid)),
      told === null ? parseFlags(row.flags) : readFlags(told),
      isKept,
    );
    agreed.set(row.uid, new Map(merged.agreed));
    here.note(row.localUid, merged.here);
    there.note(row.uid, merged.there);
  }
  for (const { how, flags, uids } of here.steps()) {
    try {
      await store.setFlags(account, state.mailbox, uids, { how, flags });
    } catch (trouble) {
      if (!(trouble instanceof Refusal) || trouble.code !== 'limit') throw trouble;
      log.warn('collection: a mailbox has no room for more keywords', { account, mailbox: look.row.name });
    }
  }
  const plan = there.steps();
  if (plan.length > 0) await openThere(parts, look);
  for (const step of plan) await changeThere(parts, look, step, agreed);
  return letters.flatMap(({ row }) => {
    const flags = agreed.get(row.uid);
    return flags === undefined ? [] : [{ ...row, flags: formatFlags(flags) }];
  });
}

/** What the provider has not kept is not agreed on, and is not asked of it again on this connection. */
async function changeThere(
  parts: SyncParts,
  look: FolderLook,
  { how, flags, uids }: { readonly how: 'add' | 'remove'; readonly flags: readonly string[]; readonly uids: readonly Uid[] },
  agreed: ReadonlyMap<Uid, Map<string, string>>,
): Promise<void> {
  const dropped = new Set<string>();
  try {
    const told = await parts.shelf.changeFlags(uids, how, flags);
    if (how === 'add')
      for (const [uid, has] of told) {
        const names = readFlags(has);
        for (const flag of flags) {
          const folded = flag.toLowerCase();
          if (names.has(folded)) continue;
          agreed.get(uid)?.delete(folded);
          dropped.add(folded);
        }
      }
  } catch (trouble) {
    if (!(trouble instanceof ImapAnswer) || parts.signal.aborted) throw trouble;
    parts.log.warn('collection: the provider does not keep flags', {
      account: parts.account,
      path: look.row.path,
      flags,
      words: trouble.message,
    });
    for (const flag of flags) {
      const folded = flag.toLowerCase();
      dropped.add(folded);
      if (how === 'add') for (const uid of uids) agreed.get(uid)?.delete(folded);
    }
  }
  if (dropped.size === 0) return;
  const refused = parts.memory.refused.get(look.row.folder) ?? new Set<string>();
  for (const flag of dropped) refused.add(flag);
  parts.memory.refused.set(look.row.folder, refused);
}

/** Of a folder that cannot be written the provider has no say in flags: they are the reader's own. */
function keptBy({ memory }: SyncParts, { opened, row }: FolderLook): (flag: string) => boolean {
  if (opened === null || opened.readOnly) return () => false;
  const { keptFlags } = opened;
  const refused = memory.refused.get(row.folder);
  // `\\*` stands for every keyword (RFC 9051 §7.1).
  return (flag) =>
    refused?.has(flag) !== true && (keptFlags === null || keptFlags.has(flag) || (keptFlags.has('\\*') && !flag.startsWith('\\')));
}

/** Flags that have changed on either side of letters that both have. */
export async function agreeOnChanged(parts: SyncParts, look: FolderLook): Promise<void> {
  const { ledger, account } = parts;
  for (const uids of piecesOf(look.localFlagged, window)) {
    // Asked together with what is known of them from there, and not twice.
    const rows = await ledger.lettersOfLocal(account, look.row.folder, uids);
    for (const { uid } of rows) if (!look.remoteFlags.has(uid)) look.remoteFlags.set(uid, noWord);
  }
  for (const some of piecesOf([...look.remoteFlags], window)) {
    checkGoing(parts);
    const told = new Map(some);
    const rows = await ledger.lettersAt(account, look.row.folder, [...told.keys()]);
    const letters = rows
      .filter(({ localUid }) => localUid > 0)
      .map((row): Agreeing => {
        const there = told.get(row.uid)!;
        return { row, hasBase: true, there: there === noWord ? null : there };
      });
    const before = new Map(rows.map((row) => [row.uid, row.flags]));
    const changed = (await agree(parts, look, letters)).filter((row) => row.flags !== before.get(row.uid));
    if (changed.length > 0) await ledger.write(account, look.row.folder, { put: changed });
  }
}

const noWord: readonly string[] = [];
