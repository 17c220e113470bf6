// By what somebody was let in, and how long it counts: for connections that are held open and subscriptions that stay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryDirectory } from '../../store/memory/directory.ts';
import { openJmapPeople } from './people.ts';

async function open() {
  const directory = openMemoryDirectory();
  await directory.putDomain({ name: 'here.test', catchAll: null, subaddress: '+' });
  const row = { passwordHash: 'one', scram: {}, quota: null, createdAt: 0, closedAt: null };
  const { id } = await directory.addAccount({ ...row, address: 'hanako@here.test', name: '' });
  const sessions = new Set([7]);
  let asksMore = false;
  const people = openJmapPeople(
    directory,
    () => [...sessions],
    () => asksMore,
  );
  const key = { account: id, name: 'phone', sha256: '', scram: {}, protocols: ['jmap'] as const, createdAt: 0 };
  const principal = { account: id, login: 'hanako@here.test', name: '', quota: null, appPassword: null };
  const marks = {
    session: people.credentialsOf({ principal, session: 7 }),
    key: people.credentialsOf({ principal: { ...principal, appPassword: 'phone' }, session: null }),
    password: people.credentialsOf({ principal, session: null }),
  };
  const valid = (): string[] => Object.entries(marks).flatMap(([name, mark]) => (people.isValid(id, mark) ? [name] : []));
  const { id: phone } = await directory.addAppPassword(key);
  return { directory, id, sessions, valid, phone, setFactor: () => (asksMore = true) };
}

test('each ends with what it rests on', async () => {
  const { directory, id, sessions, valid, phone } = await open();
  assert.deepEqual(valid(), ['session', 'key', 'password']);
  sessions.clear();
  assert.deepEqual(valid(), ['key', 'password']);
  await directory.removeAppPassword(phone);
  assert.deepEqual(valid(), ['password']);
  await directory.updateAccount(id, { passwordHash: 'two' });
  assert.deepEqual(valid(), []);
});

test('the password alone ends with the first second factor; a session and a key do not', async () => {
  const { valid, setFactor } = await open();
  setFactor();
  assert.deepEqual(valid(), ['session', 'key']);
});

test('a closed account has nobody', async () => {
  const { directory, id, valid } = await open();
  await directory.updateAccount(id, { closedAt: 1 });
  assert.deepEqual(valid(), []);
});
