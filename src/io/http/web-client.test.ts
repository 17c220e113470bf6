import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openDnsServer, type DnsServer } from '../../../test/support/dns-server.ts';
import { answerText, makeAuthority, openWebServer, type TestAuthority, type WebServer } from '../../../test/support/web-server.ts';
import { utf8FromBytes } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import { CauseTrouble, type Cause } from '../../journey/outside/causes.ts';
import { openGuard } from '../../journey/outside/guard.ts';
import type { WebBounds, WebClient } from '../../protocol/web/contract.ts';
import { openResolver } from '../resolver/resolver.ts';
import { openWebClient } from './web-client.ts';

const bounds: WebBounds = { octets: 1000, patience: 5_000, redirects: 2 };
const names = ['good.test', 'other.test', 'half.test', '*.many.test'];

let authority: TestAuthority;
let dns: DnsServer;
let secure: WebServer;
let plain: WebServer;
let expired: WebServer;
let misnamed: WebServer;
let stranger: WebServer;
let mute: Server;
let client: WebClient;
const heads: Record<string, string | string[] | undefined>[] = [];
const bodies: string[] = [];

const clientFor = (https: number, privateAllowed = true) =>
  openWebClient({
    guard: openGuard({ resolver: openResolver({ servers: [dns.address], timeoutMs: 200, log: silentLog }), privateAllowed }),
    authorities: [authority.root.certificate],
    ports: { https, http: plain.port },
  });

