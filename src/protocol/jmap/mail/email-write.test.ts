// Email/set, Email/import and Email/copy on the memory store: what they answer, what lies in the mailboxes after, and each error of the book.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1FromBytes } from '../../../base/bytes.ts';
import type { Json, JsonObject } from '../contract.ts';
import { Refusal, Unavailable } from '../../../base/trouble.ts';
import { systemChance } from '../../../io/clock.ts';
import { openMemoryStore } from '../../../store/memory/store.ts';
import { openPost, setClock, type Post } from '../sending/office-suite.ts';
import { keywordsOf } from './keywords.ts';
import { mailboxesPerEmailMax } from './write-parts.ts';

const draft = (more: JsonObject = {}): JsonObject => ({
  from: [{ name: '花子', email: 'hanako@local.test' }],
  subject: 'Hello',
  textBody: [{ partId: 't' }],
  bodyValues: { t: { value: 'Hi\n' } },
  ...more,
});

async function made(post: Post, more: JsonObject = {}): Promise<string> {
  const mailbox = (more['mailboxIds'] as JsonObject | undefined) ?? { [await post.mailbox('hanako', 'drafts')]: true };
  const { created, notCreated } = await post.one('hanako', 'Email/set', { create: { k: draft({ ...more, mailboxIds: mailbox }) } });
  assert.ok(created !== null, JSON.stringify(notCreated));
  return ((created as JsonObject)['k'] as JsonObject)['id'] as string;
}

/** Keywords and mailboxes as they are. */
async function standing(post: Post, id: string): Promise<{ keywords: string[]; mailboxes: string[] } | null> {
  const shelf = await post.store.openShelf(post.accounts.get('hanako')!.account);
  const index = shelf.indexOf(Number(id.slice(1)));
  const found =
    index < 0
      ? null
      : {
          keywords: shelf
            .flagsAt(index)
            .text.slice(1, -1)
            .split(' ')
            .filter((one) => one !== '')
            .sort(),
          mailboxes: shelf.mailboxesAt(index).map((one) => `F${one}`),
        };
  shelf.release();
  return found;
}

test('a draft is made: ids, size and state', async () => {
  const post = await openPost();
  const drafts = await post.mailbox('hanako', 'drafts');
  const answer = await post.one('hanako', 'Email/set', {
    create: {
      k1: draft({
        mailboxIds: { [drafts]: true },
        keywords: { $draft: true, $seen: true, 'a/b~c': true },
        receivedAt: '2026-01-02T03:04:05Z',
      }),
    },
  });
  const k1 = (answer['created'] as JsonObject)['k1'] as JsonObject;
  const [letter] = await post.letters('hanako', 'drafts');
  assert.deepEqual(k1, { id: 'M1', blobId: 'B1', threadId: k1['threadId']!, size: letter!.length });
  assert.match(k1['threadId'] as string, /^T\d+$/);
  assert.notEqual(answer['oldState'], answer['newState']);
  assert.deepEqual(await standing(post, 'M1'), { keywords: ['\\Draft', '\\Seen', 'a/b~c'], mailboxes: [drafts] });
  assert.match(letter!, /Subject: Hello\r\n[^]*\r\n\r\nHi\r\n$/);
});

test('one transaction for all that is new, one for all that changes', async () => {
  const post = await openPost();
  const drafts = await post.mailbox('hanako', 'drafts');
  let changes = 0;
  const stop = post.store.subscribe(post.accounts.get('hanako')!.account, () => changes++);
  const create = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, draft({ mailboxIds: { [drafts]: true } })]));
  await post.one('hanako', 'Email/set', { create });
  assert.equal(changes, 1);
  const update = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`M${index + 1}`, { 'keywords/$seen': true }]));
  const { updated, destroyed } = await post.one('hanako', 'Email/set', { update, destroy: ['M11', 'M12'] });
  assert.equal(changes, 2);
  assert.equal(Object.keys(updated as JsonObject).length, 10);
  assert.deepEqual(destroyed, ['M11', 'M12']);
  stop();
});

