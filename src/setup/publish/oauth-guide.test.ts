// The guide to client ids: what is shown to whom, and what can be copied.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outsideRow } from '../../../test/support/outside-row.ts';
import { openMemoryDirectory } from '../../store/memory/directory.ts';
import { oauthProviders } from '../../journey/outside/oauth.ts';
import { oauthGuidePath, oauthGuideRoutes } from './oauth-guide-routes.ts';

async function open(hostName: string | null, entered: readonly string[], host = 'imap.gmail.com') {
  const directory = openMemoryDirectory();
  await directory.putDomain({ name: 'here.test', catchAll: null, subaddress: null });
  const account = { address: 'a@here.test', name: '', passwordHash: '', scram: {}, quota: null, createdAt: 0, closedAt: null };
  const { id } = await directory.addAccount(account);
  await directory.addOutsideAccount(outsideRow(id, 'a@gmail.com', { host, auth: 'oauth2' }), () => new Uint8Array(1));
  const clients = { list: () => entered.map((name) => ({ name, title: name, id: 'secret-id-1', hasSecret: true })) };
  let isAtHome = true;
  const app = oauthGuideRoutes({ directory, clients, hostName: () => hostName, isAtHome: async () => isAtHome });
  return {
    async page(language: 'ja' | 'en', home = true): Promise<string> {
      isAtHome = home;
      return (await app.request(`${oauthGuidePath}?lang=${language}`)).text();
    },
  };
}

const states = (page: string): string[] => [...page.matchAll(/data-state="(\w+)"/g)].map(([, state]) => state!);

test('how each stands: not entered, entered, tried and works', async () => {
  const { page } = await open('mail.here.test', ['google', 'microsoft']);
  assert.deepEqual(
    oauthProviders.map(({ name }) => name),
    ['google', 'microsoft', 'yahoo'],
  );
  assert.deepEqual(states(await page('en')), ['works', 'entered', 'missing']);
  const other = await open('mail.here.test', ['google'], 'imap.other.test');
  assert.deepEqual(states(await other.page('ja')), ['entered', 'missing', 'missing']);
});

test('strangers see the steps, not what is entered; nobody sees an id', async () => {
  const { page } = await open('mail.here.test', ['google']);
  const shown = await page('ja', false);
  assert.deepEqual(states(shown), []);
  assert.match(shown, /tayori oauth client add google --id 番号 --language ja/);
  assert.match(shown, /https:\/\/mail\.here\.test\/oauth\/callback/);
  for (const home of [true, false]) assert.doesNotMatch(await page('en', home), /secret-id-1/);
});

test('without a domain no address is shown that leads nowhere', async () => {
  const { page } = await open(null, []);
  const shown = await page('en');
  assert.doesNotMatch(shown, /id="google-redirect"/);
  assert.match(shown, /--id CLIENT_ID --no-secret --language en/);
});
