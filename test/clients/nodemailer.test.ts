// nodemailer against the running program: a pool, delivery reports, Japanese, large attachments, and what it is told when it is refused.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createTransport } from 'nodemailer';
import PostalMime from 'postal-mime';
import { letter, lettersByImap, lettersByPop, withSubject } from '../support/mail-apps.ts';
import { startTayori, type Person } from '../support/tayori.ts';

const server = await startTayori();
after(() => server.stop());
const [hanako, taro] = server.people as [Person, Person];
const { ports } = server;
const tls = { ca: readFileSync(server.ca), servername: 'localhost' };
const auth = { user: hanako.login, pass: hanako.password };
const usual = { host: '127.0.0.1', port: ports.submissions, secure: true, name: 'app.example', auth, tls };

interface Trouble {
  readonly code?: string;
  readonly message?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

async function trouble(sending: Promise<unknown>): Promise<Trouble> {
  return sending.then(
    () => assert.fail('it was taken'),
    (error: unknown) => error as Trouble,
  );
}

const short = ({ code, responseCode }: Trouble): unknown[] => [code, responseCode];

const send = (options: object, from: string, to: string | string[]): Promise<unknown> => {
  const transport = createTransport({ ...usual, ...options });
  return transport.sendMail({ from, to, subject: 'never', text: 'never' }).finally(() => transport.close());
};

test('a pool: 100 letters over three connections, each there once', { timeout: 240_000 }, async () => {
  const pool = createTransport({ ...usual, pool: true, maxConnections: 3, maxMessages: 40 });
  try {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        pool.sendMail({ from: hanako.address, to: taro.address, subject: `pool ${index}`, text: `number ${index}` }),
      ),
    );
    for (const { accepted, response } of answers) {
      assert.deepEqual(accepted, [taro.address]);
      assert.match(response, /^250 2\.6\.0 /);
    }
    const byPop = (await lettersByPop(server, taro)).map(({ octets }) => octets.toString());
    const byImap = (await lettersByImap(server, taro)).map(({ octets }) => octets.toString());
    assert.deepEqual(byPop, byImap);
    const subjects = byImap.map((text) => /^Subject: (pool \d+)\r$/m.exec(text)?.[1]);
    assert.deepEqual(subjects.toSorted(), Array.from({ length: 100 }, (_, index) => `pool ${index}`).toSorted());
  } finally {
    pool.close();
  }
});

test('Japanese in names, subject, text and attachment; a blind copy is seen by nobody', { timeout: 240_000 }, async () => {
  const transport = createTransport({ ...usual, port: ports.submission, secure: false, requireTLS: true });
  const picture = randomBytes(70_000);
  const subject = '来週の会議についてのお知らせ：場所と時間が変わりました。どうぞよろしくお願いいたします。';
  const text = `${'吾輩は猫である。名前はまだ無い。'.repeat(40)}\n.\n..\n`;
  await transport.sendMail({
    from: { name: '山田 花子', address: hanako.address },
    to: { name: '鈴木 太郎', address: taro.address },
    bcc: hanako.address,
    subject,
    text,
    html: `<p>${text}</p>`,
    attachments: [{ filename: '議事録（最終版）.png', content: picture, contentType: 'image/png' }],
  });
  transport.close();
  const [blind] = await lettersByImap(server, hanako);
  const stored = (await lettersByPop(server, taro)).at(-1)!.octets;
  assert.doesNotMatch(stored.toString(), /^Bcc:/im);
  assert.doesNotMatch(blind!.octets.toString(), /^Bcc:/im);
  const read = await PostalMime.parse(stored);
  assert.equal(read.subject, subject);
  assert.deepEqual(read.from, { name: '山田 花子', address: hanako.address });
  assert.deepEqual(read.to, [{ name: '鈴木 太郎', address: taro.address }]);
  assert.equal(read.text!.replaceAll('\r\n', '\n').trimEnd(), text.trimEnd());
  assert.equal(read.attachments[0]!.filename, '議事録（最終版）.png');
  assert.equal(Buffer.from(read.attachments[0]!.content as ArrayBuffer).compare(picture), 0);
});

