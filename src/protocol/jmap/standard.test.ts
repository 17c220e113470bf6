import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { formatUtcDate, parseDate, readArguments, aText, nullable } from './arguments.ts';
import { MethodError, type Asker, type Json, type JsonObject } from './contract.ts';
import { formatMethodError, NotSet } from './errors.ts';
import { formatBlobId, formatId, parseBlobId, parseId } from './ids.ts';
import { applyPatch, formatPointerToken, sameJson } from './patch.ts';
import { windowOf } from './query.ts';
import { inReferenceOrder, runSet } from './set.ts';
import { readCopy, readGet, readSet } from './standard.ts';
import { testAccounts, testWho } from './test-office.ts';

const asker = (more: Partial<Asker> = {}): Asker => ({ ...testWho(), using: new Set(), createdIds: new Map([['k', 'M7']]), ...more });
const typeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (thrown) {
    assert.ok(thrown instanceof MethodError, String(thrown));
    return [thrown.type, ...((thrown.more['arguments'] as readonly string[] | undefined) ?? [])].join(' ');
  }
};

describe('ids', () => {
  const bad = ['', 'M', 'M0', 'M01', 'm1', 'M1 ', 'M-1', 'M1.0', 'M9007199254740992', 'M99999999999999999', 'B1', 'M１'];
  for (const text of bad) test(`no email: "${text}"`, () => assert.equal(parseId('M', text), null));
  test('what is written is read again', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (number) =>
        assert.equal(parseId('M', formatId('M', number)), number),
      ),
    ));
  const noBlobs = ['B', 'B0', 'B1-', 'B1-0', 'B1_1', 'B1-1_', 'B1-01', 'M1', 'U1-1.2', `B1-${'1_'.repeat(200)}1`];
  for (const text of noBlobs) test(`no blob: ${text.slice(0, 20)}`, () => assert.equal(parseBlobId(text), null));
  test('blobs too', () => {
    for (const text of ['B12', 'B12-1_2', 'U3', 'U3-1']) assert.equal(formatBlobId(parseBlobId(text)!), text);
  });
});

describe('dates (RFC 8620 §1.4)', () => {
  const rows: readonly (readonly [string, boolean, number | null])[] = [
    ['2014-10-30T14:12:00+08:00', false, Date.UTC(2014, 9, 30, 6, 12)],
    ['2014-10-30T06:12:00Z', true, Date.UTC(2014, 9, 30, 6, 12)],
    ['2014-10-30T06:12:00.25Z', true, Date.UTC(2014, 9, 30, 6, 12, 0, 250)],
    ['2014-10-30T06:12:00.00Z', true, null],
    ['2014-10-30T14:12:00+08:00', true, null],
    ['2014-10-30t06:12:00z', true, null],
    ['2014-02-30T06:12:00Z', true, null],
    ['2014-13-01T06:12:00Z', true, null],
    ['2014-10-30T24:00:00Z', true, null],
    ['2014-10-30', true, null],
  ];
  for (const [text, utc, at] of rows) test(`${text}${utc ? ' in UTC' : ''}`, () => assert.equal(parseDate(text, utc), at));
  test('as it is told', () => assert.equal(formatUtcDate(Date.UTC(2014, 9, 30, 6, 12, 5, 999)), '2014-10-30T06:12:05Z'));
});

