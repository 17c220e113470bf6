import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPeople, standingClock } from '../../protocol/smtp/smtp-world-suite.ts';
import { normaliseAddress, openAddressBook } from './addresses.ts';
import type { Objection, Resolution } from './contract.ts';
import { openRecipientLists } from './recipients.ts';

const normal: [address: string, expected: string | null][] = [
  ['Taro@Local.TEST', 'taro@local.test'],
  ['日本@日本.test', '日本@xn--wgv71a.test'],
  ['ｔａｒｏ@local.test', 'taro@local.test'],
  ['e\u0301@b', '\u00e9@b'],
  ['"a b"@c', '"a b"@c'],
  ['a@[192.0.2.1]', 'a@[192.0.2.1]'],
  ['a@b@c', 'a@b@c'],
  ['a', null],
  ['@b', null],
  ['a@', null],
  ['a@日 本', null],
];
for (const [address, expected] of normal) test(`normaliseAddress ${address}`, () => assert.equal(normaliseAddress(address), expected));

function say(resolution: Resolution): string {
  if (resolution.kind === 'account') return resolution.address + (resolution.detail === null ? '' : ` (${resolution.detail})`);
  if (resolution.kind === 'elsewhere') return `→ ${resolution.address} at ${resolution.domain}`;
  if (resolution.kind === 'list') return `[${resolution.targets.map(say).join(', ')}]`;
  return resolution.kind;
}

const roads: [address: string, where: string][] = [
  ['hanako@local.test', 'hanako@local.test'],
  ['HANAKO@LOCAL.test', 'hanako@local.test'],
  ['hanako+Shop@local.test', 'hanako@local.test (Shop)'],
  ['hanako+a+b@local.test', 'hanako@local.test (a+b)'],
  ['nobody+x@local.test', 'unknown'],
  ['+x@local.test', 'unknown'],
  ['both+x@local.test', '[hanako@local.test, taro@local.test]'],
  ['both@local.test', '[hanako@local.test, taro@local.test]'],
  ['away@local.test', '[hanako@local.test, → friend@remote.test at remote.test]'],
  ['circle@local.test', '[]'],
  ['nobody@local.test', 'unknown'],
  ['Friend@Remote.Test', '→ Friend@Remote.Test at remote.test'],
  ['a@日本語.test', '→ a@日本語.test at xn--wgv71a119e.test'],
  ['a@[192.0.2.1]', '→ a@[192.0.2.1] at [192.0.2.1]'],
  ['postmaster', 'hanako@local.test'],
  ['Postmaster@local.test', 'hanako@local.test'],
  ['abuse+spam@local.test', 'hanako@local.test'],
  ['abuse@日本.test', 'hanako@local.test'],
  ['anybody@日本.test', 'taro@local.test'],
  ['anybody@xn--wgv71a.test', 'taro@local.test'],
  ['closed@local.test', 'closed@local.test'],
  ['"hanako@local.test', 'unknown'],
  ['webmaster@local.test', 'unknown'],
];
test('resolve: where addresses lead', async () => {
  const { directory } = await openPeople();
  const book = openAddressBook(directory);
  for (const [address, where] of roads) assert.equal(say(book.resolve(address)), where, address);
  assert.ok(book.isOurs('LOCAL.TEST') && book.isOurs('日本.test') && !book.isOurs('remote.test'));
});

test('resolve: floods and loops of aliases end', async () => {
  const { directory } = await openPeople();
  const many = Array.from({ length: 900 }, (_, index) => `p${index}@remote.test`);
  await directory.putAlias({ address: 'list1@local.test', targets: [...many, 'list2@local.test', 'list1@local.test'] });
  await directory.putAlias({ address: 'list2@local.test', targets: [...many, 'list1@local.test'] });
  for (let index = 0; index < 200; index++)
    await directory.putAlias({
      address: `chain${index}@local.test`,
      targets: [`chain${index + 1}@local.test`, `chain${index + 2}@local.test`, 'hanako@local.test'],
    });
  const book = openAddressBook(directory);
  const list = book.resolve('list1@local.test');
  assert.ok(list.kind === 'list' && list.targets.length === 1000);
  const chain = book.resolve('chain0@local.test');
  assert.ok(chain.kind === 'list' && chain.targets.length <= 1000);
  await directory.putDomain({ name: 'loop.test', catchAll: 'any@loop.test', subaddress: null });
  assert.equal(say(book.resolve('x@loop.test')), 'unknown');
});

