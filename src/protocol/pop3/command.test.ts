// Lines and what they mean: a table of good ones, a table of bad ones, and the twins.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { Refusal, SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import { formatCommand, parseCommand, type Command } from './command.ts';
import { formatReply, no, ok, parseReply, replyOfTrouble } from './response.ts';
import { findLanguage, languages } from './words.ts';

const good: readonly (readonly [string, Command])[] = [
  ['USER mrose', { name: 'USER', login: 'mrose' }],
  ['user 花子@tayori.test', { name: 'USER', login: '花子@tayori.test' }],
  ['PASS secret', { name: 'PASS', password: 'secret' }],
  ['PASS  a b  c ', { name: 'PASS', password: ' a b  c ' }],
  ['AUTH', { name: 'AUTH', mechanism: null, initialResponse: null }],
  ['AUTH PLAIN', { name: 'AUTH', mechanism: 'PLAIN', initialResponse: null }],
  ['AUTH PLAIN =', { name: 'AUTH', mechanism: 'PLAIN', initialResponse: '=' }],
  ['AUTH plain dGVzdAB0ZXN0AHRlc3Q=', { name: 'AUTH', mechanism: 'plain', initialResponse: 'dGVzdAB0ZXN0AHRlc3Q=' }],
  ['stat', { name: 'STAT' }],
  ['LIST', { name: 'LIST', number: null }],
  ['LIST 2', { name: 'LIST', number: 2 }],
  ['LIST  2 ', { name: 'LIST', number: 2 }],
  ['UIDL 007', { name: 'UIDL', number: 7 }],
  ['RETR 1234567890', { name: 'RETR', number: 1_234_567_890 }],
  ['TOP 1 0', { name: 'TOP', number: 1, lines: 0 }],
  ['DELE 1', { name: 'DELE', number: 1 }],
  ['LANG', { name: 'LANG', range: null }],
  ['LANG *', { name: 'LANG', range: '*' }],
  ['QUIT', { name: 'QUIT' }],
];
for (const [line, command] of good)
  test(`parseCommand reads ${JSON.stringify(line)}`, () => {
    assert.deepEqual(parseCommand(bytesFromUtf8(line)), command);
    assert.deepEqual(parseCommand(formatCommand(command)), command);
  });

for (const line of [
  '',
  ' ',
  ' STAT',
  'STATS',
  'STAT 1',
  'USER',
  'USER ',
  'PASS',
  'PASS ',
  'AUTH PLAIN = =',
  'STLS x',
  'LIST x',
  'LIST 0',
  'LIST 1 2',

  'RETR',
  'RETR 12345678901',
  'RETR 1.0',
  'RETR +1',
  'RETR １',
  'TOP',
  'TOP 1',
  'TOP 1 2 3',
  'DELE',
  'LANG a b',
  'APOP a b',
  'LAST',
  'XTND',
  'constructor',
  '__proto__',
  'toString x',
  'USER a\0b',
])
  test(`parseCommand refuses ${JSON.stringify(line)}`, () => assert.throws(() => parseCommand(bytesFromUtf8(line)), SyntaxTrouble));

test('parseCommand refuses what is not UTF-8', () => {
  assert.throws(() => parseCommand(new Uint8Array([...bytesFromUtf8('USER '), 0xff])), SyntaxTrouble);
});

test('parseCommand throws nothing but SyntaxTrouble', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), fc.constantFrom('', 'TOP ', 'USER ', 'AUTH '), (octets, start) => {
      try {
        parseCommand(new Uint8Array([...bytesFromUtf8(start), ...octets]));
      } catch (trouble) {
        assert.ok(trouble instanceof SyntaxTrouble);
      }
    }),
  );
});

test('reply twins: formatReply and parseReply', () => {
  const text = fc.stringMatching(/^[A-Za-z0-9 (),.]{1,100}$/).filter((words) => words.trim() === words);
  fc.assert(
    fc.property(fc.boolean(), fc.constantFrom(null, 'AUTH', 'SYS/TEMP', 'IN-USE'), text, (isOk, code, words) => {
      const reply = { ...(isOk ? ok(words) : no(words)), code } as ReturnType<typeof no>;
      assert.deepEqual(parseReply(formatReply(reply)), reply);
    }),
  );
});

test('a reply is one line of at most 512 octets, and only a code begins with a bracket (RFC 2449 §3)', () => {
  const line = formatReply(no(`[x] evil\r\n+OK 漢${'字'.repeat(1000)}`, null));
  assert.match(line, /^-ERR \. \[x\] evil {2}\+OK 漢字/);
  assert.equal(line.indexOf('\r\n'), line.length - 2);
  assert.ok(bytesFromUtf8(line).length <= 512);
});

for (const [trouble, reply] of [
  [new SyntaxTrouble('a number is expected'), '-ERR a number is expected\r\n'],
  [new Refusal('authentication-failed', 'wrong', 'no such person'), '-ERR [AUTH] wrong\r\n'],
  [new Refusal('no-perm', 'not for this'), '-ERR [AUTH] not for this\r\n'],
  [new Refusal('in-use', 'busy'), '-ERR [IN-USE] busy\r\n'],
  [new Refusal('login-delayed', 'wait 3 s'), '-ERR [LOGIN-DELAY] wait 3 s\r\n'],
  [new Unavailable('busy', 'too many'), '-ERR [SYS/TEMP] too many\r\n'],
  [new Error('stack and secrets'), '-ERR [SYS/TEMP] something is wrong here, please try again later\r\n'],
] as const)
  test(`trouble becomes words: ${reply.trim()}`, () => assert.equal(formatReply(replyOfTrouble(trouble, languages.en)), reply));

test('languages are found by range (RFC 4647 §2.1), and each says everything', () => {
  assert.deepEqual(['*', 'en', 'EN-GB', 'ja', 'ja-Hira', 'fr', '', 'constructor'].map(findLanguage), [
    'en',
    'en',
    'en',
    'ja',
    'ja',
    null,
    null,
    null,
  ]);
  assert.deepEqual(Object.keys(languages.ja).sort(), Object.keys(languages.en).sort());
});
