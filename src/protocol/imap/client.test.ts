// The client against servers that are told what to say: every cut of what they send, and those that lie. Knows no socket.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { LineConnection, PeerTls } from '../line/connection.ts';
import { ImapAnswer, ImapClient, uidSets } from './client.ts';
import { ServerBabble, type LiteralSink } from './client-reader.ts';

const clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };
const chance = { bytes: (length: number) => new Uint8Array(length), fraction: () => 0.5 };
const sealed: PeerTls = { version: 'TLSv1.3', cipher: 'x', verified: 'certificate', fault: null, exporter: () => null };

/** Answers each line it hears by the script: `{tag}` stands for the tag. What it says comes in pieces of `cut` octets. */
class Script implements LineConnection {
  readonly remote = { address: '192.0.2.1', port: 993 };
  readonly local = { address: '192.0.2.2', port: 1 };
  tls: PeerTls | null;
  heard = '';
  closed = false;
  readonly #answers: readonly (readonly [RegExp, string])[];
  readonly #cut: number;
  #out: Bytes;

  constructor(
    answers: readonly (readonly [RegExp, string])[],
    options: { readonly cut?: number; readonly greeting?: string; readonly tls?: PeerTls | null } = {},
  ) {
    this.#answers = answers;
    this.#cut = options.cut ?? 100_000;
    this.tls = options.tls === undefined ? sealed : options.tls;
    this.#out = bytesFromLatin1(options.greeting ?? '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n');
  }
  async read(): Promise<Bytes | null> {
    if (this.#out.length === 0) {
      // Nothing more will come: a server that is silent for ever.
      if (this.closed || this.#over) return null;
      throw new Unavailable('timeout', 'nothing arrived for 1 s');
    }
    const piece = this.#out.slice(0, this.#cut);
    this.#out = this.#out.subarray(piece.length);
    return piece;
  }
  #over = false;
  write(data: string | Bytes): void {
    const line = typeof data === 'string' ? data : latin1FromBytes(data);
    this.heard += line;
    const tag = line.split(' ', 1)[0]!;
    for (const [sign, answer] of [...this.#answers, ...polite]) {
      if (!sign.test(line)) continue;
      const text = answer.replaceAll('{tag}', tag).replace('{close}', '');
      this.#over ||= answer.includes('{close}');
      const more = bytesFromLatin1(text);
      const all = new Uint8Array(this.#out.length + more.length);
      all.set(this.#out, 0);
      all.set(more, this.#out.length);
      this.#out = all;
      return;
    }
  }
  async drained(): Promise<void> {}
  async startTls(): Promise<PeerTls> {
    return (this.tls = sealed);
  }
  close(): void {
    this.closed = true;
  }
}

const polite: readonly (readonly [RegExp, string])[] = [
  [/ CAPABILITY/, '* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR STARTTLS UIDPLUS ESEARCH\r\n{tag} OK done\r\n'],
  [/ AUTHENTICATE PLAIN/, '{tag} OK in\r\n'],
  [
    / SELECT/,
    '* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n* OK [PERMANENTFLAGS (\\Seen $a]b \\*)] x\r\n{tag} OK [READ-WRITE] done\r\n',
  ],
  [/ STARTTLS/, '{tag} OK begin\r\n'],
  [/^t\d+ /, '{tag} OK done\r\n'],
];

const login = { login: 'taro', kind: 'password', secret: 'secret-word' } as const;
const demand = { use: 'always', serverName: 'x', verify: 'certificate' } as const;

async function open(
  answers: readonly (readonly [RegExp, string])[],
  options: ConstructorParameters<typeof Script>[1] = {},
): Promise<{ client: ImapClient; script: Script }> {
  const script = new Script(answers, options);
  const client = new ImapClient(script, { clock, chance, server: { host: 'x', port: 993 } });
  await client.begin(login, null);
  await client.select('INBOX');
  return { client, script };
}

const body = 'From: a@b\r\n\r\nhello {5}\r\n) * 1 FETCH\r\n';
const fetched = `* 1 FETCH (UID 4 FLAGS (\\Seen Later) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 36 X-NEW ((a "b)") NIL) BODY[] {${body.length}}\r\n${body})\r\n* 2 FETCH (BODY[]<0> "short" UID 5)\r\n* 3 FETCH (UID 6 BODY[] NIL)\r\n{tag} OK done\r\n`;

for (const cut of [1, 2, 3, 7, 64, 100_000])
  test(`letters whole, cut every ${cut} octets`, async () => {
    const { client } = await open([[/UID FETCH/, fetched]], { cut });
    const found: unknown[] = [];
    await client.fetchLetters(
      [4, 5, 6],
      'UID FLAGS',
      () => null,
      (uid, { octets, flags, size, internalDate }) => {
        found.push([uid, octets instanceof Uint8Array ? latin1FromBytes(octets) : octets, flags, size, internalDate]);
      },
    );
    assert.deepEqual(found, [
      [4, body, ['\\Seen', 'Later'], 36, Date.UTC(1996, 6, 17, 9, 44, 25)],
      [5, 'short', undefined, undefined, undefined],
      [6, null, undefined, undefined, undefined],
    ]);
  });

test('the name of a letter at its provider is exact, beyond what a number holds', async () => {
  const { client } = await open([
    [/UID FETCH/, '* 1 FETCH (X-GM-MSGID 1278455344230334865 UID 4)\r\n* 2 FETCH (UID 5 EMAILID (M6d99ac3275bb4e))\r\n{tag} OK done\r\n'],
  ]);
  const found: unknown[] = [];
  await client.fetch([4, 5], 'UID X-GM-MSGID', (uid, { emailId }) => void found.push([uid, emailId]));
  assert.deepEqual(found, [
    [4, '1278455344230334865'],
    [5, 'M6d99ac3275bb4e'],
  ]);
});

for (const cut of [1000, 4096, 1 << 20])
  test(`a large letter goes to the sink as it arrives, cut every ${cut} octets; what follows is read on`, async () => {
    const large = 'x'.repeat(300_000);
    const { client } = await open(
      [[/UID FETCH/, `* 1 FETCH (BODY[] {${large.length}}\r\n${large} UID 4)\r\n* 2 FETCH (UID 5 BODY[] {2}\r\nhi)\r\n{tag} OK done\r\n`]],
      { cut },
    );
    let octets = 0;
    const sink: LiteralSink = { add: (bytes) => void (octets += bytes.length) };
    const found: unknown[] = [];
    await client.fetchLetters(
      [4, 5],
      'UID',
      () => sink,
      (uid, items) => void found.push([uid, items.octets instanceof Uint8Array ? items.octets.length : items.octets]),
    );
    assert.deepEqual(
      [octets, found],
      [
        large.length,
        [
          [4, 'streamed'],
          [5, 2],
        ],
      ],
    );
  });

test('what SELECT tells, a keyword with a bracket in it too', async () => {
  const script = new Script([]);
  const client = new ImapClient(script, { clock, chance, server: { host: 'x', port: 993 } });
  await client.begin(login, null);
  const { uidValidity, uidNext, messages, readOnly } = await client.select('INBOX');
  assert.deepEqual([uidValidity, uidNext, messages, readOnly], [7, 9, 3, false]);
});

test('names: in modified UTF-7, and back in the spelling of the server', async () => {
  const { client, script } = await open([
    [/ LIST/, '* LIST (\\HasNoChildren) "/" "&kAFP4W4IMH8-"\r\n* LIST (\\Sent) NIL bad&name\r\n{tag} OK done\r\n'],
  ]);
  assert.deepEqual(
    (await client.list()).map(({ name, delimiter }) => [name, delimiter]),
    [
      ['送信済み', '/'],
      ['bad&name', ''],
    ],
  );
  await client.select('bad&name');
  await client.select('日本');
  assert.match(script.heard, /SELECT "bad&name"/);
  assert.match(script.heard, /SELECT "&ZeVnLA-"/);
});

// name, answers, what is asked, what is thrown
const lies: readonly [string, readonly (readonly [RegExp, string])[], (client: ImapClient) => Promise<unknown>, RegExp][] = [
  ['fewer octets than announced', [[/UID FETCH/, '* 1 FETCH (UID 4 BODY[] {100}\r\nshort{close}']], fetchOne, /middle of a literal/],
  [
    'a literal beyond all bounds',
    [[/UID FETCH/, '* 1 FETCH (UID 4 BODY[] {99999999999}\r\n']],
    fetchOne,
    /announced|cannot be understood|nothing arrived/,
  ],
  ['a line without end', [[/UID FETCH/, `* ${'x'.repeat(17 << 20)}`]], fetchOne, /without end/],
  [
    'more UIDs than letters',
    [[/UID SEARCH/, '* ESEARCH (TAG "x") UID ALL 1:4294967295\r\n{tag} OK done\r\n']],
    (client) => client.uidsFrom(1),
    /more letters than it has/,
  ],
  ['an answer to nothing', [[/NOOP/, 'x99 OK done\r\n']], (client) => client.noop(), /not asked/],
  ['no IMAP at all', [[/NOOP/, 'HTTP/1.1 400 Bad Request\r\n']], (client) => client.noop(), /cannot be understood/],
  [
    'a set that is none',
    [[/UID SEARCH/, '* ESEARCH ALL 5:*\r\n* VANISHED 0,*\r\n{tag} OK\r\n']],
    (client) => client.uidsFrom(1),
    /cannot be understood/,
  ],
  ['silence', [[/NOOP/, '']], (client) => client.noop(), /nothing arrived/],
  ['goodbye', [[/NOOP/, '* BYE too busy\r\n']], (client) => client.noop(), /BYE too busy/],
];

function fetchOne(client: ImapClient): Promise<unknown> {
  return client.fetchLetters(
    [4],
    'UID',
    () => null,
    () => {},
  );
}

for (const [name, answers, ask, words] of lies)
  test(`a server that lies: ${name}: the dialogue ends`, async () => {
    const { client, script } = await open(answers);
    await assert.rejects(ask(client), (trouble: Error) => trouble instanceof Unavailable && words.test(trouble.message));
    assert.ok(script.closed && client.isOver);
  });

test('UID 0, the same UID twice, and numbers in any order: what is left is a list', async () => {
  const { client } = await open([
    [/UID SEARCH/, '* SEARCH 9 0 4 4 99999999999 7\r\n{tag} OK done\r\n'],
    [/UID FETCH/, '* 1 FETCH (UID 0 FLAGS ())\r\n* 1 FETCH (FLAGS ())\r\n{tag} OK done\r\n'],
  ]);
  assert.deepEqual([...(await client.uidsFrom(1))], [4, 7, 9]);
  await client.fetch([4], 'FLAGS', () => assert.fail('no UID, no letter'));
});

test('octets in the clear behind STARTTLS are no answer; the secret is not told', async () => {
  const script = new Script([[/ STARTTLS/, '{tag} OK begin\r\n* CAPABILITY AUTH=PLAIN\r\n']], { tls: null });
  const client = new ImapClient(script, { clock, chance, server: { host: 'x', port: 143 } });
  await assert.rejects(client.begin(login, demand), ServerBabble);
  assert.ok(!/AUTHENTICATE|LOGIN/.test(script.heard));
});

test('no STARTTLS, or no TLS at all: the secret is not told', async () => {
  for (const startTls of [demand, null]) {
    const script = new Script([[/ CAPABILITY/, '* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n']], { tls: null });
    const client = new ImapClient(script, { clock, chance, server: { host: 'x', port: 143 } });
    await assert.rejects(client.begin(login, startTls), Unavailable);
    assert.ok(!/AUTHENTICATE|LOGIN/.test(script.heard));
  }
});

test('what was told before STARTTLS is asked again after it', async () => {
  const script = new Script([], { tls: null, greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=CRAM-MD5] hello\r\n' });
  const client = new ImapClient(script, { clock, chance, server: { host: 'x', port: 143 } });
  await client.begin(login, demand);
  assert.equal(script.heard.match(/CAPABILITY/g)!.length, 3);
  assert.match(script.heard, /AUTHENTICATE PLAIN/);
});

test('a refused sign-in is an answer with its code, and happens once', async () => {
  const script = new Script([[/ AUTHENTICATE/, '{tag} NO [AUTHENTICATIONFAILED] wrong\r\n']]);
  const client = new ImapClient(script, { clock, chance, server: { host: 'x', port: 993 } });
  await assert.rejects(
    client.begin(login, null),
    (trouble) => trouble instanceof ImapAnswer && trouble.phase === 'auth' && trouble.responseCode === 'AUTHENTICATIONFAILED',
  );
  assert.equal(script.heard.match(/AUTHENTICATE/g)!.length, 1);
});

test('LOGIN where no mechanism is offered; a quote in a password', async () => {
  const script = new Script([[/ CAPABILITY/, '* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n']], { greeting: '* OK hello\r\n' });
  const client = new ImapClient(script, { clock, chance, server: { host: 'x', port: 993 } });
  await client.begin({ ...login, secret: 'a"b\\c' }, null);
  assert.match(script.heard, /LOGIN "taro" "a\\"b\\\\c"\r\n/);
});

test('expunge without UIDPLUS spares the letters of others', async () => {
  const { client, script } = await open([
    [/ CAPABILITY/, '* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n{tag} OK done\r\n'],
    [/UID SEARCH DELETED/, '* SEARCH 4 5\r\n{tag} OK done\r\n'],
  ]);
  await client.expunge([4]);
  const said = script.heard
    .split('\r\n')
    .filter((line) => /STORE|EXPUNGE/.test(line))
    .map((line) => line.replace(/^t\d+ /, ''));
  assert.deepEqual(said, ['UID STORE 4 +FLAGS (\\Deleted)', 'UID STORE 5 -FLAGS (\\Deleted)', 'EXPUNGE', 'UID STORE 5 +FLAGS (\\Deleted)']);
});

test('sets of UIDs fit in a command and lose none', () => {
  const uids = Array.from({ length: 5000 }, (_, at) => at * 3 + 1_000_000);
  const sets = [...uidSets(uids)];
  assert.ok(sets.every((set) => set.length <= 4000));
  assert.deepEqual(sets.join(',').split(',').map(Number), uids);
});
