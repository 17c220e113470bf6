// Whole exchanges of every mechanism against an authenticator of two people, RFC examples, and what must be refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { base64FromBytes, bytesFromBase64, bytesFromUtf8, latin1FromBytes, noBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { ScramHash } from '../../store/directory-contract.ts';
import type { TlsFacts } from '../line/session.ts';
import type { Authenticator, LoginContext, Principal } from './authenticator.ts';
import { chooseClient, loginClient, plainClient, scramClient, type ClientExchange } from './client.ts';
import { maxSaslLine, parseBase64, SaslDialogue } from './dialogue.ts';
import type { SaslParts } from './exchange.ts';
import { beginExchange, findMechanism, mechanisms, offeredMechanisms } from './mechanism.ts';
import { formatPlain, parsePlain } from './plain.ts';
import { maxPasswordLength, prepareSecret } from './prepare.ts';
import {
  formatClientFirst,
  formatSaslName,
  formatServerFinal,
  formatServerFirst,
  makeScramKeys,
  parseClientFinal,
  parseClientFirst,
  parseSaslName,
  parseServerFirst,
  proves,
} from './scram.ts';
import { runs } from '../../../test/support/depth.ts';

const salt = bytesFromUtf8('a grain of salt.');
const people: Record<string, string> = { 'hanako@tayori.test': 'さくら pencil', 'a,b=c@tayori.test': 'pencil' };
const tls: TlsFacts = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  serverName: null,
  exporter: () => bytesFromUtf8('exporter-of-this-channel'),
  endPoint: () => bytesFromUtf8('hash-of-our-certificate'),
};
const wrong = () => new Refusal('authentication-failed', 'login name or password is wrong');

const principal = (login: string): Principal => ({ account: 1, login, name: login, quota: null, appPassword: null });

function partsFor(over: TlsFacts | null): { parts: SaslParts; failures: string[] } {
  const failures: string[] = [];
  const authenticator: Authenticator = {
    async checkPassword(login, password) {
      if (people[login] !== undefined && people[login] === password) return principal(login);
      failures.push(login);
      throw wrong();
    },
    scramKeys: (login, hash) => makeScramKeys(hash, people[login] ?? 'nobody knows', salt),
    async scramPassed(login) {
      return principal(login);
    },
    async scramFailed(login) {
      failures.push(login);
    },
  };
  const context: LoginContext = { protocol: 'imap', remoteAddress: '192.0.2.1', tls: over !== null, connection: 'c1' };
  return { parts: { authenticator, context, tls: over, plaintextAllowed: true, chance: counting() }, failures };
}

function counting(): Chance {
  let next = 0;
  return { bytes: (length) => new Uint8Array(length).map(() => next++ & 255), fraction: () => 0.5 };
}

/** Both sides talk until the server is done. */
async function signIn(client: ClientExchange, parts: SaslParts): Promise<Principal> {
  const dialogue = new SaslDialogue(client.mechanism, parts);
  const initial = client.initial();
  let step = await dialogue.begin(initial === null ? null : base64FromBytes(initial));
  while (step.kind === 'challenge') step = await dialogue.respond(base64FromBytes(await client.respond(bytesFromBase64(step.text))));
  assert.equal(step.kind, 'done');
  assert.ok(client.complete);
  return (step as { principal: Principal }).principal;
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Refusal && error.code === code;
}

test('every mechanism signs in the right person and refuses the wrong password', async () => {
  for (const [login, password] of Object.entries(people)) {
    const clients = (secret: string): ClientExchange[] => [
      plainClient({ login, password: secret }),
      loginClient({ login, password: secret }),
      scramClient('SHA-1', { login, password: secret }, counting()),
      scramClient('SHA-256', { login, password: secret }, counting()),
      scramClient('SHA-1', { login, password: secret }, counting(), { tls, bound: true }),
      scramClient('SHA-256', { login, password: secret }, counting(), { tls, bound: true }),
    ];
    for (const client of clients(password)) assert.equal((await signIn(client, partsFor(tls).parts)).login, login, client.mechanism);
    for (const client of clients(password + '!')) {
      const { parts, failures } = partsFor(tls);
      await assert.rejects(signIn(client, parts), refused('authentication-failed'), client.mechanism);
      assert.deepEqual(failures, [login], client.mechanism);
    }
  }
});

