// What stands in the way of a connection to somebody else's server is named rightly: real sockets, real TLS, a private authority.
import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { openOutsideConnector } from '../../src/io/outside-connector.ts';
import type { Cause } from '../../src/journey/outside/causes.ts';
import { CauseTrouble } from '../../src/journey/outside/causes.ts';
import type { OutsideGuard } from '../../src/journey/outside/contract.ts';
import { openGuard } from '../../src/journey/outside/guard.ts';
import { SealTrouble } from '../../src/journey/outside/tls-trouble.ts';
import type { SocketSecurity, TlsException } from '../../src/store/outside-contract.ts';
import { makeAuthority, makeSelfSigned, type TestAuthority } from '../support/certificates.ts';

const host = 'mail.provider.test';
let authority: TestAuthority;
let rsa: { certificate: string; key: string };
let weak: { certificate: string; key: string };
const open: Server[] = [];
const sockets = new Set<Socket>();

before(async () => {
  authority = await makeAuthority(host);
  rsa = makeSelfSigned(host);
  weak = makeSelfSigned(host, 1024);
});
after(() => {
  for (const server of open) server.close();
  for (const socket of sockets) socket.destroy();
});

async function listen(server: Server, address = '127.0.0.1'): Promise<number> {
  open.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function tlsServer(options: TlsOptions): Server {
  const server = createTlsServer(options, (socket) => {
    socket.on('error', () => {});
    socket.write('* OK ready\r\n');
  });
  server.on('tlsClientError', () => {});
  return server;
}

const withCertificate = (made: { certificate: string; key: string }, more: TlsOptions = {}): TlsOptions => ({
  cert: made.certificate,
  key: made.key,
  ...more,
});

const loopback: OutsideGuard = { addressesOf: async () => ['127.0.0.1'] };

function connectTo(
  port: number,
  {
    security = 'tls',
    exceptions = [],
    guard = loopback,
    patience = 3000,
    name = host,
  }: {
    security?: SocketSecurity;
    exceptions?: readonly TlsException[];
    guard?: OutsideGuard;
    patience?: number;
    name?: string;
  } = {},
) {
  const connector = openOutsideConnector({ guard, authorities: [authority.root, rsa.certificate, weak.certificate] });
  return connector.connect({ service: 'imap', host: name, port, security, exceptions }, patience);
}

async function causeOf(attempt: Promise<unknown>): Promise<CauseTrouble> {
  const trouble = await attempt.then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(trouble instanceof CauseTrouble, `a cause is named, not ${String(trouble)}`);
  return trouble;
}

test('outside connector: a good server, by TLS and by STARTTLS; the certificate is shown', async () => {
  const port = await listen(tlsServer(withCertificate(authority.good)));
  const connection = await connectTo(port);
  assert.equal(connection.tls?.verified, 'certificate');
  assert.equal(connection.tls.version, 'TLSv1.3');
  assert.deepEqual(connection.tls.certificate?.names, [host, '127.0.0.1']);
  assert.equal(connection.tls.certificate.issuer, 'Tests');
  assert.equal(Buffer.from((await connection.read(1000))!).toString(), '* OK ready\r\n');
  connection.close();
  const later = await connectTo(port, { security: 'starttls' });
  assert.ok(!later.tls);
  // What the caller demands is never less than what is demanded of a provider.
  const { verified } = await later.startTls({ use: 'if-offered', serverName: 'x.test', verify: 'no' }, 1000);
  assert.equal(verified, 'certificate');
  later.close();
});

test('outside connector: an address literal as the host is verified by its address', async () => {
  const port = await listen(tlsServer(withCertificate(authority.good)));
  const connection = await connectTo(port, { name: '127.0.0.1' });
  assert.equal(connection.tls?.verified, 'certificate');
  connection.close();
});

const certificates: [kind: keyof TestAuthority, cause: Cause][] = [
  ['expired', 'certificate-expired'],
  ['notYet', 'certificate-not-yet-valid'],
  ['otherName', 'certificate-other-name'],
  ['unknown', 'certificate-unknown-authority'],
];
for (const [kind, cause] of certificates)
  for (const security of ['tls', 'starttls'] as const)
    test(`outside connector: ${kind} certificate, ${security}`, async () => {
      const port = await listen(tlsServer(withCertificate(authority[kind] as { certificate: string; key: string })));
      const trouble = await causeOf(
        connectTo(port, { security }).then((connection) => connection.startTls({ use: 'always', serverName: host, verify: 'no' }, 1000)),
      );
      assert.equal(trouble.why, cause);
      if (cause === 'certificate-other-name') assert.match(trouble.words, /www\.example\.test, other\.test/);
    });

test('outside connector: a certificate that signs itself', async () => {
  const port = await listen(tlsServer(withCertificate(makeSelfSigned(host))));
  assert.equal((await causeOf(connectTo(port))).why, 'certificate-self-signed');
});

const spoken: [says: string, onConnect: boolean, cause: Cause, words: string][] = [
  ['* OK Dovecot ready.\r\n', true, 'tls-not-spoken', '* OK Dovecot ready.'],
  ['+OK POP3 ready\r\n', true, 'tls-not-spoken', '+OK POP3 ready'],
  ['220 mx.test ESMTP\r\n', true, 'tls-not-spoken', '220 mx.test ESMTP'],
  ['SSH-2.0-OpenSSH_9.2\r\n', true, 'not-a-mail-server', 'SSH-2.0-OpenSSH_9.2'],
  ['HTTP/1.1 400 Bad Request\r\n\r\n', false, 'not-a-mail-server', 'HTTP/1.1 400 Bad Request'],
  ['hello\r\n', true, 'tls-not-spoken', 'hello'],
];
for (const [says, onConnect, cause, words] of spoken)
  test(`outside connector: on a TLS port answers ${JSON.stringify(says)}`, async () => {
    const port = await listen(
      createServer((socket) => {
        if (onConnect) socket.write(says);
        else socket.once('data', () => socket.end(says));
      }),
    );
    const trouble = await causeOf(connectTo(port));
    assert.deepEqual([trouble.why, trouble.words], [cause, words]);
  });

test('outside connector: nobody listens, nobody answers, closed at once, reset', async () => {
  const closed = createServer();
  const port = await listen(closed);
  closed.close();
  await once(closed, 'close');
  assert.equal((await causeOf(connectTo(port))).why, 'refused');
  const silent = await listen(createServer(() => {}));
  assert.equal((await causeOf(connectTo(silent, { patience: 200 }))).why, 'timeout');
  const shut = await listen(createServer((socket) => socket.end()));
  assert.equal((await causeOf(connectTo(shut))).why, 'turned-away');
  const reset = await listen(createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
  assert.equal((await causeOf(connectTo(reset))).why, 'connection-lost');
});

test('outside connector: the next address is tried; one without a network costs nothing', async () => {
  const port = await listen(tlsServer(withCertificate(authority.good)));
  const began = performance.now();
  const connection = await connectTo(port, { guard: { addressesOf: async () => ['127.0.0.9', '2001:db8::1', '127.0.0.1'] } });
  assert.equal(connection.remote.address, '127.0.0.1');
  assert.ok(performance.now() - began < 1500);
  connection.close();
});

test('outside connector: a private address and a missing name by the guard', async () => {
  const resolver = { resolve: async () => ({ kind: 'none', reason: 'nxdomain', authentic: false, ttl: 1 }) as const };
  const guard = openGuard({ resolver, privateAllowed: false });
  assert.equal((await causeOf(connectTo(993, { guard, name: '192.168.1.1' }))).why, 'private-address');
  assert.equal((await causeOf(connectTo(993, { guard, name: 'nowhere.test' }))).why, 'name-not-found');
});

const old: [name: string, make: () => TlsOptions, cause: Cause, needs: TlsException[]][] = [
  [
    'nothing newer than TLS 1.0',
    () => withCertificate(rsa, { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ECDHE+AES@SECLEVEL=0' }),
    'tls-too-old',
    ['tls-1.0'],
  ],
  ['no forward secrecy', () => withCertificate(rsa, { maxVersion: 'TLSv1.2', ciphers: 'kRSA+AES' }), 'tls-too-old', ['static-rsa']],
  [
    'TLS 1.0 without forward secrecy',
    () => withCertificate(rsa, { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'kRSA+AES@SECLEVEL=0' }),
    'tls-too-old',
    ['tls-1.0', 'static-rsa'],
  ],
  ['a key of 1,024 bits', () => withCertificate(weak, { ciphers: 'DEFAULT@SECLEVEL=0' }), 'tls-too-old', ['weak-key']],
];
for (const [name, make, cause, needs] of old)
  test(`outside connector: ${name} is refused, told, and let through by exactly that exception`, async () => {
    const port = await listen(tlsServer(make()));
    const trouble = await causeOf(connectTo(port));
    assert.ok(trouble instanceof SealTrouble);
    assert.deepEqual([trouble.why, trouble.needs], [cause, needs], trouble.message);
    const connection = await connectTo(port, { exceptions: needs });
    assert.equal(connection.tls?.verified, 'certificate');
    connection.close();
    for (const one of needs) {
      const others = (['legacy-renegotiation', 'static-rsa', 'tls-1.0', 'weak-key'] as const).filter((other) => other !== one);
      // TLS 1.0 brings the lower floor for keys with it.
      if (one === 'weak-key') others.splice(others.indexOf('tls-1.0'), 1);
      await causeOf(connectTo(port, { exceptions: others }));
    }
  });

/** The program says so on either of its outputs, depending on its version. */
function untilListening(server: ChildProcessWithoutNullStreams): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const heard = (chunk: Buffer) => {
      said += String(chunk);
      if (/listening on[^\n]*done/i.test(said)) resolve();
    };
    server.stdout.on('data', heard);
    server.stderr.on('data', heard);
    server.once('exit', () => reject(new Error(`gnutls-serv ended: ${said}`)));
  });
}

test('outside connector: a server without RFC 5746', { skip: skipWithout('gnutls-serv') }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tayori-gnutls-'));
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((file) => join(folder, file)) as [string, string];
  writeFileSync(certificate, rsa.certificate);
  writeFileSync(key, rsa.key);
  const probe = createServer();
  const port = await listen(probe);
  probe.close();
  await once(probe, 'close');
  const server = spawn('gnutls-serv', [
    `--port=${port}`,
    '--echo',
    `--x509certfile=${certificate}`,
    `--x509keyfile=${key}`,
    '--priority=NORMAL:-VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION',
  ]);
  try {
    await untilListening(server);
    const trouble = await causeOf(connectTo(port));
    assert.ok(trouble instanceof SealTrouble);
    assert.deepEqual([trouble.why, trouble.needs], ['tls-legacy-renegotiation', ['legacy-renegotiation']], trouble.message);
    const connection = await connectTo(port, { exceptions: ['legacy-renegotiation'] });
    assert.equal(connection.tls?.verified, 'certificate');
    connection.close();
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