const patches: [name: string, patch: (ids: Record<string, string>) => JsonObject, keywords: string[], mailboxes: string[]][] = [
  ['a keyword more', () => ({ 'keywords/$flagged': true }), ['\\Draft', '\\Flagged', 'old'], ['drafts']],
  ['a keyword less', () => ({ 'keywords/old': null }), ['\\Draft'], ['drafts']],
  ['one more, one less', () => ({ 'keywords/old': null, 'keywords/new': true }), ['\\Draft', 'new'], ['drafts']],
  ['another case', () => ({ 'keywords/$SEEN': true }), ['\\Draft', '\\Seen', 'old'], ['drafts']],
  ['a slash in a keyword', () => ({ 'keywords/a~1b': true }), ['\\Draft', 'a/b', 'old'], ['drafts']],
  ['all keywords', () => ({ keywords: { $seen: true } }), ['\\Seen'], ['drafts']],
  ['keywords as by default', () => ({ keywords: null }), [], ['drafts']],
  ['another mailbox', ({ archive }) => ({ mailboxIds: { [archive!]: true } }), ['\\Draft', 'old'], ['archive']],
  [
    'moved by patch',
    ({ drafts, archive }) => ({ [`mailboxIds/${drafts}`]: null, [`mailboxIds/${archive}`]: true }),
    ['\\Draft', 'old'],
    ['archive'],
  ],
  [
    'one mailbox more, marked',
    ({ trash }) => ({ [`mailboxIds/${trash}`]: true, 'keywords/$seen': true }),
    ['\\Draft', '\\Seen', 'old'],
    ['drafts', 'trash'],
  ],
  ['out of a mailbox in which it is not', ({ trash }) => ({ [`mailboxIds/${trash}`]: null }), ['\\Draft', 'old'], ['drafts']],
  ['what cannot change, as it is', () => ({ id: 'M1', blobId: 'B1', 'keywords/x': true }), ['\\Draft', 'old', 'x'], ['drafts']],
];
for (const [name, patch, keywords, mailboxes] of patches)
  test(`update: ${name}`, async () => {
    const post = await openPost();
    const ids: Record<string, string> = {};
    for (const role of ['drafts', 'archive', 'trash']) ids[role] = await post.mailbox('hanako', role);
    const id = await made(post, { keywords: { $draft: true, old: true } });
    const answer = await post.one('hanako', 'Email/set', { update: { [id]: patch(ids) } });
    assert.deepEqual(answer['updated'], { [id]: null }, JSON.stringify(answer['notUpdated']));
    const after = await standing(post, id);
    assert.deepEqual(after?.keywords, keywords);
    assert.deepEqual(after?.mailboxes.sort(), mailboxes.map((role) => ids[role]!).sort());
  });

const badPatches: [name: string, patch: JsonObject, type: string, properties?: string[]][] = [
  ['out of all mailboxes', { mailboxIds: {} }, 'invalidProperties', ['mailboxIds']],
  ['a mailbox that is not there', { 'mailboxIds/F999': true }, 'invalidProperties', ['mailboxIds/F999']],
  ['a mailbox that was not made', { 'mailboxIds/#m': true }, 'invalidProperties', ['mailboxIds/#m']],
  ['a keyword with a space', { 'keywords/a b': true }, 'invalidProperties', ['keywords/a b']],
  ['a keyword that is false', { 'keywords/a': false }, 'invalidProperties', ['keywords/a']],
  ['a set and a member of it', { keywords: {}, 'keywords/a': true }, 'invalidPatch'],
  ['into a keyword', { 'keywords/a/b': true }, 'invalidPatch'],
  ['a broken pointer', { 'keywords/~2': true }, 'invalidPatch'],
  ['a subject', { subject: 'other' }, 'invalidProperties', ['subject']],
  ['another size', { size: 1 }, 'invalidProperties', ['size']],
  [
    'too many keywords',
    { keywords: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, true])) },
    'tooManyKeywords',
  ],
];
for (const [name, patch, type, properties] of badPatches)
  test(`update refused: ${name}`, async () => {
    const post = await openPost();
    const id = await made(post, { keywords: { old: true } });
    const before = await standing(post, id);
    const { notUpdated, updated } = await post.one('hanako', 'Email/set', { update: { [id]: patch } });
    assert.equal(updated, null);
    const error = (notUpdated as JsonObject)[id] as JsonObject;
    assert.equal(error['type'], type);
    if (properties !== undefined) assert.deepEqual(error['properties'], properties);
    assert.deepEqual(await standing(post, id), before);
  });