test('an authorization identity is oneself or refused', async () => {
  const login = 'hanako@tayori.test';
  const password = people[login]!;
  for (const make of [plainClient, (c: Parameters<typeof plainClient>[0]) => scramClient('SHA-256', c, counting())]) {
    assert.equal((await signIn(make({ login, password, authorization: 'Hanako@Tayori.test' }), partsFor(tls).parts)).login, login);
    await assert.rejects(
      signIn(make({ login, password, authorization: 'taro@tayori.test' }), partsFor(tls).parts),
      refused('authorization-failed'),
    );
  }
});

test('mechanisms are offered as the connection allows', () => {
  assert.deepEqual(offeredMechanisms({ tls: null, plaintextAllowed: false }), []);
  assert.deepEqual(offeredMechanisms({ tls: null, plaintextAllowed: true }), ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'LOGIN']);
  assert.deepEqual(offeredMechanisms({ tls, plaintextAllowed: false }), mechanisms);
  const old = { ...tls, exporter: () => null, endPoint: () => null };
  assert.ok(!offeredMechanisms({ tls: old, plaintextAllowed: false }).some((name) => name.endsWith('-PLUS')));
  assert.equal(findMechanism('scram-sha-256-plus'), 'SCRAM-SHA-256-PLUS');
  for (const name of ['EXTERNAL', 'ANONYMOUS', 'CRAM-MD5', '', 'constructor', '__proto__']) assert.equal(findMechanism(name), null, name);
  const clear = { ...partsFor(null).parts, plaintextAllowed: false };
  for (const name of mechanisms) assert.throws(() => beginExchange(name, clear), refused('privacy-required'), name);
  assert.throws(() => beginExchange('SCRAM-SHA-1-PLUS', partsFor(null).parts), refused('cannot'));
});

test('a client takes the strongest mechanism and never tells a password in the clear', () => {
  const me = { login: 'a', password: 'b' };
  const choice = (offered: string[], over: TlsFacts | null) => chooseClient(offered, me, over, counting())?.mechanism ?? null;
  assert.equal(choice([...mechanisms], tls), 'SCRAM-SHA-256-PLUS');
  assert.equal(choice([...mechanisms], null), 'SCRAM-SHA-256');
  assert.equal(choice(['plain', 'login'], tls), 'PLAIN');
  assert.equal(choice(['LOGIN'], tls), 'LOGIN');
  assert.equal(choice(['PLAIN', 'LOGIN'], null), null);
  assert.equal(choice(['GSSAPI'], tls), null);
});

// --- SCRAM ----------------------------------------------------------------------------------------------------------

