import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createDeflateRaw, createInflateRaw, constants } from 'node:zlib';
import { latin1FromBytes } from '../base/bytes.ts';
import { silentLog } from '../base/log.ts';
import { silentMeter } from '../base/meter.ts';
import type { Session, Unit, Wire } from '../protocol/line/session.ts';
import { openListener, type Listener, type ListenerOptions } from './listen.ts';
import { Connection } from './serve.ts';
import { openCertificates } from './tls/certificates.ts';

const fixtures = join(import.meta.dirname, '../../test/fixtures/tls');
const pem = (name: string) => join(fixtures, name);
const certificates = await openCertificates(
  [
    { certificate: pem('certificate.pem'), key: pem('key.pem') },
    { certificate: pem('other-certificate.pem'), key: pem('other-key.pem') },
  ],
  silentLog,
);

/** A little protocol that answers each line with itself, and does what some words say. */
class Echo implements Session {
  readonly wire: Wire;
  ended = false;
  readonly end = Promise.withResolvers<void>();
  static last: Echo;
  constructor(wire: Wire) {
    this.wire = wire;
    Echo.last = this;
  }
  open(): void {
    this.wire.write(`hello ${this.wire.remote.address}\r\n`);
    this.wire.patience(60_000);
  }
  receive(unit: Unit): void | Promise<void> {
    if (unit.kind === 'tls') return this.wire.write(`secure ${unit.tls.version}\r\n`);
    if (unit.kind === 'shutdown') {
      this.wire.write('bye\r\n');
      return this.wire.close();
    }
    if (unit.kind === 'wake') return this.wire.write('woken\r\n');
    if (unit.kind !== 'line') return;
    const line = latin1FromBytes(unit.bytes);
    if (line === 'quit') {
      this.wire.write('bye\r\n');
      return this.wire.close();
    }
    if (line === 'tls') {
      this.wire.write('go\r\n');
      return this.wire.startTls();
    }
    if (line === 'deflate') {
      this.wire.write('packed\r\n');
      return this.wire.startDeflate();
    }
    if (line === 'later') return Promise.resolve().then(() => this.wire.write('later\r\n'));
    if (line === 'throw') throw new Error('a defect');
    if (line.startsWith('big ')) return this.#big(Number(line.slice(4)));
    this.wire.write(`${line}\r\n`);
  }
  async #big(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      if (this.wire.congested) await this.wire.drained();
      this.wire.write(Buffer.alloc(65_536, 120));
    }
    this.wire.write('\r\n');
  }
  gone(): void {
    assert.equal(this.ended, false, 'gone is called once');
    this.ended = true;
    this.end.resolve();
  }
}

const listeners: Listener[] = [];
after(() => Promise.all(listeners.map((one) => one.close(0))));

async function listen(options: Partial<ListenerOptions> = {}): Promise<Listener> {
  const listener = await openListener({
    protocol: 'echo',
    host: '127.0.0.1',
    port: 0,
    security: 'starttls',
    tls: certificates.offer('echo'),
    sessions: (wire) => new Echo(wire),
    limits: { connections: 100, perNetwork: 100 },
    tooManyLine: 'too many\r\n',
    proxyTrusted: [],
    log: silentLog,
    meter: silentMeter,
    ...options,
  });
  listeners.push(listener);
  return listener;
}

/** Reads until `text` has come, or the end. */
async function readUntil(socket: Socket | TLSSocket, text: string): Promise<string> {
  let got = '';
  while (!got.includes(text)) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) {
      got += chunk.toString('latin1');
      continue;
    }
    if (socket.readableEnded || socket.destroyed) break;
    await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
  }
  return got;
}

function dial(listener: Listener): Socket {
  const socket = connect(listener.port, '127.0.0.1');
  socket.on('error', () => {});
  return socket;
}

test('serve: greets, answers pipelined lines in order, closes', async () => {
  const socket = dial(await listen());
  socket.write('a\r\nlater\r\nb\r\nquit\r\nnever\r\n');
  assert.equal(await readUntil(socket, 'never'), 'hello 127.0.0.1\r\na\r\nlater\r\nb\r\nbye\r\n');
  await Echo.last.end.promise;
});

test('serve: a peer that has said all is still answered', async () => {
  const socket = dial(await listen());
  socket.end('a\r\nlater\r\nb\r\n');
  assert.equal(await readUntil(socket, 'never'), 'hello 127.0.0.1\r\na\r\nlater\r\nb\r\n');
});