describe('the web client', () => {
  before(async () => {
    authority = await makeAuthority();
    const a = [{ type: 'A', value: '127.0.0.1' }] as const;
    dns = await openDnsServer({
      'good.test': a,
      'other.test': a,
      'a.many.test': a,
      'bad.test': a,
      'down.test': [
        { type: 'A', value: '127.0.0.99' },
        { type: 'A', value: '127.0.0.98' },
      ],
      'half.test': [
        { type: 'A', value: '127.0.0.99' },
        { type: 'A', value: '127.0.0.1' },
      ],
      'inside.test': [{ type: 'A', value: '10.1.2.3' }],
    });
    dns.faults.set('broken.test', 'servfail');
    dns.faults.set('deaf.test', 'silence');
    plain = await openWebServer((request, response) => {
      if (request.url === '/up') return answerText(response, '', 302, { location: 'https://good.test/hello' });
      answerText(response, `plain ${request.url}`);
    }, null);
    secure = await openWebServer(
      (request, response) => {
        heads.push(request.headers);
        const path = request.url ?? '';
        if (path === '/hello') return answerText(response, 'hello');
        if (path === '/gzip') {
          response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('small'.repeat(100)));
          return;
        }
        if (path === '/bomb') {
          response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(300_000)));
          return;
        }
        if (path === '/broken-gzip') {
          response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all');
          return;
        }
        if (path === '/brotli') return answerText(response, 'x', 200, { 'content-encoding': 'br' });
        if (path === '/long') return answerText(response, 'x'.repeat(1001));
        if (path === '/endless') {
          const pour = () => {
            while (!response.destroyed && response.write('x'.repeat(100)));
            if (!response.destroyed) response.once('drain', pour);
          };
          return pour();
        }
        if (path === '/slow') {
          response.write('x');
          const timer = setInterval(() => response.write('x'), 20);
          response.on('close', () => clearInterval(timer));
          return;
        }
        if (path === '/silent') return;
        if (path === '/cut') {
          response.writeHead(200, { 'content-length': '100' }).write('half');
          return void setImmediate(() => response.destroy());
        }
        if (path === '/heads') {
          response.writeHead(200, Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x-${at}`, 'y'.repeat(300)]))).end();
          return;
        }
        const to = /^\/to\/(.*)$/.exec(path)?.[1];
        if (to !== undefined) return answerText(response, '', 302, { location: decodeURIComponent(to) });
        const kept = /^\/keep\/(.*)$/.exec(path)?.[1];
        if (kept !== undefined) return answerText(response, '', 307, { location: decodeURIComponent(kept) });
        let body = '';
        request.on('data', (chunk) => (body += chunk));
        request.on('end', () => {
          bodies.push(body);
          answerText(response, `${request.method} ${body}`, path === '/none' ? 404 : 200, { 'x-two': 'one', 'set-cookie': 'a=b' });
        });
      },
      await authority.issue(names),
    );
    expired = await openWebServer((_request, response) => answerText(response, 'x'), await authority.issue(['good.test'], -1));
    misnamed = await openWebServer((_request, response) => answerText(response, 'x'), await authority.issue(['elsewhere.test']));
    const foreign = await makeAuthority();
    stranger = await openWebServer((_request, response) => answerText(response, 'x'), await foreign.issue(['good.test']));
    mute = createServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
      socket.end('220 this is no web server\r\n');
    });
    await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done));
    client = clientFor(secure.port);
  });

  after(async () => {
    await Promise.all([secure, plain, expired, misnamed, stranger, dns].map((server) => server.close()));
    await new Promise<void>((done) => mute.close(() => done()));
  });

  const causeOf = async (promise: Promise<unknown>): Promise<Cause> => {
    const trouble = await promise.then(
      () => assert.fail('it answered'),
      (error: unknown) => error,
    );
    assert.ok(trouble instanceof CauseTrouble, String((trouble as Error)?.stack));
    return trouble.why;
  };
  const get = (url: string, more: Partial<WebBounds> = {}, headers = {}) =>
    client.fetch({ method: 'GET', url, headers }, { ...bounds, ...more });
  const encoded = (url: string) => encodeURIComponent(url);

  describe('what arrives', () => {
    test('a plain answer, with status, headers and body', async () => {
      const answer = await get('https://good.test/none');
      assert.deepEqual(
        [answer.status, answer.url, answer.headers['x-two'], utf8FromBytes(answer.body)],
        [404, 'https://good.test/none', 'one', 'GET '],
      );
    });
    test('a wildcard certificate fits', async () => assert.equal(utf8FromBytes((await get('https://a.many.test/hello')).body), 'hello'));
    test('gzip is opened', async () => assert.equal((await get('https://good.test/gzip')).body.length, 500));
    test('a body is posted', async () => {
      const answer = await client.fetch({ method: 'POST', url: 'https://good.test/post', body: 'b=ä' }, bounds);
      assert.equal(utf8FromBytes(answer.body), 'POST b=ä');
    });
    test('no Brotli is asked for, no cookie is kept, the host is named, whatever the asker wants', async () => {
      await get('https://good.test/none');
      await get('https://good.test/hello', {}, { host: 'evil.test', 'accept-encoding': 'br', 'x-mine': '1' });
      const seen = heads.at(-1)!;
      assert.deepEqual(
        [seen['host'], seen['accept-encoding'], seen['cookie'], seen['x-mine']],
        ['good.test', 'gzip, identity', undefined, '1'],
      );
    });
    test('the next address is tried when nobody listens at the first', async () =>
      assert.equal(utf8FromBytes((await get('https://half.test/hello')).body), 'hello'));
    test('in the clear only where that is allowed', async () => {
      assert.equal(utf8FromBytes((await get('http://good.test/x', { plain: true })).body), 'plain /x');
      await assert.rejects(get('http://good.test/x'), Refusal);
    });
  });

  describe('what is redirected', () => {
    test('https to https, to another host', async () =>
      assert.equal((await get(`https://good.test/to/${encoded('https://other.test/hello')}`)).url, 'https://other.test/hello'));
    test('a relative place', async () => assert.equal((await get('https://good.test/to/%2Fhello')).url, 'https://good.test/hello'));
    test('up from the clear', async () => assert.equal((await get('http://good.test/up', { plain: true })).url, 'https://good.test/hello'));
    test('with no redirects wanted, the asker gets the redirect itself', async () => {
      const answer = await get('https://good.test/to/%2Fhello', { redirects: 0 });
      assert.deepEqual([answer.status, answer.headers['location']], [302, '/hello']);
    });
    test('what is posted becomes a GET by 302 and stays a POST by 307 on the same server', async () => {
      const post = (path: string) => client.fetch({ method: 'POST', url: `https://good.test${path}`, body: 'secret' }, bounds);
      assert.equal(utf8FromBytes((await post('/to/%2Fx')).body), 'GET ');
      assert.equal(utf8FromBytes((await post('/keep/%2Fx')).body), 'POST secret');
      bodies.length = 0;
      assert.equal(await causeOf(post(`/keep/${encoded('https://other.test/x')}`)), 'protocol');
      assert.deepEqual(bodies, []);
    });
    test('an authorization stays with its server', async () => {
      await get(`https://good.test/to/${encoded('https://other.test/hello')}`, {}, { Authorization: 'Bearer x', 'x-mine': '1' });
      assert.deepEqual(
        [heads.at(-2)!['authorization'], heads.at(-1)!['authorization'], heads.at(-1)!['x-mine']],
        ['Bearer x', undefined, '1'],
      );
    });
    for (const [place, why] of [
      ['http://good.test/x', 'down to the clear'],
      ['https://user:word@good.test/hello', 'with a password'],
      ['https://good.test:8443/hello', 'to another port'],
      ['file:///etc/passwd', 'to a file'],
      ['javascript:1', 'to a script'],
    ] as const)
      test(`never ${why}`, async () => {
        assert.equal(await causeOf(get(`https://good.test/to/${encoded(place)}`, { plain: true })), 'protocol');
      });
    test('never in a circle', async () => {
      let url = 'https://good.test/hello';
      for (let round = 0; round < 3; round++) url = `https://good.test/to/${encoded(url)}`;
      assert.equal(await causeOf(get(url)), 'protocol');
    });
    test('never to a private address: the guard sees each host', async () => {
      const asked: string[] = [];
      const inner = openGuard({ resolver: openResolver({ servers: [dns.address], log: silentLog }), privateAllowed: false });
      const guarded = openWebClient({
        guard: {
          addressesOf(host) {
            asked.push(host);
            // The first host is let in, as a public one would be.
            return host === 'good.test' ? Promise.resolve(['127.0.0.1']) : inner.addressesOf(host);
          },
        },
        authorities: [authority.root.certificate],
        ports: { https: secure.port, http: plain.port, others: true },
      });
      const inside = ['inside.test', '127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254'];
      for (const host of inside) {
        const url = `https://good.test/to/${encoded(`https://${host}:${secure.port}/hello`)}`;
        assert.equal(await causeOf(guarded.fetch({ method: 'GET', url }, bounds)), 'private-address', host);
      }
      assert.equal(asked.length, inside.length * 2);
    });
  });

  describe('what is refused before anything is sent', () => {
    for (const url of [
      'https://user@good.test/',
      'https://:word@good.test/',
      'https://good.test:22/',
      'ftp://good.test/',
      'good.test',
      `https://good.test/${'x'.repeat(5000)}`,
    ])
      test(url.slice(0, 40), () =>
        assert.rejects(get(url, { plain: true }), (error: Error) => error instanceof Refusal && error.code === 'policy'),
      );
  });

  describe('what stands in the way is named', () => {
    const at = (port: number, url = 'https://good.test/hello') => clientFor(port).fetch({ method: 'GET', url }, bounds);
    const rows: readonly [string, Cause, () => Promise<unknown>][] = [
      ['no such name', 'name-not-found', () => get('https://nowhere.test/')],
      [
        'a private address',
        'private-address',
        () => clientFor(secure.port, false).fetch({ method: 'GET', url: 'https://good.test/' }, bounds),
      ],
      ['nobody listens', 'refused', () => get('https://down.test/')],
      ['an expired certificate', 'certificate-expired', () => at(expired.port)],
      ['a certificate of another name', 'certificate-other-name', () => at(misnamed.port)],
      ['an unknown authority', 'certificate-unknown-authority', () => at(stranger.port)],
      ['no TLS at all', 'tls-not-spoken', () => at(mute.address() ? (mute.address() as AddressInfo).port : 0)],
      ['an http server behind the port of https', 'tls-not-spoken', () => at(plain.port)],
      ['a cut answer', 'connection-lost', () => get('https://good.test/cut')],
      ['Brotli unasked', 'protocol', () => get('https://good.test/brotli')],
      ['broken gzip', 'protocol', () => get('https://good.test/broken-gzip')],
      ['a flood of headers', 'protocol', () => get('https://good.test/heads')],
      ['silence', 'timeout', () => get('https://good.test/silent', { patience: 150 })],
      ['a body octet by octet', 'timeout', () => get('https://good.test/slow', { patience: 300 })],
      ['a name server that keeps silent', 'timeout', () => get('https://deaf.test/', { patience: 150 })],
    ];
    for (const [name, cause, ask] of rows) test(`${name}: ${cause}`, async () => assert.equal(await causeOf(ask()), cause));

    test('a name server in trouble', () => assert.rejects(get('https://broken.test/'), { code: 'dns' }));
    for (const path of ['/long', '/endless', '/bomb'])
      test(`too much at ${path}`, () =>
        assert.rejects(get(`https://good.test${path}`), (error: Error) => error instanceof Refusal && error.code === 'too-big'));
    test('the asker stops it', async () => {
      const stop = new AbortController();
      const asked = get('https://good.test/silent', { signal: stop.signal });
      stop.abort(new Error('enough'));
      await assert.rejects(asked, /enough/);
    });
  });
});

test('a server that switches protocols, which nobody asked for, is not waited for', { timeout: 10_000 }, async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const guard = { addressesOf: async () => ['127.0.0.1'] };
  const web = openWebClient({ guard, ports: { http: (server.address() as AddressInfo).port } });
  await assert.rejects(
    web.fetch({ method: 'GET', url: 'http://a.test/' }, { ...bounds, plain: true }),
    (trouble) => trouble instanceof CauseTrouble && trouble.why === 'protocol',
  );
  server.close();
});
