// imapflow against the running program: a modern app's whole day, from APPEND to a reconnection by QRESYNC.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import type { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { imapClient, letter, lettersByImap, lettersByPop, put, until } from '../support/mail-apps.ts';
import { startTayori, type Person } from '../support/tayori.ts';

const server = await startTayori();
after(() => server.stop());
const [hanako, taro] = server.people as [Person, Person];

/** A session in a mailbox of its own. */
async function inMailbox(name: string, work: (client: ImapFlow) => Promise<void>, more: Record<string, unknown> = {}): Promise<void> {
  const client = imapClient(server, taro, more);
  await client.connect();
  try {
    await client.mailboxCreate(name);
    await client.mailboxOpen(name);
    await work(client);
    if (client.usable) await client.logout();
  } finally {
    client.close();
  }
}

/** A letter as another server brings it, at port 25. */
async function arrive(subject: string): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: server.ports.smtp, ignoreTLS: true, name: 'far.example' });
  await transport.sendMail({ from: 'a@far.example', to: taro.address, subject, text: subject });
  transport.close();
}

test('append, fetch, flags, copy, move, expunge', { timeout: 240_000 }, () =>
  inMailbox('Day', async (client) => {
    const sent = Array.from({ length: 5 }, (_, index) => letter(hanako, taro, `day ${index}`, 'こんにちは\r\n'));
    const date = new Date('2020-02-29T12:34:56Z');
    for (const [index, octets] of sent.entries()) {
      const done = await client.append('Day', octets, index === 0 ? ['\\Seen', '$Work'] : [], date);
      assert.ok(done);
      assert.deepEqual([done.destination, done.uid], ['Day', index + 1]);
    }
    const all = await client.fetchAll('1:*', {
      uid: true,
      flags: true,
      envelope: true,
      internalDate: true,
      size: true,
      bodyStructure: true,
      source: true,
    });
    assert.deepEqual(
      all.map(({ source }) => source!.toString()),
      sent.map(String),
    );
    assert.deepEqual(
      all.map(({ size }) => size),
      sent.map(({ length }) => length),
    );
    assert.deepEqual(
      all.map(({ envelope }) => envelope!.subject),
      sent.map((_, index) => `day ${index}`),
    );
    assert.equal((all[0]!.internalDate as Date).getTime(), date.getTime());
    assert.deepEqual([...all[0]!.flags!].toSorted(), ['$Work', '\\Seen']);
    assert.equal(all[0]!.bodyStructure!.type, 'text/plain');
    assert.equal(all[0]!.envelope!.from![0]!.address, hanako.address);

    await client.messageFlagsAdd('2:3', ['\\Flagged']);
    await client.messageFlagsRemove('1', ['\\Seen']);
    await client.messageFlagsSet('5', ['\\Answered', '$Far']);
    assert.deepEqual(await client.search({ flagged: true }, { uid: true }), [2, 3]);
    assert.deepEqual(await client.search({ keyword: '$Work' }, { uid: true }), [1]);
    assert.deepEqual(await client.search({ subject: 'day 4', body: 'にちは' }, { uid: true }), [5]);
    assert.deepEqual(await client.search({ or: [{ answered: true }, { seen: true }] }, { uid: true }), [5]);
    assert.deepEqual(await client.search({ before: '2020-03-01', since: '2020-02-29', not: { flagged: true } }, { uid: true }), [1, 4, 5]);

    await client.mailboxCreate('Elsewhere');
    const copied = await client.messageCopy('1:2', 'Elsewhere');
    assert.ok(copied);
    assert.deepEqual(
      [...copied.uidMap!],
      [
        [1, 1],
        [2, 2],
      ],
    );
    const moved = await client.messageMove('4', 'Elsewhere');
    assert.ok(moved);
    assert.deepEqual([...moved.uidMap!], [[4, 3]]);
    await client.messageDelete('1');
    assert.deepEqual(
      (await client.fetchAll('1:*', { uid: true })).map(({ uid }) => uid),
      [2, 3, 5],
    );
    assert.deepEqual(
      (await lettersByImap(server, taro, 'Elsewhere')).map(({ octets }) => octets.toString()),
      [sent[0], sent[1], sent[3]].map(String),
    );
  }),
);