const badLetters: [name: string, more: JsonObject, type: string][] = [
  ['no mailbox', { mailboxIds: {} }, 'invalidProperties'],
  ['a mailbox that is not there', { mailboxIds: { F99: true } }, 'invalidProperties'],
  ['a mailbox that is false', { mailboxIds: { F1: false } }, 'invalidProperties'],
  ['a keyword that is none', { keywords: { '(': true } }, 'invalidProperties'],
  ['a date that is none', { receivedAt: 'yesterday' }, 'invalidProperties'],
  [
    'too many keywords',
    { keywords: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, true])) },
    'tooManyKeywords',
  ],
  ['too many keywords', { keywords: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`k${at}`, true])) }, 'tooManyKeywords'],
  ['a blob that is not there', { attachments: [{ blobId: 'U77' }] }, 'blobNotFound'],
  ['a foreign blob', { attachments: [{ blobId: 'B1' }] }, 'blobNotFound'],
  ['too large', { bodyValues: { t: { value: 'x'.repeat(30_000) } } }, 'tooLarge'],
];
for (const [name, more, type] of badLetters)
  test(`create refused: ${name}`, async () => {
    const post = await openPost({ letterMax: 20_000 });
    await post.one('taro', 'Email/set', { create: { k: draft({ mailboxIds: { [await post.mailbox('taro', 'drafts')]: true } }) } });
    const inbox = await post.mailbox('hanako', 'inbox');
    const { notCreated, created } = await post.one('hanako', 'Email/set', {
      create: { k: draft({ mailboxIds: { [inbox]: true }, ...more }) },
    });
    assert.equal(created, null);
    assert.equal(((notCreated as JsonObject)['k'] as JsonObject)['type'], type);
    assert.deepEqual(await post.letters('hanako', 'inbox'), []);
  });

test('RFC 8621 §1.3.1, §4.6: more mailboxes than a letter may lie in; more keywords by a change', async () => {
  const post = await openPost();
  const { account } = post.accounts.get('hanako')!;
  // One letter may lie in fewer mailboxes than an account may have.
  for (let at = 0; at <= mailboxesPerEmailMax; at++) await post.store.createMailbox(account, `box ${at}`, null);
  const all = (await post.store.mailboxes(account)).map(({ id }) => [`F${id}`, true] as const);
  const type = (errors: unknown, id: string): unknown => ((errors as JsonObject)[id] as JsonObject)['type'];
  const mailboxIds = Object.fromEntries(all);
  const { notCreated } = await post.one('hanako', 'Email/set', { create: { k: draft({ mailboxIds }) } });
  assert.equal(type(notCreated, 'k'), 'tooManyMailboxes');
  const id = await made(post);
  const keywords = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`keywords/k${at}`, true]));
  const patches: readonly (readonly [JsonObject, string])[] = [
    [{ mailboxIds }, 'tooManyMailboxes'],
    [Object.fromEntries(all.map(([box]) => [`mailboxIds/${box}`, true])), 'tooManyMailboxes'],
    [keywords, 'tooManyKeywords'],
  ];
  for (const [patch, error] of patches)
    assert.equal(type((await post.one('hanako', 'Email/set', { update: { [id]: patch } }))['notUpdated'], id), error);
});

test('over quota: only the letter that has no room is refused', async () => {
  const post = await openPost();
  const drafts = await post.mailbox('jiro', 'drafts');
  const sized = (length: number): JsonObject => draft({ mailboxIds: { [drafts]: true }, bodyValues: { t: { value: 'x'.repeat(length) } } });
  const { created, notCreated } = await post.one('jiro', 'Email/set', { create: { a: sized(5000), b: sized(50_000), c: sized(5000) } });
  assert.deepEqual(Object.keys(created as JsonObject), ['a', 'c']);
  assert.equal(((notCreated as JsonObject)['b'] as JsonObject)['type'], 'overQuota');
});

