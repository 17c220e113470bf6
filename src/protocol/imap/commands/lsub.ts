// LSUB (RFC 3501 §6.3.9): the subscribed names, for clients that know no LIST (SUBSCRIBED).
import type { Command } from '../context.ts';
import { parseLsub } from '../grammar/list.ts';
import { namePattern } from '../grammar/list-pattern.ts';
import { parentNames } from '../grammar/mailbox-name.ts';
import { compareNames } from './list.ts';

export const lsub: Command<{ readonly reference: string; readonly pattern: string }> = {
  parse: parseLsub,
  async run(context, { reference, pattern }) {
    if (pattern === '') {
      context.untagged('LSUB (\\Noselect) "/" ""');
      return { text: 'LSUB completed' };
    }
    const subscribed = await context.parts.store.subscriptions(context.account);
    const matches = namePattern((reference + pattern).normalize('NFC'));
    const shown = new Map<string, string>();
    for (const name of subscribed) if (matches(name)) shown.set(name, '');
    // A level above a subscribed name is told with \Noselect when `%` hides the name itself.
    if (pattern.includes('%'))
      for (const name of subscribed)
        if (!shown.has(name))
          for (const parent of parentNames(name)) if (!shown.has(parent) && matches(parent)) shown.set(parent, '\\Noselect');
    const names = [...shown.keys()].sort(compareNames);
    for (const name of names) context.untagged(`LSUB (${shown.get(name)!}) "/" ${context.formatName(name)}`);
    return { text: 'LSUB completed' };
  },
};