describe('arguments', () => {
  test('all wrong names at once', () =>
    assert.equal(
      typeOf(() => readArguments({ a: 1, c: null, d: 2 }, { a: aText, b: aText, c: nullable(aText) })),
      'invalidArguments a b d',
    ));
  const known = (name: string) => name === 'subject';
  const get: readonly (readonly [JsonObject, string])[] = [
    [{ accountId: 'A1', ids: null }, 'none'],
    [{ ids: [] }, 'invalidArguments accountId'],
    [{ accountId: 'A9', ids: 'x' }, 'accountNotFound'],
    [{ accountId: 'A1', ids: ['a b'] }, 'invalidArguments ids'],
    [{ accountId: 'A1', ids: [], properties: ['subject', 'colour'] }, 'invalidArguments properties'],
    [{ accountId: 'A1', ids: Array.from({ length: 1001 }, (_, n) => `M${n + 1}`) }, 'requestTooLarge'],
    [{ accountId: 'A1', ids: Array.from({ length: 2000 }, () => 'M1') }, 'none'],
    [{ accountId: 'A1', ids: [], __proto__x: 1 }, 'invalidArguments __proto__x'],
  ];
  for (const [args, wanted] of get)
    test(`/get ${JSON.stringify(args).slice(0, 60)}`, () =>
      assert.equal(
        typeOf(() => readGet(args, asker(), known, {})),
        wanted,
      ));
  test('/get: each id once, references resolved, id among the properties', () => {
    const call = readGet({ accountId: 'A1', ids: ['M1', '#k', 'M7', '#none'], properties: ['subject'] }, asker(), known, {});
    assert.deepEqual(call.ids, ['M1', 'M7', '#none']);
    assert.deepEqual([...call.properties!], ['id', 'subject']);
  });
  const readOnly = asker({ accounts: new Map([['A1', { ...testAccounts[0]!, isReadOnly: true }]]) });
  test('/set of what can only be read', () =>
    assert.equal(
      typeOf(() => readSet({ accountId: 'A1' }, readOnly, {})),
      'accountReadOnly',
    ));
  test('/copy within one account', () =>
    assert.equal(
      typeOf(() => readCopy({ fromAccountId: 'A1', accountId: 'A1', create: {} }, asker(), {})),
      'invalidArguments fromAccountId accountId',
    ));
  test('/copy from nowhere', () =>
    assert.equal(
      typeOf(() => readCopy({ fromAccountId: 'A9', accountId: 'A1', create: {} }, asker(), {})),
      'fromAccountNotFound',
    ));
});

describe('patches (RFC 8620 §5.3)', () => {
  const object: JsonObject = { name: 'a', deep: { list: [1, { x: 1 }], 'a/b': 1, inner: { y: 1 } }, keywords: { $seen: true } };
  const good: readonly (readonly [string, JsonObject, JsonObject])[] = [
    ['a member', { name: 'b' }, { ...object, name: 'b' }],
    ['a member inside', { 'keywords/$flagged': true, 'keywords/$seen': null }, { ...object, keywords: { $flagged: true } }],
    ['an escaped name', { 'deep/a~1b': 2 }, { ...object, deep: { ...(object['deep'] as JsonObject), 'a/b': 2 } }],
    ['null for what is not there', { other: null }, object],
    ['null takes the default', { name: null }, { ...object, name: 'default' }],
    ['a whole array', { 'deep/list': [] }, { ...object, deep: { ...(object['deep'] as JsonObject), list: [] } }],
    [
      'two places of one object',
      { 'deep/inner/y': 2, 'deep/inner/z': 3 },
      { ...object, deep: { ...(object['deep'] as JsonObject), inner: { y: 2, z: 3 } } },
    ],
  ];
  for (const [name, patch, wanted] of good)
    test(name, () => {
      const before = JSON.stringify(object);
      assert.deepEqual(JSON.parse(JSON.stringify(applyPatch(object, patch, { name: 'default' }))), JSON.parse(JSON.stringify(wanted)));
      assert.equal(JSON.stringify(object), before);
    });
  const bad: readonly (readonly [string, JsonObject])[] = [
    ['into an array', { 'deep/list/0': 2 }],
    ['through an array', { 'deep/list/1/x': 2 }],
    ['through what is not there', { 'none/x': 1 }],
    ['through a text', { 'name/x': 1 }],
    ['one inside another', { deep: {}, 'deep/inner': 1 }],
    ['no pointer', { 'a~2b': 1 }],
    ['through what every object has', { '__proto__/polluted': 1 }],
    ['through its constructor', { 'constructor/polluted': 1 }],
  ];
  for (const [name, patch] of bad)
    test(`not: ${name}`, () =>
      assert.throws(
        () => applyPatch(object, patch),
        (thrown) => thrown instanceof NotSet && thrown.setError.type === 'invalidPatch',
      ));
  test('nothing is polluted', () => {
    const patched = applyPatch(object, JSON.parse('{"__proto__": {"polluted": 1}}') as JsonObject);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    assert.ok(Object.hasOwn(patched, '__proto__'));
  });
  test('a patch of every leaf makes any object of any other with the same shape', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.integer())), (wanted) => {
        const from: JsonObject = Object.fromEntries(
          Object.entries(wanted).map(([name, inner]) => [name, Object.fromEntries(Object.keys(inner).map((key) => [key, 'old']))]),
        );
        const patch: JsonObject = Object.fromEntries(
          Object.entries(wanted).flatMap(([name, inner]) =>
            Object.entries(inner).map(([key, value]): [string, Json] => [`${formatPointerToken(name)}/${formatPointerToken(key)}`, value]),
          ),
        );
        assert.ok(sameJson(applyPatch(from, patch), wanted));
      }),
    ));
});

