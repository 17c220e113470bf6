// A whole mailbox as one file that every mail program reads (mbox, as our export writes it and our import takes it back octet for octet), letter by letter as
// the browser takes it. Knows the store and mbox; whose mailbox it is, is asked before.
import { bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import { formatStatus } from '../../message/mbox-status.ts';
import { formatMboxLetter } from '../../message/mbox.ts';
import { safeFileName } from '../../message/mime/file-name.ts';
import type { AccountId, MailboxId, MailStore } from '../../store/contract.ts';
import { systemFlags, type MailboxState } from '../../store/mailbox-state.ts';

export type MailboxFileStore = Pick<MailStore, 'openMailbox' | 'readLetters'>;

/** `done` is called once, when the file is whole or nobody wants it any more. @throws Refusal `nonexistent`. */
export async function mailboxFile(
  store: MailboxFileStore,
  account: AccountId,
  mailbox: MailboxId,
  name: string,
  done: () => void,
): Promise<Response> {
  const state = await store.openMailbox(account, mailbox);
  // As it is at this moment: what goes meanwhile leaves these arrays as they are.
  const { count, messages, uids, receivedAt } = pictureOf(state);
  const flags = flagsOf(state);
  state.release();
  let at = 0;
  const stream = new ReadableStream<Bytes>(
    {
      async pull(controller) {
        try {
          if (at >= count) {
            controller.close();
            done();
            return;
          }
          const index = at++;
          const [letter] = await store.readLetters(account, [messages[index]!]);
          // Nothing is left out without a word.
          controller.enqueue(formatMboxLetter(letter ?? missing(uids[index]!), receivedAt[index]!, formatStatus(flags[index]!)).slice());
        } catch (trouble) {
          // Told by the connection's end: the head has gone out.
          done();
          controller.error(trouble);
        }
      },
      cancel: done,
    },
    { highWaterMark: 1 },
  );
  const file = safeFileName(`${name === '' ? 'mailbox' : name.replaceAll(/[/\\]/g, '_')}.mbox`);
  return new Response(stream, {
    headers: {
      'content-type': 'application/mbox',
      'content-disposition': `attachment; filename="mailbox.mbox"; filename*=UTF-8''${encodeURIComponent(file).replaceAll(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)}`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    },
  });
}

function pictureOf(state: MailboxState): Pick<MailboxState, 'count' | 'messages' | 'uids' | 'receivedAt'> {
  const { count } = state;
  return {
    count,
    messages: state.messages.slice(0, count),
    uids: state.uids.slice(0, count),
    receivedAt: state.receivedAt.slice(0, count),
  };
}

function flagsOf(state: MailboxState): readonly (readonly string[])[] {
  const sets = state.flagSets.map(({ system, keywords }) => [
    ...Object.entries(systemFlags).flatMap(([flag, bit]) => ((system & bit) === 0 ? [] : [flag])),
    ...keywords,
  ]);
  return Array.from(state.flagIndexes.slice(0, state.count), (index) => sets[index] ?? []);
}

/** In the place of a letter that went while the file was written, or that cannot be read. */
function missing(uid: number): Bytes {
  return bytesFromUtf8(
    `From: Tayori <>\r\nSubject: A letter that is not in this file (UID ${uid})\r\n\r\nIt was deleted while the file was written, or could not be read.\r\n`,
  );
}