test('serve: STARTTLS throws away what came in the clear behind it (B-011)', async () => {
  const socket = dial(await listen());
  socket.write('tls\r\ninjected\r\n');
  assert.equal(await readUntil(socket, 'go\r\n'), 'hello 127.0.0.1\r\ngo\r\n');
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  secure.write('mine\r\n');
  assert.equal(await readUntil(secure, 'mine'), 'secure TLSv1.3\r\nmine\r\n');
  secure.destroy();
});

test('serve: implicit TLS, the certificate by name, and ALPN that does not fit is refused (B-017)', async () => {
  const listener = await listen({ security: 'tls' });
  for (const [servername, cn] of [
    ['mail.example.test', 'localhost'],
    ['other.test', 'other.test'],
    ['a.other.test', 'other.test'],
    ['nobody.test', 'localhost'],
  ] as const) {
    const secure = connectTls({ port: listener.port, host: '127.0.0.1', servername, rejectUnauthorized: false, ALPNProtocols: ['echo'] });
    assert.match(await readUntil(secure, '\r\n'), /^hello/);
    assert.equal(secure.getPeerCertificate().subject.CN, cn, servername);
    assert.equal(Echo.last.wire.tls?.exporter()?.length, 32);
    assert.deepEqual(Echo.last.wire.tls?.exporter(), secure.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)));
    assert.equal(Echo.last.wire.tls?.endPoint()?.length, 32);
    secure.destroy();
  }
  const wrong = connectTls({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  const [error] = (await once(wrong, 'error')) as [Error];
  assert.match(error.message, /no application protocol/i);
});

