// A person's letters out of the program as files and into it again, by the app's own engine and by the command: octet for octet, none twice, none lost,
// whatever the network does meanwhile. Knows the program from outside, and the engine's module that carries letters.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bytesFromLatin1, concatBytes } from '../../src/base/bytes.ts';
import { formatMboxLetter } from '../../src/message/mbox.ts';
import { formatStatus } from '../../src/message/mbox-status.ts';
import { openMemoryCache } from '../../web/src/engine/cache/memory.ts';
import type { FileToBring } from '../../web/src/engine/contract.ts';
import { JmapClient } from '../../web/src/engine/jmap/client.ts';
import { bringIn, broughtBefore, type LettersInParts } from '../../web/src/engine/letters-in.ts';
import type { Surroundings } from '../../web/src/engine/surroundings.ts';
import { jmapAsker, type JmapAsker } from '../support/jmap.ts';
import { inFolder, start, tayori, type Started } from '../support/program.ts';

const flagSets = [[], ['\\Seen'], ['\\Seen', '\\Answered'], ['\\Flagged', 'work'], ['\\Seen', '$Forwarded', '\\Draft']];

function letterOf(index: number): string {
  const odd = ['From the beginning\r\n', '>From a quote\r\n', '>>From deeper\r\n', '日本語の手紙\r\n', '.\r\n'][index % 5]!;
  const long = index % 40 === 0 ? `${'a long line of a letter\r\n'.repeat(20_000)}` : '';
  const text = Buffer.from(odd).toString('latin1');
  return `From: a${index}@b.example\r\nTo: hanako@tayori.test\r\nSubject: letter ${index}\r\nMessage-ID: <${index}@b.example>\r\n\r\n${text}${long}${index}\r\n`;
}

function mboxOf(count: number): Uint8Array<ArrayBuffer> {
  const letters = Array.from({ length: count }, (_none, index) =>
    formatMboxLetter(bytesFromLatin1(letterOf(index)), Date.UTC(2020, 0, 1 + index), formatStatus(flagSets[index % flagSets.length]!)),
  );
  return Uint8Array.from(concatBytes(letters));
}

function fileOf(octets: Uint8Array<ArrayBuffer>, name: string): FileToBring {
  return { file: new Blob([octets]), name, modifiedAt: 1 };
}

