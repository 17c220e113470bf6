import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, bytesFromUtf8 } from '../../base/bytes.ts';
import { formatCommand, parseCommand, WrongCommand } from './command.ts';
import { formatReply, parseReplyLine, replies, replyForTrouble, replyWith } from './response.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { runs } from '../../../test/support/depth.ts';

const good: [line: string, canonical?: string][] = [
  ['EHLO a.test'],
  ['ehlo a.test ', 'EHLO a.test'],
  ['HELO [192.0.2.1]'],
  ['LHLO a'],
  ['MAIL FROM:<>'],
  ['mail from: <a@b> size=10 ', 'MAIL FROM:<a@b> SIZE=10'],
  ['MAIL FROM:<日@b> SMTPUTF8'],
  ['RCPT TO:<a@b> NOTIFY=NEVER'],
  ['rcpt to:postmaster', 'RCPT TO:<postmaster>'],
  ['DATA'],
  ['BDAT 10'],
  ['bdat 0 last', 'BDAT 0 LAST'],
  ['AUTH PLAIN'],
  ['auth scram-sha-256  bg==', 'AUTH scram-sha-256 bg=='],
  ['NOOP'],
  ['NOOP whatever it is'],
  ['VRFY a'],
  ['EXPN a'],
  ['HELP MAIL'],
  ['RSET'],
  ['STARTTLS'],
  ['QUIT'],
];
for (const [line, canonical = line] of good)
  test(`parseCommand ${line}`, () => {
    const command = parseCommand(bytesFromUtf8(line));
    assert.equal(formatCommand(command), canonical);
    assert.deepEqual(parseCommand(bytesFromUtf8(canonical)), command);
  });

const bad: [line: string, code: number, enhanced: string][] = [
  ['', 500, '5.5.1'],
  [' MAIL', 500, '5.5.1'],
  ['MAILFROM:<a@b>', 500, '5.5.1'],
  ['NO\0OP', 500, '5.5.2'],
  ['NOOP \x7f', 500, '5.5.2'],
  ['NOOP \xff', 500, '5.5.2'],
  ['MAIL FROM:<\xff@b> SMTPUTF8', 501, '5.1.7'],
  ['RCPT TO:<\xc0\xaf@b>', 501, '5.1.3'], // overlong
  ['RCPT TO:<\xed\xa0\x80@b>', 501, '5.1.3'], // surrogate
  ['MAIL', 501, '5.5.4'],
  ['MAIL TO:<a@b>', 501, '5.5.4'],
  ['MAIL FROM:<a@b>SIZE=1', 501, '5.1.7'],
  ['MAIL FROM:<a@b> X=1', 555, '5.5.4'],
  ['MAIL FROM:<a@b> SIZE=x', 501, '5.5.4'],
  ['MAIL FROM:<postmaster>', 501, '5.1.7'],
  ['RCPT TO:', 501, '5.1.3'],
  ['RCPT TO:<a@b> <c@d>', 501, '5.5.4'],
  ['DATA now', 501, '5.5.4'],
  ['QUIT x', 501, '5.5.4'],
  ['BDAT', 501, '5.5.4'],
  ['EHLO a.test\r', 501, '5.5.4'],
  ['MAIL FROM:<a@b.test>\r', 501, '5.1.7'],
  ['RSET\r', 500, '5.5.2'],
  ['BDAT 1 2', 501, '5.5.4'],
  ['AUTH', 501, '5.5.4'],
  ['AUTH PLAIN a b', 501, '5.5.4'],
  ['VRFY', 501, '5.5.4'],
  [`RCPT TO:<${'a'.repeat(10_000)}@local.test>`, 501, '5.1.3'],
];
for (const [line, code, enhanced] of bad)
  test(`parseCommand refuses ${JSON.stringify(line.slice(0, 40))}`, () =>
    assert.throws(
      () => parseCommand(bytesFromLatin1(line)),
      (trouble) => {
        assert.ok(trouble instanceof WrongCommand);
        assert.deepEqual([trouble.reply.code, trouble.reply.enhanced], [code, enhanced]);
        return true;
      },
    ));

test('fuzz: a line is a command or a WrongCommand', () => {
  const word = fc.constantFrom(
    'MAIL',
    'FROM:',
    '<a@b>',
    'RCPT',
    'TO:',
    'EHLO',
    'BDAT',
    'LAST',
    'AUTH',
    ' ',
    ' ',
    '"',
    '\\',
    '\0',
    '\xff',
    '10',
    '=',
    'SIZE=1',
    '[',
    '@',
    '.',
    '\r',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      try {
        formatCommand(parseCommand(bytesFromLatin1(words.join(''))));
      } catch (trouble) {
        if (!(trouble instanceof WrongCommand)) throw trouble;
      }
    }),
    { seed: 4, numRuns: runs(10_000) },
  );
});

test('no command can carry a line end (S-15)', () => {
  assert.throws(() => formatCommand({ verb: 'EHLO', name: 'a\r\nMAIL FROM:<b@c>' }));
  assert.throws(() => formatCommand({ verb: 'AUTH', mechanism: 'PLAIN', initial: 'a\nb' }));
});

test('formatReply: one line, several, long ones, and nothing but printable ASCII', () => {
  assert.equal(formatReply(replies.ok), '250 2.0.0 OK\r\n');
  assert.equal(formatReply(replyWith('ok', 'a\nb')), '250-2.0.0 a\r\n250 2.0.0 b\r\n');
  assert.equal(formatReply(replyWith('refused', 'x\r\0日')), '554 5.0.0 x???\r\n');
  const long = formatReply(replyWith('ok', 'x'.repeat(1000)));
  assert.ok(long.split('\r\n').every((line) => line.length <= 510) && long.startsWith('250-') && long.includes('\r\n250 '));
});

test('every reply of the table has codes that agree (RFC 2034 §4, RFC 3463 §2)', () => {
  for (const [name, { code, enhanced }] of Object.entries(replies)) {
    const parsed = parseReplyLine(formatReply(replies[name as keyof typeof replies]).trimEnd());
    assert.deepEqual([parsed?.code, parsed?.enhanced, parsed?.last], [code, enhanced, true], name);
  }
});

const replyLines: [line: string, expected: unknown[] | null][] = [
  ['250 ok', [250, true, null, 'ok']],
  ['250-2.1.0 ok', [250, false, '2.1.0', 'ok']],
  ['250', [250, true, null, '']],
  ['550 5.1.1', [550, true, '5.1.1', '']],
  ['550 2.1.1 odd', [550, true, null, '2.1.1 odd']],
  ['354 go', [354, true, null, 'go']],
  ['150 no', null],
  ['600 no', null],
  ['2500 no', null],
  ['25 no', null],
  ['abc', null],
  ['', null],
];
for (const [line, expected] of replyLines)
  test(`parseReplyLine "${line}"`, () => {
    const parsed = parseReplyLine(line);
    assert.deepEqual(parsed && [parsed.code, parsed.last, parsed.enhanced, parsed.text], expected);
  });

test('trouble becomes words in one place; a defect does not', () => {
  assert.equal(replyForTrouble(new Refusal('over-quota', 'full'))?.code, 452);
  assert.equal(replyForTrouble(new Unavailable('disk-full', 'x'))?.enhanced, '4.3.1');
  assert.equal(replyForTrouble(new Unavailable('unknown-outcome', 'x'))?.code, 451);
  assert.equal(replyForTrouble(new TypeError('x')), null);
});
