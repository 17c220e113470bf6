// The store suite: letters taken over, the queue and the journey.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8, utf8FromBytes } from '../../base/bytes.ts';
import type { QueueRecipient } from '../queue-contract.ts';
import type { TraceEvent } from '../trace-contract.ts';
import {
  ADA,
  BEN,
  acceptOf,
  letterText,
  lettersIn,
  mailboxOf,
  recipient,
  refuses,
  spoolOf,
  toInbox,
  uidsOf,
  verifies,
  wholePicture,
  withStore,
  type OpenStore,
} from './stand-suite.ts';

export function deliverySuite(open: OpenStore): void {
  delivering(open);
  suppressing(open);
  queueing(open);
  tracing(open);
}

function delivering(open: OpenStore): void {
  test('a letter goes to a mailbox by id or role, to INBOX when there is none of that role', () =>
    withStore(open, async (store) => {
      const sent = await mailboxOf(store, ADA, 'Sent');
      const places = [
        { account: ADA, mailbox: sent.id, flags: ['\\Seen'] },
        { account: BEN, mailbox: 'trash' as const, flags: [] },
        { account: BEN, mailbox: 'junk' as const, flags: ['$Junk'] },
      ];
      const { letters } = await store.commit({ letters: [await acceptOf(store, 'a', places)] });
      const [trash, inbox] = [await mailboxOf(store, BEN, 'Trash'), await mailboxOf(store, BEN, 'INBOX')];
      assert.deepEqual(letters, [
        {
          letter: 'ida',
          resent: false,
          placed: [
            { account: ADA, mailbox: sent.id, uid: 1 },
            { account: BEN, mailbox: trash.id, uid: 1 },
            { account: BEN, mailbox: inbox.id, uid: 1 },
          ],
        },
      ]);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'Sent')).map(({ flags, receivedAt }) => [flags, receivedAt]),
        [['(\\Seen)', 1_700_000_000_000]],
      );
      assert.deepEqual(
        (await lettersIn(store, BEN, 'INBOX')).map(({ flags }) => flags),
        ['($Junk)'],
      );
      // One letter of the account in two mailboxes counts once.
      assert.equal((await store.usage(BEN)).messages, 1);
      assert.equal(trash.highestModSeq, inbox.highestModSeq);
      await verifies(store);
    }));

  test('trace fields stand before the octets, in the mailbox and in the queue', () =>
    withStore(open, async (store) => {
      const prefix = bytesFromUtf8('Received: from here\r\n');
      const letter = await acceptOf(store, 'a', [toInbox(ADA)], { prefix, queue: [recipient('x@far.test')] });
      await store.commit({ letters: [letter] });
      const expected = `Received: from here\r\n${letterText('a')}`;
      const state = await store.openMailbox(ADA, (await mailboxOf(store, ADA, 'INBOX')).id);
      const [octets] = await store.readLetters(ADA, [state.messages[0]!]);
      assert.equal(utf8FromBytes(octets!), expected);
      assert.equal(state.sizes[0], expected.length);
      assert.deepEqual(await store.readLetterIds(ADA, [state.messages[0]!]), ['ida']);
      state.release();
      const queued = await store.openQueued('ida');
      assert.equal(utf8FromBytes(await queued.read(0, queued.length)), expected);
    }));

  test('a commit with one bad place stores nothing of any letter', () =>
    withStore(open, async (store) => {
      const before = await wholePicture(store);
      const bad = { account: ADA, mailbox: 4711, flags: [] };
      for (const places of [[toInbox(ADA), bad], [toInbox(4711)]]) {
        const letters = [
          await acceptOf(store, 'a', [toInbox(BEN, 'key')], { queue: [recipient('x@far.test')] }),
          await acceptOf(store, 'b', places),
        ];
        await refuses('nonexistent', () => store.commit({ letters, events: [event('ida', 1)] }));
      }
      assert.deepEqual(await wholePicture(store), before);
      assert.deepEqual(await store.trace.ofLetter('ida'), []);
      // The key of the failed placement is not used up.
      await store.commit({ letters: [await acceptOf(store, 'a', [toInbox(BEN, 'key')])] });
      assert.deepEqual(await uidsOf(store, BEN, 'INBOX'), [1]);
    }));

  test('the wish of a rule yields: a mailbox that has gone, or has no room for a keyword, costs nobody the letter', () =>
    withStore(open, async (store) => {
      const inbox = await mailboxOf(store, BEN, 'INBOX');
      const full = Array.from({ length: 200 }, (_, index) => `k${index}`);
      await store.append(BEN, inbox.id, [{ spool: await spoolOf(store, letterText('full')), flags: full }], null);
      const gone = { account: BEN, mailbox: 4711, flags: ['\\Flagged', 'new'], key: 'x', yields: true };
      const places = [
        { account: ADA, mailbox: 'inbox' as const, flags: ['work'], yields: true },
        gone,
        { ...gone, mailbox: 4712, key: 'y' },
      ];
      const { letters } = await store.commit({ letters: [await acceptOf(store, 'a', places)] });
      assert.deepEqual(
        letters[0]!.placed.map(({ account }) => account),
        [ADA, BEN],
      );
      assert.deepEqual(
        (await lettersIn(store, ADA, 'INBOX')).map(({ flags }) => flags),
        ['(work)'],
      );
      assert.equal((await lettersIn(store, BEN, 'INBOX')).at(-1)!.flags, '(\\Flagged)');
      assert.equal((await lettersIn(store, BEN, 'INBOX')).length, 2);
      await refuses('nonexistent', async () =>
        store.commit({ letters: [await acceptOf(store, 'b', [{ ...gone, key: 'z', yields: false }])] }),
      );
      await verifies(store);
    }));

  test('a placement key is used once in an account: the second is passed over', () =>
    withStore(open, async (store, { advance }) => {
      await store.commit({ letters: [await acceptOf(store, 'a', [toInbox(ADA, 'row-1'), toInbox(BEN, 'row-1')])] });
      const again = await store.commit({ letters: [await acceptOf(store, 'b', [toInbox(ADA, 'row-1'), toInbox(BEN, 'row-2')])] });
      assert.equal(again.letters[0]!.resent, false);
      assert.deepEqual([await uidsOf(store, ADA, 'INBOX'), await uidsOf(store, BEN, 'INBOX')], [[1], [1, 2]]);
      assert.equal((await store.usage(ADA)).messages, 1);
      await verifies(store);
      if (advance === undefined) return;
      advance(29 * 86_400_000);
      await store.upkeep();
      await store.commit({ letters: [await acceptOf(store, 'c', [toInbox(ADA, 'row-1')])] });
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [1]);
    }));

  test('two commits at once with one key place one letter', () =>
    withStore(open, async (store) => {
      const letters = await Promise.all(['a', 'b', 'c', 'd'].map((name) => acceptOf(store, name, [toInbox(ADA, 'row-1')])));
      await Promise.all(letters.map((letter) => store.commit({ letters: [letter] })));
      assert.equal((await uidsOf(store, ADA, 'INBOX')).length, 1);
      await verifies(store);
    }));

  test('an empty commit is done', () =>
    withStore(open, async (store) => {
      assert.deepEqual(await store.commit({}), { items: [], letters: [] });
      await store.checkRoom(1000);
    }));
}