describe('windows (RFC 8620 §5.5)', () => {
  const ask = (call: Partial<Parameters<typeof windowOf>[0]>) => {
    const { start, end, limit } = windowOf(
      { position: 0, anchor: null, anchorOffset: 0, limit: null, ...call },
      10,
      (id) => Number(id.slice(1)),
      5,
    );
    return [start, end, limit];
  };
  const rows: readonly (readonly [Parameters<typeof ask>[0], readonly (number | null)[]])[] = [
    [{}, [0, 5, 5]],
    [{ limit: 3 }, [0, 3, null]],
    [{ limit: 9 }, [0, 5, 5]],
    [{ limit: 0 }, [0, 0, null]],
    [{ position: -2 }, [8, 10, 5]],
    [{ position: -20, limit: 1 }, [0, 1, null]],
    [{ position: 12, limit: 1 }, [12, 10, null]],
    [{ anchor: 'M4', anchorOffset: -2, limit: 2, position: 9 }, [2, 4, null]],
    [{ anchor: 'M1', anchorOffset: -5, limit: 1 }, [0, 1, null]],
    [{ anchorOffset: 3, limit: 1 }, [0, 1, null]],
  ];
  for (const [call, wanted] of rows) test(JSON.stringify(call), () => assert.deepEqual(ask(call), wanted));
  test('no such anchor', () =>
    assert.equal(
      typeOf(() => windowOf({ position: 0, anchor: 'M1', anchorOffset: 0, limit: 1 }, 5, () => -1, 5)),
      'anchorNotFound',
    ));
});

