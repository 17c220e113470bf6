// The store suite: an account as a whole. Each rule of shelf-contract.ts is a test; what IMAP sessions see of it too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountId, MailStore, MessageId } from '../contract.ts';
import type { NewLetter, Revision, Shelf } from '../shelf-contract.ts';
import { checkShelf, Follower } from './shelf-picture-suite.ts';
import {
  acceptOf,
  ADA,
  append,
  BEN,
  letterText,
  lettersIn,
  mailboxOf,
  refuses,
  spoolOf,
  toInbox,
  uidsOf,
  verifies,
  withStore,
  type OpenStore,
} from './stand-suite.ts';

async function idOf(store: MailStore, name: string, account: AccountId = ADA): Promise<number> {
  return (await mailboxOf(store, account, name)).id;
}

async function newLetter(
  store: MailStore,
  name: string,
  boxes: readonly string[],
  more: Partial<NewLetter> = {},
  refers: string[] = [],
): Promise<NewLetter> {
  const mailboxes: number[] = [];
  for (const box of boxes) mailboxes.push(await idOf(store, box));
  const references = refers.map((other) => `<${other}@example.test>`).join(' ');
  const spool = await spoolOf(store, letterText(name, references === '' ? [] : [`References: ${references}`]));
  return { spool, mailboxes, flags: [], receivedAt: 1_700_000_000_000, ...more };
}

/** Adds one letter; gives its number. */
async function add(
  store: MailStore,
  name: string,
  boxes: readonly string[] = ['INBOX'],
  flags: string[] = [],
  refers: string[] = [],
): Promise<MessageId> {
  const { messages } = await store.addLetters(ADA, [await newLetter(store, name, boxes, { flags }, refers)], null);
  return messages[0]!.message;
}

async function withShelf<R>(store: MailStore, look: (shelf: Shelf) => R): Promise<R> {
  const shelf = await store.openShelf(ADA);
  try {
    return look(shelf);
  } finally {
    shelf.release();
  }
}

async function revise(store: MailStore, ...revisions: Revision[]): Promise<readonly string[]> {
  return (await store.revise(ADA, revisions, null)).outcomes;
}

async function state(store: MailStore): Promise<number> {
  return withShelf(store, (shelf) => shelf.modSeq);
}

async function idsSince(
  store: MailStore,
  since: number,
): Promise<{ created: readonly number[]; updated: readonly number[]; destroyed: readonly number[] }> {
  const { created, updated, destroyed } = (await store.changesSince(ADA, since))!.emails;
  return { created, updated, destroyed };
}

