// The sheets that the list and the conversation open for the chosen letters: where to move, until when to put off. Knows the desk and the chooser.
import { snoozedName, type MailboxView, type Row } from '../../engine/contract.ts';
import { chooser, type Entry } from '../../parts/choice.svelte.ts';
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';
import { momentsFrom } from '../../state/moments.ts';
import { settings } from '../../state/settings.svelte.ts';
import { tellTrouble } from '../../state/act.ts';
import { moment } from '../../texts/dates.ts';
import { o } from '../../texts/order.ts';
import { mailboxIcon, mailboxPath } from '../mailboxes/names.ts';
import { desk } from './desk.svelte.ts';

/** Mailboxes of the letters' account, those moved to of late first, then those of other accounts; what was typed can become a new one. `given`: as with `desk.do`. */
export function chooseFolder(given?: readonly Row[]): void {
  const rows = given ?? desk.targets;
  const isWhole = desk.whole && !given;
  const [accountId, ...others] = new Set(rows.map((row) => row.accountId));
  if (accountId === undefined || others.length > 0) return;
  // A list of several accounts has no folder in common.
  if (isWhole && desk.place?.query.kind !== 'mailbox') return;
  const recent = settings.likes.moves;
  const rank = (mailbox: MailboxView): number => {
    const at = recent.indexOf(`${mailbox.accountId}/${mailbox.id}`);
    return at < 0 ? recent.length : at;
  };
  const { query } = desk.place ?? {};
  const entries = live.mailboxes
    .filter(
      (mailbox) =>
        // The whole of a list stays in its account.
        (mailbox.accountId === accountId || !isWhole) &&
        mailbox.mayAdd &&
        mailbox.role !== 'drafts' &&
        mailbox.role !== 'sent' &&
        !isSnoozed(mailbox),
    )
    .filter(({ accountId: of, id }) => query?.kind !== 'mailbox' || query.mailboxId !== id || query.accountId !== of)
    .toSorted((a, b) => Number(a.accountId !== accountId) - Number(b.accountId !== accountId) || rank(a) - rank(b))
    .map((mailbox): Entry => ({
      label: mailboxPath(mailbox),
      ...(mailbox.accountId === accountId ? {} : { note: accountName(mailbox.accountId) }),
      icon: mailboxIcon(mailbox.role),
      words: `${mailbox.name} ${accountName(mailbox.accountId)}`,
      run: () => moveTo(mailbox, given),
    }));
  chooser.open({
    title: o.moveTitle,
    placeholder: o.moveFind,
    entries,
    more: (text) =>
      entries.some(({ label }) => label === text)
        ? []
        : [{ label: o.newFolderCalled(text), icon: 'plus', run: () => void moveToNew(accountId, text, given) }],
  });
}

function accountName(id: string): string {
  return live.status.accounts.find((account) => account.id === id)?.name ?? '';
}

async function moveToNew(accountId: string, name: string, rows: readonly Row[] | undefined): Promise<void> {
  try {
    const { id } = await engine.ask('changeMailbox', { accountId, create: { name, parentId: null } });
    if (id !== null) moveTo({ accountId, id }, rows);
  } catch (error) {
    tellTrouble(error);
  }
}

function moveTo(mailbox: Pick<MailboxView, 'accountId' | 'id'>, rows: readonly Row[] | undefined): void {
  const key = `${mailbox.accountId}/${mailbox.id}`;
  settings.change({ moves: [key, ...settings.likes.moves.filter((other) => other !== key)].slice(0, 5) });
  desk.move(mailbox, rows);
}

export function isSnoozed({ name, depth }: Pick<MailboxView, 'name' | 'depth'>): boolean {
  return name === snoozedName && depth === 0;
}

/** `given`: by a swipe, or a conversation that is read; else what is chosen. */
export function chooseMoment(given?: readonly Row[]): void {
  const rows = given ?? desk.targets;
  if (rows.length === 0 || (desk.whole && !given)) return;
  const icons = {
    laterToday: 'clock',
    tonight: 'moon',
    tomorrow: 'sun',
    weekend: 'sun',
    nextWeek: 'calendar',
    nextMonth: 'calendar',
  } as const;
  chooser.open({
    title: o.snoozeTitle,
    placeholder: o.snoozeTitle,
    isShort: true,
    entries: [
      ...(desk.isSnoozed ? [{ label: o.wake, icon: 'inbox' as const, run: () => desk.wake(rows) }] : []),
      ...momentsFrom(new Date()).map(({ name, at }): Entry => ({
        label: o[name],
        note: moment(at),
        icon: icons[name],
        run: () => desk.snooze(at, rows),
      })),
      { label: o.ownTime, icon: 'calendar', run: () => (desk.dating = rows) },
    ],
  });
}