test('IDLE: a letter from outside is told at once, and so is what another session does', { timeout: 240_000 }, async () => {
  const watching = imapClient(server, taro);
  await watching.connect();
  try {
    const { exists } = await watching.mailboxOpen('INBOX');
    const told: string[] = [];
    watching.on('exists', ({ count }: { count: number }) => told.push(`exists ${count}`));
    watching.on('flags', ({ seq, flags }: { seq: number; flags: Set<string> }) => told.push(`flags ${seq} ${[...flags].join(' ')}`));
    watching.on('expunge', ({ seq }: { seq: number }) => told.push(`expunge ${seq}`));
    const idling = watching.idle();
    await arrive('while idle');
    await until(async () => (told.includes(`exists ${exists + 1}`) ? true : undefined));
    const other = imapClient(server, taro);
    await other.connect();
    await other.mailboxOpen('INBOX');
    await other.messageFlagsAdd(String(exists + 1), ['\\Seen']);
    await until(async () => (told.some((one) => one.startsWith(`flags ${exists + 1} `) && one.includes('\\Seen')) ? true : undefined));
    await other.messageDelete(String(exists + 1));
    await other.logout();
    await until(async () => (told.includes(`expunge ${exists + 1}`) ? true : undefined));
    await watching.noop();
    await idling;
  } finally {
    watching.close();
  }
});

test('CONDSTORE and QRESYNC: after a broken line and a restart only what has changed is told', { timeout: 240_000 }, async () => {
  const client = imapClient(server, taro, { qresync: true });
  await client.connect();
  await client.mailboxCreate('Sync');
  await client.logout();
  await put(
    server,
    taro,
    'Sync',
    Array.from({ length: 50 }, (_, index) => letter(hanako, taro, `sync ${index}`)),
  );

  const first = imapClient(server, taro, { qresync: true });
  await first.connect();
  assert.ok(first.enabled.has('QRESYNC') || first.enabled.has('CONDSTORE'));
  const known = await first.mailboxOpen('Sync');
  assert.ok(known.highestModseq! > 0n);
  first.close();

  const other = imapClient(server, taro);
  await other.connect();
  await other.mailboxOpen('Sync');
  await other.messageFlagsAdd('10:12', ['\\Flagged']);
  await other.messageDelete('20:22', { uid: true });
  await other.append('Sync', letter(hanako, taro, 'sync new'));
  await other.logout();
  await server.restart('kill');

  const again = imapClient(server, taro, { qresync: true });
  await again.connect();
  const vanished: number[] = [];
  again.on('expunge', ({ uid, vanished: gone }: { uid?: number; vanished?: boolean }) => (gone ? vanished.push(uid!) : undefined));
  const now = await again.mailboxOpen('Sync', { changedSince: String(known.highestModseq), uidValidity: known.uidValidity } as never);
  assert.equal(now.uidValidity, known.uidValidity);
  assert.ok(now.highestModseq! > known.highestModseq!);
  assert.equal(now.exists, 48);
  const changed: number[] = [];
  for await (const one of again.fetch('1:*', { uid: true, flags: true }, { uid: true, changedSince: known.highestModseq! }))
    changed.push(one.uid);
  assert.deepEqual(
    changed.toSorted((a, b) => a - b),
    [10, 11, 12, 51],
  );
  await again.logout();
  assert.deepEqual(
    [...new Set(vanished)].toSorted((a, b) => a - b),
    [20, 21, 22],
  );
});

