// argon2id in PHC strings, and how many may run and wait. With a cost so low that the test does not wait for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '../base/trouble.ts';
import { formatHash, openPasswordHasher, parseHash } from './password-hasher.ts';

const cheap = { memory: 64, passes: 1, parallelism: 1 };

test('a password verifies against its own hash and no other', async () => {
  const hasher = openPasswordHasher(cheap);
  const hash = await hasher.hash('さくら');
  assert.match(hash, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(await hasher.hash('さくら'), hash);
  assert.equal(await hasher.verify('さくら', hash, false), true);
  assert.equal(await hasher.verify('さくらん', hash, false), false);
  assert.equal(await hasher.verify('さくら', hasher.decoy, false), false);
  assert.equal(formatHash(parseHash(hash)!), hash);
});

test('new hashes and the decoy cost the same', async () => {
  const { decoy } = openPasswordHasher();
  assert.match(decoy, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('the example of the reference implementation of argon2', async () => {
  // echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 24
  const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await openPasswordHasher(cheap).verify('password', hash, false), true);
});

for (const hash of [
  '',
  'x',
  '$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  '$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  '$argon2id$v=19$m=64,t=999,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  '$argon2id$v=19$m=8,t=1,p=8$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  '$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
])
  test(`a hash that is none matches nothing: ${hash}`, async () => {
    assert.equal(parseHash(hash), null);
    assert.equal(await openPasswordHasher(cheap).verify('x', hash, false), false);
  });

test('two run, fifty wait, the next is told that we are busy; who is ahead has places of its own and comes first', async () => {
  const hasher = openPasswordHasher(cheap);
  const done: string[] = [];
  const strangers = Array.from({ length: 52 }, (_, i) => hasher.verify('x', hasher.decoy, false).then(() => done.push(`stranger ${i}`)));
  await assert.rejects(hasher.verify('x', hasher.decoy, false), (error) => error instanceof Unavailable && error.code === 'busy');
  const owner = hasher.verify('x', hasher.decoy, true).then(() => done.push('owner'));
  await Promise.all([...strangers, owner]);
  assert.ok(done.indexOf('owner') <= 4, `the owner was number ${done.indexOf('owner')}`);
  assert.equal(await hasher.verify('x', hasher.decoy, false), false);
});
