// States of Email, Thread, Mailbox, Identity, EmailSubmission and VacationResponse, in the manner of JMAP-TestSuite (RFC 8620 §5.1 to §5.6): what changes
// nothing changes no state, and from every earlier state, in pages of one, changes lead to the present.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../contract.ts';
import { openPost, type Post } from '../sending/office-suite.ts';
import { openMailWorld, type MailWorld } from './mail-world-suite.ts';

/** The mail group reads, the office's one writes: both on one store. */
interface Both {
  readonly read: MailWorld;
  readonly post: Post;
}

async function openBoth(): Promise<Both> {
  const post = await openPost();
  const { account } = post.accounts.get('hanako')!;
  assert.equal(account, 1, 'the account of the reading world');
  return { post, read: await openMailWorld({ store: post.store }) };
}

const types = ['Email', 'Thread', 'Mailbox'] as const;
type Type = (typeof types)[number];
type States = Readonly<Record<Type, string>>;

async function statesOf({ read }: Both): Promise<States> {
  const found = await Promise.all(types.map(async (type) => [type, String((await read.ask(`${type}/get`, { ids: [] })).state)]));
  return Object.fromEntries(found) as States;
}

async function make({ post }: Both, more: JsonObject = {}): Promise<string> {
  const email = {
    mailboxIds: { [await post.mailbox('hanako', 'inbox')]: true },
    from: [{ email: 'hanako@local.test' }],
    subject: 'Hello',
    textBody: [{ partId: 't' }],
    bodyValues: { t: { value: 'Hi\n' } },
    ...more,
  };
  const { created, notCreated } = await post.one('hanako', 'Email/set', { create: { k: email } });
  assert.ok(created !== null, JSON.stringify(notCreated));
  return ((created as JsonObject)['k'] as JsonObject)['id'] as string;
}

/** What must leave every state as it is: asked of an account with one unread letter, M1, in the inbox, F1. */
const idle: readonly (readonly [name: string, method: string, args: JsonObject])[] = [
  ['reading', 'Email/get', { ids: ['M1'] }],
  ['nothing to do', 'Email/set', {}],
  ['a keyword that is there', 'Email/set', { update: { M1: { 'keywords/old': true } } }],
  ['a keyword less that is not there', 'Email/set', { update: { M1: { 'keywords/new': null } } }],
  ['the same set of keywords', 'Email/set', { update: { M1: { keywords: { old: true } } } }],
  ['the mailbox that it is in', 'Email/set', { update: { M1: { mailboxIds: { F1: true } } } }],
  ['out of a mailbox in which it is not', 'Email/set', { update: { M1: { 'mailboxIds/F2': null } } }],
  ['what cannot be', 'Email/set', { update: { M1: { subject: 'x' }, M9: {} }, destroy: ['M8'], create: { k: { mailboxIds: {} } } }],
  ['an import that fails', 'Email/import', { emails: { k: { blobId: 'B99', mailboxIds: { F1: true } } } }],
  ['a mailbox as it is', 'Mailbox/set', { update: { F2: { name: 'Drafts', sortOrder: 0 } } }],
  ['a mailbox that cannot be', 'Mailbox/set', { create: { k: { name: 'Drafts' } }, destroy: ['F1', 'F99'] }],
];
for (const [name, method, args] of idle)
  test(`no state changes by ${name}`, async () => {
    const both = await openBoth();
    assert.equal(await make(both, { keywords: { old: true } }), 'M1');
    const before = await statesOf(both);
    const asked =
      method.startsWith('Mailbox/') || method.endsWith('/get')
        ? await both.read.ask(method, args)
        : await both.post.one('hanako', method, args);
    assert.deepEqual(await statesOf(both), before);
    if ('oldState' in asked) assert.equal(asked['oldState'], asked['newState']);
    for (const type of types) {
      const changes = await both.read.ask(`${type}/changes`, { sinceState: before[type] });
      assert.deepEqual([changes.created, changes.updated, changes.destroyed, changes.newState], [[], [], [], before[type]]);
    }
  });

