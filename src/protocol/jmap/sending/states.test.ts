// A state that is told goes never beyond what is told with it: somebody else writes in the middle of each method that reads items, and who follows
// the changes from there hears of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStore } from '../../../store/memory/store.ts';
import type { MailStore } from '../../../store/contract.ts';
import type { ItemKind, ItemStore, ItemWrite } from '../../../store/items-contract.ts';
import { systemChance } from '../../../io/clock.ts';
import type { JsonObject } from '../contract.ts';
import { openPost, setClock } from './office-suite.ts';

/** Items of which, once `arm` was called, the next reading of any kind is followed by a write before its answer arrives. */
function interrupted(store: MailStore): { readonly store: MailStore; readonly arm: (account: number, write: ItemWrite) => void } {
  let armed: (() => Promise<unknown>) | null = null;
  const items = new Proxy(store.items, {
    get(target, name: keyof ItemStore) {
      const member = target[name] as (...args: unknown[]) => unknown;
      if (name !== 'list' && name !== 'changes') return member.bind(target);
      return async (...args: unknown[]) => {
        const answer = await (member.apply(target, args) as Promise<unknown>);
        const write = armed;
        armed = null;
        await write?.();
        return answer;
      };
    },
  });
  const proxy = new Proxy(store, {
    get(target, name) {
      if (name === 'items') return items;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
    },
  });
  return { store: proxy, arm: (account, write) => (armed = () => store.items.write(account, [write])) };
}

const address = { email: 'hanako@local.test', parameters: null };
const submission = {
  identity: 1,
  message: 1,
  thread: 1,
  envelope: { mailFrom: address, rcptTo: [address] },
  sendAt: 0,
  undoStatus: 'final',
};
const own = { name: '', email: 'hanako+x@local.test', replyTo: null, bcc: null, textSignature: '', htmlSignature: '', own: false };
const away = { isEnabled: true, fromDate: null, toDate: null, subject: null, textBody: 'away', htmlBody: null };

const methods: readonly (readonly [
  name: string,
  args: JsonObject,
  kind: ItemKind,
  value: JsonObject,
  state: 'state' | 'newState' | 'queryState' | 'newQueryState',
])[] = [
  ['Identity/get', { ids: null }, 'identity', own, 'state'],
  ['Identity/changes', { sinceState: '$' }, 'identity', own, 'newState'],
  ['VacationResponse/get', { ids: null }, 'vacation', away, 'state'],
  ['EmailSubmission/get', { ids: null, properties: ['id'] }, 'submission', submission, 'state'],
  ['EmailSubmission/changes', { sinceState: '$' }, 'submission', submission, 'newState'],
  ['EmailSubmission/query', {}, 'submission', submission, 'queryState'],
  ['EmailSubmission/queryChanges', { sinceQueryState: '$' }, 'submission', submission, 'newQueryState'],
];
for (const [name, args, kind, value, stateName] of methods)
  test(name, async () => {
    const { store, arm } = interrupted(openMemoryStore({ clock: setClock(), chance: systemChance }));
    const post = await openPost({ store });
    const { account } = post.accounts.get('hanako')!;
    // The own identities are there, and something has changed already.
    await post.one('hanako', 'Identity/get', { ids: null });
    const before = await store.items.state(account, kind);
    await store.items.write(account, [{ kind, add: value }]);
    const asked = Object.fromEntries(Object.entries(args).map(([key, one]) => [key, one === '$' ? String(before) : one]));
    arm(account, { kind, add: value });
    const answer = await post.one('hanako', name, asked);
    const list = (answer['list'] ?? answer['created'] ?? answer['ids'] ?? answer['added']) as readonly unknown[];
    const [first, second] = (await store.items.list(account, kind)).slice(-2);
    const told = JSON.stringify(list).includes(`${{ identity: 'I', submission: 'S', vacation: '-' }[kind]!}${second!.id}"`);
    const state = Number(answer[stateName]);
    assert.ok(state >= first!.modSeq, 'the first is known');
    if (!told) assert.ok(state < second!.modSeq, `${name} tells ${state}, and not the item of ${second!.modSeq}`);
  });
