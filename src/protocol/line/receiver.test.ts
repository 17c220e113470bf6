import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, latin1FromBytes } from '../../base/bytes.ts';
import { Receiver } from './receiver.ts';
import type { Unit, Want } from './session.ts';

/** Feeds `input` in pieces of `size` octets and writes the units down, data joined. */
function read(input: string, size: number, want: Want): string[] {
  const receiver = new Receiver(want);
  const bytes = bytesFromLatin1(input);
  const out: string[] = [];
  let data = '';
  const drain = () => {
    for (let unit: Unit | null; (unit = receiver.next()) !== null;) {
      if (unit.kind === 'data') data += latin1FromBytes(unit.bytes);
      else if (unit.kind === 'end') {
        out.push(
          `data ${JSON.stringify(data)}`,
          `end ${unit.length}${unit.tooLong ? ' too long' : ''}${unit.fault ? ' ' + unit.fault : ''}${unit.bareLf ? ' bare ' + unit.bareLf : ''}`,
        );
        data = '';
      } else if (unit.kind === 'line') out.push(`line ${JSON.stringify(latin1FromBytes(unit.bytes))}${unit.bareLf ? ' bare' : ''}`);
      else if (unit.kind === 'line-too-long') out.push(`too long ${unit.length}`);
    }
  };
  for (let at = 0; at < bytes.length; at += size) {
    receiver.push(bytes.subarray(at, at + size));
    drain();
  }
  return out;
}

const line: Want = { kind: 'line', max: 10 };
const dots: Want = { kind: 'dot-data', max: 40 };
const rows: [name: string, want: Want, input: string, units: string[]][] = [
  ['a line', line, 'NOOP\r\n', ['line "NOOP"']],
  ['two lines and a part', line, 'A\r\nB\r\nC', ['line "A"', 'line "B"']],
  ['a bare LF ends a line and is told', line, 'A\nB\r\n', ['line "A" bare', 'line "B"']],
  ['a CR inside stays', line, 'A\rB\r\n', ['line "A\\rB"']],
  ['an empty line', line, '\r\n', ['line ""']],
  ['exactly the maximum', line, '0123456789\r\n', ['line "0123456789"']],
  ['one more', line, '0123456789a\r\nNOOP\r\n', ['too long 13', 'line "NOOP"']],
  ['octets, then lines', { kind: 'octets', length: 5 }, 'a\r\n.\nQUIT\r\n', ['data "a\\r\\n.\\n"', 'end 5', 'line "QUIT"']],
  ['no octets', { kind: 'octets', length: 0 }, 'QUIT\r\n', ['data ""', 'end 0', 'line "QUIT"']],
  ['dot-data', dots, 'a\r\nb\r\n.\r\nQUIT\r\n', ['data "a\\r\\nb\\r\\n"', 'end 6', 'line "QUIT"']],
  ['empty dot-data', dots, '.\r\n', ['data ""', 'end 0']],
  ['stuffed dots', dots, '..\r\n...x\r\na.\r\n.\r\n', ['data ".\\r\\n..x\\r\\na.\\r\\n"', 'end 12']],
  ['a bare LF becomes CRLF', dots, 'a\nb\r\n.\r\n', ['data "a\\r\\nb\\r\\n"', 'end 6 bare 1']],
  ['B-001 LF . LF', dots, 'a\n.\nMAIL\r\n', ['data "a\\r\\n"', 'end 3 smuggling bare 1', 'line "MAIL"']],
  ['B-002 LF . CRLF', dots, 'a\n.\r\nMAIL\r\n', ['data "a\\r\\n"', 'end 3 smuggling bare 1', 'line "MAIL"']],
  ['B-003 CRLF . LF', dots, 'a\r\n.\nMAIL\r\n', ['data "a\\r\\n"', 'end 3 smuggling', 'line "MAIL"']],
  ['B-004 CR . CR', dots, 'a\r.\rb', ['data "a\\r"', 'end 2 smuggling']],
  ['B-004 CRLF . CR', dots, 'a\r\n.\rM\r\n', ['data "a\\r\\n"', 'end 3 smuggling', 'line ""']],
  ['B-005 CRLF . CR CRLF', dots, 'a\r\n.\r\r\nM\r\n', ['data "a\\r\\n"', 'end 3 smuggling', 'line "" bare', 'line "M"']],
  ['B-005 a NUL before the dot is no end', dots, 'a\r\n\0.\r\n.\r\n', ['data "a\\r\\n\\u0000.\\r\\n"', 'end 7 nul']],
  ['a bare CR is told at the end', dots, 'a\rb\r\n.\r\n', ['data "a\\rb\\r\\n"', 'end 5 bare-cr']],
  [
    'too long data is counted and dropped',
    dots,
    'x'.repeat(50) + '\r\n.\r\nQUIT\r\n',
    [`data "${'x'.repeat(40)}"`, 'end 52 too long', 'line "QUIT"'],
  ],
];

for (const [name, want, input, units] of rows)
  test(`Receiver: ${name}`, () => {
    for (const size of [1, 2, 3, 4, 5, 7, 16, 512]) assert.deepEqual(read(input, size, want), units, `in pieces of ${size}`);
  });

test('Receiver: a line without end is never held, and told once', () => {
  const receiver = new Receiver({ kind: 'line', max: 100 });
  const units: Unit[] = [];
  for (let i = 0; i < 10_000; i++) {
    receiver.push(bytesFromLatin1('x'.repeat(50)));
    const unit = receiver.next();
    if (unit !== null) units.push(unit);
    assert.ok(receiver.waiting <= 102);
  }
  assert.deepEqual(units, [{ kind: 'line-too-long', length: 65_550 }]);
  receiver.push(bytesFromLatin1('\r\nNOOP\r\n'));
  const unit = receiver.next();
  assert.ok(unit?.kind === 'line' && latin1FromBytes(unit.bytes) === 'NOOP');
  assert.equal(receiver.next(), null);
});

test('Receiver: time is linear for a megabyte of bare LFs', () => {
  const receiver = new Receiver({ kind: 'dot-data', max: 10 });
  receiver.push(bytesFromLatin1('a\n'.repeat(1_000_000)));
  while (receiver.next()) {}
  receiver.push(bytesFromLatin1('\r\n.\r\n'));
  const unit = receiver.next();
  assert.ok(unit?.kind === 'end' && unit.bareLf === 1_000_000);
});

test('Receiver: discard forgets what was sent before TLS', () => {
  const receiver = new Receiver(line);
  receiver.push(bytesFromLatin1('STARTTLS\r\nRSET\r\nMAIL'));
  assert.equal(receiver.next()?.kind, 'line');
  receiver.discard();
  receiver.push(bytesFromLatin1('EHLO\r\n'));
  const unit = receiver.next();
  assert.ok(unit?.kind === 'line' && latin1FromBytes(unit.bytes) === 'EHLO');
  assert.equal(receiver.next(), null);
});