const examples: { hash: ScramHash; nonce: string; serverFirst: string; clientFinal: string; serverFinal: string; rfc: string }[] = [
  {
    rfc: 'RFC 5802 §5',
    hash: 'SHA-1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    clientFinal: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    rfc: 'RFC 7677 §3',
    hash: 'SHA-256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    clientFinal: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
];
for (const { rfc, hash, nonce, serverFirst, clientFinal, serverFinal } of examples)
  test(`SCRAM: the example of ${rfc}, both sides`, async () => {
    const client = scramClient(hash, { login: 'user', password: 'pencil' }, { bytes: () => bytesFromBase64(nonce), fraction: () => 0 });
    assert.equal(utf8FromBytes(client.initial()!), `n,,n=user,r=${nonce}`);
    assert.equal(utf8FromBytes(await client.respond(bytesFromUtf8(serverFirst))), clientFinal);
    assert.equal(client.complete, false);

    const first = parseServerFirst(serverFirst);
    assert.equal(formatServerFirst(first), serverFirst);
    const keys = await makeScramKeys(hash, 'pencil', first.salt, first.iterations);
    const final = parseClientFinal(clientFinal);
    const message = `n=user,r=${nonce},${serverFirst},${final.withoutProof}`;
    assert.ok(proves(hash, keys, message, final.proof));
    assert.ok(!proves(hash, keys, `${message}.`, final.proof));
    assert.ok(!proves(hash, keys, message, final.proof.subarray(1)));
    assert.equal(formatServerFinal(hash, keys, message), serverFinal);

    assert.equal((await client.respond(bytesFromUtf8(serverFinal))).length, 0);
    assert.ok(client.complete);
  });

test('SCRAM: a server that does not know the password is found out', async () => {
  const client = scramClient('SHA-256', { login: 'user', password: 'pencil' }, counting());
  const nonce = /r=(.*)$/.exec(utf8FromBytes(client.initial()!))![1]!;
  await client.respond(bytesFromUtf8(`r=${nonce}more,s=QSXCR+Q6sek8bf92,i=4096`));
  await assert.rejects(client.respond(bytesFromUtf8('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')), Refusal);
  assert.equal(client.complete, false);
  for (const bad of ['r=other,s=QSXCR+Q6sek8bf92,i=4096', `r=${nonce},s=QSXCR+Q6sek8bf92,i=4096`, `r=${nonce}m,s=QSXC,i=99999999`, 'x']) {
    const other = scramClient('SHA-256', { login: 'user', password: 'pencil' }, counting());
    await assert.rejects(other.respond(bytesFromUtf8(bad)), SyntaxTrouble, bad);
  }
});

test('SCRAM: who takes -PLUS out of the list, or sits between two channels, is found out (RFC 5802 §6)', async () => {
  const me = { login: 'hanako@tayori.test', password: people['hanako@tayori.test']! };
  // The client can bind, and was told that the server cannot.
  const stripped = scramClient('SHA-256', me, counting(), { tls, bound: false });
  assert.match(utf8FromBytes(stripped.initial()!), /^y,,/);
  await assert.rejects(signIn(stripped, partsFor(tls).parts), refused('authentication-failed'));
  // The same client is welcome where the server really cannot bind.
  assert.equal((await signIn(scramClient('SHA-256', me, counting(), { tls, bound: false }), partsFor(null).parts)).login, me.login);
  // Another channel on the client's side.
  const between = { ...tls, exporter: () => bytesFromUtf8('exporter-of-other-channel') };
  await assert.rejects(
    signIn(scramClient('SHA-256', me, counting(), { tls: between, bound: true }), partsFor(tls).parts),
    refused('authentication-failed'),
  );
});

test('SCRAM: tls-server-end-point binds as well, unknown types do not (RFC 5929 §4)', async () => {
  const { parts } = partsFor(tls);
  const begin = (first: string) => beginExchange('SCRAM-SHA-1-PLUS', parts).respond(bytesFromUtf8(first));
  assert.equal((await begin('p=tls-server-end-point,,n=hanako@tayori.test,r=abc')).kind, 'challenge');
  await assert.rejects(begin('p=tls-unique,,n=hanako@tayori.test,r=abc'), refused('authentication-failed'));
  await assert.rejects(begin('n,,n=hanako@tayori.test,r=abc'), SyntaxTrouble);
  await assert.rejects(beginExchange('SCRAM-SHA-1', parts).respond(bytesFromUtf8('p=tls-exporter,,n=a,r=abc')), SyntaxTrouble);
});

test('SCRAM: an unknown person gets a challenge like everybody and fails at the end', async () => {
  const { parts, failures } = partsFor(tls);
  const client = scramClient('SHA-256', { login: 'nobody@tayori.test', password: 'x' }, counting(), { tls, bound: true });
  await assert.rejects(signIn(client, parts), refused('authentication-failed'));
  assert.deepEqual(failures, ['nobody@tayori.test']);
});

for (const bad of [
  '',
  'n',
  'n,,',
  'n,,n=user',
  'n,,r=abc',
  'n,,n=user,r=',
  'n,,n=user,r=a b',
  'x,,n=user,r=abc',
  'p=,,n=user,r=abc',
  'n,b=x,n=user,r=abc',
  'n,a=,n=user,r=abc',
  'n,,m=ext,n=user,r=abc',
  'n,,n=us=er,r=abc',
  'n,,n=us=2c,r=abc',
  'n,,n=u\0r,r=abc',
  `n,,n=user,r=${'a'.repeat(513)}`,
  `n,,n=${'u'.repeat(5000)},r=abc`,
])
  test(`parseClientFirst refuses ${JSON.stringify(bad.slice(0, 40))}`, () => assert.throws(() => parseClientFirst(bad), SyntaxTrouble));

for (const bad of [
  '',
  'c=biws,r=abc',
  'c=biws,p=AAAA',
  'r=abc,c=biws,p=AAAA',
  'c=!,r=abc,p=AAAA',
  'c=biws,r=abc,p=AAAA,x=y',
  'c=biws,r=abc,p=',
])
  test(`parseClientFinal refuses ${JSON.stringify(bad)}`, () => assert.throws(() => parseClientFinal(bad), SyntaxTrouble));

test('SCRAM twins: names and first messages come back as they were', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !text.includes('\0'));
  fc.assert(fc.property(word, (name) => parseSaslName(formatSaslName(name)) === name));
  const flag = fc.constantFrom({ flag: 'n' } as const, { flag: 'y' } as const, { flag: 'p', type: 'tls-exporter' } as const);
  const nonce = fc.stringMatching(/^[!-+\--~]{1,60}$/);
  fc.assert(
    fc.property(flag, fc.option(word, { nil: '' }), word, nonce, (binding, authorization, login, text) => {
      const first = formatClientFirst(binding, authorization, login, text);
      assert.deepEqual(parseClientFirst(first.header + first.bare), first);
    }),
  );
});

