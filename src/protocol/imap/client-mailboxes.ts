// What an IMAP client asks of mailboxes: which there are, how they stand, opening, making, renaming and removing them (RFC 9051 §6.3). Knows what is
// asked for where an extension is missing; knows no letter. Names are what people read; the server's own spelling is remembered from LIST.
import { passOver, type ImapDialogue } from './client-dialogue.ts';

export interface ListedMailbox {
  readonly name: string;
  /** One character, or empty when there is no hierarchy. */
  readonly delimiter: string;
  /** Lower case, with their backslash. */
  readonly attributes: ReadonlySet<string>;
  /** Where LIST-STATUS is offered. */
  readonly status: MailboxStatus | null;
}

export interface MailboxStatus {
  readonly messages: number;
  readonly uidNext: number;
  readonly uidValidity: number;
  /** RFC 7162 HIGHESTMODSEQ; 0 when the server has none. */
  readonly modSeq: number;
  /** RFC 8474 MAILBOXID, or empty. */
  readonly objectId: string;
}

export interface SelectedMailbox extends MailboxStatus {
  readonly flags: readonly string[];
  /** PERMANENTFLAGS; null when the server did not tell, which means that all may be kept (RFC 9051 §6.3.2). */
  readonly permanentFlags: readonly string[] | null;
  readonly readOnly: boolean;
  readonly uidsStick: boolean;
}

const statusAtOnce = 20;
const listedMax = 10_000;

/** All mailboxes, those without letters of their own included; at most 10,000. */
export async function listMailboxes(dialogue: ImapDialogue): Promise<ListedMailbox[]> {
  const found = new Map<string, Omit<ListedMailbox, 'status'>>();
  const statuses = new Map<string, MailboxStatus>();
  const extended = dialogue.has('LIST-EXTENDED') || dialogue.has('LIST-STATUS') || dialogue.has('IMAP4REV2');
  const returns = [
    ...(dialogue.has('SPECIAL-USE') || dialogue.has('IMAP4REV2') ? ['SPECIAL-USE'] : []),
    ...(dialogue.has('LIST-STATUS') ? [statusItems(dialogue)] : []),
  ];
  await dialogue.ask(`LIST "" "*"${extended && returns.length > 0 ? ` RETURN (${returns.join(' ')})` : ''}`, {
    untagged: (one) => {
      if (one.kind === 'status') statuses.set(one.mailbox.name, asStatus(one.items));
      if (one.kind !== 'list' || found.size >= listedMax) return;
      const { name, wire } = one.mailbox;
      dialogue.wires.set(name, wire);
      found.set(name, { name, delimiter: one.delimiter, attributes: new Set(one.attributes.map((word) => word.toLowerCase())) });
    },
  });
  return [...found.values()].map((one) => ({ ...one, status: statuses.get(one.name) ?? null }));
}

/** RFC 2342: the prefix of the first personal namespace, such as `INBOX.`. */
export async function personalPrefix(dialogue: ImapDialogue): Promise<string> {
  let found = '';
  if (!dialogue.has('NAMESPACE')) return found;
  await dialogue.ask('NAMESPACE', {
    untagged: (one) => {
      if (one.kind === 'namespace') found = one.prefix;
    },
  });
  return found;
}

function statusItems(dialogue: ImapDialogue): string {
  const more = [
    ...(dialogue.has('CONDSTORE') || dialogue.has('QRESYNC') ? ['HIGHESTMODSEQ'] : []),
    ...(dialogue.has('OBJECTID') ? ['MAILBOXID'] : []),
  ];
  return `STATUS (${['MESSAGES', 'UIDNEXT', 'UIDVALIDITY', ...more].join(' ')})`;
}

/** By name; those that are gone meanwhile are left out. */
export async function statusesOf(dialogue: ImapDialogue, names: readonly string[]): Promise<Map<string, MailboxStatus>> {
  const found = new Map<string, MailboxStatus>();
  const items = statusItems(dialogue).replace(/^STATUS /, '');
  for (let at = 0; at < names.length; at += statusAtOnce) {
    const some = names.slice(at, at + statusAtOnce);
    await dialogue.askAll(
      some.map((name) => `STATUS ${dialogue.name(name)} ${items}`),
      (one) => {
        if (one.kind !== 'status') return;
        const name = some.find((wanted) => dialogue.wire(wanted) === one.mailbox.wire || wanted === one.mailbox.name);
        if (name !== undefined) found.set(name, asStatus(one.items));
      },
    );
  }
  return found;
}

/** @throws ImapAnswer when there is none of that name. */
export async function selectMailbox(dialogue: ImapDialogue, name: string): Promise<SelectedMailbox> {
  const told = new Map<string, string>();
  let flags: readonly string[] = [];
  dialogue.selected = null;
  dialogue.exists = 0;
  const done = await dialogue.ask(`SELECT ${dialogue.name(name)}${dialogue.has('CONDSTORE') && !dialogue.resyncs ? ' (CONDSTORE)' : ''}`, {
    untagged: (one) => {
      if (one.kind === 'flags') flags = one.flags;
      if (one.kind === 'condition') {
        const [word = ''] = one.code.split(' ', 1);
        told.set(word.toUpperCase(), one.code.slice(word.length + 1));
      }
    },
  });
  dialogue.selected = name;
  dialogue.heard = false;
  const permanent = told.get('PERMANENTFLAGS');
  return {
    messages: dialogue.exists,
    uidNext: positive(told.get('UIDNEXT')),
    uidValidity: positive(told.get('UIDVALIDITY')),
    modSeq: Math.min(Number(told.get('HIGHESTMODSEQ') ?? 0) || 0, Number.MAX_SAFE_INTEGER),
    objectId: told.get('MAILBOXID')?.replace(/[()]/g, '') ?? '',
    flags,
    permanentFlags:
      permanent === undefined
        ? null
        : permanent
            .replace(/[()]/g, '')
            .split(' ')
            .filter((word) => word !== ''),
    readOnly: /^READ-ONLY/i.test(done.code),
    uidsStick: !told.has('UIDNOTSTICKY'),
  };
}

export function createMailbox(dialogue: ImapDialogue, name: string): Promise<unknown> {
  return dialogue.ask(`CREATE ${dialogue.name(name)}`).then(() => dialogue.ask(`SUBSCRIBE ${dialogue.name(name)}`).catch(passOver));
}

export async function renameMailbox(dialogue: ImapDialogue, from: string, to: string): Promise<void> {
  await dialogue.ask(`RENAME ${dialogue.name(from)} ${dialogue.name(to)}`);
  await dialogue.ask(`SUBSCRIBE ${dialogue.name(to)}`).catch(passOver);
  await dialogue.ask(`UNSUBSCRIBE ${dialogue.name(from)}`).catch(passOver);
}

export async function deleteMailbox(dialogue: ImapDialogue, name: string): Promise<void> {
  await dialogue.ask(`DELETE ${dialogue.name(name)}`);
  await dialogue.ask(`UNSUBSCRIBE ${dialogue.name(name)}`).catch(passOver);
}

function asStatus(items: ReadonlyMap<string, number | string>): MailboxStatus {
  const number = (name: string) => Number(items.get(name) ?? 0) || 0;
  return {
    messages: number('MESSAGES'),
    uidNext: number('UIDNEXT'),
    uidValidity: number('UIDVALIDITY'),
    modSeq: number('HIGHESTMODSEQ'),
    objectId: String(items.get('MAILBOXID') ?? ''),
  };
}

function positive(text: string | undefined): number {
  const number = Number(text ?? 0);
  return Number.isInteger(number) && number > 0 && number <= 0xffff_ffff ? number : 0;
}
