import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { systemChance } from '../../io/clock.ts';
import { FalseClock } from '../../../test/support/clock.ts';
import { blobCopy, blobGroup } from './blob-methods.ts';
import { openBlobs } from './blobs.ts';
import type { Json, MethodGroup } from './contract.ts';
import { coreGroup } from './core-methods.ts';
import { openDispatcher, type Dispatcher } from './dispatch.ts';
import { formatId } from './ids.ts';
import { coreLimits } from './limits.ts';
import { pushMethods } from './push-subscriptions.ts';
import { quotaGroup } from './quota.ts';
import { RequestTrouble } from './request.ts';
import { inboxOf, openTestStore, testWho } from './test-office.ts';
import { parseTranscript, playTranscript } from './transcript.ts';
import { runs } from '../../../test/support/depth.ts';

/** Nothing but its name: quotas look whether it is used. */
const mail: MethodGroup = {
  capability: 'urn:ietf:params:jmap:mail',
  methods: {
    'Broken/get': () => Promise.reject(new Error('the secret inside')),
    'Own/get': async () => ({ response: {} }),
  },
  session: () => ({}),
  account: ({ kind }) => (kind === 'own' ? {} : null),
};

async function openCore() {
  const clock = new FalseClock();
  const store = await openTestStore(clock, systemChance);
  const blobs = openBlobs(store);
  const defects: unknown[] = [];
  const push = pushMethods({ store, clock, chance: systemChance, credentialsOf: () => 'password', changed: () => {} });
  const groups = [coreGroup({ 'Blob/copy': blobCopy({ store, blobs }), ...push }), blobGroup({ store, blobs }), quotaGroup(store), mail];
  return { store, dispatcher: openDispatcher({ groups, defect: (_method, thrown) => defects.push(thrown) }), defects };
}

describe('transcripts', async () => {
  const folder = join(import.meta.dirname, 'transcripts');
  for (const file of globSync(join(folder, '*.jmap')).toSorted())
    test(basename(file), async () => {
      const { store, dispatcher, defects } = await openCore();
      const memory = new Map<string, Json>([
        ['own', 'A1'],
        ['other', 'A2'],
        ['inbox', formatId('F', await inboxOf(store))],
      ]);
      const faults = await playTranscript(parseTranscript(file, readFileSync(file, 'utf8')), dispatcher, testWho(), memory);
      assert.deepEqual(faults, []);
      assert.deepEqual(defects, []);
    });
});

async function ask(dispatcher: Dispatcher, body: unknown): Promise<Json> {
  const octets = typeof body === 'string' ? bytesFromUtf8(body) : body instanceof Uint8Array ? body : bytesFromUtf8(JSON.stringify(body));
  return JSON.parse(await dispatcher.answer(dispatcher.read(octets), testWho(), 's')) as Json;
}

const core = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'];

describe('limits and defects', () => {
  test('a defect of ours is serverFail without a word of it', async () => {
    const { dispatcher, defects } = await openCore();
    const answer = JSON.stringify(await ask(dispatcher, { using: core, methodCalls: [['Broken/get', {}, 'a']] }));
    assert.match(answer, /"type":"serverFail"/);
    assert.doesNotMatch(answer, /secret/);
    assert.equal(defects.length, 1);
  });
  test('an account without a capability', async () => {
    const { dispatcher } = await openCore();
    const answer = await ask(dispatcher, {
      using: core,
      methodCalls: [
        ['Own/get', { accountId: 'A2' }, 'a'],
        ['Own/get', { fromAccountId: 'A2', accountId: 'A1' }, 'b'],
      ],
    });
    assert.deepEqual(
      (answer as unknown as { methodResponses: [string, { type: string }, string][] }).methodResponses.map(([, { type }]) => type),
      ['accountNotSupportedByMethod', 'fromAccountNotSupportedByMethod'],
    );
  });
  const refused: readonly (readonly [string, () => unknown, string, string | null])[] = [
    [
      'too many calls',
      () => ({ using: core, methodCalls: Array.from({ length: coreLimits.maxCallsInRequest + 1 }, () => ['Core/echo', {}, 'a']) }),
      'limit',
      'maxCallsInRequest',
    ],
    ['too many octets', () => new Uint8Array(coreLimits.maxSizeRequest + 1).fill(32), 'limit', 'maxSizeRequest'],
    ['too deep', () => `${'['.repeat(100_000)}`, 'notJSON', null],
    ['too many values', () => `[${'0,'.repeat(600_000)}0]`, 'notJSON', null],
    ['no UTF-8', () => Uint8Array.of(0x22, 0xc3, 0x28, 0x22), 'notJSON', null],
    ['a mark of the order of octets', () => '\ufeff{}', 'notJSON', null],
    ['nothing', () => '', 'notJSON', null],
  ];
  for (const [name, body, type, limit] of refused)
    test(name, async () => {
      const { dispatcher } = await openCore();
      await assert.rejects(ask(dispatcher, body()), (trouble: RequestTrouble) => trouble.type === type && trouble.limit === limit);
    });
  test('echoes of echoes do not grow without end', async () => {
    const { dispatcher } = await openCore();
    const calls: Json[] = [['Core/echo', { x: 'x'.repeat(1000) }, '0']];
    for (let n = 1; n < coreLimits.maxCallsInRequest; n += 1) {
      const before = { resultOf: String(n - 1), name: 'Core/echo', path: '' };
      calls.push(['Core/echo', { '#a': before, '#b': before, '#c': before }, String(n)]);
    }
    const before = process.memoryUsage().rss;
    const answer = JSON.stringify(await ask(dispatcher, { using: core, methodCalls: calls }));
    assert.match(answer, /invalidResultReference|requestTooLarge/);
    assert.ok(process.memoryUsage().rss - before < 1_500_000_000);
  });
});

