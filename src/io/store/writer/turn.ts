// One job at work: its MODSEQ in each account it touches, and what it did, for those who have mailboxes open.
// Knows accounts and mailboxes; writes nothing by itself.
import type { AccountId, MailboxId, MessageId, ModSeq, Uid } from '../../../store/contract.ts';
import type { ItemKind } from '../../../store/items-contract.ts';
import type { AccountEffect, AddedRow, MailboxEffect } from '../jobs.ts';
import { numbersOf, shapeOf, type AccountRow, type Ledger, type MailboxRow } from './ledger.ts';

interface FlagGroup {
  readonly system: number;
  readonly keywords: readonly string[];
  readonly uids: Uid[];
  readonly messages: MessageId[];
}

interface MailboxTurn {
  readonly row: MailboxRow;
  readonly added: AddedRow[];
  readonly flags: FlagGroup[];
  readonly expunged: Uid[];
  readonly expungedMessages: MessageId[];
  reshaped: boolean;
}

interface AccountTurn {
  readonly row: AccountRow;
  readonly modSeq: ModSeq;
  structure: boolean;
  removed: boolean;
  readonly mailboxes: Map<MailboxId, MailboxTurn>;
  readonly newMessages: MessageId[];
  readonly threads: (readonly [MessageId, number])[];
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

  /** The mailbox itself is made or changes: its name, role, subscription, order. */
  reshape(account: AccountRow, row: MailboxRow): void {
    const box = this.touch(account, row);
    box.reshaped = true;
    this.structure(account);
    row.changed = this.#account(account).modSeq;
    this.#ledger.touchMailbox(row);
  }

  /** The mailbox changes, or is no more. */
  touch(account: AccountRow, row: MailboxRow): MailboxTurn {
    const turn = this.#account(account);
    let box = turn.mailboxes.get(row.id);
    if (box === undefined) {
      box = { row, added: [], flags: [], expunged: [], expungedMessages: [], reshaped: false };
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

  /** A letter that lay nowhere comes, into this thread. */
  thread(account: AccountRow, message: MessageId, thread: number): void {
    this.#account(account).threads.push([message, thread]);
  }

  item(account: AccountRow, kind: ItemKind): void {
    this.#account(account).items.add(kind);
  }

  effects(): AccountEffect[] {
    const effects: AccountEffect[] = [];
    for (const turn of this.#accounts.values()) {
      const mailboxes: MailboxEffect[] = [];
      for (const box of turn.mailboxes.values()) {
        sortExpunged(box);
        const there = !turn.removed && turn.row.mailboxes.get(box.row.id) === box.row;
        mailboxes.push({
          mailbox: box.row.id,
          added: box.added,
          flags: box.flags,
          expunged: box.expunged,
          expungedMessages: box.expungedMessages,
          shape: there && box.reshaped ? shapeOf(box.row) : null,
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
        threads: turn.threads,
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
      turn = {
        row,
        modSeq: row.modSeq,
        structure: false,
        removed: false,
        mailboxes: new Map(),
        newMessages: [],
        threads: [],
        items: new Set(),
      };
      this.#accounts.set(row.id, turn);
    }
    return turn;
  }
}

/** Whoever has the mailbox open takes UIDs in ascending order. */
function sortExpunged({ expunged, expungedMessages }: MailboxTurn): void {
  if (expunged.every((uid, index) => index === 0 || uid > expunged[index - 1]!)) return;
  const pairs = expunged.map((uid, index) => [uid, expungedMessages[index]!] as const).sort((a, b) => a[0] - b[0]);
  for (const [index, [uid, message]] of pairs.entries()) {
    expunged[index] = uid;
    expungedMessages[index] = message;
  }
}
