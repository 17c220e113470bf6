// Web Push from the whole program to a push service of the test's own, which reads what a browser would: signature, encryption, code, changes, the end.
import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createTransport } from 'nodemailer';
import { jmapAsker, type JmapAsker } from '../support/jmap.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { makeAuthority, openWebServer, type WebServer } from '../support/web-server.ts';
import { EventEmitter } from 'node:events';

interface Pushed {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('Web Push', () => {
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  const auth = randomBytes(16);
  const keys = { p256dh: browser.getPublicKey('base64url'), auth: auth.toString('base64url') };
  const arrivals = new EventEmitter();
  const pushed: Pushed[] = [];
  let status = 201;
  let folder: string;
  let service: WebServer;
  let tayori: Tayori;
  let hanako: JmapAsker;

  before(async () => {
    const authority = await makeAuthority();
    service = await openWebServer(
      (request, response) => {
        const pieces: Buffer[] = [];
        request.on('data', (piece: Buffer) => pieces.push(piece));
        request.on('end', () => {
          pushed.push({ path: request.url!, headers: request.headers, body: Buffer.concat(pieces) });
          response.writeHead(status).end();
          arrivals.emit('push');
        });
      },
      await authority.issue(['localhost', '127.0.0.1']),
    );
    folder = mkdtempSync(join(tmpdir(), 'tayori-push-'));
    writeFileSync(join(folder, 'authority.pem'), authority.root.certificate);
    tayori = await startTayori({ settings: `outside-authority = "${join(folder, 'authority.pem')}"\n` });
    const [person] = tayori.people;
    hanako = jmapAsker(`http://localhost:${tayori.ports.http}`, person!.address, person!.password);
  });
  after(async () => {
    await tayori?.stop();
    await service?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const arrived = async (count: number): Promise<Pushed> => {
    while (pushed.length < count) await once(arrivals, 'push');
    return pushed[count - 1]!;
  };

  /** RFC 8291 §3.4 from the browser's side. */
  function decrypt({ body, headers }: Pushed): Record<string, any> {
    assert.equal(headers['content-encoding'], 'aes128gcm');
    const salt = body.subarray(0, 16);
    const length = body[20]!;
    const theirs = body.subarray(21, 21 + length);
    const sealed = body.subarray(21 + length);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), theirs]);
    const material = Buffer.from(hkdfSync('sha256', browser.computeSecret(theirs), auth, info, 32));
    const key = Buffer.from(hkdfSync('sha256', material, salt, 'Content-Encoding: aes128gcm\0', 16));
    const nonce = Buffer.from(hkdfSync('sha256', material, salt, 'Content-Encoding: nonce\0', 12));
    const cipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
    assert.equal(plain.at(-1), 2);
    return JSON.parse(plain.subarray(0, -1).toString()) as Record<string, any>;
  }

  /** RFC 8292 §2 from the service's side. */
  async function proves({ headers }: Pushed): Promise<boolean> {
    const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.authorization ?? '') ?? [];
    const session = await hanako.session();
    assert.equal(key, session.capabilities['urn:ietf:params:jmap:webpush-vapid'].applicationServerKey);
    const [head = '', claims = '', signature = ''] = token.split('.');
    assert.equal((JSON.parse(Buffer.from(claims, 'base64url').toString()) as { aud: string }).aud, `https://127.0.0.1:${service.port}`);
    const point = Buffer.from(key, 'base64url');
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
    const known = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: x!, y: y! } });
    return verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: known, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
  }

  const deliver = () => {
    const [to, from] = tayori.people;
    return createTransport({
      host: '127.0.0.1',
      port: tayori.ports.submissions,
      secure: true,
      tls: { rejectUnauthorized: false },
      auth: { user: from!.address, pass: from!.password },
    }).sendMail({ from: from!.address, to: to!.address, subject: 'secret words', text: 'x' });
  };
  const set = async (args: object) => (await hanako.call([['PushSubscription/set', args, 'a']]))[0]![1];
  let id: string;

  test('the code comes encrypted and signed; until it is told, nothing else does', async () => {
    const url = `https://127.0.0.1:${service.port}/hanako`;
    const { created } = await set({ create: { k: { deviceClientId: 'test', url, keys, types: ['EmailDelivery'] } } });
    id = created.k.id;
    const first = await arrived(1);
    assert.equal(first.path, '/hanako');
    assert.match(first.headers.ttl as string, /^[1-9]\d*$/);
    assert.ok(await proves(first));
    const message = decrypt(first);
    assert.deepEqual([message['@type'], message['pushSubscriptionId']], ['PushVerification', id]);
    await deliver();
    assert.deepEqual((await set({ update: { [id]: { verificationCode: message['verificationCode'] } } })).updated, { [id]: null });
    assert.equal(pushed.length, 1);
  });

  test('a letter is told by its states alone, also after a new start', async () => {
    await deliver();
    const second = await arrived(2);
    const message = decrypt(second);
    const account = (await hanako.session()).primaryAccounts['urn:ietf:params:jmap:mail'];
    assert.deepEqual(Object.keys(message), ['@type', 'changed']);
    assert.deepEqual(Object.keys(message['changed'][account]), ['EmailDelivery']);
    await tayori.restart();
    await deliver();
    assert.equal(decrypt(await arrived(3))['@type'], 'StateChange');
    assert.ok(await proves(pushed[2]!));
  });

  test('410 ends it', async () => {
    status = 410;
    await deliver();
    await arrived(4);
    for (;;) {
      const [, { list }] = (await hanako.call([['PushSubscription/get', { ids: null }, 'a']]))[0]!;
      if (list.length === 0) break;
    }
  });
});
