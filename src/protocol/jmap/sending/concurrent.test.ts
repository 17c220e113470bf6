// Two who write the same object at once, and pages of changes: nobody's change is lost, and every page leads on to the next (RFC 8620 §5.2, §5.3).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../../../test/support/depth.ts';
import type { ItemKind, ItemWrite } from '../../../store/items-contract.ts';
import type { JsonObject } from '../contract.ts';
import { openPost, type Post } from './office-suite.ts';

async function only(post: Post, type: string): Promise<JsonObject> {
  return ((await post.one('hanako', `${type}/get`, { ids: null }))['list'] as JsonObject[])[0]!;
}

const pairs: readonly (readonly [type: string, id: string, one: JsonObject, other: JsonObject])[] = [
  ['Identity', 'I1', { textSignature: 'one' }, { htmlSignature: '<p>other</p>' }],
  ['VacationResponse', 'singleton', { textBody: 'away' }, { subject: 'Away' }],
];
for (const [type, id, one, other] of pairs) {
  for (const begun of [false, true])
    test(`two who patch ${type} at once are both heard${begun ? '' : ', also when it was never written before'}`, async () => {
      const post = await openPost();
      await only(post, type);
      if (begun) await post.one('hanako', `${type}/set`, { update: { [id]: one } });
      const answers = await Promise.all([one, other].map((patch) => post.one('hanako', `${type}/set`, { update: { [id]: patch } })));
      for (const answer of answers) assert.deepEqual(answer['updated'], { [id]: null });
      const now = await only(post, type);
      for (const [name, value] of Object.entries({ ...one, ...other })) assert.equal(now[name], value, name);
    });

  test(`of two who name the same state of ${type} one is refused`, async () => {
    const post = await openPost();
    await only(post, type);
    await post.one('hanako', `${type}/set`, { update: { [id]: one } });
    const { state } = await post.one('hanako', `${type}/get`, { ids: [] });
    const answers = await Promise.all(
      [other, { ...other, ...one }].map((patch) => post.one('hanako', `${type}/set`, { ifInState: state!, update: { [id]: patch } })),
    );
    const types = answers.map((answer) => (answer['error'] as JsonObject | undefined)?.['type'] ?? 'none');
    assert.deepEqual(types.toSorted(), ['none', 'stateMismatch']);
  });
}

// --- pages ------------------------------------------------------------------------------------------------------------

const address = { email: 'hanako@local.test', parameters: null };
const own = { name: '', email: 'hanako+x@local.test', replyTo: null, bcc: null, textSignature: '', htmlSignature: '', own: false };
const sent = {
  identity: 1,
  message: 1,
  thread: 1,
  envelope: { mailFrom: address, rcptTo: [address] },
  sendAt: 0,
  undoStatus: 'final',
  held: null,
  letter: null,
  failure: null,
};
const kinds: readonly (readonly [type: string, kind: ItemKind, letter: string, value: JsonObject])[] = [
  ['Identity', 'identity', 'I', own],
  ['EmailSubmission', 'submission', 'S', sent],
];

/** Several writes are one transaction: then no state lies between them, and a page may end in the middle of it. */
const life = fc.array(
  fc.array(fc.record({ how: fc.constantFrom('add', 'put', 'remove'), pick: fc.nat() }), { minLength: 1, maxLength: 4 }),
  {
    minLength: 1,
    maxLength: 12,
  },
);

for (const [type, kind, letter, value] of kinds)
  test(`${type}/changes from every earlier state, however small the pages, leads to what is there`, () =>
    fc.assert(
      fc.asyncProperty(life, fc.integer({ min: 1, max: 3 }), async (steps, maxChanges) => {
        const post = await openPost();
        const { account } = post.accounts.get('hanako')!;
        await post.one('hanako', 'Identity/get', { ids: null });
        const there = async (): Promise<Set<string>> => {
          const { list } = await post.one('hanako', `${type}/get`, { ids: null, properties: ['id'] });
          return new Set((list as JsonObject[]).map(({ id }) => String(id)));
        };
        const stateNow = async (): Promise<string> => String((await post.one('hanako', `${type}/get`, { ids: [] }))['state']);
        const states: { readonly state: string; readonly ids: Set<string>; readonly modSeq: number }[] = [];
        const note = async (modSeq: number): Promise<void> => void states.push({ state: await stateNow(), ids: await there(), modSeq });
        await note(await post.store.items.state(account, kind));
        for (const step of steps) {
          const items = (await post.store.items.list(account, kind)).filter(({ value: is }) => (is as { own?: boolean }).own !== true);
          const left = new Set(items.map(({ id }) => id));
          const writes = step.flatMap(({ how, pick }): ItemWrite[] => {
            const id = items[pick % Math.max(1, items.length)]?.id;
            if (how === 'add' || id === undefined || !left.has(id)) return [{ kind, add: value }];
            if (how === 'put') return [{ kind, id, put: value }];
            left.delete(id);
            return [{ kind, id, remove: true }];
          });
          await note((await post.store.items.write(account, writes)).modSeq);
        }
        const last = states.at(-1)!;
        const items = await post.store.items.list(account, kind);
        for (const { state, ids, modSeq } of states) {
          const followed = new Set(ids);
          const updated = new Set<string>();
          let since = state;
          for (let more = true, rounds = 0; more; rounds++) {
            assert.ok(rounds < 100, 'it comes to an end');
            const page = await post.one('hanako', `${type}/changes`, { sinceState: since, maxChanges });
            assert.equal(page['error'], undefined);
            const [made, changed, gone] = ['created', 'updated', 'destroyed'].map((name) => page[name] as string[]);
            assert.ok(made!.length + changed!.length + gone!.length <= maxChanges);
            for (const id of made!) followed.add(id);
            for (const id of gone!) followed.delete(id);
            for (const id of changed!) updated.add(id);
            assert.equal(page['oldState'], since);
            since = String(page['newState']);
            more = page['hasMoreChanges'] === true;
          }
          assert.equal(since, last.state);
          assert.deepEqual([...followed].sort(), [...last.ids].sort());
          for (const one of items)
            if (one.modSeq > modSeq && one.createdModSeq <= modSeq) assert.ok(updated.has(`${letter}${one.id}`), `${one.id} was changed`);
        }
        const { created, updated, destroyed, newState } = await post.one('hanako', `${type}/changes`, { sinceState: last.state });
        assert.deepEqual([created, updated, destroyed, newState], [[], [], [], last.state]);
      }),
      { numRuns: runs(60) },
    ));