test('20 MB attached: there octet by octet; beyond what EHLO says it is refused before it is sent', { timeout: 240_000 }, async () => {
  const transport = createTransport(usual);
  const content = randomBytes(20_000_000);
  await transport.sendMail({
    from: hanako.address,
    to: taro.address,
    subject: 'large',
    text: 'see',
    attachments: [{ filename: 'large.bin', content }],
  });
  const read = await PostalMime.parse(withSubject(await lettersByImap(server, taro), 'large').octets);
  assert.equal(Buffer.from(read.attachments[0]!.content as ArrayBuffer).compare(content), 0);
  const raw = Buffer.concat([letter(hanako, taro, 'too large'), Buffer.alloc(53_000_000, 'x'.repeat(70) + '\r\n')]);
  const { code, message } = await trouble(
    transport.sendMail({ envelope: { from: hanako.address, to: taro.address, size: raw.length } as never, raw }),
  );
  // nodemailer reads the size of EHLO and does not even ask.
  assert.equal(code, 'EMESSAGE');
  assert.match(message!, /52428800/);
  transport.close();
});

test('DSN: success is reported by a letter in words for machines (RFC 3461, RFC 3464)', { timeout: 240_000 }, async () => {
  const port = ports.submissions;
  const transport = createTransport({ ...usual, port });
  const id = `order-${port}`;
  await transport.sendMail({
    from: hanako.address,
    to: taro.address,
    subject: `tell me ${port}`,
    text: 'tell me',
    dsn: { id, return: 'headers', notify: ['success', 'failure', 'delay'], recipient: taro.address },
  });
  await transport.sendMail({
    from: hanako.address,
    to: taro.address,
    subject: 'quiet',
    text: 'quiet',
    dsn: { notify: 'failure' } as never,
  });
  transport.close();
  const reports = (await lettersByImap(server, hanako)).map(({ octets }) => octets.toString()).filter((text) => text.includes(id));
  assert.equal(reports.length, 1);
  const text = reports[0]!;
  assert.match(text, /^Return-Path: <>\r$/m);
  assert.match(text, /report-type="?delivery-status"?/);
  assert.match(text, new RegExp(`^Original-Envelope-Id: ${id}\\r$`, 'm'));
  assert.match(text, new RegExp(`^Original-Recipient: rfc822; ?${taro.address}\\r$`, 'm'));
  assert.match(text, new RegExp(`^Final-Recipient: rfc822; ?${taro.address}\\r$`, 'm'));
  assert.match(text, /^Action: delivered\r$/m);
  assert.match(text, /^Status: 2\.\d+\.\d+\r$/m);
  assert.match(text, /^Content-Type: (text|message)\/rfc822-headers/im);
  assert.match(text, new RegExp(`^Subject: tell me ${port}\\r$`, 'm'));
  assert.ok(withSubject(await lettersByPop(server, taro), `tell me ${port}`));
  // Who asks for failures alone hears nothing, and neither does a stranger at port 25, whose reverse-path proves nothing.
  const stranger = createTransport({ ...usual, secure: false, auth: undefined, port: ports.smtp } as never);
  await stranger.sendMail({
    from: hanako.address,
    to: taro.address,
    subject: 'stranger',
    text: 'x',
    dsn: { id: 's', return: 'headers', notify: 'success' } as never,
  });
  stranger.close();
  assert.ok(withSubject(await lettersByPop(server, taro), 'stranger'));
  assert.equal((await lettersByImap(server, hanako)).filter(({ octets }) => octets.includes('report-type')).length, 1);
});

test('refused: a wrong password, a sender that is not hers, nobody there, no login', { timeout: 240_000 }, async () => {
  assert.deepEqual(short(await trouble(send({ auth: { ...auth, pass: 'no' } }, hanako.address, taro.address))), ['EAUTH', 535]);
  assert.deepEqual(short(await trouble(send({}, taro.address, taro.address))), ['EENVELOPE', 553]);
  assert.deepEqual(short(await trouble(send({}, hanako.address, 'nobody@tayori.test'))), ['EENVELOPE', 550]);
  assert.deepEqual(short(await trouble(send({ auth: undefined }, hanako.address, taro.address))), ['EENVELOPE', 530]);
  const half = (await send({}, hanako.address, [taro.address, 'nobody@tayori.test'])) as { accepted: string[]; rejected: string[] };
  assert.deepEqual([half.accepted, half.rejected], [[taro.address], ['nobody@tayori.test']]);
  assert.equal((await lettersByImap(server, taro)).filter(({ octets }) => octets.includes('\r\nSubject: never\r\n')).length, 1);
});
