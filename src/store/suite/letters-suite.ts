// The store suite: letters in mailboxes. APPEND, STORE, EXPUNGE, COPY and MOVE, reading, undo.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8, utf8FromBytes } from '../../base/bytes.ts';
import type { TextQuery } from '../contract.ts';
import {
  ADA,
  append,
  hashOf,
  letterOf,
  letterText,
  lettersIn,
  mailboxOf,
  refuses,
  spoolOf,
  uidsOf,
  verifies,
  withStore,
  type OpenStore,
} from './stand-suite.ts';

export function lettersSuite(open: OpenStore): void {
  appending(open);
  flagging(open);
  expunging(open);
  copying(open);
  reading(open);
  undoing(open);
}

function appending(open: OpenStore): void {
  test('append gives ascending UIDs, one MODSEQ, and keeps flags, INTERNALDATE and octets', () =>
    withStore(open, async (store) => {
      const inbox = await mailboxOf(store, ADA, 'INBOX');
      const letters = [await letterOf(store, 'one', ['\\Seen', '\\Recent', '$Junk'], 1000), await letterOf(store, 'two', [], 2000)];
      const result = await store.append(ADA, inbox.id, letters, null);
      assert.deepEqual(result.uids, [1, 2]);
      assert.equal(result.uidValidity, inbox.uidValidity);
      assert.ok(result.modSeq > inbox.highestModSeq);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'INBOX')).map(({ flags, receivedAt, sha256, modSeq }) => ({ flags, receivedAt, sha256, modSeq })),
        [
          { flags: '(\\Seen $Junk)', receivedAt: 1000, sha256: hashOf(bytesFromUtf8(letterText('one'))), modSeq: result.modSeq },
          { flags: '()', receivedAt: 2000, sha256: hashOf(bytesFromUtf8(letterText('two'))), modSeq: result.modSeq },
        ],
      );
      const { uidNext, highestModSeq, messages, unseen, size } = await mailboxOf(store, ADA, 'INBOX');
      assert.deepEqual([uidNext, highestModSeq, messages, unseen], [3, result.modSeq, 2, 1]);
      assert.equal(size, letterText('one').length + letterText('two').length);
      await verifies(store);
    }));

  test('append without INTERNALDATE and journey takes now and makes an id', () =>
    withStore(open, async (store) => {
      const inbox = await mailboxOf(store, ADA, 'INBOX');
      await store.append(ADA, inbox.id, [{ spool: await spoolOf(store, letterText('x')), flags: [] }], null);
      const state = await store.openMailbox(ADA, inbox.id);
      assert.ok(state.receivedAt[0]! > 0);
      assert.ok(state.savedAt[0]! > 0);
      const [letter = ''] = await store.readLetterIds(ADA, [state.messages[0]!]);
      assert.match(letter, /^[a-z0-9]{8,}$/);
      state.release();
    }));

  test('append is all or none: above the quota nothing is stored', () =>
    withStore(open, async (store) => {
      const inbox = await mailboxOf(store, ADA, 'INBOX');
      const size = letterText('one').length;
      const letters = async () => [await letterOf(store, 'one'), await letterOf(store, 'two')];
      await refuses('over-quota', async () => store.append(ADA, inbox.id, await letters(), size * 2 - 1));
      assert.deepEqual(await store.usage(ADA), { octets: 0, messages: 0 });
      assert.equal((await mailboxOf(store, ADA, 'INBOX')).uidNext, 1);
      await store.append(ADA, inbox.id, await letters(), size * 2);
      assert.deepEqual(await store.usage(ADA), { octets: size * 2, messages: 2 });
      await refuses('over-quota', async () => store.append(ADA, inbox.id, [await letterOf(store, 'x')], size * 2));
    }));

  test('a letter of no octets and one of three megabytes come back as they were', () =>
    withStore(open, async (store) => {
      const inbox = await mailboxOf(store, ADA, 'INBOX');
      const large = new Uint8Array(3_000_000).map((_, at) => (at * 7 + (at >>> 8)) & 0xff);
      const spool = store.spool(3_000_000);
      for (let at = 0; at < large.length; at += 100_000) await spool.add(large.slice(at, at + 100_000));
      assert.equal(spool.length, 3_000_000);
      await store.append(
        ADA,
        inbox.id,
        [
          { spool, flags: [] },
          { spool: await spoolOf(store, ''), flags: [] },
        ],
        null,
      );
      spool.discard();
      spool.discard();
      const state = await store.openMailbox(ADA, inbox.id);
      const [first, second] = await store.readLetters(ADA, state.messages.slice(0, 2));
      assert.equal(hashOf(first!), hashOf(large));
      assert.equal(second!.length, 0);
      const letter = await store.openLetter(ADA, state.messages[0]!);
      state.release();
      assert.equal(letter.length, 3_000_000);
      assert.deepEqual(Buffer.from(await letter.read(1_999_990, 2_000_010)), Buffer.from(large.slice(1_999_990, 2_000_010)));
      assert.equal((await letter.read(2_999_999, 4_000_000)).length, 1);
      assert.equal((await letter.read(5_000_000, 6_000_000)).length, 0);
    }));

  test('a spool refuses octets beyond its limit', () =>
    withStore(open, async (store) => {
      const spool = store.spool(10);
      await spool.add(new Uint8Array(10));
      await refuses('too-big', async () => spool.add(new Uint8Array(1)));
      spool.discard();
    }));

  test('a spool that was not used can be discarded', () =>
    withStore(open, async (store) => {
      const spool = await spoolOf(store, letterText('never'));
      assert.equal(utf8FromBytes(await spool.read()), letterText('never'));
      spool.discard();
      assert.deepEqual(await store.usage(ADA), { octets: 0, messages: 0 });
    }));
}