describe('/set of small types', () => {
  /** A type of three lines: things with a name, that may lie in one another. */
  function things() {
    const all = new Map<string, JsonObject>([['T1', { name: 'one' }]]);
    let state = 1;
    const type = (by: Asker) => ({
      state: async () => String(state),
      create: async (object: JsonObject) => {
        const within = typeof object['in'] === 'string' ? (by.createdIds.get(object['in'].slice(1)) ?? null) : null;
        if (object['in'] !== undefined && within === null) throw new NotSet({ type: 'invalidProperties', properties: ['in'] });
        if (object['name'] === 'busy') throw new Unavailable('busy', 'busy');
        if (object['name'] === 'full') throw new Refusal('over-quota', 'no room');
        const id = `T${++state}`;
        all.set(id, object);
        return { id, ...(within === null ? {} : { in: within }) };
      },
      update: async (id: string, patch: JsonObject) => {
        const object = all.get(id);
        if (object === undefined) throw new Refusal('nonexistent', 'no such thing');
        all.set(id, applyPatch(object, patch));
        state += 1;
        return null;
      },
      destroy: async (id: string) => {
        if (!all.delete(id)) throw new Refusal('nonexistent', 'no such thing');
        state += 1;
      },
      references: (object: JsonObject) => (typeof object['in'] === 'string' ? [object['in'].slice(1)] : []),
    });
    return type;
  }
  const run = async (args: JsonObject): Promise<Record<string, any>> => {
    const by = asker();
    return (await runSet(readSet({ accountId: 'A1', ...args }, by, {}), by, things()(by))).response;
  };
  test('made in the order of what refers to what; changed and destroyed by creation id', async () => {
    const answer = await run({
      create: { c: { in: '#b' }, b: { in: '#a' }, a: {}, x: { in: '#y' }, y: { in: '#x' } },
      update: { '#c': { name: 'new' }, T1: { name: 'two' }, T98: {}, '#no': {} },
      destroy: ['#a', 'T99', '#no', '#a'],
    });
    assert.deepEqual(answer['created'], { a: { id: 'T2' }, b: { id: 'T3', in: 'T2' }, c: { id: 'T4', in: 'T3' } });
    assert.deepEqual(Object.keys(answer['notCreated']).toSorted(), ['x', 'y']);
    assert.deepEqual(answer['updated'], { T4: null, T1: null });
    assert.deepEqual(answer['notUpdated'], { T98: { type: 'notFound' }, '#no': { type: 'notFound' } });
    assert.deepEqual(answer['destroyed'], ['T2']);
    assert.deepEqual(answer['notDestroyed'], { T99: { type: 'notFound' }, '#no': { type: 'notFound' } });
    assert.deepEqual([answer['oldState'], answer['newState']], ['1', '7']);
  });
  test('willDestroy, quota, and another state', async () => {
    const answer = await run({ update: { T1: { name: 'x' } }, destroy: ['T1'], create: { f: { name: 'full' } } });
    assert.equal(answer['notUpdated'].T1.type, 'willDestroy');
    assert.deepEqual(answer['notCreated'], { f: { type: 'overQuota', description: 'no room' } });
    await assert.rejects(run({ ifInState: '0' }), (thrown) => thrown instanceof MethodError && thrown.type === 'stateMismatch');
    assert.equal((await run({ ifInState: '1' }))['created'], null);
  });
  test('nothing done is nothing done; done in part is said so', async () => {
    await assert.rejects(run({ create: { a: { name: 'busy' } } }), Unavailable);
    await assert.rejects(
      run({ create: { a: {}, b: { name: 'busy' } } }),
      (thrown) => thrown instanceof MethodError && thrown.type === 'serverPartialFail',
    );
  });
  test('a long chain of references', () => {
    const create = new Map(Array.from({ length: 1000 }, (_, n): [string, JsonObject] => [`k${n}`, { in: `k${n + 1}` }]));
    const order = inReferenceOrder(create, (object) => [object['in'] as string]).map(([id]) => id);
    assert.deepEqual([order[0], order.at(-1)], ['k999', 'k0']);
  });
});

describe('trouble in words', () => {
  const rows: readonly (readonly [unknown, string])[] = [
    [new Unavailable('busy', 'x'), 'serverUnavailable'],
    [new Unavailable('unknown-outcome', 'x'), 'serverPartialFail'],
    [new Refusal('over-quota', 'x'), 'overQuota'],
    [new Refusal('changed', 'x'), 'stateMismatch'],
    [new Refusal('no-perm', 'x'), 'forbidden'],
    [new TypeError('x of secret'), 'serverFail'],
    ['thrown text', 'serverFail'],
  ];
  for (const [thrown, type] of rows)
    test(type, () => {
      const formatted = formatMethodError(thrown, () => {});
      assert.equal(formatted['type'], type);
      assert.doesNotMatch(JSON.stringify(formatted), /secret|thrown text/);
    });
});
