// SUBSCRIBE and UNSUBSCRIBE (RFC 9051 §6.3.7, §6.3.8).
import { Refusal } from '../../../base/trouble.ts';
import type { Command } from '../context.ts';
import type { Cursor } from '../grammar/cursor.ts';
import { checkNewName, parseWrittenName, withoutDelimiter } from '../grammar/mailbox-name.ts';

function parse(cursor: Cursor): string {
  cursor.space();
  // Several apps subscribe to a parent by its name with the delimiter behind it.
  const { name } = withoutDelimiter(parseWrittenName(cursor));
  cursor.end();
  return name;
}

/** A name may be subscribed to before its mailbox is there: apps that copy an account do so. It must be one that could be there. */
export const subscribe: Command<string> = {
  parse,
  async run(context, name) {
    const { store, limits } = context.parts;
    checkNewName(name, limits);
    if ((await store.subscriptions(context.account)).length >= limits.mailboxes)
      throw new Refusal('limit', 'there are too many subscriptions');
    await store.setSubscribed(context.account, name, true);
    return { text: 'SUBSCRIBE completed' };
  },
};

export const unsubscribe: Command<string> = {
  parse,
  async run(context, name) {
    const { store } = context.parts;
    if (!(await store.subscriptions(context.account)).includes(name)) throw new Refusal('nonexistent', 'there is no such subscription');
    await store.setSubscribed(context.account, name, false);
    return { text: 'UNSUBSCRIBE completed' };
  },
};