test('made, changed and destroyed by creation ids; destroyed and changed at once', async () => {
  const post = await openPost();
  const drafts = await post.mailbox('hanako', 'drafts');
  const first = await made(post);
  const answer = await post.one('hanako', 'Email/set', {
    create: { k: draft({ mailboxIds: { [drafts]: true } }) },
    update: { '#k': { 'keywords/$seen': true }, [first]: { 'keywords/x': true }, M77: { 'keywords/x': true } },
    destroy: [first, 'M88', 'nonsense', '#unknown'],
  });
  assert.deepEqual(answer['updated'], { M2: null });
  assert.deepEqual(answer['notUpdated'], { M1: { type: 'willDestroy' }, M77: { type: 'notFound' } });
  assert.deepEqual(answer['destroyed'], ['M1']);
  assert.deepEqual(answer['notDestroyed'], { nonsense: { type: 'notFound' }, '#unknown': { type: 'notFound' }, M88: { type: 'notFound' } });
});

test('some keywords come and others go while a mail app marks the same letter: its mark stays', async () => {
  const memory = openMemoryStore({ clock: setClock(), chance: systemChance });
  const store = new Proxy(memory, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name !== 'revise') return (member as (...args: unknown[]) => unknown).bind(target);
      return async (...args: Parameters<typeof target.revise>) => {
        const inbox = (await target.mailboxes(args[0])).find((one) => one.name === 'INBOX')!;
        await target.setFlags(args[0], inbox.id, [1], { how: 'add', flags: ['project'] });
        return target.revise(...args);
      };
    },
  });
  const post = await openPost({ store });
  const mailboxIds = { [await post.mailbox('hanako', 'inbox')]: true };
  const { created } = await post.one('hanako', 'Email/set', { create: { a: { mailboxIds, keywords: { $draft: true }, subject: 'x' } } });
  const { id } = (created as JsonObject)['a'] as { id: string };
  const patch = { 'keywords/$draft': null, 'keywords/$seen': true };
  assert.deepEqual((await post.one('hanako', 'Email/set', { update: { [id]: patch } }))['updated'], { [id]: null });
  const { account } = post.accounts.get('hanako')!;
  const shelf = await store.openShelf(account);
  assert.deepEqual(keywordsOf(shelf.flagsAt(0)), { $seen: true, project: true });
  shelf.release();
});

test('many large letters at once: only so much of them waits in memory or in files, and what was added before a fault is not denied', async () => {
  const memory = openMemoryStore({ clock: setClock(), chance: systemChance });
  const added: number[] = [];
  let stops = Infinity;
  const store = new Proxy(memory, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name !== 'addLetters') return (member as (...args: unknown[]) => unknown).bind(target);
      return async (...args: Parameters<typeof target.addLetters>) => {
        if (added.length >= stops) throw new Unavailable('disk-full', 'no room');
        added.push(args[1].reduce((sum, { spool }) => sum + spool.length, 0));
        return target.addLetters(...args);
      };
    },
  });
  const post = await openPost({ store });
  const blobId = await post.upload('hanako', `Subject: x\r\n\r\n${'a'.repeat(9_000_000)}`);
  const one = { blobId, mailboxIds: { [await post.mailbox('hanako', 'inbox')]: true } };
  const emails = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`k${index}`, one]));
  const { created } = await post.one('hanako', 'Email/import', { emails });
  assert.equal(Object.keys(created as JsonObject).length, 8);
  assert.equal(added.length, 2);
  assert.ok(added.every((octets) => octets < 32 * 1024 * 1024 + 10_000_000));
  stops = 3;
  const failed = await post.one('hanako', 'Email/import', { emails });
  assert.equal((failed['error'] as JsonObject)['type'], 'serverPartialFail');
  assert.equal((await post.letters('hanako', 'inbox')).length, 12);
});

