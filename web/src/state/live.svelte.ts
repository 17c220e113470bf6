// What every part of the page may need of the engine's state: who is there, the mailboxes, whether the server answers. Knows the topics
// `status` and `mailboxes`; draws nothing.
import { tayoriCapability, type MailboxesView, type MailboxView, type StatusView } from '../engine/contract.ts';
import type { Id, Role } from '../engine/jmap/objects.ts';
import { lastMailboxes, lastStatus, noteForNextStart } from './at-once.ts';
import { engine } from './link.ts';
import { settings } from './settings.svelte.ts';

class Live {
  #status = $state.raw<StatusView>(
    lastStatus ?? {
      session: 'unknown',
      username: '',
      accounts: [],
      capabilities: {},
      line: 'on',
      isOffline: false,
      waiting: 0,
      waitingLetters: 0,
      undo: null,
      history: [],
    },
  );
  #mailboxes = $state.raw<MailboxesView>(lastMailboxes ?? { isComplete: false, mailboxes: [] });

  // The status is a new object with each thing that is done; who depends on one of these hears only when it is another.
  readonly #isIn = $derived(this.#status.session === 'in');
  readonly #accountIds = $derived(this.#status.accounts.map(({ id }) => id).join(' '));
  readonly #ownAccountId = $derived(
    this.#status.accounts.find(({ capabilities }) => capabilities[tayoriCapability]?.['personal'] === true)?.id ?? null,
  );

  constructor() {
    engine.watch('status', null, (push) => {
      this.#status = push;
      noteForNextStart({ status: push });
      // What was looked for is for nobody who comes after.
      if (push.session === 'signed-out') settings.take({ searches: [], moves: [] });
    });
    engine.watch('mailboxes', null, (push) => {
      this.#mailboxes = push;
      noteForNextStart({ mailboxes: push });
    });
  }

  get status(): StatusView {
    return this.#status;
  }
  get mailboxes(): readonly MailboxView[] {
    return this.#mailboxes.mailboxes;
  }
  get areMailboxesComplete(): boolean {
    return this.#mailboxes.isComplete;
  }
  mailbox(accountId: Id, id: Id): MailboxView | null {
    return this.mailboxes.find((mailbox) => mailbox.accountId === accountId && mailbox.id === id) ?? null;
  }
  mailboxOf(accountId: Id, role: Role): MailboxView | null {
    return this.mailboxes.find((mailbox) => mailbox.accountId === accountId && mailbox.role === role) ?? null;
  }
  /** The inboxes are shown as one: there are several, and the person wants it so. */
  get isUnified(): boolean {
    return this.hasSeveralAccounts && settings.likes.unified;
  }
  get hasSeveralAccounts(): boolean {
    return this.#accountIds.includes(' ');
  }
  /** Somebody is signed in. */
  get isIn(): boolean {
    return this.#isIn;
  }
  /** Which accounts there are, as one word. */
  get accountIds(): string {
    return this.#accountIds;
  }
  /** The account with what is the person's own, such as settings and contacts; null: not known yet. */
  get ownAccountId(): Id | null {
    return this.#ownAccountId;
  }
  /** Is this one of the person's own addresses? */
  isMine(address: string): boolean {
    return this.#status.accounts.some(({ name }) => name.toLowerCase() === address.toLowerCase());
  }
}

export const live = new Live();
