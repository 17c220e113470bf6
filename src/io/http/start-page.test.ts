// The start page: what it tells, what it never does.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { openWebListener } from './listener.ts';
import { startPage, type StartPageFacts } from './start-page.ts';

const facts: StartPageFacts = {
  domain: 'a.example',
  hostName: 'mail.a.example',
  listeners: [
    { protocol: 'imap', port: 143, security: 'starttls' },
    { protocol: 'pop3s', port: 995, security: 'tls' },
    { protocol: 'submissions', port: 465, security: 'tls' },
    { protocol: 'https', port: 443, security: 'tls' },
  ],
  ca: null,
  demo: false,
};

async function ask(path: string, changes: Partial<StartPageFacts> = {}, secure = true, init: RequestInit = {}): Promise<Response> {
  const application = startPage({ facts: () => ({ ...facts, ...changes }), secure });
  return application.fetch(new Request(`http://localhost${path}`, init));
}

test('start page: Japanese and English, the settings of a mail app, and a policy under which nothing runs', async () => {
  const answer = await ask('/');
  assert.equal(answer.status, 200);
  const text = await answer.text();
  const cells = text.replaceAll(/ data-name="[^"]*"/g, '');
  for (const part of [
    'lang="ja"',
    'lang="en"',
    'mail.a.example',
    '<td>143</td><td>STARTTLS</td>',
    '<td>995</td><td>SSL/TLS</td>',
    '<td>465</td>',
  ])
    assert.ok(cells.includes(part), part);
  assert.ok(!/<script|<img|<form| on[a-z]+=| style="/.test(text));
  const policy = answer.headers.get('content-security-policy')!;
  assert.match(
    policy,
    /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  );
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
});

test('start page: names are text, never markup', async () => {
  const text = await (await ask('/', { domain: '<b>"x"&' })).text();
  assert.ok(text.includes('&lt;b&gt;&quot;x&quot;&amp;'));
  assert.ok(!text.includes('<b>'));
});

test('start page: in the clear it leads to HTTPS under our own name, whoever was asked for', async () => {
  const answer = await ask('/x?y', {}, false, { headers: { host: 'evil.example' } });
  assert.equal(answer.status, 308);
  assert.equal(answer.headers.get('location'), 'https://mail.a.example/x?y');
  assert.equal((await ask('/', { demo: true }, false)).status, 200);
});

test('start page: the root certificate is there in the demo only, nothing else is there at all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-page-'));
  try {
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, 'PEM');
    const answer = await ask('/ca.pem', { ca });
    assert.equal(await answer.text(), 'PEM');
    assert.equal(answer.headers.get('content-type'), 'application/x-x509-ca-cert');
    assert.equal((await ask('/ca.pem')).status, 404);
    for (const path of ['/metrics', '/../tls/ca-key.pem', '/admin']) assert.equal((await ask(path, { ca })).status, 404, path);
    assert.equal((await ask('/', {}, true, { method: 'POST' })).status, 404);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('web listener: loads its application at the first request, answers 503 until all listens, closes at once', async () => {
  let known: StartPageFacts | null = null;
  let loaded = 0;
  const load = async () => (loaded++, startPage({ facts: () => known, secure: false }));
  const listener = await openWebListener({ host: '127.0.0.1', port: 0, secure: null, load, perNetwork: 100, log: silentLog });
  try {
    assert.equal(loaded, 0);
    assert.equal((await fetch(`http://127.0.0.1:${listener.port}/`)).status, 503);
    known = { ...facts, demo: true };
    assert.equal((await fetch(`http://127.0.0.1:${listener.port}/`)).status, 200);
    assert.equal(loaded, 1);
  } finally {
    await listener.close();
  }
});

test('web listener: an application that could not be loaded is loaded anew for the next request', async () => {
  let loads = 0;
  const load = async () => {
    if (++loads === 1) throw new Error('not yet');
    return startPage({ facts: () => ({ ...facts, demo: true }), secure: false });
  };
  const listener = await openWebListener({ host: '127.0.0.1', port: 0, secure: null, load, perNetwork: 100, log: silentLog });
  try {
    for (const status of [500, 200, 200]) assert.equal((await fetch(`http://127.0.0.1:${listener.port}/`)).status, status);
    assert.equal(loads, 2);
  } finally {
    await listener.close();
  }
});

const outer = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

test(
  'web listener: one network has so many connections and no more',
  { timeout: 20_000, skip: outer === undefined && 'needs an address besides 127.0.0.1' },
  async () => {
    const load = async () => startPage({ facts: () => facts, secure: true });
    const listener = await openWebListener({ host: '0.0.0.0', port: 0, secure: null, load, perNetwork: 2, log: silentLog });
    const open = () => connect({ host: outer, port: listener.port }).on('error', () => {});
    const idle = [open(), open()];
    try {
      await Promise.all(idle.map((socket) => once(socket, 'connect')));
      await once(open().resume(), 'close');
      assert.ok(idle.every((socket) => !socket.destroyed));
      // Those of this machine, such as a proxy's, are not counted.
      assert.equal((await fetch(`http://127.0.0.1:${listener.port}/`)).status, 200);
      // Who leaves makes room.
      idle[0]!.destroy();
      for (let status = 0; status !== 200;)
        status = await fetch(`http://${outer}:${listener.port}/`).then(
          (answer) => answer.status,
          () => 0,
        );
    } finally {
      for (const socket of idle) socket.destroy();
      await listener.close();
    }
  },
);