// --- PLAIN, LOGIN, base64 -------------------------------------------------------------------------------------------

test('PLAIN twins and RFC 4616 §4', () => {
  assert.deepEqual(parsePlain(bytesFromUtf8('\0tim\0tanstaaftanstaaf')), { authorization: '', login: 'tim', password: 'tanstaaftanstaaf' });
  assert.deepEqual(parsePlain(bytesFromUtf8('Ursel\0Kurt\0xipj3plmq')), { authorization: 'Ursel', login: 'Kurt', password: 'xipj3plmq' });
  const part = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !text.includes('\0') && text.isWellFormed());
  fc.assert(
    fc.property(part, part, part, (authorization, name, password) => {
      const message = { authorization, login: `${name}.`, password };
      assert.deepEqual(parsePlain(formatPlain(message)), message);
    }),
  );
});

test('PLAIN: what is malformed is refused with its own kind of trouble (reliability B-038)', () => {
  for (const bad of [
    '',
    'user',
    'user\0password',
    '\0\0password',
    `\0${'u'.repeat(1025)}\0p`,
    `\0u\0${'p'.repeat(1025)}`,
    `${'a'.repeat(1025)}\0u\0p`,
  ])
    assert.throws(() => parsePlain(bytesFromUtf8(bad)), SyntaxTrouble, JSON.stringify(bad.slice(0, 30)));
  assert.throws(() => parsePlain(new Uint8Array([0, 0xff, 0xfe, 0, 65])), SyntaxTrouble);
  assert.throws(() => parsePlain(bytesFromUtf8('\0user\0pass\0word')), refused('authentication-failed'));
});

test('an empty PLAIN challenge asks for the response, and * gives up', async () => {
  const dialogue = new SaslDialogue('PLAIN', partsFor(tls).parts);
  assert.deepEqual(await dialogue.begin(null), { kind: 'challenge', text: '' });
  assert.deepEqual(await dialogue.respond('*'), { kind: 'cancelled' });
  const login = new SaslDialogue('LOGIN', partsFor(tls).parts);
  assert.deepEqual(await login.begin(null), { kind: 'challenge', text: 'VXNlcm5hbWU6' });
  assert.deepEqual(await login.respond(base64FromBytes(bytesFromUtf8('x'))), { kind: 'challenge', text: 'UGFzc3dvcmQ6' });
});