function flagging(open: OpenStore): void {
  const changes: readonly (readonly [string[], 'add' | 'remove' | 'replace', string[], string, boolean])[] = [
    [[], 'add', ['\\Seen'], '(\\Seen)', true],
    [['\\Seen'], 'add', ['\\Seen'], '(\\Seen)', false],
    [['\\Seen', 'Kw'], 'add', ['\\Deleted', 'kW', 'new'], '(\\Seen \\Deleted Kw new)', true],
    [['\\Seen', 'Kw'], 'remove', ['kw'], '(\\Seen)', true],
    [['\\Seen'], 'remove', ['\\Draft', 'unknown'], '(\\Seen)', false],
    [['\\Seen', 'Kw'], 'replace', ['\\Flagged', '\\Answered'], '(\\Answered \\Flagged)', true],
    [['\\Seen', 'Kw'], 'replace', ['KW', '\\sEEN'], '(\\Seen Kw)', false],
    [['\\Seen', 'Kw'], 'replace', [], '()', true],
  ];
  for (const [before, how, flags, after, isChange] of changes) {
    test(`setFlags (${before.join(' ')}) ${how} (${flags.join(' ')}) is ${after}`, () =>
      withStore(open, async (store) => {
        const { id } = await mailboxOf(store, ADA, 'INBOX');
        const { modSeq } = await store.append(ADA, id, [await letterOf(store, 'one', before)], null);
        const result = await store.setFlags(ADA, id, [1], { how, flags });
        assert.deepEqual([result.changed, result.modified], [isChange ? [1] : [], []]);
        const [letter] = await lettersIn(store, ADA, 'INBOX');
        assert.equal(letter!.flags, after);
        assert.equal(letter!.modSeq > modSeq, isChange);
        if (isChange) assert.equal(letter!.modSeq, result.modSeq);
        const { unseen, deleted, highestModSeq } = await mailboxOf(store, ADA, 'INBOX');
        assert.deepEqual([unseen, deleted], [after.includes('\\Seen') ? 0 : 1, after.includes('\\Deleted') ? 1 : 0]);
        assert.equal(highestModSeq, letter!.modSeq);
      }));
  }

  test('setFlags of many letters takes one MODSEQ, passes over what is gone, and changes only what differs', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b', 'c', 'd');
      await store.setFlags(ADA, id, [2], { how: 'add', flags: ['\\Seen'] });
      await store.expunge(ADA, id, [3], false);
      const result = await store.setFlags(ADA, id, [4, 1, 2, 3, 99, 4], { how: 'add', flags: ['\\Seen'] });
      assert.deepEqual([[...result.changed].sort(), result.modified], [[1, 4], []]);
      const letters = await lettersIn(store, ADA, 'INBOX');
      assert.deepEqual(
        letters.map(({ uid, modSeq }) => [uid, modSeq === result.modSeq]),
        [
          [1, true],
          [2, false],
          [4, true],
        ],
      );
    }));

  test('unchangedSince leaves later letters alone and names them (RFC 7162 §3.1.3)', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b', 'c');
      const { modSeq } = await store.setFlags(ADA, id, [2], { how: 'add', flags: ['\\Flagged'] });
      const refused = await store.setFlags(ADA, id, [1, 2, 3], { how: 'add', flags: ['\\Seen'], unchangedSince: modSeq - 1 });
      assert.deepEqual([refused.changed, refused.modified], [[1, 3], [2]]);
      const never = await store.setFlags(ADA, id, [1, 2], { how: 'add', flags: ['\\Draft'], unchangedSince: 0 });
      assert.deepEqual([never.changed, never.modified], [[], [1, 2]]);
      const later = await store.setFlags(ADA, id, [2], { how: 'add', flags: ['\\Seen'], unchangedSince: modSeq });
      assert.deepEqual([later.changed, later.modified], [[2], []]);
    }));

  test('a mailbox has at most 200 keywords', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b');
      const names = Array.from({ length: 200 }, (_, at) => `kw${at}`);
      await store.setFlags(ADA, id, [1], { how: 'add', flags: names });
      await refuses('limit', () => store.setFlags(ADA, id, [2], { how: 'add', flags: ['one-more'] }));
      await refuses('limit', () => store.setFlags(ADA, id, [2], { how: 'replace', flags: ['\\Seen', 'one-more'] }));
      await refuses('limit', async () => store.append(ADA, id, [await letterOf(store, 'c', ['one-more'])], null));
      assert.deepEqual((await lettersIn(store, ADA, 'INBOX'))[1]!.flags, '()');
      await store.setFlags(ADA, id, [2], { how: 'add', flags: ['KW7'] });
      assert.equal((await lettersIn(store, ADA, 'INBOX'))[1]!.flags, '(kw7)');
      const state = await store.openMailbox(ADA, id);
      assert.equal(state.keywords.length, 200);
      state.release();
    }));

  test('keywords stay in the list of the mailbox when no letter has them any more', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await store.append(ADA, id, [await letterOf(store, 'a', ['First']), await letterOf(store, 'b', ['Second'])], null);
      await store.setFlags(ADA, id, [1], { how: 'replace', flags: [] });
      const state = await store.openMailbox(ADA, id);
      assert.deepEqual([...state.keywords].sort(), ['First', 'Second']);
      state.release();
    }));
}