test('mailboxes: made, renamed with their children, subscribed, deleted, counted', { timeout: 240_000 }, async () => {
  const client = imapClient(server, taro);
  await client.connect();
  try {
    await client.mailboxCreate(['年賀状', '二〇二六']);
    await put(server, taro, '年賀状/二〇二六', [letter(hanako, taro, 'new year')], ['\\Flagged']);
    const { created } = await client.mailboxCreate('年賀状');
    assert.equal(created, false);
    await client.mailboxRename('年賀状', '挨拶 & 手紙');
    const names = (await client.list()).map(({ path }) => path);
    assert.ok(names.includes('挨拶 & 手紙/二〇二六') && names.every((name) => !name.includes('年賀状')), names.join(', '));
    assert.equal((await lettersByImap(server, taro, '挨拶 & 手紙/二〇二六')).length, 1);
    const counts = await client.status('挨拶 & 手紙/二〇二六', { messages: true, unseen: true, uidNext: true });
    assert.ok(counts);
    assert.deepEqual([counts.messages, counts.unseen, counts.uidNext], [1, 1, 2]);
    await client.mailboxUnsubscribe('挨拶 & 手紙');
    assert.equal((await client.list()).find(({ path }) => path === '挨拶 & 手紙')!.subscribed ?? false, false);
    await client.mailboxSubscribe('挨拶 & 手紙');
    assert.equal((await client.list()).find(({ path }) => path === '挨拶 & 手紙')!.subscribed, true);
    await client.mailboxDelete('挨拶 & 手紙/二〇二六');
    assert.ok((await client.list()).every(({ path }) => path !== '挨拶 & 手紙/二〇二六'));
    assert.deepEqual(
      (await client.list())
        .flatMap(({ specialUse, path }) => (specialUse === undefined || path === 'INBOX' ? [] : [`${specialUse} ${path}`]))
        .toSorted(),
      ['\\Archive Archive', '\\Drafts Drafts', '\\Junk Junk', '\\Sent Sent', '\\Trash Trash'],
    );
    await client.logout();
  } finally {
    client.close();
  }
});

test('a thread of 1,000 letters', { timeout: 240_000 }, () =>
  inMailbox('Thread', async (client) => {
    const ids = Array.from({ length: 1000 }, (_, index) => `<${index}@thread.example>`);
    const answers = ids.map((id, index) => {
      // Each answers the one before; every tenth the first.
      const parent = index === 0 ? null : index % 10 === 0 ? 0 : index - 1;
      const references = parent === null ? '' : `In-Reply-To: ${ids[parent]}\r\nReferences: ${ids[0]} ${ids[parent]}\r\n`;
      return Buffer.from(
        `Subject: ${index === 0 ? '' : 'Re: '}talk\r\nMessage-ID: ${id}\r\n${references}From: ${hanako.address}\r\n\r\n${index}\r\n`,
      );
    });
    await put(server, taro, 'Thread', answers);
    await client.noop();
    // This app has no call for THREAD: its own machinery is used (RFC 5256 §2.1.2).
    const { exec } = client as unknown as { exec: (command: string, words: object[], how: object) => Promise<{ next(): void }> };
    const told: unknown[] = [];
    const atoms = ['REFERENCES', 'UTF-8', 'ALL'].map((value) => ({ type: 'ATOM', value }));
    const untagged = { THREAD: async ({ attributes }: { attributes?: unknown }) => void told.push(attributes) };
    (await exec.call(client, 'UID THREAD', atoms, { untagged })).next();
    assert.equal(told.length, 1);
    const numbers = [...JSON.stringify(told).matchAll(/"value":"(\d+)"/g)].map(([, uid]) => Number(uid));
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: 1000 }, (_, index) => index + 1),
    );
    // One thread: one outermost list.
    assert.equal((told[0] as unknown[]).length, 1);
    assert.deepEqual(await client.search({ header: { 'in-reply-to': ids[500]! } }, { uid: true }), [502]);
  }),
);

