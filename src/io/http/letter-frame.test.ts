// Whose letters are shown, and how many are read at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import type { Directory } from '../../store/directory-contract.ts';
import { systemChance } from '../clock.ts';
import { letterRoutes } from './letter-frame.ts';
import type { WebDoor } from './web-door.ts';

const octets = bytesFromUtf8('Content-Type: text/plain\r\n\r\nthe secret\r\n');

function open(person: number) {
  let reading = 0;
  let most = 0;
  let reads = 0;
  const outside: Readonly<Record<number, { owner: number; closedAt: number | null }>> = {
    8: { owner: 1, closedAt: null },
    9: { owner: 1, closedAt: 5 },
    10: { owner: 2, closedAt: null },
  };
  const routes = letterRoutes({
    door: {
      identify: async () => ({
        principal: { account: person, login: '', name: '', quota: null, appPassword: null },
        session: 1,
        via: 'cookie',
      }),
    } as unknown as WebDoor,
    directory: {
      outsideAccount: (account: number) => outside[account] ?? null,
      value: () => null,
      putValue: async () => {},
    } as unknown as Directory,
    store: {
      async openLetter(_account, message) {
        if (message > 50) throw new Refusal('nonexistent', 'no such letter');
        return {
          length: octets.length,
          async read(start, end) {
            reads++;
            most = Math.max(most, ++reading);
            await new Promise((done) => setImmediate(done));
            reading--;
            return octets.subarray(start, end);
          },
        };
      },
    },
    chance: systemChance,
    log: silentLog,
    web: () => Promise.reject(new Error('nobody is asked')),
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    routes.fetch(new Request(`https://x.test${path}`, { headers }), { remoteAddress: '192.0.2.1' });
  return { get, most: () => most, reads: () => reads };
}

const rows: readonly (readonly [path: string, status: number])[] = [
  ['/letter/A1/M1', 200],
  ['/letter/A8/M1', 200],
  ['/letter/A2/M1', 404],
  ['/letter/A9/M1', 404],
  ['/letter/A10/M1', 404],
  ['/letter/A1/M51', 404],
  ['/letter/A01/M1', 404],
  ['/letter/A2/M1/part/1', 404],
  ['/letter/A10/M1/part/1', 404],
  ['/letter/A1/M1/part/1', 404],
  ['/letter/A1/M1?in=1', 404],
  ['/letter/A1/M1?in=x', 404],
  ['/image-proxy?u=https%3A%2F%2Fa.test%2Fx&s=AAAA', 403],
];
for (const [path, status] of rows) test(`${path} ${status}`, async () => assert.equal((await open(1).get(path)).status, status));

test('a document that a browser has is not read again; of a letter that is gone by now it is told', async () => {
  const { get, reads } = open(1);
  const etag = (await get('/letter/A1/M1')).headers.get('etag')!;
  assert.equal(reads(), 1);
  const again = await get('/letter/A1/M1', { 'if-none-match': etag });
  assert.deepEqual([again.status, again.headers.get('etag'), reads()], [304, etag, 1]);
  assert.equal((await get('/letter/A1/M1?plain=1', { 'if-none-match': etag })).status, 200);
  assert.equal((await get('/letter/A1/M51', { 'if-none-match': etag })).status, 404);
});

test('letters of one person are read so many at once; who waits is answered', async () => {
  const { get, most } = open(1);
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => get(`/letter/A1/M${index + 1}${index % 2 === 0 ? '' : '/part/1'}`)),
  );
  assert.ok(answers.every(({ status }) => status === 200 || status === 404));
  assert.equal(most(), 3);
  const flood = await Promise.all(Array.from({ length: 260 }, () => get('/letter/A1/M1')));
  assert.equal(flood.filter(({ status }) => status === 429).length, 260 - 203);
});
