// One job at work: its MODSEQ in each account it touches, and what it did, for those who have mailboxes open.
// Knows accounts and mailboxes; writes nothing by itself.
import type { AccountId, MailboxId, MessageId, ModSeq, Uid } from '../../../store/contract.ts';
import type { ItemKind } from '../../../store/items-contract.ts';
import type { AccountEffect, AddedRow, MailboxEffect } from '../jobs.ts';
import { numbersOf, type AccountRow, type Ledger, type MailboxRow } from './ledger.ts';

interface FlagGroup {
  readonly system: number;
  readonly keywords: readonly string[];
  readonly uids: Uid[];
}

interface MailboxTurn {
  readonly row: MailboxRow;
  readonly added: AddedRow[];
  readonly flags: FlagGroup[];
  readonly expunged: Uid[];
}

interface AccountTurn {
  readonly row: AccountRow;
  readonly modSeq: ModSeq;
  structure: boolean;
  removed: boolean;
  readonly mailboxes: Map<MailboxId, MailboxTurn>;
  readonly newMessages: MessageId[];
  readonly items: Set<ItemKind>;
}

export class Turn {
  /** Wall time of the job. */
  readonly now: number;
  readonly #ledger: Ledger;
  readonly #accounts = new Map<AccountId, AccountTurn>();

  constructor(ledger: Ledger, now: number) {
    this.#ledger = ledger;
    this.now = now;
  }

  /** The one MODSEQ of this job in the account, taken when it is first asked for. */
  modSeq(row: AccountRow): ModSeq {
    return this.#account(row).modSeq;
  }

  /** Letters of the mailbox change, and with them its HIGHESTMODSEQ (RFC 7162 §3.1.2.1). */
  mailbox(account: AccountRow, row: MailboxRow): MailboxTurn {
    const { modSeq } = this.#account(account);
    const box = this.touch(account, row);
    row.highestModSeq = modSeq;
    this.#ledger.touchMailbox(row);
    return box;
  }

  /** The mailbox itself changes: its name, its subscription, whether it is there. */
  touch(account: AccountRow, row: MailboxRow): MailboxTurn {
    const turn = this.#account(account);
    let box = turn.mailboxes.get(row.id);
    if (box === undefined) {
      box = { row, added: [], flags: [], expunged: [] };
      turn.mailboxes.set(row.id, box);
    }
    return box;
  }

  structure(account: AccountRow): void {
    this.#account(account).structure = true;
  }

  removed(account: AccountRow): void {
    this.#account(account).removed = true;
  }

  newMessage(account: AccountRow, message: MessageId): void {
    this.#account(account).newMessages.push(message);
  }

  item(account: AccountRow, kind: ItemKind): void {
    this.#account(account).items.add(kind);
  }

  effects(): AccountEffect[] {
    const effects: AccountEffect[] = [];
    for (const turn of this.#accounts.values()) {
      const mailboxes: MailboxEffect[] = [];
      for (const box of turn.mailboxes.values()) {
        const there = !turn.removed && turn.row.mailboxes.get(box.row.id) === box.row;
        mailboxes.push({
          mailbox: box.row.id,
          added: box.added,
          flags: box.flags,
          expunged: box.expunged,
          numbers: there ? numbersOf(box.row) : null,
        });
      }
      effects.push({
        account: turn.row.id,
        modSeq: turn.modSeq,
        structure: turn.structure,
        removed: turn.removed,
        mailboxes,
        newMessages: turn.newMessages,
        items: [...turn.items],
      });
    }
    return effects;
  }

  #account(row: AccountRow): AccountTurn {
    let turn = this.#accounts.get(row.id);
    if (turn === undefined) {
      row.modSeq++;
      this.#ledger.touchAccount(row);
      turn = { row, modSeq: row.modSeq, structure: false, removed: false, mailboxes: new Map(), newMessages: [], items: new Set() };
      this.#accounts.set(row.id, turn);
    }
    return turn;
  }
}
