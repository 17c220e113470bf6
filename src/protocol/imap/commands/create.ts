// CREATE (RFC 9051 §6.3.4), with the USE of RFC 6154 and the MAILBOXID of RFC 8474.
import { Refusal } from '../../../base/trouble.ts';
import type { MailboxRole } from '../../../store/contract.ts';
import type { Command, Context } from '../context.ts';
import { checkNewName, parentNames, parseWrittenName, withoutDelimiter, type WrittenName } from '../grammar/mailbox-name.ts';
import { roleOfUse } from '../special-use.ts';
import { tellOtherName } from './list.ts';

export interface CreateArguments {
  readonly mailbox: WrittenName;
  /** As the client wrote them, with their backslash; null without USE. */
  readonly uses: readonly string[] | null;
}

export const create: Command<CreateArguments> = {
  parse(cursor) {
    cursor.space();
    // RFC 9051 §6.3.4: a delimiter at the end only declares that names will be made below.
    const mailbox = withoutDelimiter(parseWrittenName(cursor));
    let uses: string[] | null = null;
    if (cursor.takeSpace() && !cursor.atEnd) {
      cursor.list(() => {
        cursor.expect('USE');
        cursor.space();
        uses = cursor.list(() => {
          cursor.expect('\\');
          return `\\${cursor.atom('a special use')}`;
        }, true);
      });
    }
    cursor.end();
    return { mailbox, uses };
  },
  async run(context, { mailbox: asked, uses }) {
    const { store, limits } = context.parts;
    const { name } = asked;
    checkNewName(name, limits);
    const there = await store.mailboxes(context.account);
    if (there.some((mailbox) => mailbox.name === name)) throw new Refusal('already-exists', 'there is such a mailbox already');
    const role = uses === null || uses.length === 0 ? null : chooseRole(uses);
    if (role === undefined || (role !== null && there.some((mailbox) => mailbox.role === role)))
      return { status: 'NO', code: 'USEATTR', text: 'a mailbox cannot have this special use' };
    await makeParents(context, name);
    const made = await store.createMailbox(context.account, name, role);
    tellOtherName(context, asked);
    return { code: `MAILBOXID (F${made.id})`, text: 'CREATE completed' };
  },
};

/** RFC 6154 §3: one mailbox with several uses is more than we keep; undefined then, and for uses that are no mailbox here. */
function chooseRole(uses: readonly string[]): MailboxRole | undefined {
  const roles = new Set(uses.map(roleOfUse));
  return roles.size === 1 ? ([...roles][0] ?? undefined) : undefined;
}

/** RFC 9051 §6.3.4: names above the new one SHOULD be made too. @throws Refusal `limit`. */
export async function makeParents(context: Context, name: string): Promise<void> {
  const { store, limits } = context.parts;
  const there = new Set((await store.mailboxes(context.account)).map((mailbox) => mailbox.name));
  const missing = parentNames(name).filter((parent) => !there.has(parent));
  if (there.size + missing.length >= limits.mailboxes) throw new Refusal('limit', 'there are too many mailboxes');
  for (const parent of missing) await store.createMailbox(context.account, parent, null);
}