function expunging(open: OpenStore): void {
  test('expunge removes those with \\Deleted, those named, or both', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b', 'c', 'd', 'e');
      await store.setFlags(ADA, id, [2, 4, 5], { how: 'add', flags: ['\\Deleted'] });
      const some = await store.expunge(ADA, id, [1, 2, 99], true);
      assert.deepEqual(some.uids, [2]);
      const rest = await store.expunge(ADA, id, null, true);
      assert.deepEqual(rest.uids, [4, 5]);
      assert.ok(rest.modSeq > some.modSeq);
      const named = await store.expunge(ADA, id, [3], false);
      assert.deepEqual(named.uids, [3]);
      const none = await store.expunge(ADA, id, null, true);
      assert.deepEqual(none.uids, []);
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [1]);
      const { messages, deleted, uidNext, highestModSeq } = await mailboxOf(store, ADA, 'INBOX');
      assert.deepEqual([messages, deleted, uidNext, highestModSeq], [1, 0, 6, named.modSeq]);
      await verifies(store);
    }));

  test('vanishedSince is exact for every MODSEQ', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b', 'c', 'd', 'e', 'f');
      const marks: { modSeq: number; gone: number[] }[] = [{ modSeq: 0, gone: [] }];
      marks.push({ modSeq: (await mailboxOf(store, ADA, 'INBOX')).highestModSeq, gone: [] });
      const trash = (await mailboxOf(store, ADA, 'Trash')).id;
      for (const uids of [[5], [1, 6], [3]]) marks.push({ modSeq: (await store.expunge(ADA, id, uids, false)).modSeq, gone: uids });
      marks.push({ modSeq: (await store.copy(ADA, id, [2], trash, { move: true, quota: null })).modSeq, gone: [2] });
      for (const { modSeq } of marks) {
        const expected = marks.flatMap((mark) => (mark.modSeq > modSeq ? mark.gone : [])).sort();
        assert.deepEqual(await store.vanishedSince(ADA, id, modSeq), expected, `since ${modSeq}`);
      }
      assert.deepEqual(await store.vanishedSince(ADA, trash, 0), []);
    }));
}