// --- whatever comes ----------------------------------------------------------------------------------------------------

const bookErrors = new Set(
  (
    'serverUnavailable serverFail unknownMethod invalidArguments invalidResultReference forbidden accountNotFound accountNotSupportedByMethod ' +
    'accountReadOnly requestTooLarge stateMismatch cannotCalculateChanges anchorNotFound unsupportedSort unsupportedFilter tooManyChanges ' +
    'fromAccountNotFound fromAccountNotSupportedByMethod unknownDataType'
  ).split(' '),
);
const methods = [
  'Core/echo',
  'Blob/upload',
  'Blob/get',
  'Blob/lookup',
  'Blob/copy',
  'Quota/get',
  'Quota/changes',
  'Quota/query',
  'Quota/queryChanges',
  'PushSubscription/get',
  'PushSubscription/set',
];
const words = fc.constantFrom(
  'A1',
  'A2',
  'A9',
  'B1',
  'B1-1',
  'U1',
  '#k',
  'k',
  'octets',
  'none',
  '5-1',
  'AND',
  'used',
  'data',
  'url',
  'https://push.example.test/',
  '',
  '__proto__',
  '\u0000',
);
const names = fc.constantFrom(
  ...'accountId fromAccountId ids properties create update destroy filter sort sinceState sinceQueryState maxChanges position anchor limit #ids blobIds data typeNames offset length types keys expires operator conditions property resultOf name path __proto__ constructor'.split(
    ' ',
  ),
);
const anyJson = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    words,
    fc.integer({ min: -2, max: 5 }),
    fc.constantFrom(null, true, 1.5, 1e300),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.oneof(names, words), tie('value'), { maxKeys: 5 }),
}));

describe('hostile requests', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  test(`random arguments get an error of the book or an answer (seed ${seed})`, async () => {
    const { dispatcher, defects } = await openCore();
    const using = core.concat('urn:ietf:params:jmap:blob', 'urn:ietf:params:jmap:quota');
    const call = fc.tuple(fc.constantFrom(...methods), anyJson.object, fc.constantFrom('a', 'b', 'k'));
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 6 }), async (methodCalls) => {
        const answer = (await ask(dispatcher, { using, methodCalls })) as unknown as {
          methodResponses: [string, { type: string }, string][];
        };
        assert.equal(answer.methodResponses.length, methodCalls.length);
        for (const [name, args] of answer.methodResponses) if (name === 'error') assert.ok(bookErrors.has(args.type), args.type);
        assert.deepEqual(defects, []);
      }),
      { seed, numRuns: runs(1500) },
    );
  });
  test(`random bodies (seed ${seed})`, async () => {
    const { dispatcher } = await openCore();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.json().map(bytesFromUtf8)), async (body) => {
        try {
          await ask(dispatcher, body);
        } catch (trouble) {
          assert.ok(trouble instanceof RequestTrouble, String(trouble));
        }
      }),
      { seed, numRuns: runs(2000) },
    );
  });
  test('every cut of a body', async () => {
    const { dispatcher } = await openCore();
    const whole = bytesFromUtf8(
      JSON.stringify({
        using: core,
        methodCalls: [['Core/echo', { お元気: '\\"\u0001', n: [1, -2.5e3, null, {}] }, 'a']],
        createdIds: { k: 'M1' },
      }),
    );
    assert.ok(await ask(dispatcher, whole));
    for (let length = 0; length < whole.length; length += 1)
      await assert.rejects(
        ask(dispatcher, whole.subarray(0, length)),
        (trouble) => trouble instanceof RequestTrouble && trouble.type === 'notJSON',
        String(length),
      );
  });
});
