// Thread/get and Thread/changes (RFC 8621 §3). Knows that a thread is a list of emails; which letters belong together the store decides.
import type { Id, JsonObject, Method } from '../contract.ts';
import { requestTooLarge } from '../errors.ts';
import { formatId, formatState, parseId } from '../ids.ts';
import { coreLimits } from '../limits.ts';
import { formatGet, readGet } from '../standard.ts';
import { answerChanges } from './changes.ts';
import { withShelf, type MailParts } from './parts.ts';

export function threadGet({ store }: Pick<MailParts, 'store'>): Method {
  return async (args, asker) => {
    const call = readGet(args, asker, (name) => name === 'emailIds', {});
    return withShelf(store, call.account.account, (shelf) => {
      const list: JsonObject[] = [];
      const notFound: Id[] = [];
      if (call.ids === null && shelf.count > coreLimits.maxObjectsInGet) {
        throw requestTooLarge('There are more threads than can be answered at once: ask for them by id.');
      }
      const ids = call.ids ?? [...new Set(shelf.threads.subarray(0, shelf.count))].map((thread) => formatId('T', thread));
      for (const id of ids) {
        const thread = parseId('T', id);
        const members = thread === null ? [] : shelf.membersOf(thread);
        if (members.length === 0) notFound.push(id);
        else list.push({ id, emailIds: members.map((index) => formatId('M', shelf.messages[index]!)) });
      }
      return { response: formatGet(call, formatState(shelf.threadModSeq), list, notFound) };
    });
  };
}

export function threadChanges({ store }: Pick<MailParts, 'store'>): Method {
  return async (args, asker) => ({ response: await answerChanges(store, args, asker, 'threads') });
}