function suppressing(open: OpenStore): void {
  test('a re-send is recognised by octets, reverse-path and recipients, and stores nothing', () =>
    withStore(open, async (store) => {
      const send = async (letter: string, more: object = {}) => {
        const accept = await acceptOf(store, 'a', [toInbox(ADA)], {
          letter,
          resentUntil: Number.MAX_SAFE_INTEGER,
          queue: [recipient('x@far.test')],
          ...more,
        });
        return (await store.commit({ letters: [accept] })).letters[0]!;
      };
      assert.equal((await send('first')).resent, false);
      const again = await send('second', { prefix: bytesFromUtf8('Received: again\r\n') });
      assert.deepEqual([again.letter, again.resent], ['first', true]);
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [1]);
      assert.equal((await store.queue.list({ limit: 10 })).length, 1);
      const different = [
        { reversePath: 'other@example.test' },
        { queue: [recipient('y@far.test')] },
        { placements: [toInbox(BEN)] },
        { resentUntil: 0 },
      ];
      for (const [at, more] of different.entries()) assert.equal((await send(`other${at}`, more)).resent, false, JSON.stringify(more));
      await verifies(store);
    }));

  test('two equal letters sent at once are stored once', () =>
    withStore(open, async (store) => {
      const letters = await Promise.all(
        ['x', 'y', 'z'].map((letter) => acceptOf(store, 'a', [toInbox(ADA)], { letter, resentUntil: Number.MAX_SAFE_INTEGER })),
      );
      const results = await Promise.all(letters.map((letter) => store.commit({ letters: [letter] })));
      assert.equal((await uidsOf(store, ADA, 'INBOX')).length, 1);
      assert.equal(new Set(results.map((result) => result.letters[0]!.letter)).size, 1);
      assert.equal(results.filter((result) => result.letters[0]!.resent).length, 2);
    }));

  test('after a day the same letter is another one', () =>
    withStore(open, async (store, { advance }) => {
      if (advance === undefined) return;
      const send = async (letter: string) =>
        (await store.commit({ letters: [await acceptOf(store, 'a', [toInbox(ADA)], { letter, resentUntil: Number.MAX_SAFE_INTEGER })] }))
          .letters[0]!.resent;
      assert.equal(await send('first'), false);
      advance(23 * 3_600_000);
      assert.equal(await send('second'), true);
      advance(2 * 3_600_000);
      assert.equal(await send('third'), false);
    }));
}