describe('letters in and out', () => {
  let server: Started;
  let folder: string;
  let hanako: JmapAsker;
  let taro: JmapAsker;
  let account: string;
  let end: () => void;
  let whole: Promise<void>;

  before(async () => {
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    end = () => ended.resolve();
    whole = inFolder(async (made) => {
      folder = made;
      server = await start(join(folder, 'data'));
      const origin = `http://localhost:${server.portOf('http')}`;
      const [first, second] = server.listening.people;
      hanako = jmapAsker(origin, first!.address, first!.password);
      taro = jmapAsker(origin, second!.address, second!.password);
      ready.resolve();
      await ended.promise;
      const { code, err } = await server.stop();
      assert.equal(code, 0, err);
      assert.doesNotMatch(err, /"level":"error"/);
    });
    whole.catch(ready.reject);
    await ready.promise;
    account = (await hanako.session()).primaryAccounts['urn:ietf:params:jmap:mail'];
  });
  after(async () => {
    end();
    await whole;
  });

  /** The engine's way to the running program. `breaks` says of each request, by its number, whether the network goes before it or with its answer. */
  async function partsOf(breaks: (number: number) => 'before' | 'answer' | null = () => null): Promise<LettersInParts> {
    let number = 0;
    let isBroken = false;
    const surroundings = {
      origin: hanako.origin,
      fetch: async (address: string, init: RequestInit) => {
        const how = isBroken ? breaks(number++) : null;
        if (how === 'before') throw new TypeError('no network');
        const answer = await hanako.fetch(address.slice(hanako.origin.length), {
          method: init.method!,
          headers: init.headers!,
          body: init.body!,
        });
        if (how !== 'answer') return answer;
        await answer.arrayBuffer();
        throw new TypeError('the answer was lost');
      },
      now: () => Date.now(),
      after: (_ms: number, run: () => void) => {
        const timer = setTimeout(run, 1);
        return () => clearTimeout(timer);
      },
    } as unknown as Surroundings;
    const client = new JmapClient(surroundings);
    await client.openSession();
    isBroken = true;
    return { client, cache: openMemoryCache(), surroundings };
  }

  async function newMailbox(name: string): Promise<string> {
    const [[, answer] = none] = await hanako.call([['Mailbox/set', { accountId: account, create: { m: { name } } }, '0']]);
    return answer.created.m.id;
  }

  async function lettersIn(mailboxId: string): Promise<any[]> {
    const [, [, answer] = none] = await hanako.call([
      ['Email/query', { accountId: account, filter: { inMailbox: mailboxId }, sort: [{ property: 'receivedAt' }] }, '0'],
      [
        'Email/get',
        {
          accountId: account,
          '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' },
          properties: ['subject', 'keywords', 'receivedAt', 'size', 'blobId'],
        },
        '1',
      ],
    ]);
    return answer.list;
  }

  /** For the compiler: each call has its answer. */
  const none = ['', {} as Record<string, any>, ''] as const;
  const silent = (): void => undefined;
  const goesOn = (): boolean => false;

  test('an mbox: every letter once, as it was, with its flags and its day', async () => {
    const mailboxId = await newMailbox('Whole');
    const parts = await partsOf();
    const told: [number, number, number | undefined][] = [];
    const octets = mboxOf(230);
    const result = await bringIn(
      parts,
      { accountId: account, mailboxId },
      [fileOf(octets, 'Whole.mbox')],
      (...step) => told.push(step as never),
      goesOn,
    );
    assert.deepEqual(result, { found: 230, taken: 230, passed: 0, refused: {}, stopped: false });
    assert.deepEqual(told.at(-1), [octets.length, octets.length, 230]);
    assert.ok(told.length > 3 && told.every(([done, of], index) => done <= of && (index === 0 || done >= told[index - 1]![0])));
    const letters = await lettersIn(mailboxId);
    assert.deepEqual(
      letters.map(({ subject }) => subject),
      Array.from({ length: 230 }, (_none, index) => `letter ${index}`),
    );
    const keywords = [
      {},
      { $seen: true },
      { $seen: true, $answered: true },
      { $flagged: true, work: true },
      { $seen: true, $forwarded: true, $draft: true },
    ];
    for (const [index, letter] of letters.entries()) {
      assert.deepEqual(letter.keywords, keywords[index % 5]);
      assert.equal(letter.receivedAt, new Date(Date.UTC(2020, 0, 1 + index)).toISOString().replace('.000', ''));
      assert.equal(letter.size, letterOf(index).length);
    }
    for (const index of [0, 1, 2, 3, 4, 40]) {
      const got = await (await hanako.fetch(`/jmap/download/${account}/${letters[index].blobId}/x`)).arrayBuffer();
      assert.equal(Buffer.from(got).toString('latin1'), letterOf(index));
    }
  });

  test('a network that goes before a request and with its answer: none twice, none missing', async () => {
    const mailboxId = await newMailbox('Broken');
    const parts = await partsOf((number) => (number % 5 === 1 ? 'answer' : number % 5 === 3 ? 'before' : null));
    const result = await bringIn(parts, { accountId: account, mailboxId }, [fileOf(mboxOf(320), 'Broken')], silent, goesOn);
    assert.equal(result.found, 320);
    assert.equal(result.taken, 320);
    assert.ok(result.passed > 0, 'answers were lost after the letters had come in');
    const subjects = (await lettersIn(mailboxId)).map(({ subject }) => subject);
    assert.deepEqual([subjects.length, new Set(subjects).size], [320, 320]);
  });

  test('stopped, and the same file again: it goes on from there; a whole file is known', async () => {
    const mailboxId = await newMailbox('Stopped');
    const target = { accountId: account, mailboxId };
    const parts = await partsOf();
    const file = fileOf(mboxOf(330), 'Stopped');
    let taken = 0;
    const first = await bringIn(
      parts,
      target,
      [file],
      (_done, _of, letters) => (taken = letters ?? 0),
      () => taken > 0,
    );
    assert.ok(first.stopped && first.taken > 0 && first.taken < 330);
    const mark = await broughtBefore(parts.cache, target, file);
    assert.ok(mark !== null && mark.taken === first.taken && mark.next < file.file.size);
    const second = await bringIn(parts, target, [file], silent, goesOn);
    assert.deepEqual([second.stopped, first.taken + second.taken], [false, 330]);
    assert.equal((await lettersIn(mailboxId)).length, 330);
    assert.equal((await broughtBefore(parts.cache, target, file))!.next, file.file.size);
    assert.equal(await broughtBefore(parts.cache, target, { ...file, modifiedAt: 2 }), null);
  });

  test('together never more than the server takes at once, and none beyond that', async () => {
    const mailboxId = await newMailbox('Large');
    const parts = await partsOf();
    const { client } = parts;
    const session = client.session!;
    const core = 'urn:ietf:params:jmap:core';
    const most = letterOf(40).length + 1000;
    client.resume({
      ...session,
      capabilities: { ...session.capabilities, [core]: { ...session.capabilities[core], maxSizeUpload: most } },
    });
    const carried: number[] = [];
    const upload = client.upload.bind(client);
    client.upload = (to, file, ...more) => (carried.push(file.size), upload(to, file, ...more));
    const lines = fileOf(Uint8Array.from(bytesFromLatin1(`Subject: lines\n\n${'\n'.repeat(most - 20)}`)), 'lines.eml');
    const result = await bringIn(parts, { accountId: account, mailboxId }, [fileOf(mboxOf(90), 'Large'), lines], silent, goesOn);
    assert.deepEqual(result, { found: 91, taken: 90, passed: 0, refused: { 'too-large': 1 }, stopped: false });
    assert.ok(
      carried.every((octets) => octets <= most),
      `${carried.join()} of ${most}`,
    );
    assert.equal((await lettersIn(mailboxId)).length, 90);
  });

  test('single letters, what is none, and letters of Thunderbird that were deleted there', async () => {
    const mailboxId = await newMailbox('Odd');
    const text = (words: string): Uint8Array<ArrayBuffer> => Uint8Array.from(bytesFromLatin1(words));
    const thunderbird =
      'From - Thu Jan  2 03:04:05 2020\nX-Mozilla-Status: 0009\nX-Mozilla-Status2: 00000000\nSubject: gone\n\nx\n\n' +
      'From - Thu Jan  2 03:04:06 2020\nX-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nSubject: there\n\ny\n\n';
    const files = [
      fileOf(text('Subject: single\nFrom: a@b.example\n\nhello\n'), 'single.eml'),
      fileOf(text('%PDF-1.7 no letter at all'), 'paper.pdf'),
      fileOf(text(''), 'empty'),
      fileOf(text(thunderbird), 'Inbox'),
    ];
    const result = await bringIn(await partsOf(), { accountId: account, mailboxId }, files, silent, goesOn);
    assert.deepEqual(result, { found: 4, taken: 2, passed: 0, refused: { 'no-letter': 1, expunged: 1 }, stopped: false });
    assert.deepEqual((await lettersIn(mailboxId)).map(({ subject }) => subject).toSorted(), ['single', 'there']);
  });

  test('as files: the same as the command writes, a mailbox and everything; taken back by the command, nothing has changed', async () => {
    const byCommand = join(folder, 'by-command');
    assert.equal((await tayori(['export', 'hanako', byCommand, '--data', join(folder, 'data')])).code, 0);
    const everything = await hanako.fetch(`/export/${account}`);
    assert.equal(everything.status, 200);
    assert.equal(everything.headers.get('content-type'), 'application/zip');
    assert.match(everything.headers.get('content-disposition') ?? '', /^attachment; filename="hanako@\S+ \d{4}-\d\d-\d\d\.zip"$/);
    const archive = join(folder, 'everything.zip');
    await writeFile(archive, Buffer.from(await everything.arrayBuffer()));
    const unpacked = join(folder, 'unpacked');
    await mkdir(unpacked);
    const { status, stderr } = spawnSync('python3', ['-m', 'zipfile', '-e', archive, unpacked], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const note = JSON.parse(await readFile(join(unpacked, 'tayori-export.json'), 'utf8'));
    assert.deepEqual(note, JSON.parse(await readFile(join(byCommand, 'tayori-export.json'), 'utf8')));
    assert.ok(note.mailboxes.length > 6);
    for (const { path } of note.mailboxes)
      assert.deepEqual(await readFile(join(unpacked, path)), await readFile(join(byCommand, path)), path);

    const [[, { list }] = none] = await hanako.call([['Mailbox/get', { accountId: account, ids: null, properties: ['name'] }, '0']]);
    const { id } = list.find(({ name }: { name: string }) => name === 'Whole');
    const single = await hanako.fetch(`/export/${account}/${id}?name=家族`);
    assert.match(
      single.headers.get('content-disposition') ?? '',
      /filename="__ \d{4}-\d\d-\d\d\.mbox"; filename\*=UTF-8''%E5%AE%B6%E6%97%8F%20/,
    );
    assert.deepEqual(Buffer.from(await single.arrayBuffer()), await readFile(join(byCommand, 'Whole.mbox')));

    assert.equal((await tayori(['import', 'taro', unpacked, '--data', join(folder, 'data')])).code, 0);
    const again = join(folder, 'again');
    assert.equal((await tayori(['export', 'taro', again, '--data', join(folder, 'data')])).code, 0);
    for (const { path } of note.mailboxes) assert.deepEqual(await readFile(join(again, path)), await readFile(join(byCommand, path)), path);
  });

  test('others’ letters and what is not there are the same; without a login nothing', async () => {
    for (const path of [`/export/${account}`, `/export/${account}/F1`, '/export/A999999', '/export/nonsense']) {
      assert.equal((await taro.fetch(path)).status, 404, path);
    }
    assert.equal((await hanako.fetch(`/export/${account}/F999999`)).status, 404);
    assert.equal((await hanako.fetch(`/export/${account}`, { method: 'POST' })).status, 405);
    assert.equal((await fetch(`${hanako.origin}/export/${account}`)).status, 401);
  });
});