test('an upload that ends while it is read fails the letter that wants it, not the others', async () => {
  const memory = openMemoryStore({ clock: setClock(), chance: systemChance });
  const uploads = new Proxy(memory.uploads, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as (...args: unknown[]) => unknown;
      if (name !== 'open') return member.bind(target);
      return async (account: number, id: number) => {
        const bytes = await target.open(account, id);
        return {
          length: bytes.length,
          read: async (start: number, end: number) => {
            if (start >= 300_000) throw new Refusal('nonexistent', 'There is no such upload');
            return bytes.read(start, end);
          },
        };
      };
    },
  });
  const store = new Proxy(memory, {
    get(target, name) {
      const member: unknown = name === 'uploads' ? uploads : Reflect.get(target, name, target);
      return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
    },
  });
  const post = await openPost({ store });
  const mailboxIds = { [await post.mailbox('hanako', 'inbox')]: true };
  const blobId = await post.upload('hanako', `Subject: x\r\n\r\n${'a'.repeat(2_000_000)}`);
  const small = await post.upload('hanako', 'Subject: y\r\n\r\n');
  const set = await post.one('hanako', 'Email/set', {
    create: {
      a: { mailboxIds, attachments: [{ blobId, type: 'x/y' }] },
      m: { mailboxIds, attachments: [{ blobId, type: 'message/rfc822' }] },
      b: { mailboxIds, attachments: [{ blobId: small, type: 'x/y' }] },
    },
  });
  for (const key of ['a', 'm']) {
    const { description: _words, ...error } = (set['notCreated'] as Record<string, JsonObject>)[key]!;
    assert.deepEqual(error, { type: 'blobNotFound', notFound: [blobId] }, key);
  }
  assert.deepEqual(Object.keys(set['created'] as object), ['b']);
  const imported = await post.one('hanako', 'Email/import', { emails: { a: { blobId, mailboxIds }, b: { blobId: small, mailboxIds } } });
  assert.deepEqual((imported['notCreated'] as Record<string, JsonObject>)['a']!['properties'], ['blobId']);
  assert.deepEqual(Object.keys(imported['created'] as object), ['b']);
});

test('ifInState that is old: nothing happens', async () => {
  const post = await openPost();
  const id = await made(post);
  const answer = await post.one('hanako', 'Email/set', { ifInState: '1', destroy: [id] });
  assert.equal((answer['error'] as JsonObject)['type'], 'stateMismatch');
  assert.notEqual(await standing(post, id), null);
});

test('a large attachment goes through in pieces and comes out as it went in', async () => {
  const post = await openPost({ letterMax: 30_000_000 });
  const octets = Uint8Array.from({ length: 9_000_001 }, (_, index) => (index * 31) & 255);
  const blobId = await post.upload('hanako', octets);
  const id = await made(post, { attachments: [{ blobId, type: 'application/zip', name: 'big.zip' }] });
  const { parts } = await post.store.readFacts(post.accounts.get('hanako')!.account, [Number(id.slice(1))], ['parts']);
  assert.ok(parts[0] !== undefined);
  const { openBlobs } = await import('../blobs.ts');
  const found = await openBlobs(post.store).find(post.accounts.get('hanako')!, `B${id.slice(1)}-2`);
  assert.equal(found?.size, octets.length);
  assert.deepEqual(new Uint8Array(await found!.read(8_999_000, 9_000_001)), octets.slice(8_999_000));
});

// --- Email/import -----------------------------------------------------------------------------------------------------

const plain =
  'Received: from a by b; Mon, 05 Jan 2026 10:00:00 +0900\r\nReceived: x; Sun, 04 Jan 2026 10:00:00 +0900\r\nSubject: in\r\n\r\nbody\r\n';
