// STATUS (RFC 9051 §6.3.11), also for LIST (RFC 5819).
import type { MailboxInfo } from '../../../store/contract.ts';
import { DELETED } from '../../../store/mailbox-state.ts';
import type { Command, Context } from '../context.ts';
import { parseMailboxName } from '../grammar/mailbox-name.ts';
import { parseStatusItems, type StatusItem } from '../grammar/status.ts';

export interface StatusArguments {
  readonly name: string;
  readonly items: readonly StatusItem[];
}

export const status: Command<StatusArguments> = {
  parse(cursor) {
    cursor.space();
    const name = parseMailboxName(cursor);
    cursor.space();
    const items = parseStatusItems(cursor);
    cursor.end();
    return { name, items };
  },
  async run(context, { name, items }) {
    const mailbox = await context.findMailbox(name);
    context.wire.write(await formatStatus(context, mailbox, items));
    return { text: 'STATUS completed' };
  },
};

/** The whole untagged line. */
export async function formatStatus(context: Context, mailbox: MailboxInfo, items: readonly StatusItem[]): Promise<string> {
  // RFC 7162 §3.1: asking for it switches CONDSTORE on.
  if (items.includes('HIGHESTMODSEQ')) context.enableCondstore();
  const storage = items.includes('DELETED-STORAGE') ? await deletedOctets(context, mailbox) : 0;
  const values = items.map((item) => `${item} ${formatItem(context, mailbox, item, storage)}`);
  return `* STATUS ${context.formatName(mailbox.name)} (${values.join(' ')})\r\n`;
}

function formatItem(context: Context, mailbox: MailboxInfo, item: StatusItem, storage: number): string | number {
  switch (item) {
    case 'MESSAGES':
      return mailbox.messages;
    case 'UIDNEXT':
      return mailbox.uidNext;
    case 'UIDVALIDITY':
      return mailbox.uidValidity;
    case 'UNSEEN':
      return mailbox.unseen;
    case 'DELETED':
      return mailbox.deleted;
    case 'SIZE':
      return mailbox.size;
    case 'RECENT':
      return 0;
    case 'HIGHESTMODSEQ':
      return mailbox.highestModSeq;
    case 'MAILBOXID':
      return `(F${mailbox.id})`;
    case 'APPENDLIMIT':
      return context.parts.limits.letter;
    case 'DELETED-STORAGE':
      return storage;
  }
}

/** RFC 9208 §4.1.4: octets that EXPUNGE would free, at most. */
async function deletedOctets(context: Context, mailbox: MailboxInfo): Promise<number> {
  if (mailbox.deleted === 0) return 0;
  const state = await context.parts.store.openMailbox(context.account, mailbox.id);
  try {
    let octets = 0;
    for (let i = 0; i < state.count; i++) if ((state.flagsAt(i).system & DELETED) !== 0) octets += state.sizes[i]!;
    return octets;
  } finally {
    state.release();
  }
}