/** Acts, and which of the states each of them changes: no more, no less. */
const acts: readonly (readonly [name: string, act: (both: Both) => Promise<unknown>, changed: readonly Type[]])[] = [
  ['a letter comes', (both) => make(both), ['Email', 'Thread', 'Mailbox']],
  ['an answer comes', (both) => make(both, { inReplyTo: ['first@local.test'], keywords: { $seen: true } }), ['Email', 'Thread', 'Mailbox']],
  ['a keyword', ({ post }) => post.one('hanako', 'Email/set', { update: { M1: { 'keywords/x': true } } }), ['Email']],
  ['read', ({ post }) => post.one('hanako', 'Email/set', { update: { M1: { 'keywords/$seen': true } } }), ['Email', 'Mailbox']],
  ['read by IMAP', ({ read }) => read.setFlags('INBOX', [1], 'add', ['\\Seen']), ['Email', 'Mailbox']],
  ['moved', ({ post }) => post.one('hanako', 'Email/set', { update: { M1: { mailboxIds: { F2: true } } } }), ['Email', 'Mailbox']],
  ['destroyed', ({ post }) => post.one('hanako', 'Email/set', { destroy: ['M1'] }), ['Email', 'Thread', 'Mailbox']],
  ['marked as deleted by IMAP', ({ read }) => read.setFlags('INBOX', [1], 'add', ['\\Deleted']), ['Email', 'Thread', 'Mailbox']],
  ['a mailbox', ({ read }) => read.store.createMailbox(1, 'new', null), ['Mailbox']],
  ['a mailbox that is hidden', ({ read }) => read.store.setSubscribed(1, 'Drafts', false), ['Mailbox']],
];
for (const [name, act, changed] of acts)
  test(`only these states change: ${name}: ${changed.join(', ')}`, async () => {
    const both = await openBoth();
    await make(both, { messageId: ['first@local.test'] });
    const before = await statesOf(both);
    await act(both);
    const after = await statesOf(both);
    assert.deepEqual(
      types.filter((type) => after[type] !== before[type]),
      changed,
    );
    for (const type of types) {
      const { created, updated, destroyed } = await both.read.ask(`${type}/changes`, { sinceState: before[type] });
      assert.equal([created, updated, destroyed].flat().length > 0, changed.includes(type), type);
    }
  });

test('from every earlier state, in pages of one, the changes lead to the present', async () => {
  const both = await openBoth();
  const { post, read } = both;
  const known: { readonly states: States; readonly ids: ReadonlyMap<Type, ReadonlySet<string>> }[] = [];
  const note = async (): Promise<void> => {
    const ids = await Promise.all(
      types.map(async (type) => {
        const { list } = await read.ask(`${type}/get`, { ids: null, properties: ['id'] });
        return [type, new Set((list as unknown as JsonObject[]).map(({ id }) => String(id)))] as const;
      }),
    );
    known.push({ states: await statesOf(both), ids: new Map(ids) });
  };
  const steps: readonly (() => Promise<unknown>)[] = [
    () => make(both, { messageId: ['first@local.test'] }),
    () => make(both, { inReplyTo: ['first@local.test'] }),
    // Three letters in one transaction: no state lies between them.
    () => read.store.copy(1, 1, [1, 2], 3, { move: false, quota: null }),
    () => post.one('hanako', 'Email/set', { update: { M1: { 'keywords/$seen': true }, M2: { 'keywords/$seen': true } } }),
    () => read.store.createMailbox(1, 'new', null),
    () => post.one('hanako', 'Email/set', { destroy: ['M1', 'M2'] }),
    () => make(both),
    () => read.ask('Mailbox/set', { destroy: ['F6'] }),
  ];
  await note();
  for (const step of steps) {
    await step();
    await note();
  }
  const now = known.at(-1)!;
  for (const { states, ids } of known)
    for (const type of types) {
      const followed = new Set(ids.get(type));
      let since = states[type];
      for (let more = true, rounds = 0; more; rounds++) {
        assert.ok(rounds < 100, 'it comes to an end');
        const page = await read.ask(`${type}/changes`, { sinceState: since, maxChanges: 1 });
        const { created, updated, destroyed } = page as unknown as Record<string, string[]>;
        assert.ok(created!.length + updated!.length + destroyed!.length <= 1, 'RFC 8620 §5.2 maxChanges');
        for (const id of created!) followed.add(id);
        for (const id of destroyed!) followed.delete(id);
        more = (page['hasMoreChanges'] as unknown) === true;
        assert.ok(!more || page.newState !== (since as never), 'each page leads on');
        since = String(page.newState);
      }
      assert.equal(since, now.states[type], type);
      assert.deepEqual([...followed].sort(), [...now.ids.get(type)!].sort(), `${type} since ${states[type]}`);
    }
});

for (const sinceState of ['x', '', '-1', '1.5', '99999999', '1-', '1-x', '0-1'])
  test(`what was never a state: "${sinceState}"`, async () => {
    const { read } = await openBoth();
    for (const type of types) {
      const [name, answer] = await read.call(`${type}/changes`, { sinceState });
      assert.deepEqual([name, answer['type']], ['error', 'cannotCalculateChanges'], type);
    }
    for (const type of ['Email', 'Mailbox']) {
      const [, answer] = await read.call(`${type}/queryChanges`, { sinceQueryState: sinceState });
      assert.equal(answer['type'], 'cannotCalculateChanges', type);
    }
  });

test('RFC 8620 §5.6: more changes of a query than the client takes', async () => {
  const both = await openBoth();
  const { queryState } = await both.read.ask('Email/query', {});
  for (let n = 0; n < 3; n++) await make(both);
  const few = await both.read.call('Email/queryChanges', { sinceQueryState: queryState!, maxChanges: 2 });
  assert.deepEqual([few[0], few[1]['type']], ['error', 'tooManyChanges']);
  const all = await both.read.ask('Email/queryChanges', { sinceQueryState: queryState!, maxChanges: 3 });
  assert.equal((all.added as unknown as unknown[]).length, 3);
});
