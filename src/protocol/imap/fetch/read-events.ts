// The last station of a letter: an app has fetched what is in it. Knows which answers count as reading; knows no wire text.
// Told when a person reads: a command for a few letters, each letter once per selected mailbox. An app that carries home a whole mailbox is
// no news about any one letter, and would be ten thousand rows.
import type { Context, Selected } from '../context.ts';
import type { Letters } from '../selection.ts';
import type { Plan } from './plan.ts';

/** Commands for more letters than this are not told. */
const fewLetters = 20;
/** Letters remembered as told, for each selected mailbox. */
const rememberedMax = 1000;

const told = new WeakMap<Selected, Set<number>>();

/** The content itself, or its text: not only header fields, which lists of letters ask for. */
function readsContent(plan: Plan): boolean {
  return plan.items.some((item) => {
    if (typeof item === 'function' || item.start > 0) return false;
    if (item.what.kind !== 'section') return item.what.kind === 'binary';
    return item.what.section.text === null || item.what.section.text === 'TEXT';
  });
}

/** Adds the events off the path of the command; a loss is no trouble. */
export function noteRead(context: Context, plan: Plan, letters: Letters): void {
  if (letters.count === 0 || letters.count > fewLetters || !plan.octets || !readsContent(plan)) return;
  const { selected, account, principal, parts, wire, log } = context;
  const before = told.get(selected) ?? new Set();
  told.set(selected, before);
  const fresh = Array.from(letters.at.subarray(0, letters.count)).filter((position) => !before.has(letters.columns.messages[position]!));
  if (fresh.length === 0) return;
  const messages = fresh.map((position) => letters.columns.messages[position]!);
  const uids = fresh.map((position) => letters.columns.uids[position]!);
  for (const message of messages) before.add(message);
  while (before.size > rememberedMax) before.delete(before.values().next().value!);
  const at = parts.clock.now();
  const facts = { protocol: 'imap', login: principal.login, peerAddress: wire.remote.address };
  parts.store
    .readLetterIds(account, messages)
    .then((ids) =>
      parts.store.trace.add(
        ids.flatMap((letter, i) =>
          letter === ''
            ? []
            : [{ letter, at, station: 'read', result: 'done', recipient: null, account, facts: { ...facts, uid: uids[i]! } }],
        ),
      ),
    )
    .catch((cause: unknown) => log.warn('imap.read-events-lost', { letters: messages.length }, cause));
}