const imports: [name: string, octets: string, more: JsonObject, expected: string | { stored: string; receivedAt: number }][] = [
  ['as it is', plain, {}, { stored: plain, receivedAt: Date.UTC(2026, 0, 5, 1) }],
  ['a date of its own', plain, { receivedAt: '2020-01-01T00:00:00Z' }, { stored: plain, receivedAt: Date.UTC(2020, 0) }],
  [
    'bare line ends and NUL',
    'Subject: a\n\nb\0c\nd\r\n',
    {},
    { stored: 'Subject: a\r\n\r\nbc\r\nd\r\n', receivedAt: Date.UTC(2026, 10, 23, 12) },
  ],
  [
    'raw UTF-8 (RFC 6532)',
    'Subject: æ\r\n\r\nx\r\n',
    {},
    { stored: latin1FromBytes(Buffer.from('Subject: æ\r\n\r\nx\r\n')), receivedAt: Date.UTC(2026, 10, 23, 12) },
  ],
  ['no letter', '\x89PNG\r\n', {}, 'invalidEmail'],
  ['a body alone', '\r\nhello', {}, 'invalidEmail'],
  ['no mailbox', plain, { mailboxIds: {} }, 'invalidProperties'],
  ['an unknown property', plain, { subject: 'x' }, 'invalidProperties'],
  ['a blob that is not there', plain, { blobId: 'U99' }, 'invalidProperties'],
  ['a wrong keyword', plain, { keywords: ['a'] }, 'invalidProperties'],
];
for (const [name, octets, more, expected] of imports)
  test(`import: ${name}`, async () => {
    const post = await openPost();
    const blobId = await post.upload('hanako', octets);
    const inbox = await post.mailbox('hanako', 'inbox');
    const answer = await post.one('hanako', 'Email/import', {
      emails: { i: { blobId, mailboxIds: { [inbox]: true }, keywords: { $seen: true }, ...more } },
    });
    if (typeof expected === 'string') {
      assert.equal(((answer['notCreated'] as JsonObject)['i'] as JsonObject)['type'], expected);
      assert.equal(answer['created'], null);
      return;
    }
    const { id, size } = (answer['created'] as JsonObject)['i'] as { id: string; size: number };
    const [stored] = await post.letters('hanako', 'inbox');
    assert.equal(stored, expected.stored);
    assert.equal(size, stored!.length);
    const shelf = await post.store.openShelf(post.accounts.get('hanako')!.account);
    assert.equal(shelf.receivedAt[shelf.indexOf(Number(id.slice(1)))], expected.receivedAt);
    shelf.release();
    assert.deepEqual(Object.keys(answer).sort(), ['accountId', 'created', 'newState', 'notCreated', 'oldState']);
  });

// --- Email/copy -------------------------------------------------------------------------------------------------------

test('copy to another account, the original destroyed by a set that follows', async () => {
  const post = await openPost();
  const id = await made(post, { keywords: { $seen: true, x: true }, receivedAt: '2026-01-02T03:04:05Z' });
  const inbox = await post.mailbox('taro', 'inbox');
  const answers = await post.ask('hanako', [
    [
      'Email/copy',
      {
        fromAccountId: '$hanako',
        accountId: '$taro',
        create: { c: { id, mailboxIds: { [inbox]: true } }, d: { id: 'M99', mailboxIds: { [inbox]: true } }, e: { id } },
        onSuccessDestroyOriginal: true,
      },
      '0',
    ],
  ]);
  assert.deepEqual(
    answers.map(([name, , call]) => [name, call]),
    [
      ['Email/copy', '0'],
      ['Email/set', '0'],
    ],
  );
  const [copied, set] = answers.map(([, args]) => args) as [JsonObject, JsonObject];
  assert.deepEqual(Object.keys(copied['created'] as JsonObject), ['c']);
  assert.deepEqual(
    Object.entries(copied['notCreated'] as JsonObject).map(([key, error]) => [key, (error as JsonObject)['type']]),
    [
      ['d', 'notFound'],
      ['e', 'invalidProperties'],
    ],
  );
  assert.deepEqual(set['destroyed'], [id]);
  assert.equal(set['accountId'], post.accounts.get('hanako')!.id);
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
  const shelf = await post.store.openShelf(post.accounts.get('taro')!.account);
  assert.equal(shelf.flagsAt(0).text, '(\\Seen x)');
  assert.equal(shelf.receivedAt[0], Date.UTC(2026, 0, 2, 3, 4, 5));
  shelf.release();
});

const badCopies: [name: string, args: JsonObject, type: string][] = [
  ['into itself', { accountId: '$hanako', create: {} }, 'invalidArguments'],
  ['from an account that is not there', { fromAccountId: 'A99', create: {} }, 'fromAccountNotFound'],
  ['to an account that is not there', { accountId: 'A99', create: {} }, 'accountNotFound'],
  ['from an old state', { ifFromInState: '0', create: {} }, 'stateMismatch'],
  ['to an old state', { ifInState: '0', create: {} }, 'stateMismatch'],
];
for (const [name, args, type] of badCopies)
  test(`copy refused: ${name}`, async () => {
    const post = await openPost();
    await made(post);
    const [answer] = await post.ask('hanako', [
      ['Email/copy', { fromAccountId: '$hanako', accountId: '$taro', ...args } as JsonObject, '0'],
    ]);
    assert.deepEqual([answer![0], (answer![1] as { type?: Json }).type], ['error', type]);
  });