test('serve: garbage instead of a handshake closes and harms nobody', async () => {
  const listener = await listen({ security: 'tls' });
  const socket = dial(listener);
  socket.write('GET / HTTP/1.1\r\n\r\n');
  await readUntil(socket, 'never');
  const secure = connectTls({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
  assert.match(await readUntil(secure, '\r\n'), /^hello/);
  secure.destroy();
});

/** Says `deflate` and, pipelined behind it, these lines packed; gives what comes back unpacked. */
async function talkPacked(lines: string): Promise<string> {
  const socket = dial(await listen());
  const pack = createDeflateRaw();
  const unpack = createInflateRaw();
  const packed: Buffer[] = [];
  pack.on('data', (chunk: Buffer) => packed.push(chunk));
  pack.write(lines);
  await new Promise<void>((done) => pack.flush(constants.Z_SYNC_FLUSH, () => done()));
  socket.write(Buffer.concat([Buffer.from('deflate\r\n'), ...packed]));
  let plain = '';
  let out = '';
  socket.on('data', (chunk: Buffer) => {
    if (!plain.includes('packed\r\n')) {
      const text = chunk.toString('latin1');
      const end = text.indexOf('packed\r\n');
      plain += end < 0 ? text : text.slice(0, end + 8);
      if (end >= 0 && chunk.length > end + 8) unpack.write(chunk.subarray(end + 8));
    } else unpack.write(chunk);
  });
  unpack.on('data', (chunk: Buffer) => (out += chunk.toString('latin1')));
  await once(socket, 'end');
  await new Promise((done) => setImmediate(done));
  unpack.end();
  await once(unpack, 'end');
  return out;
}

test('serve: DEFLATE in both directions, also for what was pipelined behind the command', async () => {
  assert.equal(await talkPacked('one\r\ntwo\r\nquit\r\n'), 'one\r\ntwo\r\nbye\r\n');
});

test('serve: DEFLATE of what packs so well that the socket never fills: the session goes on', { timeout: 10_000 }, async () => {
  const out = await talkPacked('big 160\r\nlater\r\nquit\r\n');
  assert.equal(out.length, 160 * 65_536 + 2 + 'later\r\nbye\r\n'.length);
  assert.ok(out.endsWith('xx\r\nlater\r\nbye\r\n'));
});

test('serve: a slow reader holds the session back, not the memory', async () => {
  const socket = dial(await listen());
  socket.pause();
  socket.write('big 640\r\nquit\r\n');
  await once(socket, 'connect');
  for (let i = 0; i < 50; i++) await new Promise((done) => setTimeout(done, 2));
  const held = process.memoryUsage().external;
  let length = 0;
  socket.on('data', (chunk: Buffer) => (length += chunk.length));
  socket.resume();
  await once(socket, 'end');
  assert.ok(length > 640 * 65_536);
  assert.ok(held < 300_000_000);
});

test('serve: wake reaches an idle session once, however often it is asked for', async () => {
  const socket = dial(await listen());
  await readUntil(socket, '\r\n');
  for (let i = 0; i < 10; i++) Echo.last.wire.wake();
  socket.write('a\r\n');
  const got = (await readUntil(socket, 'woken')) + (await (socket.write('quit\r\n'), readUntil(socket, 'bye')));
  assert.equal(got.split('woken').length, 2);
});

test('serve: a defect in one session ends that connection only', async () => {
  const listener = await listen();
  const other = dial(listener);
  await readUntil(other, '\r\n');
  const socket = dial(listener);
  socket.write('throw\r\n');
  await readUntil(socket, 'never');
  other.write('still here\r\n');
  assert.equal(await readUntil(other, '\r\n'), 'still here\r\n');
  other.destroy();
});

test('serve: silence is told after the patience is over', async () => {
  const silent: Unit[] = [];
  const listener = await listen({
    sessions: (wire) => ({ open: () => wire.patience(1), receive: (unit) => void (silent.push(unit), wire.close()), gone() {} }),
  });
  const socket = dial(listener);
  socket.resume();
  await once(socket, 'end');
  assert.deepEqual(silent, [{ kind: 'silence' }]);
});

test('listen: shutdown lets sessions say goodbye', async () => {
  const listener = await listen();
  const socket = dial(listener);
  await readUntil(socket, '\r\n');
  const closed = listener.close(1000);
  assert.equal(await readUntil(socket, 'never'), 'bye\r\n');
  await closed;
});

test('listen: too many connections hear so', async () => {
  const listener = await listen({ limits: { connections: 1, perNetwork: 10 } });
  const first = dial(listener);
  await readUntil(first, '\r\n');
  assert.equal(await readUntil(dial(listener), 'never'), 'too many\r\n');
  first.destroy();
});

for (const [name, header] of [
  ['1', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.8 4000 25\r\n')],
  [
    '2',
    Buffer.concat([
      Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
      Buffer.from([0x21, 0x11, 0, 12, 192, 0, 2, 7, 192, 0, 2, 8, 15, 160, 0, 25]),
    ]),
  ],
] as const)
  test(`listen: PROXY protocol version ${name} from a trusted address, in every cut`, async () => {
    const listener = await listen({ proxyTrusted: ['127.0.0.1'] });
    for (const cut of [1, 5, header.length - 1, header.length]) {
      const socket = dial(listener);
      socket.setNoDelay(true);
      socket.write(header.subarray(0, cut));
      await new Promise((done) => setTimeout(done, 3));
      socket.write(Buffer.concat([header.subarray(cut), Buffer.from('a\r\n')]));
      assert.equal(await readUntil(socket, 'a\r\n'), 'hello 192.0.2.7\r\na\r\n');
      socket.destroy();
    }
    const without = dial(listener);
    without.write('a\r\n');
    assert.equal(await readUntil(without, 'never'), '');
  });

test('a peer that goes on talking after the goodbye is cut all the same', async () => {
  const server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  peer.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const place = { address: '127.0.0.1', port: 1 };
  const ended = Promise.withResolvers<void>();
  const connection = new Connection(socket, {
    sessions: (wire) => new Echo(wire),
    tls: null,
    log: silentLog,
    remote: place,
    local: place,
    id: 'c1',
    ended: ended.resolve,
  });
  connection.start(false, null);
  peer.write('quit\r\n');
  await readUntil(peer, 'bye');
  const closed = performance.now();
  while (performance.now() < closed + 20) {
    peer.write('and another thing\r\n');
    await once(socket, 'data');
  }
  connection.watch(closed + 5001);
  await ended.promise;
  peer.destroy();
  server.close();
});

test('TLS 1.2: a client cannot ask for another handshake', async () => {
  const listener = await listen({ security: 'tls' });
  const socket = connectTls({ port: listener.port, host: '127.0.0.1', maxVersion: 'TLSv1.2', rejectUnauthorized: false });
  await readUntil(socket, 'hello');
  const answer = Promise.withResolvers<Error | null>();
  socket.on('error', answer.resolve);
  socket.on('close', () => answer.resolve(null));
  socket.renegotiate({ rejectUnauthorized: false }, (error) => answer.resolve(error ?? new Error('agreed')));
  assert.match(String(await answer.promise), /renegotiation/i);
  socket.destroy();
});