test('LOGIN takes the name as initial response', async () => {
  const dialogue = new SaslDialogue('LOGIN', partsFor(tls).parts);
  assert.deepEqual(await dialogue.begin(base64FromBytes(bytesFromUtf8('a,b=c@tayori.test'))), { kind: 'challenge', text: 'UGFzc3dvcmQ6' });
  assert.equal((await dialogue.respond(base64FromBytes(bytesFromUtf8('pencil')))).kind, 'done');
});

test('base64 is taken strictly', async () => {
  assert.deepEqual([...parseBase64('AGE=')], [0, 97]);
  assert.equal(parseBase64('').length, 0);
  for (const bad of ['A', 'AB', 'ABC', 'A===', '====', 'AB=C', 'AB C', 'AB\nC', 'ab-_', 'あ', `${'A'.repeat(maxSaslLine)}AAAA`])
    assert.throws(() => parseBase64(bad), SyntaxTrouble, bad.slice(0, 10));
  await assert.rejects(new SaslDialogue('PLAIN', partsFor(tls).parts).begin(''), SyntaxTrouble);
  await assert.rejects(new SaslDialogue('PLAIN', partsFor(tls).parts).begin('='), SyntaxTrouble);
});

test('after SCRAM the last word of the server is acknowledged by an empty line only', async () => {
  const { parts } = partsFor(tls);
  const client = scramClient('SHA-1', { login: 'a,b=c@tayori.test', password: 'pencil' }, counting(), { tls, bound: true });
  const dialogue = new SaslDialogue('SCRAM-SHA-1-PLUS', parts);
  const challenge = await dialogue.begin(base64FromBytes(client.initial()!));
  const last = await dialogue.respond(base64FromBytes(await client.respond(bytesFromBase64((challenge as { text: string }).text))));
  assert.equal(last.kind, 'challenge');
  await assert.rejects(dialogue.respond('AAAA'), SyntaxTrouble);
});

test('no response, however odd, makes a mechanism throw anything but its three kinds of trouble', async () => {
  const { parts } = partsFor(tls);
  const pieces = ['n,,n=user,r=abc', 'c=biws,r=', 'p=tls-exporter,,n=a,r=b', '\0user\0pw', '\0', ',', '=', 'r=', 'あ'];
  const response: fc.Arbitrary<Bytes> = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((words) => bytesFromUtf8(words.join(''))),
    fc.constant(noBytes()),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...mechanisms), fc.array(response, { maxLength: 4 }), async (name, responses) => {
      const exchange = beginExchange(name, parts);
      try {
        for (const bytes of responses) if ((await exchange.respond(bytes)).kind === 'done') return;
      } catch (trouble) {
        assert.ok(trouble instanceof SyntaxTrouble || trouble instanceof Refusal, String(trouble) + latin1FromBytes(responses[0]!));
      }
    }),
    { numRuns: runs(300) },
  );
});

// --- preparation ----------------------------------------------------------------------------------------------------

for (const [given, wanted] of [
  // RFC 4013 §3.
  ['I\u00ADX', 'IX'],
  ['user', 'user'],
  ['USER', 'USER'],
  ['\u00AA', 'a'],
  ['\u2168', 'IX'],
  ['two words', 'two words'],
  ['two\u3000words', 'two words'],
  ['ｐａｓｓ', 'pass'],
  ['か\u3099', 'が'],
  ['e\u0301', 'é'],
] as const)
  test(`prepareSecret makes ${JSON.stringify(given)} ${JSON.stringify(wanted)}`, () => assert.equal(prepareSecret(given), wanted));

test('prepareSecret refuses control characters, nothing and too much', () => {
  for (const bad of ['', '\u0007', 'a\0b', 'a\nb', '\u00AD', '\uE000', '\uD800', 'a\u202Eb', 'x'.repeat(maxPasswordLength + 1)])
    assert.throws(() => prepareSecret(bad), SyntaxTrouble, JSON.stringify(bad.slice(0, 10)));
});