function copying(open: OpenStore): void {
  test('copy gives new UIDs in the order of the old ones; flags and INTERNALDATE go along', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const sent = await mailboxOf(store, ADA, 'Sent');
      await append(store, ADA, sent.id, 'before');
      await store.append(
        ADA,
        id,
        [await letterOf(store, 'a', ['\\Seen', 'Kw'], 5), await letterOf(store, 'b', [], 6), await letterOf(store, 'c', [], 7)],
        null,
      );
      const result = await store.copy(ADA, id, [3, 1, 77], sent.id, { move: false, quota: null });
      assert.deepEqual([result.uidValidity, result.from, result.to], [sent.uidValidity, [1, 3], [2, 3]]);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'Sent'))
          .slice(1)
          .map(({ subject, flags, receivedAt, modSeq }) => [subject, flags, receivedAt, modSeq === result.modSeq]),
        [
          ['a', '(\\Seen Kw)', 5, true],
          ['c', '()', 7, true],
        ],
      );
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [1, 2, 3]);
      // RFC 8474 §5.1: a copy has the EMAILID of its source; so it counts once.
      const [from, to] = [await store.openMailbox(ADA, id), await store.openMailbox(ADA, sent.id)];
      assert.deepEqual([to.messages[1], to.messages[2]], [from.messages[0], from.messages[2]]);
      assert.equal((await store.usage(ADA)).messages, 4);
      assert.deepEqual(await store.readLetterIds(ADA, [to.messages[1]!]), ['ida']);
      from.release();
      to.release();
      await verifies(store);
    }));

  test('copy never fails for a quota: the letter counts once', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a');
      const { octets } = await store.usage(ADA);
      const result = await store.copy(ADA, id, [1], (await mailboxOf(store, ADA, 'Sent')).id, { move: false, quota: octets });
      assert.deepEqual(result.to, [1]);
    }));

  test('move expunges the sources in the same change, and nothing rests (RFC 6851)', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const trash = (await mailboxOf(store, ADA, 'Trash')).id;
      await append(store, ADA, id, 'a', 'b', 'c');
      const result = await store.copy(ADA, id, [1, 3], trash, { move: true, quota: null });
      assert.deepEqual(
        [result.from, result.to],
        [
          [1, 3],
          [1, 2],
        ],
      );
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [2]);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'Trash')).map(({ subject }) => subject),
        ['a', 'c'],
      );
      for (const name of ['INBOX', 'Trash']) assert.equal((await mailboxOf(store, ADA, name)).highestModSeq, result.modSeq);
      assert.deepEqual(await store.resting(ADA, 10), []);
      assert.equal((await store.usage(ADA)).messages, 3);
      await verifies(store);
    }));

  test('copy and move into the same mailbox give new UIDs', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b');
      assert.deepEqual((await store.copy(ADA, id, [1], id, { move: false, quota: null })).to, [3]);
      assert.deepEqual((await store.copy(ADA, id, [2], id, { move: true, quota: null })).to, [4]);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'INBOX')).map(({ uid, subject }) => `${uid} ${subject}`),
        ['1 a', '3 a', '4 b'],
      );
      assert.equal((await store.usage(ADA)).messages, 2);
      await verifies(store);
    }));

  test('copy of nothing changes nothing', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const result = await store.copy(ADA, id, [5], id, { move: true, quota: null });
      assert.deepEqual([result.from, result.to], [[], []]);
      assert.equal((await mailboxOf(store, ADA, 'INBOX')).uidNext, 1);
    }));

  test('copy keeps to the 200 keywords of the target', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const sent = (await mailboxOf(store, ADA, 'Sent')).id;
      await store.append(
        ADA,
        sent,
        [
          await letterOf(
            store,
            'x',
            Array.from({ length: 200 }, (_, at) => `kw${at}`),
          ),
        ],
        null,
      );
      await store.append(ADA, id, [await letterOf(store, 'a', ['other']), await letterOf(store, 'b', ['KW1'])], null);
      await refuses('limit', () => store.copy(ADA, id, [1, 2], sent, { move: true, quota: null }));
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), [1, 2]);
      await store.copy(ADA, id, [2], sent, { move: false, quota: null });
      assert.equal((await lettersIn(store, ADA, 'Sent'))[1]!.flags, '(kw1)');
    }));
}

