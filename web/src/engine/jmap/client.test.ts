// Which words of the server mean "not now", and how long an answer is waited for.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Office } from '../../../demo/office.ts';
import { worldOf } from '../../../demo/surroundings.ts';
import { JmapClient, refusal } from './client.ts';

suite('refusal', () => {
  for (const [problem, kind] of [
    [{ type: 'serverUnavailable' }, 'offline'],
    [{ type: 'serverPartialFail' }, 'offline'],
    [{ type: 'urn:ietf:params:jmap:error:limit', limit: 'maxConcurrentRequests' }, 'offline'],
    [{ type: 'urn:ietf:params:jmap:error:limit', limit: 'maxConcurrentUpload' }, 'offline'],
    [{ type: 'urn:ietf:params:jmap:error:limit', limit: 'maxSizeRequest' }, 'refused'],
    [{ type: 'urn:ietf:params:jmap:error:limit', limit: 'maxCallsInRequest' }, 'refused'],
    [{ type: 'forbidden' }, 'refused'],
    [{ type: 'serverFail' }, 'refused'],
  ] as const)
    test(`${problem.type} ${'limit' in problem ? problem.limit : ''}: ${kind}`, () => assert.equal(refusal(problem).trouble.kind, kind));
});

for (const [size, least] of [
  [0, 60_000],
  [4 * 1024 * 1024, 500_000],
] as const)
  test(`an upload of ${size} octets has ${least} ms at least`, async (t) => {
    const timeout = t.mock.method(AbortSignal, 'timeout');
    await new JmapClient(worldOf(new Office('A1', 'hana@example.jp')).surroundings).upload('A1', new Blob([new Uint8Array(size)]));
    const [ms] = timeout.mock.calls[0]!.arguments;
    assert.ok(ms >= least && ms < least + 100_000, `${ms} ms`);
  });