function queueing(open: OpenStore): void {
  test('queue rows carry the letter, its parameters and the recipient', () =>
    withStore(open, async (store) => {
      const one = { ...recipient('x@far.test', 5000), notify: ['success', 'delay'] as const, originalRecipient: 'rfc822;x@old.test' };
      const letter = await acceptOf(store, 'a', [], {
        queue: [one, recipient('y@near.test', 4000)],
        dsn: { envelopeId: 'env', returns: 'headers' },
        smtpUtf8: true,
        bodyType: '8bitmime',
      });
      await store.commit({ letters: [letter] });
      const [row] = await store.queue.list({ domain: 'far.test', limit: 10 });
      const { id, createdAt, leaseEpoch, ...rest } = row!;
      assert.ok(id > 0 && createdAt > 0 && leaseEpoch >= 0);
      assert.deepEqual(rest, {
        ...one,
        letter: 'ida',
        reversePath: 'ada@example.test',
        envelopeId: 'env',
        returns: 'headers',
        smtpUtf8: true,
        bodyType: '8bitmime',
        size: letterText('a').length,
        attempts: 0,
        state: 'ready',
        lastReply: null,
        lastHost: null,
        delayTold: false,
        via: null,
      });
      assert.equal(await store.queue.nextDue(), 4000);
      assert.deepEqual(await store.queue.count(), { ready: 2, held: 0, letters: 1 });
      assert.equal((await store.queue.list({ letter: 'ida', limit: 1 })).length, 1);
      assert.deepEqual(await store.queue.list({ letter: 'other', limit: 10 }), []);
    }));

  test('rows for the provider of an account have a road of their own, whatever domain they are for', () =>
    withStore(open, async (store) => {
      const queue = [recipient('a@x.test', 1000), { ...recipient('b@x.test', 1001), via: 17 }, { ...recipient('c@y.test', 1002), via: 18 }];
      await store.commit({ letters: [await acceptOf(store, 'a', [], { queue })] });
      const seen = (rows: readonly QueueRecipient[]): unknown => rows.map(({ recipient: to, via }) => [to, via]);
      assert.deepEqual(seen(await store.queue.list({ via: 17, limit: 10 })), [['b@x.test', 17]]);
      assert.deepEqual(seen(await store.queue.take(2000, 100, 10, ['via 17', 'y.test'])), [
        ['a@x.test', null],
        ['c@y.test', 18],
      ]);
      assert.deepEqual(seen(await store.queue.take(2000, 100, 10, ['x.test'])), [['b@x.test', 17]]);
    }));

  test('list reads the rows of the reverse-paths that are wanted, whatever lies before them', () =>
    withStore(open, async (store) => {
      const paths = ['ben@example.test', 'Ada+a@example.test', '', 'ada@example.test', 'ben@example.test'];
      for (const [at, reversePath] of paths.entries()) {
        const queue = [recipient(`${at}@x.test`), { ...recipient(`${at}@y.test`), via: at }];
        await store.commit({ letters: [await acceptOf(store, `n${at}`, [], { queue, reversePath })] });
      }
      const asked = new Set<string>();
      const from = (path: string): boolean => asked.add(path) && /^ada/i.test(path);
      const seen = (rows: readonly QueueRecipient[]): unknown => rows.map(({ recipient: to }) => to).toSorted();
      assert.deepEqual(seen(await store.queue.list({ from, limit: 4 })), ['1@x.test', '1@y.test', '3@x.test', '3@y.test']);
      assert.deepEqual([...asked].toSorted(), [...new Set(paths)].toSorted());
      assert.equal((await store.queue.list({ from, limit: 3 })).length, 3);
      assert.deepEqual(seen(await store.queue.list({ from, domain: 'x.test', limit: 10 })), ['1@x.test', '3@x.test']);
      assert.deepEqual(seen(await store.queue.list({ from, via: 3, limit: 10 })), ['3@y.test']);
      assert.deepEqual(seen(await store.queue.list({ from, letter: 'idn1', limit: 10 })), ['1@x.test', '1@y.test']);
      assert.deepEqual(await store.queue.list({ from, letter: 'idn0', limit: 10 }), []);
      assert.deepEqual(await store.queue.list({ from: () => false, limit: 10 }), []);
    }));

  test('take gives due rows, oldest first, once per lease', () =>
    withStore(open, async (store) => {
      const queue = [recipient('c@z.test', 3000), recipient('a@x.test', 1000), recipient('b@y.test', 2000), recipient('d@x.test', 9000)];
      await store.commit({ letters: [await acceptOf(store, 'a', [], { queue })] });
      assert.deepEqual(await store.queue.take(999, 100, 10, []), []);
      const [first] = await store.queue.take(5000, 100, 1, []);
      assert.equal(first!.recipient, 'a@x.test');
      const rest = await store.queue.take(5000, 100, 10, []);
      assert.deepEqual(
        rest.map((row) => row.recipient),
        ['b@y.test', 'c@z.test'],
      );
      assert.deepEqual(await store.queue.take(5099, 100, 10, []), []);
      assert.equal(await store.queue.nextDue(), 5100);
      const again = await store.queue.take(5100, 100, 10, ['y.test']);
      assert.deepEqual(again.map((row) => row.recipient).sort(), ['a@x.test', 'c@z.test']);
      assert.ok(again.find((row) => row.id === first!.id)!.leaseEpoch > first!.leaseEpoch);
    }));

  test('two takers at once never get the same row', () =>
    withStore(open, async (store) => {
      const queue = Array.from({ length: 40 }, (_, at) => recipient(`r${at}@far.test`));
      await store.commit({ letters: [await acceptOf(store, 'a', [], { queue })] });
      const taken = (await Promise.all([1, 2, 3, 4].map(() => store.queue.take(2000, 1000, 15, [])))).flat();
      assert.equal(taken.length, 40);
      assert.equal(new Set(taken.map((row) => row.id)).size, 40);
    }));

  test('renew prolongs a lease that is still ours', () =>
    withStore(open, async (store) => {
      await store.commit({ letters: [await acceptOf(store, 'a', [], { queue: [recipient('a@x.test'), recipient('b@x.test')] })] });
      const rows = await store.queue.take(2000, 100, 10, []);
      const lost = { id: rows[1]!.id, leaseEpoch: rows[1]!.leaseEpoch - 1 };
      assert.deepEqual(await store.queue.renew([rows[0]!, lost, { id: 4711, leaseEpoch: 1 }], 2050, 100), [rows[0]!.id]);
      assert.deepEqual(
        (await store.queue.take(2100, 10, 10, [])).map((row) => row.id),
        [rows[1]!.id],
      );
      assert.deepEqual((await store.queue.take(2150, 10, 10, [])).map((row) => row.id).sort(), rows.map((row) => row.id).sort());
    }));

  test('results come with the letters that follow from them, in one commit', () =>
    withStore(open, async (store) => {
      const queue = ['a', 'b', 'c', 'd'].map((name) => recipient(`${name}@x.test`));
      await store.commit({ letters: [await acceptOf(store, 'a', [], { queue })] });
      const [a, b, c, d] = (await store.queue.take(2000, 1000, 10, [])).toSorted((one, two) => (one.recipient < two.recipient ? -1 : 1));
      await store.commit({
        queue: [
          { id: a!.id, leaseEpoch: a!.leaseEpoch, done: 'delivered' },
          { id: b!.id, leaseEpoch: b!.leaseEpoch, done: 'failed' },
          { id: c!.id, leaseEpoch: c!.leaseEpoch, done: 'later', dueAt: 7000, reply: '451 wait', host: 'mx.x.test', delayTold: true },
          { id: d!.id, leaseEpoch: d!.leaseEpoch - 1, done: 'delivered' },
        ],
        letters: [await acceptOf(store, 'report', [toInbox(ADA)])],
      });
      const rows = await store.queue.list({ limit: 10 });
      assert.deepEqual(
        rows.map((row) => row.id),
        [c!.id, d!.id],
      );
      const { attempts, dueAt, lastReply, lastHost, delayTold } = rows[0]!;
      assert.deepEqual([attempts, dueAt, lastReply, lastHost, delayTold], [1, 7000, '451 wait', 'mx.x.test', true]);
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [1]);
    }));

  test('a result under an old lease is passed over, the rest of the commit stands', () =>
    withStore(open, async (store) => {
      await store.commit({ letters: [await acceptOf(store, 'a', [], { queue: [recipient('a@x.test')] })] });
      const [old] = await store.queue.take(2000, 100, 1, []);
      const [now] = await store.queue.take(2100, 100, 1, []);
      await store.commit({
        queue: [{ id: old!.id, leaseEpoch: old!.leaseEpoch, done: 'failed' }],
        letters: [await acceptOf(store, 'r', [toInbox(ADA)])],
      });
      assert.equal((await store.queue.count()).ready, 1);
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [1]);
      await store.commit({ queue: [{ id: now!.id, leaseEpoch: now!.leaseEpoch, done: 'delivered' }] });
      assert.equal((await store.queue.count()).ready, 0);
    }));

  test('octets in the queue are there until the last recipient is done', () =>
    withStore(open, async (store) => {
      await store.commit({ letters: [await acceptOf(store, 'a', [], { queue: [recipient('a@x.test'), recipient('b@x.test')] })] });
      const rows = await store.queue.take(2000, 100, 10, []);
      await store.commit({ queue: [{ id: rows[0]!.id, leaseEpoch: rows[0]!.leaseEpoch, done: 'delivered' }] });
      const letter = await store.openQueued('ida');
      assert.equal(utf8FromBytes(await letter.read(0, 5)), 'From:');
      assert.equal(await store.queue.remove([rows[1]!.id, 4711]), 1);
      await refuses('nonexistent', () => store.openQueued('ida'));
      assert.deepEqual(await store.queue.count(), { ready: 0, held: 0, letters: 0 });
      assert.equal(await store.queue.nextDue(), null);
    }));

  test('held rows are not taken until they are retried', () =>
    withStore(open, async (store) => {
      await store.commit({ letters: [await acceptOf(store, 'a', [], { queue: [recipient('a@x.test'), recipient('b@x.test', 9000)] })] });
      const ids = (await store.queue.list({ limit: 10 })).map((row) => row.id);
      assert.equal(await store.queue.hold([ids[0]!, 4711]), 1);
      assert.deepEqual(await store.queue.count(), { ready: 1, held: 1, letters: 1 });
      assert.deepEqual(await store.queue.take(2000, 100, 10, []), []);
      assert.equal(await store.queue.nextDue(), 9000);
      assert.equal(await store.queue.retry(ids, 3000), 2);
      assert.equal((await store.queue.take(3000, 100, 10, [])).length, 2);
    }));

  test('onNew tells of new rows and of rows made due, until it is stopped', () =>
    withStore(open, async (store) => {
      let heard = 0;
      const stop = store.queue.onNew(() => heard++);
      await store.commit({ letters: [await acceptOf(store, 'a', [toInbox(ADA)])] });
      assert.equal(heard, 0);
      await store.commit({ letters: [await acceptOf(store, 'b', [], { queue: [recipient('a@x.test')] })] });
      const afterNew = heard;
      assert.ok(afterNew > 0);
      await store.queue.retry(
        (await store.queue.list({ limit: 1 })).map((row) => row.id),
        1,
      );
      assert.ok(heard > afterNew);
      const afterRetry = heard;
      stop();
      await store.commit({ letters: [await acceptOf(store, 'c', [], { queue: [recipient('a@x.test')] })] });
      assert.equal(heard, afterRetry);
    }));
}