function reading(open: OpenStore): void {
  test('facts come as columns in the order asked, undefined for unknown letters', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b');
      const state = await store.openMailbox(ADA, id);
      const [first, second] = [state.messages[0]!, state.messages[1]!];
      state.release();
      const facts = await store.readFacts(ADA, [second, 4711, first, second], ['subject', 'messageId', 'headerLength']);
      assert.deepEqual(facts.subject, ['b', undefined, 'a', 'b']);
      assert.deepEqual(facts.messageId, ['b@example.test', undefined, 'a@example.test', 'b@example.test']);
      assert.equal(facts.headerLength[0], letterText('b').indexOf('\r\n\r\n') + 4);
      const octets = await store.readLetters(ADA, [4711, second]);
      assert.deepEqual([octets[0], utf8FromBytes(octets[1]!)], [null, letterText('b')]);
      assert.deepEqual(await store.readLetterIds(ADA, [4711, second]), ['', 'idb']);
      assert.deepEqual(await store.readFacts(ADA, [], ['subject']), { subject: [] });
    }));

  test('letters are read into memory of the caller as far as they go into it', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b', 'c');
      const state = await store.openMailbox(ADA, id);
      const messages = [state.messages[2]!, 4711, state.messages[0]!, state.messages[1]!];
      state.release();
      for (const length of [0, 10, letterText('a').length, letterText('a').length * 2 + 3, 100_000]) {
        const memory = new Uint8Array(length);
        for (let again = 0; again < 2; again++) {
          const letters = await store.readLetters(ADA, messages, memory);
          assert.deepEqual(
            letters.map((letter) => letter && utf8FromBytes(letter)),
            [letterText('c'), null, letterText('a'), letterText('b')],
          );
        }
      }
    }));

  test('letters that answer one another are one thread, whichever came first; two threads stay two', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const add = async (name: string, ...header: string[]) =>
        store.append(ADA, id, [{ spool: await spoolOf(store, letterText(name, header)), flags: [] }], null);
      await add('first');
      await add('answer', 'In-Reply-To: <first@example.test>');
      await add('other');
      await add('early answer', 'References: <root@example.test> <late@example.test>');
      await add('late', 'References: <root@example.test>');
      // RFC 8621 §3, RFC 8474 §5.2: a letter's thread never changes. One that joins two lies with what it answers, and those that answer it too.
      await add('joins', 'References: <first@example.test> <late@example.test>');
      await add('joins the other way', 'References: <late@example.test>', 'In-Reply-To: <answer@example.test>');
      await add('goes on', 'References: <first@example.test> <late@example.test> <joins@example.test>');
      const state = await store.openMailbox(ADA, id);
      const all = await store.readThreads(ADA, state.messages.slice(0, 8));
      const threads = all.slice(0, 5);
      state.release();
      assert.deepEqual(all.slice(5), [threads[4], threads[0], threads[4]]);
      assert.ok(threads.every((thread) => thread > 0));
      assert.equal(threads[0], threads[1]);
      assert.equal(threads[3], threads[4]);
      assert.equal(new Set(threads).size, 3);
      assert.deepEqual(await store.readThreads(ADA, [4711]), [0]);
    }));

  const queries: readonly (readonly [TextQuery['field'], string, readonly number[]])[] = [
    ['subject', 'wor', [2]],
    ['subject', 'HELLO', [1, 2]],
    ['subject', 'this', []],
    ['body', 'is hello', [1, 2]],
    ['body', 'Subject', []],
    ['text', 'ＳＵＢＪＥＣＴ', [1, 2, 3]],
    ['text', 'nowhere', []],
    ['from', 'ada@', [1, 2, 3]],
    ['to', 'ben', [1, 2, 3]],
    ['to', 'ada', []],
    ['cc', 'x', []],
    ['bcc', 'x', []],
    ['body', '会議', [3]],
    ['body', '会', [3]],
    ['body', 'ガイド', [3]],
    ['body', 'がいど', [3]],
    ['body', '議会', []],
  ];
  test('search finds substrings, whatever their case, width and kana', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const japanese = letterText('japanese').replace('This is', '明日の会議のガイド');
      const header = ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'];
      const third = japanese.replace('\r\n\r\n', `\r\n${header.join('\r\n')}\r\n\r\n`);
      await append(store, ADA, id, 'hello', 'hello world');
      await store.append(ADA, id, [{ spool: await spoolOf(store, third), flags: [] }], null);
      const state = await store.openMailbox(ADA, id);
      const messages = [...state.messages.subarray(0, 3)];
      state.release();
      for (const [field, text, uids] of queries) {
        const found = await store.search(ADA, { field, text }, messages);
        assert.deepEqual([...found].map((message) => messages.indexOf(message) + 1).sort(), uids, `${field} ${text}`);
      }
      assert.deepEqual([...(await store.search(ADA, { field: 'subject', text: 'hello' }, [messages[1]!]))], [messages[1]]);
      assert.equal((await store.search(ADA, { field: 'subject', text: 'hello' }, [])).size, 0);
    }));
}

