// Every command in every state: answered with the expected class, never a crash, never silence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, latin1FromBytes } from '../../base/bytes.ts';
import { MemoryWire } from '../line/transcript.ts';
import type { Verb } from './command.ts';
import { openSmtpWorld } from './smtp-world-suite.ts';
import { isAllowed, states, verbs, type State } from './states.ts';
import { runs } from '../../../test/support/depth.ts';

const ways: Readonly<Record<State, string>> = {
  fresh: '',
  greeted: 'EHLO a.test\r\n',
  sender: 'EHLO a.test\r\nMAIL FROM:<a@b.test>\r\n',
  recipients: 'EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<hanako@local.test>\r\n',
  chunks: 'EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<hanako@local.test>\r\nBDAT 1\r\nx',
};

const lines: Readonly<Record<Verb, { readonly line: string; readonly yes: string }>> = {
  EHLO: { line: 'EHLO b.test\r\n', yes: '250' },
  HELO: { line: 'HELO b.test\r\n', yes: '250' },
  LHLO: { line: 'LHLO b.test\r\n', yes: '500' },
  MAIL: { line: 'MAIL FROM:<>\r\n', yes: '250' },
  RCPT: { line: 'RCPT TO:<taro@local.test>\r\n', yes: '250' },
  DATA: { line: 'DATA\r\n', yes: '354' },
  BDAT: { line: 'BDAT 0 LAST\r\n', yes: '250' },
  RSET: { line: 'RSET\r\n', yes: '250' },
  NOOP: { line: 'NOOP\r\n', yes: '250' },
  HELP: { line: 'HELP\r\n', yes: '214' },
  VRFY: { line: 'VRFY a\r\n', yes: '252' },
  EXPN: { line: 'EXPN a\r\n', yes: '502' },
  STARTTLS: { line: 'STARTTLS\r\n', yes: '220' },
  AUTH: { line: 'AUTH PLAIN\r\n', yes: '502' },
  QUIT: { line: 'QUIT\r\n', yes: '221' },
};

for (const state of states)
  test(`every command in state ${state}`, async () => {
    for (const verb of verbs) {
      const world = await openSmtpWorld(new Map());
      const wire = new MemoryWire('c', null);
      await wire.start(world.make);
      await wire.send(bytesFromLatin1(ways[state]));
      wire.takeOutput();
      await wire.send(bytesFromLatin1(lines[verb].line));
      const code = latin1FromBytes(wire.takeOutput()).slice(0, 3);
      if (isAllowed(verb, state)) assert.equal(code, lines[verb].yes, `${verb} in ${state}`);
      else assert.ok(code === '503' || (code === '554' && verb === 'DATA'), `${verb} in ${state}: ${code}`);
      wire.gone();
      await world.end();
    }
  });

test('fuzz: any pieces in any order, cut anywhere, are answered or end the connection; held memory stays small', async () => {
  const piece = fc.constantFrom(
    ...Object.values(lines).map(({ line }) => line),
    'MAIL FROM:<a@b.test> BODY=BINARYMIME\r\n',
    'BDAT 5\r\nabcde',
    'BDAT 3 LAST\r\n\r\n.',
    '\r\n.\r\n',
    '\n.\n',
    'text\r\n',
    '\0',
    '\xff\r\n',
    'A'.repeat(13_000),
    '\r',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 14 }), fc.integer({ min: 1, max: 50 }), async (pieces, size) => {
      const world = await openSmtpWorld(new Map([['errors', '1000']]));
      const wire = new MemoryWire('c', null);
      await wire.start(world.make);
      const input = bytesFromLatin1(pieces.join(''));
      const step = input.length > 5000 ? 4000 : size;
      for (let at = 0; at < input.length && !wire.closed; at += step) await wire.send(input.slice(at, at + step));
      if (!wire.closed) {
        await wire.event({ kind: 'shutdown' });
        assert.ok(wire.closed);
      }
      for (const line of latin1FromBytes(wire.takeOutput()).split('\r\n').slice(0, -1)) assert.match(line, /^[2-5]\d\d[ -]/);
      wire.gone();
      await world.end();
    }),
    { seed: 5, numRuns: runs(300) },
  );
});
