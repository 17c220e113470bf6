// The twin of formatEnvelope, on every letter of the corpus and on whatever chance makes.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { charsetHint, parseTree } from '../mime/tree.ts';
import { envelopeMarks, formatEnvelope, readEnvelope } from './envelope.ts';
import { parseEnvelope } from './read-envelope.ts';
import { runs } from '../../../test/support/depth.ts';

const folder = new URL('../../../test/corpus/letters/', import.meta.url);

/** What is written down is read back; where nothing is marked as changed, it is what the fields said. */
function check(bytes: Uint8Array): void {
  const tree = parseTree(bytes);
  const hint = charsetHint(tree);
  const envelope = readEnvelope(tree.header, hint);
  const read = parseEnvelope(formatEnvelope(envelope, hint));
  if ((envelope.marks & envelopeMarks.changed) !== 0) return;
  const { marks: _marks, references: _references, ...said } = envelope;
  assert.deepEqual(read, said);
}

test('parseEnvelope on the corpus', () => {
  for (const file of readdirSync(folder)) if (file.endsWith('.eml')) check(readFileSync(new URL(file, folder)));
});

test('parseEnvelope of any header', () => {
  const line = fc.tuple(
    fc.constantFrom('From', 'To', 'Cc', 'Bcc', 'Sender', 'Reply-To', 'Subject', 'Date', 'Message-ID'),
    fc.array(
      fc.constantFrom(
        'a',
        '"',
        '\\',
        '<',
        '>',
        '@',
        'b.example',
        ',',
        ':',
        ';',
        '(',
        ')',
        ' ',
        '=?utf-8?Q?=C3=A9?=',
        '\u00e9',
        '\r\n ',
        '{3}',
        'NIL',
      ),
      {
        maxLength: 20,
      },
    ),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      check(bytesFromLatin1(`${lines.map(([name, pieces]) => `${name}: ${pieces.join('')}\r\n`).join('')}\r\n`));
    }),
    { numRuns: runs(2000) },
  );
});

for (const text of ['', '(', 'NIL', '(NIL NIL)', '({9}\r\nab NIL)']) {
  test(`parseEnvelope refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseEnvelope(text), /damaged/));
}