function undoing(open: OpenStore): void {
  test('expunged letters rest, newest first, and come back with new UIDs and without \\Deleted', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await store.append(ADA, id, [await letterOf(store, 'a', ['\\Seen', '\\Deleted', 'Kw'], 5), await letterOf(store, 'b')], null);
      await store.expunge(ADA, id, [1], false);
      await store.expunge(ADA, id, [2], false);
      assert.deepEqual(await store.usage(ADA), { octets: 0, messages: 0 });
      const resting = await store.resting(ADA, 10);
      assert.deepEqual(
        resting.map(({ mailbox, mailboxName, uid, from, subject, size }) => ({ mailbox, mailboxName, uid, from, subject, size })),
        ['b', 'a'].map((subject) => {
          const uid = subject === 'a' ? 1 : 2;
          return { mailbox: id, mailboxName: 'INBOX', uid, from: 'Ada <ada@example.test>', subject, size: letterText(subject).length };
        }),
      );
      assert.deepEqual(await store.resting(ADA, 1), resting.slice(0, 1));
      assert.equal(await store.restore(ADA, [resting[1]!.id, 4711]), 1);
      const [letter] = await lettersIn(store, ADA, 'INBOX');
      assert.deepEqual([letter!.uid, letter!.subject, letter!.flags, letter!.receivedAt], [3, 'a', '(\\Seen Kw)', 5]);
      assert.deepEqual(await store.resting(ADA, 10), resting.slice(0, 1));
      assert.equal(await store.restore(ADA, [resting[1]!.id]), 0);
      assert.equal((await store.usage(ADA)).messages, 1);
      await verifies(store);
    }));

  test('letters of a deleted mailbox come back into INBOX', () =>
    withStore(open, async (store) => {
      const made = await store.createMailbox(ADA, 'Work', null);
      await append(store, ADA, made.id, 'a', 'b');
      await store.deleteMailbox(ADA, made.id);
      const resting = await store.resting(ADA, 10);
      assert.deepEqual(
        resting.map(({ mailboxName }) => mailboxName),
        ['Work', 'Work'],
      );
      assert.equal(
        await store.restore(
          ADA,
          resting.map(({ id }) => id),
        ),
        2,
      );
      assert.deepEqual((await lettersIn(store, ADA, 'INBOX')).map(({ subject }) => subject).sort(), ['a', 'b']);
      await verifies(store);
    }));

  test('a letter that also lies elsewhere counts on, and comes back as the same letter', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const sent = (await mailboxOf(store, ADA, 'Sent')).id;
      await append(store, ADA, id, 'a');
      await store.copy(ADA, id, [1], sent, { move: false, quota: null });
      await store.expunge(ADA, id, [1], false);
      assert.equal((await store.usage(ADA)).messages, 1);
      await store.restore(ADA, [(await store.resting(ADA, 1))[0]!.id]);
      assert.equal((await store.usage(ADA)).messages, 1);
      const [inbox, copies] = [await store.openMailbox(ADA, id), await store.openMailbox(ADA, sent)];
      assert.equal(inbox.messages[0], copies.messages[0]);
      inbox.release();
      copies.release();
    }));

  test('after 30 days a letter at rest is gone for good, a copy of it stays', () =>
    withStore(open, async (store, { advance }) => {
      if (advance === undefined) return;
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b');
      await store.copy(ADA, id, [2], (await mailboxOf(store, ADA, 'Sent')).id, { move: false, quota: null });
      await store.expunge(ADA, id, null, false);
      advance(29 * 86_400_000);
      await store.upkeep();
      const resting = await store.resting(ADA, 10);
      assert.equal(resting.length, 2);
      advance(2 * 86_400_000);
      await store.upkeep();
      assert.deepEqual(await store.resting(ADA, 10), []);
      assert.equal(
        await store.restore(
          ADA,
          resting.map(({ id }) => id),
        ),
        0,
      );
      assert.deepEqual(
        (await lettersIn(store, ADA, 'Sent')).map(({ subject, sha256 }) => [subject, sha256 === hashOf(bytesFromUtf8(letterText('b')))]),
        [['b', true]],
      );
      const missing = resting.find(({ subject }) => subject === 'a')!.message;
      assert.deepEqual(await store.readLetters(ADA, [missing]), [null]);
      await verifies(store);
    }));
}