export function shelfSuite(open: OpenStore): void {
  test('a new account has an empty shelf, and a foreign one none', () =>
    withStore(open, async (store) => {
      const picture = await checkShelf(store, ADA);
      assert.equal(picture.mailboxes.size, 3);
      await refuses('nonexistent', () => store.openShelf(4711));
      await refuses('nonexistent', () => store.changesSince(4711, 1));
    }));

  test('letters come in every way there is, and the shelf that is open has them', () =>
    withStore(open, async (store) => {
      const shelf = await store.openShelf(ADA);
      let heard = 0;
      const stop = shelf.listen(() => heard++);
      await append(store, ADA, await idOf(store, 'INBOX'), 'one', 'two');
      await store.commit({ letters: [await acceptOf(store, 'three', [toInbox(ADA), toInbox(BEN)])] });
      await add(store, 'four', ['Sent', 'INBOX'], ['\\Seen', 'Kw']);
      assert.equal(heard, 3);
      stop();
      assert.equal(shelf.count, 4);
      assert.deepEqual([...shelf.mailboxesAt(3)], [await idOf(store, 'INBOX'), await idOf(store, 'Sent')]);
      assert.equal(shelf.flagsAt(3).text, '(\\Seen Kw)');
      assert.equal(shelf.mailboxesAt(0), shelf.mailboxesAt(1), 'the same set is the same array');
      await checkShelf(store, ADA);
      await checkShelf(store, BEN);
      shelf.release();
    }));

  test('a shelf opened twice is one, and releasing it once leaves the other', () =>
    withStore(open, async (store) => {
      const [one, other] = [await store.openShelf(ADA), await store.openShelf(ADA)];
      assert.equal(one, other);
      one.release();
      await add(store, 'late');
      assert.equal(other.count, 1);
      other.release();
    }));

  test('flags of a letter are those of all its places, \\Seen and \\Draft only when all have it', () =>
    withStore(open, async (store) => {
      const message = await add(store, 'one', ['INBOX', 'Sent'], ['\\Seen']);
      await store.setFlags(ADA, await idOf(store, 'Sent'), [1], { how: 'replace', flags: ['\\Flagged', 'Kw', '\\Draft'] });
      await withShelf(store, (shelf) => assert.equal(shelf.flagsAt(shelf.indexOf(message)).text, '(\\Flagged Kw)'));
      const counts = await withShelf(store, async (shelf) => shelf.counts(await idOf(store, 'INBOX')));
      assert.equal(counts.unreadEmails, 1);
      await checkShelf(store, ADA);
    }));

  test('a letter with \\Deleted is out of sight; with it taken back, it comes anew', () =>
    withStore(open, async (store) => {
      const inbox = await idOf(store, 'INBOX');
      const message = await add(store, 'one');
      const before = await state(store);
      await store.setFlags(ADA, inbox, [1], { how: 'add', flags: ['\\Deleted'] });
      assert.deepEqual(await idsSince(store, before), { created: [], updated: [], destroyed: [message] });
      await checkShelf(store, ADA);
      const between = await state(store);
      await store.setFlags(ADA, inbox, [1], { how: 'remove', flags: ['\\Deleted'] });
      assert.deepEqual(await idsSince(store, between), { created: [message], updated: [], destroyed: [] });
      assert.deepEqual(await idsSince(store, before), { created: [], updated: [message], destroyed: [] });
      assert.deepEqual(await idsSince(store, 1), { created: [message], updated: [], destroyed: [] });
      await checkShelf(store, ADA);
      await verifies(store);
    }));

  test('what comes and goes in between is left out', () =>
    withStore(open, async (store) => {
      const before = await state(store);
      await add(store, 'one');
      await store.createMailbox(ADA, 'short', null);
      await store.deleteMailbox(ADA, await idOf(store, 'short'));
      await store.expunge(ADA, await idOf(store, 'INBOX'), null, false);
      const changes = (await store.changesSince(ADA, before))!;
      for (const { created, destroyed, updated } of [changes.emails, changes.threads])
        assert.deepEqual([...created, ...updated, ...destroyed], []);
      assert.deepEqual([...changes.mailboxes.created, ...changes.mailboxes.destroyed], []);
    }));

  test('changes are told in the order in which they happened, and a state of the future has none', () =>
    withStore(open, async (store) => {
      const one = await add(store, 'one');
      const two = await add(store, 'two');
      const before = await state(store);
      await store.setFlags(ADA, await idOf(store, 'INBOX'), [2], { how: 'add', flags: ['\\Seen'] });
      await store.setFlags(ADA, await idOf(store, 'INBOX'), [1], { how: 'add', flags: ['\\Seen'] });
      assert.deepEqual((await idsSince(store, before)).updated, [two, one]);
      const now = await state(store);
      assert.deepEqual(await idsSince(store, now), { created: [], updated: [], destroyed: [] });
      assert.equal(await store.changesSince(ADA, now + 1), null);
    }));

  test('states move only with what they are about', () =>
    withStore(open, async (store) => {
      await add(store, 'one');
      const shelf = await store.openShelf(ADA);
      const states = (): number[] => [shelf.emailModSeq, shelf.threadModSeq, shelf.mailboxModSeq];
      const before = states();
      await store.setFlags(ADA, await idOf(store, 'INBOX'), [1], { how: 'add', flags: ['\\Flagged'] });
      assert.deepEqual(states(), [shelf.modSeq, before[1], before[2]], 'a flag that nothing counts');
      await store.setSubscribed(ADA, 'Sent', false);
      assert.deepEqual(states(), [shelf.modSeq - 1, before[1], shelf.modSeq], 'a mailbox');
      await store.setSubscribed(ADA, 'no such mailbox', true);
      assert.equal(shelf.mailboxModSeq, shelf.modSeq - 1);
      shelf.release();
    }));

  test('a thread is told as its letters come and go; one that names two threads lies in the nearer, and neither changes', () =>
    withStore(open, async (store) => {
      const one = await add(store, 'one');
      const two = await add(store, 'two');
      const start = await Follower.begin(store, ADA);
      const three = await add(store, 'three', ['Sent'], [], ['one', 'two']);
      await withShelf(store, (shelf) => {
        assert.deepEqual(
          shelf.membersOf(two).map((at) => shelf.messages[at]!),
          [two, three],
        );
        assert.deepEqual(shelf.membersOf(one).length, 1);
      });
      const { threads, emails } = (await store.changesSince(ADA, start.state))!;
      assert.deepEqual(threads, { created: [], updated: [two], destroyed: [] });
      assert.deepEqual([emails.created, emails.updated], [[three], []]);
      await start.follow(await checkShelf(store, ADA));
      await revise(store, { message: one, destroy: true }, { message: two, destroy: true });
      await start.follow(await checkShelf(store, ADA));
      await revise(store, { message: three, destroy: true });
      assert.deepEqual((await store.changesSince(ADA, start.state))!.threads, { created: [], updated: [], destroyed: [two] });
      await start.follow(await checkShelf(store, ADA));
    }));

  test('unread threads: what lies only in the Trash counts there and nowhere else', () =>
    withStore(open, async (store) => {
      await add(store, 'read', ['INBOX'], ['\\Seen']);
      const reply = await add(store, 'reply', ['Trash'], [], ['read']);
      const [inbox, trash] = [await idOf(store, 'INBOX'), await idOf(store, 'Trash')];
      await withShelf(store, (shelf) => {
        assert.deepEqual(shelf.counts(inbox), { totalEmails: 1, unreadEmails: 0, totalThreads: 1, unreadThreads: 0 });
        assert.deepEqual(shelf.counts(trash), { totalEmails: 1, unreadEmails: 1, totalThreads: 1, unreadThreads: 1 });
      });
      await revise(store, { message: reply, mailboxes: { add: [await idOf(store, 'Sent')], remove: [] } });
      await withShelf(store, (shelf) => assert.equal(shelf.counts(inbox).unreadThreads, 1));
      await store.reviseMailbox(ADA, trash, { role: null });
      await revise(store, { message: reply, mailboxes: { set: [trash] } });
      await withShelf(store, (shelf) => assert.equal(shelf.counts(inbox).unreadThreads, 1, 'it is no Trash any more'));
      await checkShelf(store, ADA);
    }));

  test('counters that change by a letter that went elsewhere are told, also by a store that was opened anew', () =>
    withStore(open, async (store, opened) => {
      await add(store, 'first', ['INBOX'], ['\\Seen']);
      const reply = await add(store, 'reply', ['Sent'], [], ['first']);
      const [inbox, sent] = [await idOf(store, 'INBOX'), await idOf(store, 'Sent')];
      const follower = await Follower.begin(store, ADA);
      const old = follower.copy();
      await store.expunge(ADA, sent, [1], false);
      const told = (await follower.follow(await checkShelf(store, ADA)))!.mailboxes;
      assert.deepEqual([told.updated, told.countsOnly], [[inbox, sent], new Set([inbox, sent])]);
      if (opened.reopen === undefined) return;
      const again = await opened.reopen();
      assert.deepEqual((await old.copy(again).follow(await checkShelf(again, ADA)))!.emails.destroyed, [reply]);
    }));

  test('counters that change by the flags of a place elsewhere are told, also by a store that was opened anew', () =>
    withStore(open, async (store, opened) => {
      await add(store, 'both', ['INBOX', 'Sent'], ['\\Seen']);
      const [inbox, sent] = [await idOf(store, 'INBOX'), await idOf(store, 'Sent')];
      const follower = await Follower.begin(store, ADA);
      const old = follower.copy();
      await store.setFlags(ADA, sent, [1], { how: 'remove', flags: ['\\Seen'] });
      assert.deepEqual((await follower.follow(await checkShelf(store, ADA)))!.mailboxes.updated, [inbox, sent]);
      if (opened.reopen === undefined) return;
      const again = await opened.reopen();
      await old.copy(again).follow(await checkShelf(again, ADA));
    }));

  test('a state that was told before the store was closed is never overtaken backwards', () =>
    withStore(open, async (store, opened) => {
      const message = await add(store, 'one');
      await add(store, 'two');
      await revise(store, { message, destroy: true });
      const states = (shelf: Shelf): number[] => [shelf.emailModSeq, shelf.threadModSeq, shelf.mailboxModSeq, shelf.modSeq];
      const before = await withShelf(store, states);
      if (opened.reopen === undefined) return;
      const after = await withShelf(await opened.reopen(), states);
      assert.ok(after.every((one, index) => one >= before[index]!));
      assert.equal(after[3], before[3]);
    }));

  test('revise: some flags come and others go in one step, in every place; what neither names stays', () =>
    withStore(open, async (store) => {
      const message = await add(store, 'one', ['INBOX', 'Sent'], ['\\Seen', 'old', 'kept']);
      const flags = { how: 'add', flags: ['\\Flagged', 'new'], without: ['\\Seen', 'OLD'] } as const;
      const trash = await idOf(store, 'Trash');
      assert.deepEqual(await revise(store, { message, flags, mailboxes: { add: [trash], remove: [await idOf(store, 'Sent')] } }), ['done']);
      for (const name of ['INBOX', 'Trash'])
        assert.deepEqual(
          (await lettersIn(store, ADA, name)).map((one) => one.flags),
          ['(\\Flagged kept new)'],
          name,
        );
      assert.deepEqual(await revise(store, { message, flags }), ['same']);
      await checkShelf(store, ADA);
      await verifies(store);
    }));

  test('revise: flags of many letters are one transaction with one MODSEQ', () =>
    withStore(open, async (store) => {
      const messages = [
        await add(store, 'one'),
        await add(store, 'two', ['INBOX', 'Sent']),
        await add(store, 'three', ['INBOX'], ['\\Seen']),
      ];
      const before = await state(store);
      const { modSeq, outcomes } = await store.revise(
        ADA,
        messages.map((message) => ({ message, flags: { how: 'add', flags: ['\\Seen'] } })),
        null,
      );
      assert.deepEqual(outcomes, ['done', 'done', 'same']);
      assert.equal(modSeq, before + 1);
      assert.equal(await state(store), modSeq);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'INBOX')).map(({ flags, modSeq: changed }) => [flags, changed === modSeq]),
        [
          ['(\\Seen)', true],
          ['(\\Seen)', true],
          ['(\\Seen)', false],
        ],
      );
      assert.deepEqual(
        (await lettersIn(store, ADA, 'Sent')).map(({ flags }) => flags),
        ['(\\Seen)'],
      );
      assert.deepEqual(await store.revise(ADA, [{ message: messages[0]!, flags: { how: 'add', flags: [] } }], null), {
        modSeq,
        outcomes: ['same'],
      });
      await checkShelf(store, ADA);
      await verifies(store);
    }));

  test('revise: a letter moves, keeps its number, and IMAP sessions see it go and come', () =>
    withStore(open, async (store) => {
      const message = await add(store, 'one', ['INBOX'], ['\\Seen', 'Kw']);
      const [inbox, sent] = [await idOf(store, 'INBOX'), await idOf(store, 'Sent')];
      const [from, to] = [await store.openMailbox(ADA, inbox), await store.openMailbox(ADA, sent)];
      const before = from.highestModSeq;
      assert.deepEqual(await revise(store, { message, mailboxes: { set: [sent] }, flags: { how: 'add', flags: ['\\Flagged'] } }), ['done']);
      assert.deepEqual([from.count, Array.from(from.expungedSince(before)!)], [0, [1]]);
      assert.deepEqual([to.count, to.flagsAt(0).text, to.messages[0]], [1, '(\\Seen \\Flagged Kw)', message]);
      assert.deepEqual([to.receivedAt[0], to.uidNext], [1_700_000_000_000, 2]);
      assert.deepEqual(await store.vanishedSince(ADA, inbox, before), [1]);
      assert.deepEqual(await store.resting(ADA, 10), [], 'a letter that moved does not rest');
      assert.equal((await store.usage(ADA)).messages, 1);
      from.release();
      to.release();
      await checkShelf(store, ADA);
      await verifies(store);
    }));

  test('revise: what cannot be done leaves the others as they are', () =>
    withStore(open, async (store) => {
      const [one, two] = [await add(store, 'one'), await add(store, 'two')];
      const [inbox, sent] = [await idOf(store, 'INBOX'), await idOf(store, 'Sent')];
      const tooMany = Array.from({ length: 201 }, (_, at) => `k${at}`);
      const outcomes = await revise(
        store,
        { message: 4711, destroy: true },
        { message: one, mailboxes: { set: [4711] } },
        { message: one, mailboxes: { set: [] } },
        { message: one, mailboxes: { add: [], remove: [inbox] } },
        { message: one, flags: { how: 'add', flags: tooMany } },
        { message: one, mailboxes: { set: [inbox] } },
        { message: two, mailboxes: { add: [sent], remove: [sent] } },
        { message: two, mailboxes: { add: [sent], remove: [inbox] } },
      );
      assert.deepEqual(outcomes, ['nonexistent', 'no-such-mailbox', 'nowhere', 'nowhere', 'limit', 'same', 'same', 'done']);
      assert.deepEqual([await uidsOf(store, ADA, 'INBOX'), await uidsOf(store, ADA, 'Sent')], [[1], [1]]);
      await checkShelf(store, ADA);
      await verifies(store);
      await refuses('nonexistent', () => store.revise(4711, [], null));
    }));

  test('revise: a letter twice in one call', () =>
    withStore(open, async (store) => {
      const message = await add(store, 'one');
      const sent = await idOf(store, 'Sent');
      const follower = await Follower.begin(store, ADA);
      const outcomes = await revise(
        store,
        { message, mailboxes: { add: [sent], remove: [] } },
        { message, flags: { how: 'add', flags: ['\\Seen'] } },
        { message, flags: { how: 'replace', flags: ['Kw'] } },
        { message, mailboxes: { set: [sent] } },
      );
      assert.deepEqual(outcomes, ['done', 'done', 'done', 'done']);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'Sent')).map(({ flags }) => flags),
        ['(Kw)'],
      );
      await follower.follow(await checkShelf(store, ADA));
      assert.deepEqual(await revise(store, { message, destroy: true }, { message, destroy: true }), ['done', 'nonexistent']);
      await follower.follow(await checkShelf(store, ADA));
      await verifies(store);
    }));

  test('revise: destroyed letters rest in all their mailboxes and come back', () =>
    withStore(open, async (store) => {
      const message = await add(store, 'one', ['INBOX', 'Sent'], ['\\Seen']);
      await add(store, 'two');
      const follower = await Follower.begin(store, ADA);
      const [journey] = await store.readLetterIds(ADA, [message]);
      assert.deepEqual(await revise(store, { message, destroy: true }), ['done']);
      assert.equal((await store.usage(ADA)).messages, 1);
      const resting = await store.resting(ADA, 10);
      assert.deepEqual(resting.map(({ mailboxName }) => mailboxName).sort(), ['INBOX', 'Sent']);
      await follower.follow(await checkShelf(store, ADA));
      assert.equal(
        await store.restore(
          ADA,
          resting.map(({ id }) => id),
        ),
        2,
      );
      assert.deepEqual((await store.changesSince(ADA, follower.state))!.emails.created, [message]);
      await follower.follow(await checkShelf(store, ADA));
      assert.deepEqual(await store.readLetterIds(ADA, [message]), [journey]);
      await verifies(store);
    }));

  test('revise: places with \\Deleted are not part of it, but go with the letter', () =>
    withStore(open, async (store) => {
      const message = await add(store, 'one', ['INBOX', 'Sent']);
      const [inbox, sent] = [await idOf(store, 'INBOX'), await idOf(store, 'Sent')];
      await store.setFlags(ADA, sent, [1], { how: 'add', flags: ['\\Deleted'] });
      assert.deepEqual(await revise(store, { message, mailboxes: { set: [inbox] } }), ['same']);
      assert.deepEqual(await revise(store, { message, flags: { how: 'replace', flags: ['\\Seen'] } }), ['done']);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'Sent')).map(({ flags }) => flags),
        ['(\\Deleted)'],
      );
      await checkShelf(store, ADA);
      assert.deepEqual(await revise(store, { message, destroy: true }), ['done']);
      assert.deepEqual(await uidsOf(store, ADA, 'Sent'), []);
      await checkShelf(store, ADA);
      await verifies(store);
    }));

  test('revise: many letters in any order, as seen by a session', () =>
    withStore(open, async (store) => {
      const messages: MessageId[] = [];
      for (let at = 0; at < 6; at++) messages.push(await add(store, `n${at}`));
      const session = await store.openMailbox(ADA, await idOf(store, 'INBOX'));
      const before = session.highestModSeq;
      await revise(store, ...[5, 1, 3].map((at) => ({ message: messages[at]!, destroy: true })));
      assert.deepEqual(Array.from(session.expungedSince(before)!), [2, 4, 6]);
      assert.deepEqual(Array.from(session.uids.subarray(0, session.count)), [1, 3, 5]);
      session.release();
      await checkShelf(store, ADA);
    }));

  test('addLetters: all or none', () =>
    withStore(open, async (store) => {
      const size = (await store.addLetters(ADA, [await newLetter(store, 'one', ['INBOX', 'Sent'])], null)).messages[0]!.size;
      const nowhere = { mailboxes: [] };
      const before = await state(store);
      await refuses('nonexistent', async () =>
        store.addLetters(ADA, [await newLetter(store, 'two', ['INBOX']), await newLetter(store, 'x', [], nowhere)], null),
      );
      await refuses('nonexistent', async () =>
        store.addLetters(ADA, [await newLetter(store, 'two', ['INBOX'], { mailboxes: [1, 4711] })], null),
      );
      await refuses('over-quota', async () => store.addLetters(ADA, [await newLetter(store, 'two', ['INBOX'])], size * 2 - 1));
      const tooMany = Array.from({ length: 201 }, (_, at) => `k${at}`);
      await refuses('limit', async () => store.addLetters(ADA, [await newLetter(store, 'two', ['INBOX'], { flags: tooMany })], null));
      assert.equal(await state(store), before);
      assert.deepEqual(await store.usage(ADA), { octets: size, messages: 1 });
      const { messages, modSeq } = await store.addLetters(
        ADA,
        [await newLetter(store, 'two', ['INBOX']), await newLetter(store, 'six', ['INBOX', 'INBOX'], {}, ['two'])],
        size * 4,
      );
      assert.equal(modSeq, before + 1);
      assert.equal(messages[1]!.thread, messages[0]!.message);
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [1, 2, 3]);
      await checkShelf(store, ADA);
      await verifies(store);
    }));

  test('newestFirst follows INTERNALDATE, whatever the order in which letters come', () =>
    withStore(open, async (store) => {
      const shelf = await store.openShelf(ADA);
      for (const [at, receivedAt] of [50, 10, 90, 50, 0, 99].entries()) {
        shelf.newestFirst();
        await store.addLetters(ADA, [await newLetter(store, `n${at}`, ['INBOX'], { receivedAt })], null);
        await checkShelf(store, ADA);
      }
      const kept = shelf.newestFirst();
      const [messages, count] = [shelf.messages, shelf.count];
      await revise(store, { message: messages[2]!, destroy: true }, { message: messages[0]!, destroy: true });
      await checkShelf(store, ADA);
      assert.deepEqual(
        [Array.from(kept), Array.from(messages.subarray(0, count))],
        [
          [5, 2, 3, 0, 1, 4],
          [1, 2, 3, 4, 5, 6],
        ],
        'what was kept stays',
      );
      await store.restore(
        ADA,
        (await store.resting(ADA, 10)).map(({ id }) => id),
      );
      await checkShelf(store, ADA);
      shelf.release();
    }));

  test('reviseMailbox: name, children, role, subscription and order in one transaction', () =>
    withStore(open, async (store) => {
      await store.createMailbox(ADA, 'a', null);
      await store.createMailbox(ADA, 'a/b', null);
      await store.setSubscribed(ADA, 'a/b', true);
      const [a, b] = [await idOf(store, 'a'), await idOf(store, 'a/b')];
      const follower = await Follower.begin(store, ADA);
      await store.reviseMailbox(ADA, a, { name: 'z', role: 'archive', subscribed: true, sortOrder: 7 });
      assert.equal(await state(store), follower.state + 1);
      const { name, role, subscribed, sortOrder, changedModSeq } = await mailboxOf(store, ADA, 'z');
      assert.deepEqual([name, role, subscribed, sortOrder, changedModSeq], ['z', 'archive', true, 7, follower.state + 1]);
      assert.equal((await mailboxOf(store, ADA, 'z/b')).subscribed, true, 'a subscription goes where the name goes');
      assert.ok(!(await store.subscriptions(ADA)).includes('a/b'));
      const told = (await follower.follow(await checkShelf(store, ADA)))!.mailboxes;
      assert.deepEqual([told.updated, told.countsOnly.size], [[a, b], 0]);
      await store.reviseMailbox(ADA, a, { name: 'z', role: 'archive', subscribed: true, sortOrder: 7 });
      assert.equal(await state(store), follower.state, 'the same again is no change');
    }));

  test('reviseMailbox: what is refused has changed nothing', () =>
    withStore(open, async (store) => {
      const [inbox, sent] = [await idOf(store, 'INBOX'), await idOf(store, 'Sent')];
      const before = await state(store);
      await refuses('cannot', () => store.reviseMailbox(ADA, inbox, { name: 'Other' }));
      await refuses('cannot', () => store.reviseMailbox(ADA, inbox, { role: 'archive' }));
      await refuses('cannot', () => store.reviseMailbox(ADA, sent, { role: 'trash', sortOrder: 4 }));
      await refuses('already-exists', () => store.reviseMailbox(ADA, sent, { name: 'Trash', role: 'archive' }));
      await refuses('nonexistent', () => store.reviseMailbox(ADA, 4711, { sortOrder: 1 }));
      assert.equal(await state(store), before);
      await store.reviseMailbox(ADA, inbox, { sortOrder: 3, subscribed: false });
      assert.equal((await mailboxOf(store, ADA, 'INBOX')).sortOrder, 3);
    }));

  test('a mailbox that goes takes its letters along, and those that lie elsewhere too stay', () =>
    withStore(open, async (store) => {
      await store.createMailbox(ADA, 'a', null);
      const id = await idOf(store, 'a');
      const only = await add(store, 'only', ['a']);
      const both = await add(store, 'both', ['a', 'INBOX']);
      await add(store, 'hidden', ['a'], ['\\Deleted']);
      const follower = await Follower.begin(store, ADA);
      await store.deleteMailbox(ADA, id);
      const told = (await follower.follow(await checkShelf(store, ADA)))!;
      assert.deepEqual([told.emails.destroyed, told.emails.updated, told.mailboxes.destroyed], [[only], [both], [id]]);
      await verifies(store);
    }));

  test('INBOX renamed: its letters lie in the new mailbox and are the same letters', () =>
    withStore(open, async (store) => {
      const message = await add(store, 'one');
      const follower = await Follower.begin(store, ADA);
      await store.renameMailbox(ADA, await idOf(store, 'INBOX'), 'old');
      const told = (await follower.follow(await checkShelf(store, ADA)))!;
      assert.deepEqual([told.emails.updated, told.threads.updated, told.mailboxes.created], [[message], [], [await idOf(store, 'old')]]);
    }));

  test('an account that is removed ends its shelf', () =>
    withStore(open, async (store) => {
      await add(store, 'one');
      const shelf = await store.openShelf(ADA);
      let heard = 0;
      shelf.listen(() => heard++);
      await store.removeAccount(ADA);
      assert.equal(heard, 1);
      shelf.release();
      await refuses('nonexistent', () => store.openShelf(ADA));
      await store.createAccount(ADA, []);
      assert.equal(await withShelf(store, ({ count }) => count), 0);
    }));
}