for (const compressed of [true, false])
  test(`download of parts${compressed ? ', compressed' : ''}: decoded, in pieces, and large`, { timeout: 240_000 }, () =>
    inMailbox(
      `Parts ${compressed}`,
      async (client) => {
        const image = randomBytes(3_000_000);
        const text = 'これは本文です。\r\n'.repeat(2000);
        const box = '=-box-=';
        const sent = Buffer.from(
          [
            `From: ${hanako.address}`,
            'Subject: parts',
            'MIME-Version: 1.0',
            `Content-Type: multipart/mixed; boundary="${box}"`,
            '',
            `--${box}`,
            'Content-Type: text/plain; charset=utf-8',
            'Content-Transfer-Encoding: base64',
            '',
            Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
            `--${box}`,
            'Content-Type: image/png',
            "Content-Disposition: attachment; filename*=utf-8''%E5%86%99%E7%9C%9F.png",
            'Content-Transfer-Encoding: base64',
            '',
            image.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
            `--${box}--`,
            '',
          ].join('\r\n'),
        );
        await put(server, taro, `Parts ${compressed}`, [sent]);
        await client.noop();
        const whole = async (part: string | undefined): Promise<{ octets: Buffer; filename: string | undefined }> => {
          const { content, meta } = await client.download('1', part, { chunkSize: 100_000 });
          const pieces: Buffer[] = [];
          for await (const piece of content!) pieces.push(piece as Buffer);
          return { octets: Buffer.concat(pieces), filename: meta!.filename };
        };
        assert.equal((await whole('1')).octets.toString().replaceAll('\r\n', '\n').trimEnd(), text.replaceAll('\r\n', '\n').trimEnd());
        const { octets, filename } = await whole('2');
        assert.equal(octets.compare(image), 0);
        assert.equal(filename, '写真.png');
        assert.equal((await whole(undefined)).octets.compare(sent), 0);
        const { bodyParts } = (await client.fetchOne('1', { bodyParts: [{ key: '2', start: 1000, maxLength: 500 }] })) as {
          bodyParts: Map<string, Buffer>;
        };
        assert.equal([...bodyParts.values()][0]!.toString(), image.toString('base64').replaceAll(/.{76}/g, '$&\r\n').slice(1000, 1500));
      },
      { disableCompression: !compressed },
    ),
  );

test('compressed, 500 letters that pack well: the command behind them is answered at once', { timeout: 240_000 }, () =>
  inMailbox('Packed', async (client) => {
    const sent = Array.from({ length: 500 }, (_, index) =>
      letter(hanako, taro, `packed ${index}`, `${'x'.repeat(70)}\r\n`.repeat(1 + (index % 30))),
    );
    await put(server, taro, 'Packed', sent);
    await client.noop();
    for (let round = 0; round < 5; round++) {
      const [all] = await Promise.all([client.fetchAll('1:*', { source: true }), client.noop()]);
      assert.deepEqual(
        all.map(({ source }) => source!.toString()),
        sent.map(String),
      );
    }
    // This app gives up waiting for the answer to LOGOUT without a word.
    const began = performance.now();
    await client.logout();
    assert.ok(performance.now() - began < 5_000);
  }),
);

test('what imapflow moves into the inbox POP3 gives; what POP3 has locked IMAP still reads', { timeout: 240_000 }, () =>
  inMailbox('Across', async (client) => {
    const sent = letter(hanako, taro, 'across');
    await client.append('Across', sent);
    await client.messageMove('1', 'INBOX');
    const last = (await lettersByPop(server, taro)).at(-1)!;
    assert.equal(last.octets.compare(sent), 0);
  }),
);

test('a hundred sessions at once, one of them without manners', { timeout: 240_000 }, async () => {
  const rude = connect(server.ports.imap, '127.0.0.1');
  rude.on('error', () => {});
  rude.write(`a LOGIN {5}\r\n${'x'.repeat(10)}\r\n\0\0\xff\r\n${'('.repeat(5000)}\r\n`);
  const clients = Array.from({ length: 100 }, () => imapClient(server, taro));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    const counts = await Promise.all(clients.map(async (client) => (await client.mailboxOpen('INBOX')).exists));
    assert.equal(new Set(counts).size, 1);
    await Promise.all(clients.map((client) => client.logout()));
  } finally {
    for (const client of clients) client.close();
    rude.destroy();
  }
  assert.doesNotMatch(server.log(), /"level":"error"/);
});
