// The palette: all that can be done here and now, all folders, and what can be undone; what was typed can be searched for. Knows commands and mailboxes.
import { undo, actionName } from '../../state/act.ts';
import { chooser, type Entry } from '../../parts/choice.svelte.ts';
import { kept } from '../../state/kept.svelte.ts';
import { live } from '../../state/live.svelte.ts';
import { formatAddress, router } from '../../state/route.svelte.ts';
import { keysOf, knownCommands } from '../../state/shortcuts.svelte.ts';
import { shownKeys } from '../../texts/keys.ts';
import { o } from '../../texts/order.ts';
import { t } from '../../texts/texts.ts';
import { mailboxIcon, mailboxPath } from '../mailboxes/names.ts';

function folderEntries(): Entry[] {
  return live.mailboxes.map((mailbox) => ({
    label: mailboxPath(mailbox),
    icon: mailboxIcon(mailbox.role),
    words: mailbox.name,
    ...(live.hasSeveralAccounts ? { note: live.status.accounts.find(({ id }) => id === mailbox.accountId)?.name ?? '' } : {}),
    run: () => router.go({ name: 'list', query: { kind: 'mailbox', accountId: mailbox.accountId, mailboxId: mailbox.id }, thread: null }),
  }));
}

export function openFolders(): void {
  chooser.open({ title: o.keyGoFolder, placeholder: o.moveFind, entries: folderEntries() });
}

export function openPalette(): void {
  const seen = new Set<string>();
  const order = { act: 0, go: 1, move: 2 } as const;
  const commands = knownCommands()
    .toSorted((a, b) => order[a.group] - order[b.group])
    .filter((command) => command.keys[0] !== 'Mod+k' && !seen.has(command.label()) && seen.add(command.label()))
    .map((command): Entry => ({
      label: command.label(),
      note: shownKeys(keysOf(command)[0] ?? '').join(' '),
      run: () => void command.run(),
    }));
  const steps = live.status.history.slice(0, 8).map(({ step, what, count }): Entry => ({
    label: o.undoStep(actionName(what), count),
    icon: 'back',
    run: () => void undo(step),
  }));
  const screens = (
    [
      ['/rules', o.rules, 'ルール フィルタ filters'],
      ['/contacts', o.contacts, 'アドレス帳 address book'],
      ['/outbox', o.outbox, '送信予約 scheduled outbox'],
      ['/identities', o.identities, '差出人 signature'],
      ['/settings/vacation', o.vacation, '休暇 out of office'],
      ['/accounts', o.accounts, 'POP IMAP Gmail'],
      ['/settings', t.settings, '設定 preferences'],
    ] as const
  ).map(([address, label, words]): Entry => ({ label: o.goTo(label), words, run: () => router.go(address) }));
  const searches = kept.searches.map(({ name, text }): Entry => ({
    label: name,
    icon: 'saved',
    run: () => goSearch(text),
  }));
  chooser.open({
    title: o.palette,
    placeholder: o.paletteFind,
    entries: [...steps, ...commands, ...searches, ...folderEntries(), ...screens],
    more: (text) => [{ label: o.searchFor(text), icon: 'search', run: () => goSearch(text) }],
  });
}

function goSearch(text: string): void {
  router.go(formatAddress({ name: 'list', query: { kind: 'find', accountIds: [], text }, thread: null }));
}