test('owns: main address, subaddresses and aliases; not what a catch-all catches', async () => {
  const { directory, accounts } = await openPeople();
  const book = openAddressBook(directory);
  const owned = (name: string, address: string): boolean => book.owns(accounts.get(name)!, address);
  for (const address of ['hanako@local.test', 'Hanako+x@LOCAL.test', 'info@local.test', 'both@local.test'])
    assert.ok(owned('hanako', address), address);
  for (const address of ['hanako@local.test', 'info@local.test', 'anybody@日本.test', 'x@remote.test', '', 'taro'])
    assert.ok(!owned('taro', address), address);
});

test('owns: postmaster and abuse only whoever they were led to', async () => {
  const { directory, accounts } = await openPeople();
  const book = openAddressBook(directory);
  const hanako = accounts.get('hanako')!;
  for (const address of ['postmaster@local.test', 'abuse+x@local.test', 'postmaster']) {
    assert.equal(say(book.resolve(address)), 'hanako@local.test', address);
    assert.ok(!book.owns(hanako, address), address);
  }
  await directory.putAlias({ address: 'postmaster@local.test', targets: ['taro@local.test'] });
  assert.ok(book.owns(accounts.get('taro')!, 'postmaster@local.test') && !book.owns(hanako, 'postmaster@local.test'));
});

const additions: [address: string, size: number, objection: Objection | null][] = [
  ['hanako@local.test', 10, null],
  ['nobody@local.test', 10, 'unknown'],
  ['circle@local.test', 10, 'unknown'],
  ['closed@local.test', 10, 'closed'],
  ['small@local.test', 2001, 'over-quota'],
  ['small@local.test', 2000, null],
  ['away@local.test', 10, null],
  ['x@remote.test', 10, 'elsewhere'],
];
test('recipients: objections, and each account and address once', async () => {
  const { directory, store, accounts } = await openPeople();
  const lists = openRecipientLists({
    addresses: openAddressBook(directory),
    directory,
    store,
    clock: standingClock,
    queueLifetime: 1000,
  });
  const list = lists.open({ onlyOurs: true });
  for (const [address, size, objection] of additions)
    assert.equal(await list.add({ address, notify: ['success', 'failure'], originalRecipient: 'rfc822;x' }, size), objection, address);
  assert.deepEqual(list.told, ['hanako@local.test', 'small@local.test', 'away@local.test']);
  assert.deepEqual(
    list.placements().map(({ account }) => account),
    [accounts.get('hanako'), accounts.get('small')],
  );
  const now = standingClock.now();
  assert.deepEqual(list.queueRows(), [
    {
      recipient: 'friend@remote.test',
      domain: 'remote.test',
      dueAt: now,
      expiresAt: now + 1000,
      notify: ['failure'],
      originalRecipient: 'rfc822;x',
    },
  ]);
  assert.equal(await lists.open({ onlyOurs: false }).add({ address: 'x@remote.test', notify: [], originalRecipient: null }, 0), null);
});

test('recipients: news that would be lost comes into a full mailbox too', async () => {
  const { directory, store, accounts } = await openPeople();
  const lists = openRecipientLists({
    addresses: openAddressBook(directory),
    directory,
    store,
    clock: standingClock,
    queueLifetime: 1000,
  });
  const list = lists.open({ onlyOurs: false, pastQuota: true });
  assert.equal(await list.add({ address: 'small@local.test', notify: ['never'], originalRecipient: null }, 2001), null);
  assert.deepEqual(
    list.placements().map(({ account }) => account),
    [accounts.get('small')],
  );
});
