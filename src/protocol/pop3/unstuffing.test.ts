import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, concatBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { DotStuffer } from './stuffing.ts';
import { DotUnstuffer } from './unstuffing.ts';

/** The text and how many octets are left behind its end; null when there is no end. */
function unstuff(wire: string, cuts: readonly number[]): { text: string; left: number } | null {
  const unstuffer = new DotUnstuffer();
  const pieces: Bytes[] = [];
  const all = bytesFromLatin1(wire);
  let from = 0;
  for (const cut of [...cuts, all.length]) {
    const chunk = all.subarray(from, cut);
    const end = unstuffer.push(chunk, pieces);
    if (end >= 0) return { text: latin1FromBytes(concatBytes(pieces)), left: all.length - from - end };
    from = cut;
  }
  return null;
}

const rows: [wire: string, text: string | null, left?: number][] = [
  ['.\r\n', ''],
  ['.\r\n+OK', '', 3],
  ['a\r\n.\r\n', 'a\r\n'],
  ['..\r\n.\r\n', '.\r\n'],
  ['...\r\n.\r\n-ERR no\r\n', '..\r\n', 9],
  ['.a\r\n.\r\n', 'a\r\n'],
  ['a\r\n..\r\n..b\r\n.\r\n', 'a\r\n.\r\n.b\r\n'],
  ['\r\n\r\n.\r\n', '\r\n\r\n'],
  ['a\n.\nb\n.\r\nc\r\n.\r\n', 'a\n.\nb\n.\r\nc\r\n'],
  ['a\r.\r\n.\r\n', 'a\r.\r\n'],
  ['.\r\r\n.\r\n', '\r\r\n'],
  ['.\rx\r\n.\r\n', '\rx\r\n'],
  ['a\r\r\n.\r\n', 'a\r\r\n'],
  ['a\r\n.\r', null],
  ['a\r\n.', null],
  ['a.\r\n', null],
  ['', null],
];

for (const [wire, text, left = 0] of rows)
  test(`DotUnstuffer ${JSON.stringify(wire)}, at every two cuts`, () => {
    const expected = text === null ? null : { text, left };
    for (let first = 0; first <= wire.length; first++)
      for (let second = first; second <= wire.length; second++) {
        const found = unstuff(wire, [first, second]);
        assert.equal(found?.text, expected?.text, `cut at ${first} and ${second}`);
      }
    assert.deepEqual(unstuff(wire, []), expected);
  });

test('DotUnstuffer is the twin of DotStuffer (printed seed)', (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  context.diagnostic(`seed ${seed}`);
  let state = seed;
  const next = (below: number): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % below;
  const alphabet = ['.', '\r\n', 'a', '..', '\r\n.', 'b'];
  for (let round = 0; round < 2000; round++) {
    let text = '';
    for (let length = next(12); length > 0; length--) text += alphabet[next(alphabet.length)];
    if (!text.endsWith('\r\n') && text !== '') text += '\r\n';
    const stuffer = new DotStuffer();
    const wire = latin1FromBytes(concatBytes([stuffer.push(bytesFromLatin1(text)), stuffer.finish()]));
    const cut = next(wire.length + 1);
    assert.equal(unstuff(wire, [cut])?.text, text, JSON.stringify(wire));
  }
});
