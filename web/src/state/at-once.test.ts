// Each page is a fresh copy of the module over one storage, as windows of one browser are.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ListQuery, MailboxesView, Row, StatusView } from '../engine/contract.ts';
import type * as AtOnce from './at-once.ts';

interface Window {
  readonly module: typeof AtOnce;
  /** What the engine of a signed-in person tells at its start. */
  tell(person: string): void;
  /** Out of sight, as at its end. */
  leave(): void;
}

const query: ListQuery = { kind: 'unified', role: 'inbox' };
const statusOf = (username: string, session: StatusView['session'] = 'in') =>
  ({ session, username, accounts: [{ id: `A-${username}` }], history: [] }) as unknown as StatusView;
const mailboxesOf = (username: string) => ({ isComplete: true, mailboxes: [{ accountId: `A-${username}` }] }) as unknown as MailboxesView;
const listOf = (username: string): AtOnce.ListPicture => ({
  query,
  threads: true,
  total: 1,
  rows: [{ accountId: `A-${username}`, subject: `for ${username} alone` } as Row],
});

class Storage extends Map<string, string> {
  getItem = (name: string): string | null => this.get(name) ?? null;
  setItem = (name: string, text: string): void => void this.set(name, text);
  removeItem = (name: string): void => void this.delete(name);
}

let windows = 0;
async function open(storage: Storage, build = '/a.js'): Promise<Window> {
  const page = Object.assign(new EventTarget(), { visibilityState: 'hidden', querySelector: () => ({ src: build }) });
  Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true });
  Object.assign(globalThis, { document: page });
  const module = (await import(`./at-once.ts?window=${++windows}`)) as typeof AtOnce;
  return {
    module,
    tell(person) {
      module.noteForNextStart({ status: statusOf(person) });
      module.noteForNextStart({ mailboxes: mailboxesOf(person) });
      module.noteForNextStart({ list: listOf(person) });
    },
    leave: () => void page.dispatchEvent(new Event('visibilitychange')),
  };
}
async function leftBy(person: string): Promise<Storage> {
  const storage = new Storage();
  const window = await open(storage);
  window.tell(person);
  window.leave();
  return storage;
}
const shownBy = ({ module }: Window) => [module.lastStatus?.username ?? null, module.takeLastList(query, true)?.rows[0]?.subject ?? null];
const nothing = [null, null];

suite('the first picture', () => {
  test('as it was left, for one list of one start', async () => {
    const window = await open(await leftBy('hana'));
    assert.deepEqual(shownBy(window), ['hana', 'for hana alone']);
    assert.equal(window.module.takeLastList(query, true), null);
  });

  test('who leaves before the list is told finds it again', async () => {
    const storage = await leftBy('hana');
    const window = await open(storage);
    window.module.noteForNextStart({ status: statusOf('hana') });
    window.module.noteForNextStart({ mailboxes: mailboxesOf('hana') });
    window.leave();
    assert.deepEqual(shownBy(await open(storage)), ['hana', 'for hana alone']);
  });

  test('of another build nothing, and its picture goes when nobody is signed in', async () => {
    const storage = await leftBy('hana');
    const window = await open(storage, '/b.js');
    assert.deepEqual(shownBy(window), nothing);
    window.module.noteForNextStart({ status: statusOf('', 'signed-out') });
    assert.equal(storage.size, 0);
  });

  test('a session that has ended meanwhile leaves nothing on the device', async () => {
    const storage = await leftBy('hana');
    const window = await open(storage);
    window.module.noteForNextStart({ status: statusOf('hana', 'signed-out') });
    window.module.noteForNextStart({ mailboxes: mailboxesOf('hana') });
    window.leave();
    assert.equal(storage.size, 0);
    assert.equal(window.module.takeLastList(query, true), null);
  });

  test('who signs out leaves nothing, even when the page is closed before the server has answered', async () => {
    const storage = await leftBy('hana');
    const window = await open(storage);
    window.tell('hana');
    window.module.forgetForNextStart();
    window.tell('hana');
    window.leave();
    assert.equal(storage.size, 0);
    // And whoever comes next on the same page is kept again.
    window.module.noteForNextStart({ status: statusOf('hana', 'signed-out') });
    window.tell('taro');
    window.leave();
    assert.deepEqual(shownBy(await open(storage)), ['taro', 'for taro alone']);
  });

  test('another person on the same page: nothing of the first is kept with the second', async () => {
    const storage = await leftBy('hana');
    const window = await open(storage);
    window.tell('hana');
    window.module.noteForNextStart({ status: statusOf('taro') });
    window.module.noteForNextStart({ mailboxes: mailboxesOf('taro') });
    window.leave();
    assert.deepEqual(shownBy(await open(storage)), ['taro', null]);
    // A list that was on its way when the person changed.
    window.module.noteForNextStart({ list: listOf('hana') });
    window.leave();
    assert.deepEqual(shownBy(await open(storage)), ['taro', null]);
    assert.ok(![...storage.values()].join().includes('hana'));
  });

  test('another person in another window: a window of the first that has not heard of it puts nothing back', async () => {
    const storage = new Storage();
    const [one, other] = [await open(storage), await open(storage)];
    one.tell('hana');
    other.tell('hana');
    other.module.forgetForNextStart();
    other.module.noteForNextStart({ status: statusOf('hana', 'signed-out') });
    one.tell('hana');
    one.leave();
    assert.equal(storage.size, 0);
    other.tell('taro');
    other.leave();
    one.leave();
    assert.deepEqual(shownBy(await open(storage)), ['taro', 'for taro alone']);
    // What it hears in the end is the end of the first alone.
    one.module.noteForNextStart({ status: statusOf('hana', 'signed-out') });
    assert.deepEqual(shownBy(await open(storage)), ['taro', 'for taro alone']);
  });

  test('signed in by another way than this app: the picture of the one before goes', async () => {
    const storage = await leftBy('hana');
    const window = await open(storage);
    window.module.noteForNextStart({ status: statusOf('taro') });
    assert.ok(![...storage.values()].join().includes('hana'));
    assert.equal(window.module.takeLastList(query, true), null);
  });
});