function event(letter: string, at: number, more: Partial<TraceEvent> = {}): TraceEvent {
  return { letter, at, station: 'reception', result: 'done', recipient: null, account: null, facts: {}, ...more };
}

function tracing(open: OpenStore): void {
  test('events of a letter come oldest first, with all their facts', () =>
    withStore(open, async (store) => {
      const first = event('one', 1000, { facts: { protocol: 'smtp', peer: 'mx.test', size: 12 } });
      const second = event('one', 2000, { station: 'mailbox', account: ADA, recipient: 'ada@example.test', facts: { uid: 4 } });
      await store.commit({ events: [second, event('two', 1500)] });
      await store.commit({ events: [first] });
      assert.deepEqual(await store.trace.ofLetter('one'), [first, second]);
      assert.deepEqual(await store.trace.ofLetter('three'), []);
    }));

  test('find knows letter ids, Message-IDs and addresses; newest first', () =>
    withStore(open, async (store) => {
      await store.commit({
        events: [
          event('one', 1000, { facts: { from: 'Ada@Example.test', messageId: 'm1@x' } }),
          event('two', 2000, { recipient: 'ada@example.test' }),
          event('three', 3000, { facts: { from: 'ada@example.test' } }),
        ],
      });
      assert.deepEqual(await store.trace.find('ada@example.TEST', 10), ['three', 'two', 'one']);
      assert.deepEqual(await store.trace.find('ada@example.test', 2), ['three', 'two']);
      assert.deepEqual(await store.trace.find('<m1@x>', 10), ['one']);
      assert.deepEqual(await store.trace.find('m1@x', 10), ['one']);
      assert.deepEqual(await store.trace.find('two', 10), ['two']);
      assert.deepEqual(await store.trace.find('nobody', 10), []);
    }));

  test('add tells events outside a commit; they can be read after the next commit', () =>
    withStore(open, async (store) => {
      store.trace.add([event('one', 1000, { station: 'read' })]);
      await store.commit({ events: [event('one', 2000)] });
      assert.deepEqual(
        (await store.trace.ofLetter('one')).map(({ station }) => station),
        ['read', 'reception'],
      );
    }));
}
