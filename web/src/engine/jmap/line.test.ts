// What the server says on the socket instead of an answer (RFC 8887 §4.3.4).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Office } from '../../../demo/office.ts';
import { settled, worldOf } from '../../../demo/surroundings.ts';
import { EngineTrouble } from '../contract.ts';
import type { Socket } from '../surroundings.ts';
import { Line } from './line.ts';
import type { Session } from './objects.ts';

for (const [limit, kind] of [
  ['maxConcurrentRequests', 'offline'],
  ['maxSizeRequest', 'refused'],
] as const)
  test(`over ${limit}: ${kind}`, async () => {
    const office = new Office('A1', 'hana@example.jp');
    const heard = new Map<string, (event: { readonly data: unknown }) => void>();
    const socket: Socket = {
      addEventListener: (name: string, listener: (event: { readonly data: unknown }) => void) => void heard.set(name, listener),
      close: () => undefined,
      send(text) {
        const { id: requestId } = JSON.parse(text) as { id?: string };
        const refused = { '@type': 'RequestError', requestId, type: 'urn:ietf:params:jmap:error:limit', status: 400, limit };
        queueMicrotask(() => heard.get('message')!({ data: JSON.stringify(refused) }));
      },
    };
    const ears = { opened: () => undefined, closed: () => undefined, changed: () => undefined };
    const line = new Line({ ...worldOf(office).surroundings, openSocket: () => socket }, ears);
    line.start(office.session as unknown as Session);
    heard.get('open')!({ data: null });
    await assert.rejects(line.request({})!, (error) => error instanceof EngineTrouble && error.trouble.kind === kind);
    await settled();
  });
