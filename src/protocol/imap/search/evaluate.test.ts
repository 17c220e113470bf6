import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { Client, openLettersWorld, type LettersWorld } from '../letters-world.ts';
import { runs } from '../../../../test/support/depth.ts';

const day = 86_400_000;
const noon = Date.UTC(1996, 6, 17, 12);

/** What a search is asked of here, beside the octets. */
interface Given {
  readonly subject: string;
  readonly body: string;
  readonly flags: readonly string[];
  readonly receivedAt: number;
  readonly note: string | null;
}
const letters: readonly Given[] = Array.from({ length: 24 }, (_, i) => ({
  subject: ['Tea', 'Milk and tea', 'Coffee', ''][i % 4]!,
  body: i % 5 === 0 ? 'morning' : 'evening tea',
  flags: [...(i % 2 ? ['\\Seen'] : []), ...(i % 3 ? [] : ['\\Flagged']), ...(i % 7 ? [] : ['$work'])],
  receivedAt: noon + (i % 6) * day,
  note: i % 4 === 1 ? 'kept' : null,
}));
const textOf = ({ subject, body, note }: Given): string =>
  `Subject: ${subject}\r\n${note === null ? '' : `X-Note: ${note}\r\n`}\r\n${body}\r\n`;

let world: LettersWorld;
let client: Client;
before(async () => {
  world = await openLettersWorld(letters.map((given) => ({ text: textOf(given), flags: given.flags, receivedAt: given.receivedAt })));
  client = await world.client();
});
after(() => world.end());

/** A key as text, and what it means. */
interface Meaning {
  readonly text: string;
  readonly matches: (given: Given, number: number) => boolean;
}
const key = (text: string, matches: Meaning['matches']): Meaning => ({ text, matches });
const leaf: fc.Arbitrary<Meaning> = fc.oneof(
  fc.constantFrom(
    key('ALL', () => true),
    key('SEEN', ({ flags }) => flags.includes('\\Seen')),
    key('UNFLAGGED', ({ flags }) => !flags.includes('\\Flagged')),
    key('KEYWORD $WORK', ({ flags }) => flags.includes('$work')),
    key('SUBJECT tea', ({ subject }) => /tea/i.test(subject)),
    key('BODY "evening"', ({ body }) => body.includes('evening')),
    key('TEXT TEA', (given) => /tea/i.test(textOf(given))),
    key('HEADER X-Note ""', ({ note }) => note !== null),
    key('HEADER x-note EP', ({ note }) => note !== null),
    key('HEADER x-note none', () => false),
    key('SENTBEFORE 1-Jan-2030', () => false),
    key('EMAILID M3', (_, number) => number === 3),
  ),
  fc
    .integer({ min: 1, max: 24 })
    .chain((low) =>
      fc.integer({ min: 1, max: 24 }).map((high) => key(`${low}:${high}`, (_, n) => n >= Math.min(low, high) && n <= Math.max(low, high))),
    ),
  fc.integer({ min: 1, max: 30 }).map((low) => key(`UID ${low}:*`, (_, n) => n >= Math.min(low, 24))),
  fc.integer({ min: 16, max: 24 }).map((d) => key(`SINCE ${d}-Jul-1996`, ({ receivedAt }) => receivedAt >= Date.UTC(1996, 6, d))),
  fc
    .integer({ min: 16, max: 24 })
    .map((d) => key(`ON ${d}-Jul-1996`, ({ receivedAt }) => Math.floor(receivedAt / day) === Date.UTC(1996, 6, d) / day)),
  fc.integer({ min: 20, max: 60 }).map((n) => key(`LARGER ${n}`, (given) => textOf(given).length > n)),
);
const tree = fc.letrec<{ key: Meaning }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    tie('key').map((one) => key(`NOT ${one.text}`, (given, n) => !one.matches(given, n))),
    fc
      .tuple(tie('key'), tie('key'))
      .map(([a, b]) => key(`OR ${a.text} ${b.text}`, (given, n) => a.matches(given, n) || b.matches(given, n))),
    fc
      .array(tie('key'), { minLength: 1, maxLength: 3 })
      .map((all) => key(`(${all.map(({ text }) => text).join(' ')})`, (given, n) => all.every((one) => one.matches(given, n)))),
  ),
})).key;

test('a search finds what its tree means', () =>
  fc.assert(
    fc.asyncProperty(fc.array(tree, { minLength: 1, maxLength: 3 }), async (keys) => {
      const wanted = letters.flatMap((given, i) => (keys.every(({ matches }) => matches(given, i + 1)) ? [i + 1] : []));
      const text = keys.map((one) => one.text).join(' ');
      assert.deepEqual(await client.numbers(`SEARCH ${text}`), wanted, text);
      assert.deepEqual(await client.numbers(`UID SEARCH ${text}`), wanted, text);
    }),
    { numRuns: runs(400) },
  ));

test('a thousand keys are answered', async () => {
  assert.deepEqual(await client.numbers(`SEARCH ${'OR 1 '.repeat(498)}2`), [1, 2]);
  assert.match(await client.ask(`SEARCH ${'NOT '.repeat(5000)}SEEN`), /^a NO \[LIMIT\] /);
});
