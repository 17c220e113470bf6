// `tayori outside add --sign-in`: a person signs in at the provider's page, and Debian's Dovecot and Postfix take the tokens that it gives.
// Tokens end after seconds and rotate; then the person takes everything back at the provider.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openDnsServer, type DnsServer } from '../support/dns-server.ts';
import { foreignHost } from '../support/dovecot.ts';
import { foreignOfficeMissing, startForeignOffice, type ForeignOffice } from '../support/foreign-office.ts';
import { openOAuthProvider, type OAuthServer } from '../support/oauth-provider.ts';
import { launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { answerText, makeAuthority, openWebServer, type WebServer } from '../support/web-server.ts';

const clientSecret = 'the secret of this very client';
const address = 'goro@foreign.example';

describe('signing in at the page of a provider of Dovecot and Postfix', { skip: foreignOfficeMissing }, () => {
  let office: ForeignOffice;
  let dns: DnsServer;
  let provider: OAuthServer;
  let introspection: WebServer;
  let tayori: Tayori;

  before(async () => {
    const authority = await makeAuthority();
    provider = await openOAuthProvider({
      certificate: await authority.issue(['sso.foreign.example']),
      client: { id: 'tayori', secret: clientSecret },
      redirects: ['http://127.0.0.1/oauth/callback'],
      now: () => Date.now(),
      lifetime: 60,
      rotates: true,
    });
    introspection = await openWebServer((request, response) => {
      const token = new URL(request.url ?? '/', 'http://x').searchParams.get('token') ?? '';
      const email = provider.addressOf(token);
      answerText(response, JSON.stringify(email === null ? { active: false } : { active: true, email }), 200, {
        'content-type': 'application/json',
      });
    }, null);
    [office, dns] = await Promise.all([
      startForeignOffice({ introspection: `http://127.0.0.1:${introspection.port}/introspect?token=` }),
      openDnsServer({
        [foreignHost]: [{ type: 'A', value: '127.0.0.1' }],
        'sso.foreign.example': [{ type: 'A', value: '127.0.0.1' }],
      }),
    ]);
    const authorities = join(office.reading.folder, 'all.pem');
    writeFileSync(authorities, `${office.authorities}\n${authority.root.certificate}`);
    tayori = await startTayori({ settings: `resolvers = ["${dns.address}"]\noutside-authority = "${authorities}"\n` });
  });

  after(async () => {
    await tayori?.stop();
    await Promise.all([office?.close(), dns?.close(), provider?.close(), introspection?.close()]);
  });

  interface Ran {
    readonly code: number;
    readonly out: string;
    readonly err: string;
  }

  /** `browse`: what the person does with a link that is shown. */
  function run(words: readonly string[], input = '', browse: (url: string) => void = () => {}): Promise<Ran> {
    return new Promise((resolve) => {
      const child = spawn(launcher, [...words, '--settings', join(tayori.folder, 'tayori.toml'), '--data', tayori.data], {
        env: { PATH: process.env['PATH'], LANG: 'ja_JP.UTF-8' },
      });
      let [out, err, isSeen] = ['', '', false];
      child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString();
        const url = /https:\/\/sso\S+(?=\n)/.exec(err)?.[0];
        if (url === undefined || isSeen) return;
        isSeen = true;
        browse(url);
      });
      child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
      child.stdin.end(input);
    });
  }

  /** The page says where the browser goes; it goes there. */
  const browse =
    (say: 'yes' | 'no', pages: string[]) =>
    (url: string): void =>
      void provider.visit(url, say).then(async (back) => pages.push(await (await fetch(back)).text()));

  const words = (...at: string[]): string[] => {
    const { ports } = office.reading;
    const servers = ['--imap', `${foreignHost}:${ports.imaps}/tls`, '--smtp', `${foreignHost}:${office.submissions}/tls`];
    return ['outside', 'add', 'hanako', address, ...servers, '--sign-in', ...at, '--loopback'];
  };

  test('without a client id there is a sentence; a no changes nothing; a yes is proven by a letter and kept', async () => {
    const none = await run(words('--sign-in-at', 'foreign'));
    assert.equal(none.code, 1);
    const base = `https://sso.foreign.example:${provider.port}`;
    const urls = ['--issuer', 'https://sso.foreign.example', '--authorization-url', `${base}/authorize`, '--token-url', `${base}/token`];
    const entered = await run(
      ['oauth', 'client', 'add', 'foreign', '--id', 'tayori', ...urls, '--scopes', 'mail', '--hosts', 'foreign.example', '--secret-stdin'],
      `${clientSecret}\n`,
    );
    assert.equal(entered.code, 0, entered.err);
    assert.ok(!(await run(['oauth', 'client', 'list', '--json'])).out.includes(clientSecret));

    const pages: string[] = [];
    const no = await run(words('--sign-in-at', 'foreign'), '', browse('no', pages));
    assert.equal(no.code, 1, no.err);
    // The operator has said whose servers they are: nobody needs to name the provider.
    const yes = await run(words(), '', browse('yes', pages));
    assert.equal(yes.code, 0, `${yes.out}${yes.err}${await office.log()}`);
    assert.match(yes.out, /goro@foreign\.example を使えるようになりました/);
    assert.match(pages[0]!, /許可されませんでした/);
    assert.match(pages[1]!, /サインインできました/);
  });

  test('tokens that end are replaced, and the account goes on; what the person takes back is told as such', async () => {
    const before = provider.grants.length;
    const good = await run(['outside', 'test', 'hanako', address, '--letter']);
    assert.equal(good.code, 0, good.out + good.err);
    assert.ok(provider.grants.length > before, 'a minute is less than the way there may take: it was replaced');
    assert.equal(new Set(provider.grants.slice(before)).size, 1);

    provider.withdraw(address);
    const gone = await run(['outside', 'test', 'hanako', address]);
    assert.equal(gone.code, 1);
    const shown = JSON.parse((await run(['outside', 'show', 'hanako', address, '--json'])).out) as { health: { cause: string } };
    assert.equal(shown.health.cause, 'sign-in-expired');
    const again = await run(['outside', 'sign-in', 'hanako', address, '--loopback'], '', browse('yes', []));
    assert.equal(again.code, 0, again.out + again.err);
    assert.equal((await run(['outside', 'test', 'hanako', address])).code, 0);
  });

  test('no token, no code and no client secret lies anywhere in the clear', () => {
    const places: [string, string][] = [['log', tayori.log()]];
    for (const file of readdirSync(tayori.folder, { recursive: true, withFileTypes: true }))
      if (file.isFile()) places.push([file.name, readFileSync(join(file.parentPath, file.name), 'latin1')]);
    assert.ok(provider.secrets.size > 5);
    for (const secret of [...provider.secrets, clientSecret])
      for (const [place, text] of places) assert.ok(!text.includes(secret), `${place} holds ${secret}`);
  });
});
