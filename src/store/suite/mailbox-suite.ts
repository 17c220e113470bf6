// The store suite: accounts, mailboxes and subscriptions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADA,
  BEN,
  append,
  lettersIn,
  mailboxOf,
  makeAccount,
  refuses,
  uidsOf,
  verifies,
  withStore,
  type OpenStore,
} from './stand-suite.ts';

export function mailboxSuite(open: OpenStore): void {
  test('createAccount makes INBOX and the mailboxes named, subscribed and empty', () =>
    withStore(open, async (store) => {
      const mailboxes = await store.mailboxes(ADA);
      assert.deepEqual(
        mailboxes.map(({ name, role, subscribed, uidNext, messages, unseen, deleted, size }) => ({
          name,
          role,
          subscribed,
          uidNext,
          messages,
          unseen,
          deleted,
          size,
        })),
        [
          ['INBOX', 'inbox'],
          ['Sent', 'sent'],
          ['Trash', 'trash'],
        ].map(([name, role]) => ({ name, role, subscribed: true, uidNext: 1, messages: 0, unseen: 0, deleted: 0, size: 0 })),
      );
      for (const { uidValidity, highestModSeq, id } of mailboxes) {
        // RFC 9051 §9 (nz-number), RFC 7162 §7 (mod-sequence-value)
        assert.ok(uidValidity > 0 && uidValidity < 2 ** 32 && Number.isInteger(uidValidity));
        assert.ok(highestModSeq > 0 && Number.isSafeInteger(highestModSeq));
        assert.ok(id > 0);
      }
    }));

  test('createAccount of an account that is there has no effect', () =>
    withStore(open, async (store) => {
      await append(store, ADA, (await mailboxOf(store, ADA, 'INBOX')).id, 'one');
      const before = await store.mailboxes(ADA);
      await makeAccount(store, ADA);
      await store.createAccount(ADA, [{ name: 'Other', role: 'archive' }]);
      assert.deepEqual(await store.mailboxes(ADA), before);
    }));

  test('an account or a mailbox that is not there is nonexistent, for every call', () =>
    withStore(open, async (store) => {
      const inbox = (await mailboxOf(store, ADA, 'INBOX')).id;
      const nowhere = 4711;
      await refuses('nonexistent', () => store.mailboxes(nowhere));
      await refuses('nonexistent', () => store.usage(nowhere));
      await refuses('nonexistent', () => store.openMailbox(nowhere, inbox));
      await refuses('nonexistent', () => store.openMailbox(ADA, nowhere));
      await refuses('nonexistent', () => store.append(ADA, nowhere, [], null));
      await refuses('nonexistent', () => store.setFlags(ADA, nowhere, [1], { how: 'add', flags: ['\\Seen'] }));
      await refuses('nonexistent', () => store.expunge(ADA, nowhere, null, true));
      await refuses('nonexistent', () => store.copy(ADA, inbox, [1], nowhere, { move: false, quota: null }));
      await refuses('nonexistent', () => store.copy(ADA, nowhere, [1], inbox, { move: true, quota: null }));
      await refuses('nonexistent', () => store.renameMailbox(ADA, nowhere, 'x'));
      await refuses('nonexistent', () => store.deleteMailbox(ADA, nowhere));
      await refuses('nonexistent', () => store.vanishedSince(ADA, nowhere, 0));
      await refuses('nonexistent', () => store.openLetter(ADA, nowhere));
      await refuses('nonexistent', () => store.openQueued('nosuchletter'));
    }));

  test('one account sees nothing of another', () =>
    withStore(open, async (store) => {
      const inbox = (await mailboxOf(store, ADA, 'INBOX')).id;
      await append(store, ADA, inbox, 'secret');
      const made = await store.createMailbox(ADA, 'Private', null);
      for (let more = 0; more < 3; more++) await store.createMailbox(ADA, `Private ${more}`, null);
      const last = await mailboxOf(store, ADA, 'Private 2');
      assert.ok(last.id !== made.id);
      await refuses('nonexistent', () => store.openMailbox(BEN, last.id));
      const state = await store.openMailbox(ADA, inbox);
      const message = state.messages[0]!;
      state.release();
      assert.deepEqual(await store.readLetters(BEN, [message]), [null]);
      assert.deepEqual((await store.readFacts(BEN, [message], ['subject'])).subject, [undefined]);
      assert.deepEqual(await store.readThreads(BEN, [message]), [0]);
      assert.deepEqual(await store.readLetterIds(BEN, [message]), ['']);
      assert.equal((await store.search(BEN, { field: 'text', text: 'secret' }, [message])).size, 0);
      assert.deepEqual(await uidsOf(store, BEN, 'INBOX'), []);
    }));

  test('mailboxes are ordered by name', () =>
    withStore(open, async (store) => {
      for (const name of ['b', 'a/c', 'a', '日本', 'Z']) await store.createMailbox(ADA, name, null);
      const names = (await store.mailboxes(ADA)).map(({ name }) => name);
      assert.deepEqual(names, ['INBOX', 'Sent', 'Trash', 'Z', 'a', 'a/c', 'b', '日本']);
    }));

  test('createMailbox gives what mailboxes tells, and refuses a name that is there', () =>
    withStore(open, async (store) => {
      const made = await store.createMailbox(ADA, 'Work', 'archive');
      assert.deepEqual(await mailboxOf(store, ADA, 'Work'), made);
      assert.deepEqual([made.role, made.subscribed, made.uidNext, made.messages], ['archive', false, 1, 0]);
      await refuses('already-exists', () => store.createMailbox(ADA, 'Work', null));
      await refuses('already-exists', () => store.createMailbox(ADA, 'INBOX', null));
    }));

  test('a name used again has a higher UIDVALIDITY and another id (RFC 9051 §2.3.1.1)', () =>
    withStore(open, async (store) => {
      const first = await store.createMailbox(ADA, 'Again', null);
      await append(store, ADA, first.id, 'one');
      await store.deleteMailbox(ADA, first.id);
      const second = await store.createMailbox(ADA, 'Again', null);
      assert.ok(second.uidValidity > first.uidValidity, `${second.uidValidity} > ${first.uidValidity}`);
      assert.notEqual(second.id, first.id);
      assert.equal(second.uidNext, 1);
      assert.ok(second.highestModSeq > first.highestModSeq);
    }));

  test('renameMailbox keeps the mailbox and moves its children along', () =>
    withStore(open, async (store) => {
      const parent = await store.createMailbox(ADA, 'a', null);
      const child = await store.createMailbox(ADA, 'a/b', null);
      await store.createMailbox(ADA, 'ab', null);
      await append(store, ADA, child.id, 'one');
      await store.renameMailbox(ADA, parent.id, 'x/y');
      const names = (await store.mailboxes(ADA)).map(({ name }) => name).filter((name) => /^[ax]/.test(name));
      assert.deepEqual(names, ['ab', 'x/y', 'x/y/b']);
      const after = await mailboxOf(store, ADA, 'x/y/b');
      assert.deepEqual([after.id, after.uidValidity, after.messages], [child.id, child.uidValidity, 1]);
      assert.deepEqual(await uidsOf(store, ADA, 'x/y/b'), [1]);
      await verifies(store);
    }));

  test('renameMailbox refuses a name that is there, for itself and for a child, and changes nothing', () =>
    withStore(open, async (store) => {
      const parent = await store.createMailbox(ADA, 'a', null);
      for (const name of ['a/b', 'c/b', 'd']) await store.createMailbox(ADA, name, null);
      const before = await store.mailboxes(ADA);
      await refuses('already-exists', () => store.renameMailbox(ADA, parent.id, 'd'));
      await refuses('already-exists', () => store.renameMailbox(ADA, parent.id, 'c'));
      await refuses('already-exists', () => store.renameMailbox(ADA, parent.id, 'INBOX'));
      assert.deepEqual(await store.mailboxes(ADA), before);
    }));

  test('renaming INBOX moves its letters into a new mailbox and leaves it empty (RFC 9051 §6.3.6)', () =>
    withStore(open, async (store) => {
      const inbox = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, inbox.id, 'one', 'two');
      await store.setFlags(ADA, inbox.id, [2], { how: 'add', flags: ['\\Seen', 'kw'] });
      await store.createMailbox(ADA, 'INBOX/child', null);
      const before = await mailboxOf(store, ADA, 'INBOX');
      await store.renameMailbox(ADA, inbox.id, 'Old');
      const after = await mailboxOf(store, ADA, 'INBOX');
      assert.deepEqual(
        [after.id, after.uidValidity, after.messages, after.uidNext, after.role],
        [inbox.id, inbox.uidValidity, 0, 3, 'inbox'],
      );
      assert.deepEqual(await store.vanishedSince(ADA, inbox.id, before.highestModSeq), [1, 2]);
      const old = await mailboxOf(store, ADA, 'Old');
      assert.equal(old.role, null);
      assert.deepEqual(
        (await lettersIn(store, ADA, 'Old')).map(({ flags, subject }) => `${subject} ${flags}`),
        ['one ()', 'two (\\Seen kw)'],
      );
      await mailboxOf(store, ADA, 'INBOX/child');
      await refuses('already-exists', () => store.renameMailbox(ADA, inbox.id, 'Old'));
      await verifies(store);
    }));

  test('deleteMailbox takes its letters out of sight, tells open states, and spares INBOX', () =>
    withStore(open, async (store) => {
      const made = await store.createMailbox(ADA, 'Work', null);
      await store.createMailbox(ADA, 'Work/Child', null);
      await append(store, ADA, made.id, 'one');
      const state = await store.openMailbox(ADA, made.id);
      let heard = 0;
      state.listen(() => heard++);
      await store.deleteMailbox(ADA, made.id);
      assert.equal(state.gone, true);
      assert.ok(heard > 0);
      state.release();
      await refuses('nonexistent', () => store.openMailbox(ADA, made.id));
      assert.equal((await store.usage(ADA)).messages, 0);
      await mailboxOf(store, ADA, 'Work/Child');
      await refuses('cannot', async () => store.deleteMailbox(ADA, (await mailboxOf(store, ADA, 'INBOX')).id));
    }));

  test('a subscription is a name: it outlives its mailbox and may come before it', () =>
    withStore(open, async (store) => {
      await store.setSubscribed(ADA, 'Later', true);
      assert.deepEqual(await store.subscriptions(ADA), ['INBOX', 'Later', 'Sent', 'Trash']);
      const later = await store.createMailbox(ADA, 'Later', null);
      assert.equal(later.subscribed, true);
      await store.deleteMailbox(ADA, later.id);
      assert.deepEqual(await store.subscriptions(ADA), ['INBOX', 'Later', 'Sent', 'Trash']);
      await store.setSubscribed(ADA, 'Later', false);
      await store.setSubscribed(ADA, 'Later', false);
      assert.deepEqual(await store.subscriptions(ADA), ['INBOX', 'Sent', 'Trash']);
      await store.setSubscribed(ADA, 'Sent', false);
      assert.equal((await mailboxOf(store, ADA, 'Sent')).subscribed, false);
    }));

  test('removeAccount removes all mail and leaves others alone', () =>
    withStore(open, async (store) => {
      await append(store, ADA, (await mailboxOf(store, ADA, 'INBOX')).id, 'one');
      await append(store, BEN, (await mailboxOf(store, BEN, 'INBOX')).id, 'two');
      const state = await store.openMailbox(ADA, (await mailboxOf(store, ADA, 'INBOX')).id);
      await store.removeAccount(ADA);
      assert.equal(state.gone, true);
      state.release();
      await refuses('nonexistent', () => store.mailboxes(ADA));
      assert.deepEqual(await uidsOf(store, BEN, 'INBOX'), [1]);
      await store.removeAccount(ADA);
      await verifies(store);
    }));

  test('openMailbox shares one state, which stays live until the last release', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const first = await store.openMailbox(ADA, id);
      const second = await store.openMailbox(ADA, id);
      assert.equal(first, second);
      first.release();
      await append(store, ADA, id, 'one');
      assert.equal(second.count, 1);
      second.release();
      const third = await store.openMailbox(ADA, id);
      await append(store, ADA, id, 'two');
      assert.deepEqual([...third.uids.subarray(0, third.count)], [1, 2]);
      third.release();
    }));
}
