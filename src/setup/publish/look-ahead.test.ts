import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWebDoor, type WebDoor } from '../../io/http/web-door.ts';
import type { MailStore } from '../../store/contract.ts';
import { openLookAhead, visitorOf } from './look-ahead.ts';

const surroundings = { remoteAddress: '127.0.0.1' };
const page = (headers: Record<string, string> = {}) => new Request('http://localhost/', { headers });

test('letters are read for whoever opens the app, once its scripts are there', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const opened: number[] = [];
  const openShelf = (async (account: number) => ({ release: () => opened.push(account) })) as unknown as MailStore['openShelf'];
  const ahead = openLookAhead({ personOf: async () => 7, store: { openShelf } });
  ahead.begin(page(), surroundings);
  await settled();
  t.mock.timers.tick(1_000);
  await settled();
  assert.deepEqual(opened, [7]);
});

// An unhandled rejection ends the process: it would fail these tests.
test('a visit that cannot be looked at is nobody’s, and harms nobody', async () => {
  const openShelf = () => Promise.reject(new Error('not read'));
  const ahead = openLookAhead({ personOf: () => Promise.reject(new Error('the directory is closed')), store: { openShelf } });
  ahead.begin(page(), surroundings);
  await settled();
});

test('a password that comes with the page is not proved', async () => {
  let proved = 0;
  const door = openWebDoor({
    authenticator: {
      checkPassword: async () => {
        proved += 1;
        throw new Error('not now');
      },
    },
    sessions: { find: () => null },
    secure: false,
    isOurName: () => true,
  } as unknown as Parameters<typeof openWebDoor>[0]);
  assert.equal(await visitorOf(door, page({ authorization: `Basic ${btoa('a@b.test:secret')}` }), surroundings), null);
  assert.equal(proved, 0);
  assert.equal(await visitorOf(door, page(), surroundings), null);
  const inside: Pick<WebDoor, 'identify'> = {
    identify: async () => ({ principal: { account: 7, login: '', name: '', quota: null, appPassword: null }, session: 1, via: 'cookie' }),
  };
  assert.equal(await visitorOf(inside, page(), surroundings), 7);
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
}
