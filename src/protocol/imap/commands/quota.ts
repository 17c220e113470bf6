// GETQUOTA and GETQUOTAROOT (RFC 9208 §4.1): one root for the whole account, with the one resource STORAGE.
import { Refusal } from '../../../base/trouble.ts';
import type { Command, Context } from '../context.ts';
import { parseMailboxName } from '../grammar/mailbox-name.ts';

/** RFC 9208 §5.1: STORAGE counts units of 1024 octets. The root without a name is the account. */
async function tellQuota(context: Context): Promise<void> {
  const { quota, account } = context.principal;
  if (quota === null) return context.untagged('QUOTA "" ()');
  const { octets } = await context.parts.store.usage(account);
  context.untagged(`QUOTA "" (STORAGE ${Math.ceil(octets / 1024)} ${Math.floor(quota / 1024)})`);
}

export const getQuota: Command<string> = {
  parse(cursor) {
    cursor.space();
    const root = cursor.astring();
    cursor.end();
    return root;
  },
  async run(context, root) {
    if (root !== '') throw new Refusal('nonexistent', 'there is no such quota root');
    await tellQuota(context);
    return { text: 'GETQUOTA completed' };
  },
};

export const getQuotaRoot: Command<string> = {
  parse(cursor) {
    cursor.space();
    const name = parseMailboxName(cursor);
    cursor.end();
    return name;
  },
  async run(context, name) {
    const mailbox = await context.findMailbox(name);
    context.untagged(`QUOTAROOT ${context.formatName(mailbox.name)} ""`);
    await tellQuota(context);
    return { text: 'GETQUOTAROOT completed' };
  },
};
