// Making, naming, moving and deleting folders, each with its way back. Knows Mailbox/set through the engine; draws no list.
import { EngineTrouble, type MailboxView } from '../../engine/contract.ts';
import type { Id } from '../../engine/jmap/objects.ts';
import { actWhole, tellTrouble } from '../../state/act.ts';
import { chooser } from '../../parts/choice.svelte.ts';
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';
import { router } from '../../state/route.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { o } from '../../texts/order.ts';
import { t } from '../../texts/texts.ts';
import { exportAddress, mailboxName, mailboxPath } from './names.ts';

export type Naming = { readonly accountId: Id; readonly parentId: Id | null; readonly mailbox: MailboxView | null };

class Folders {
  /** A folder that is being named. */
  naming = $state.raw<Naming | null>(null);
  /** One that waits for a yes before it goes. */
  deleting = $state.raw<MailboxView | null>(null);

  async name({ accountId, parentId, mailbox }: Naming, name: string): Promise<string | null> {
    try {
      if (mailbox) {
        const before = mailbox.name;
        await engine.ask('changeMailbox', { accountId, update: { id: mailbox.id, patch: { name } } });
        toasts.show(o.didRenameFolder(name), {
          label: t.undo,
          run: () =>
            void engine.ask('changeMailbox', { accountId, update: { id: mailbox.id, patch: { name: before } } }).catch(tellTrouble),
        });
      } else {
        const { id } = await engine.ask('changeMailbox', { accountId, create: { name, parentId } });
        toasts.show(o.didMakeFolder(name), {
          label: t.undo,
          run: () => id !== null && void engine.ask('changeMailbox', { accountId, destroy: id }).catch(tellTrouble),
        });
      }
      this.naming = null;
      return null;
    } catch (error) {
      if (error instanceof EngineTrouble && error.trouble.kind === 'refused') return o.nameTaken;
      tellTrouble(error);
      return t.serverTrouble;
    }
  }

  chooseParent(mailbox: MailboxView): void {
    const inside = new Set([mailbox.id, ...this.#below(mailbox)]);
    chooser.open({
      title: o.moveFolder,
      placeholder: o.moveFind,
      entries: [
        { label: o.topLevel, run: () => void this.put(mailbox, null) },
        ...live.mailboxes
          .filter(
            ({ accountId, id, role }) =>
              accountId === mailbox.accountId &&
              !inside.has(id) &&
              role !== 'drafts' &&
              role !== 'sent' &&
              role !== 'trash' &&
              role !== 'junk',
          )
          .map((candidate) => ({
            label: mailboxPath(candidate),
            icon: 'folder' as const,
            run: () => void this.put(mailbox, candidate.id),
          })),
      ],
    });
  }

  async put({ accountId, id, name, parentId: before }: MailboxView, parentId: Id | null): Promise<void> {
    if (parentId === before) return;
    try {
      await engine.ask('changeMailbox', { accountId, update: { id, patch: { parentId } } });
      toasts.show(o.didMoveFolder(name), {
        label: t.undo,
        run: () => void engine.ask('changeMailbox', { accountId, update: { id, patch: { parentId: before } } }).catch(tellTrouble),
      });
    } catch (error) {
      tellTrouble(error);
    }
  }

  /** May one lie in the other? */
  fits(mailbox: MailboxView, into: MailboxView): boolean {
    return (
      mailbox.accountId === into.accountId &&
      mailbox.id !== into.id &&
      mailbox.role === null &&
      !this.#below(mailbox).includes(into.id) &&
      into.role === null
    );
  }

  /** An empty one goes at once and can be had back; else it is asked first, and its letters go to the bin. */
  remove(mailbox: MailboxView): void {
    if (mailbox.total === 0 && this.#below(mailbox).length === 0) void this.destroy(mailbox);
    else this.deleting = mailbox;
  }
  hasChildren(mailbox: MailboxView): boolean {
    return this.#below(mailbox).length > 0;
  }

  async destroy(mailbox: MailboxView): Promise<void> {
    const { accountId, id, name, parentId, total } = mailbox;
    this.deleting = null;
    try {
      if (total > 0 && (await actWhole({ kind: 'mailbox', accountId, mailboxId: id }, [{ name: 'delete' }])) === null) return;
      await engine.ask('changeMailbox', { accountId, destroy: id });
      const { route } = router;
      if (route.name === 'list' && route.query.kind === 'mailbox' && route.query.mailboxId === id) router.go({ name: 'home' }, 'replace');
      // With letters in it the way back is the bin.
      toasts.show(
        o.didDeleteFolder(mailboxName(mailbox)),
        total > 0
          ? null
          : { label: t.undo, run: () => void engine.ask('changeMailbox', { accountId, create: { name, parentId } }).catch(tellTrouble) },
      );
    } catch (error) {
      tellTrouble(error);
    }
  }

  readAll({ accountId, id }: MailboxView): void {
    void actWhole({ kind: 'mailbox', accountId, mailboxId: id, only: 'unread' }, [{ name: 'read' }]);
  }

  /** The browser takes it letter by letter, and shows how far it has come. */
  save(mailbox: MailboxView): void {
    const link = document.createElement('a');
    link.href = exportAddress(mailbox.accountId, { id: mailbox.id, name: mailboxName(mailbox) });
    link.download = '';
    link.click();
  }

  #below(mailbox: MailboxView): Id[] {
    const found: Id[] = [];
    for (const { accountId, id, parentId } of live.mailboxes)
      if (accountId === mailbox.accountId && parentId !== null && (parentId === mailbox.id || found.includes(parentId))) found.push(id);
    return found;
  }
}

export const folders = new Folders();
