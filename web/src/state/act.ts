// Doing something with letters from the page: the engine does it, a toast says so and offers the way back. Knows actions and their words.
import { EngineTrouble, type Action, type ActionName } from '../engine/contract.ts';
import { t } from '../texts/texts.ts';
import { engine } from './link.ts';
import { live } from './live.svelte.ts';
import { toasts } from './toasts.svelte.ts';
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

export async function undo(step?: number): Promise<void> {
  try {
    if (await engine.ask('undo', step === undefined ? {} : { step })) toasts.show(t.didUndo);
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
    case 'move':
      return t.didMove(
        rows,
        live.mailboxes.find(({ id, accountId }) => id === action.to && accountId === action.letters[0]?.accountId)?.name ?? '',
      );
    default:
      return null;
  }
}

/** The server refused what had been shown as done: said, since it is back as it was. Called once at the start. */
export function hearNews(): void {
  engine.watch('news', null, (news) => {
    if (news.kind === 'sent' || (news.kind === 'refused' && news.key !== undefined)) writing.heard(news);
    else if (news.kind === 'refused') toasts.show(t.refused(news.trouble.type), null, 'trouble');
    else if (news.kind === 'arrived') {
      const [first] = news.heads;
      toasts.say(t.arrived(news.heads.length, first?.from?.[0]?.name ?? first?.from?.[0]?.email ?? ''));
    }
  });
}
