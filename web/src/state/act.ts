// Doing something with letters from the page: the engine does it, a toast says so and offers the way back. Knows actions and their words.
import { EngineTrouble, type Action, type ActionName, type ListQuery, type WholeAction } from '../engine/contract.ts';
import { count, moment } from '../texts/dates.ts';
import { o } from '../texts/order.ts';
import { t } from '../texts/texts.ts';
import { engine } from './link.ts';
import { live } from './live.svelte.ts';
import { toasts } from './toasts.svelte.ts';
import { t as words } from './writing-texts.ts';
import { writing } from './writing.svelte.ts';

/** `rows`: of how many conversations, for the words. */
export async function act(action: Action, rows = 1): Promise<void> {
  try {
    const { step } = await engine.ask('act', action);
    const words = wordsOf(action, rows);
    if (words !== null) toasts.show(words, action.name === 'destroy' ? null : { label: t.undo, run: () => void undo(step) });
  } catch (error) {
    tellTrouble(error);
  }
}

/** With every letter of a list, in pieces (`parts/work.svelte` shows how far it is). How many it was done with; null: not at all. */
export async function actWhole(query: ListQuery, actions: readonly WholeAction[]): Promise<number | null> {
  try {
    const { step, count: done, trouble } = await engine.ask('actWhole', { query, actions });
    const isForGood = actions.some(({ name }) => name === 'destroy');
    const text = trouble !== null ? o.brokeOff(count(done)) : isForGood ? o.didEmpty(count(done)) : o.didWhole(count(done));
    // Of what broke off, more may have been done than is known.
    const way = isForGood || (done === 0 && trouble === null) ? null : { label: t.undo, run: () => void undo(step) };
    toasts.show(text, way, trouble === null ? 'done' : 'trouble', 20_000);
    return done;
  } catch (error) {
    if (error instanceof EngineTrouble && error.trouble.type === 'busy') toasts.show(o.busy, null, 'trouble');
    else tellTrouble(error);
    return null;
  }
}

export async function undo(step?: number): Promise<void> {
  try {
    toasts.show((await engine.ask('undo', step === undefined ? {} : { step })) ? t.didUndo : t.noUndo);
  } catch (error) {
    tellTrouble(error);
  }
}

/** A letter that waits in the outbox: open again as it was, unless it has gone. */
export async function takeBack(key: string): Promise<void> {
  try {
    if (await engine.ask('recall', { key })) writing.begin({ kind: 'kept' }, key);
    else toasts.show(words.tooLate, null, 'trouble');
  } catch (error) {
    tellTrouble(error);
  }
}

export function tellTrouble(error: unknown): void {
  const trouble = error instanceof EngineTrouble ? error.trouble : null;
  toasts.show(
    trouble?.kind === 'refused' ? t.refused(trouble.type) : trouble?.kind === 'offline' ? t.serverTrouble : t.defect,
    null,
    'trouble',
  );
}

/** Null: it shows where the eye is, and needs no words. */
function wordsOf(action: Action, rows: number): string | null {
  const quiet: readonly ActionName[] = rows === 1 ? ['flag', 'unflag', 'keyword', 'read'] : ['keyword'];
  if (quiet.includes(action.name)) return null;
  switch (action.name) {
    case 'archive':
      return t.didArchive(rows);
    case 'delete':
      return t.didDelete(rows);
    case 'destroy':
      return t.didDestroy(rows);
    case 'junk':
      return t.didJunk(rows);
    case 'not-junk':
      return t.didNotJunk(rows);
    case 'read':
      return t.didRead(rows);
    case 'unread':
      return t.didUnread(rows);
    case 'snooze':
      return o.didSnooze(moment(new Date(action.until)));
    case 'unsnooze':
      return o.didWake;
    case 'move':
      return t.didMove(
        rows,
        live.mailboxes.find(({ id, accountId }) => id === action.to && accountId === action.letters[0]?.accountId)?.name ?? '',
      );
    case 'carry': {
      const name = live.status.accounts.find(({ id }) => id === action.toAccountId)?.name ?? '';
      return action.keeps ? o.didCopy(rows, name) : t.didMove(rows, name);
    }
    default:
      return null;
  }
}

/** The server refused what had been shown as done: said, since it is back as it was. Called once at the start. */
export function hearNews(): void {
  engine.watch('news', null, (news) => {
    if (news.kind === 'sent' || news.kind === 'apart' || (news.kind === 'refused' && news.key !== undefined)) writing.heard(news);
    else if (news.kind === 'refused') toasts.show(t.refused(news.trouble.type), null, 'trouble');
    else if (news.kind === 'arrived') {
      const [first] = news.heads;
      toasts.say(t.arrived(news.heads.length, first?.from?.[0]?.name ?? first?.from?.[0]?.email ?? ''));
    }
  });
}

/** What an action is called in lists of what was done. */
export function actionName(name: ActionName): string {
  const names: Partial<Record<ActionName, string>> = {
    archive: t.doArchive,
    delete: t.doDelete,
    destroy: t.doDestroy,
    junk: t.doJunk,
    'not-junk': t.doNotJunk,
    move: o.keyMove,
    carry: o.keyMove,
    read: t.doRead,
    unread: t.doUnread,
    flag: t.doFlag,
    unflag: t.doUnflag,
    snooze: o.keySnooze,
    unsnooze: o.wake,
  };
  return names[name] ?? '';
}
