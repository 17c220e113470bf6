// The corpus as JMAP shows it: every property of every letter can be had, what a list shows is what the letter says, and where a letter has one
// plain text it is the one that postal-mime reads.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import PostalMime from 'postal-mime';
import { bodyParts } from '../../src/message/mime/body-parts.ts';
import { charsetHint, parseTree } from '../../src/message/mime/tree.ts';
import { readFacts } from '../../src/message/read-facts.ts';
import { openBody } from '../../src/protocol/jmap/mail/body-part.ts';
import { bodyValue } from '../../src/protocol/jmap/mail/body-value.ts';
import { valuesFromEnvelope, valuesFromHeader, valuesFromLetter } from '../../src/protocol/jmap/mail/email-values.ts';
import { defaultEmailProperties, readWish } from '../../src/protocol/jmap/mail/email-wish.ts';
import { differences } from './differences.ts';
import { lettersFolder } from './make.ts';

const letters = readdirSync(lettersFolder)
  .filter((file) => file.endsWith('.eml'))
  .map((file) => ({ name: file.slice(0, -4), bytes: readFileSync(`${lettersFolder}/${file}`) }));

const body = {
  bodyProperties: [
    'partId',
    'blobId',
    'size',
    'headers',
    'name',
    'type',
    'charset',
    'disposition',
    'cid',
    'language',
    'location',
    'header:Content-Type:asText',
  ],
  fetchTextBodyValues: false,
  fetchHTMLBodyValues: false,
  fetchAllBodyValues: true,
  maxBodyValueBytes: 0,
};
const everything = readWish(
  [...defaultEmailProperties, 'headers', 'bodyStructure', 'header:X-Any:asAddresses:all', 'header:Subject:all'],
  body,
);
const listed = readWish(['messageId', 'inReplyTo', 'sender', 'from', 'to', 'cc', 'bcc', 'replyTo', 'subject', 'sentAt'], body);

test('every letter of the corpus has all its properties, as JSON that is well-formed text', () => {
  for (const { name, bytes } of letters) {
    const tree = parseTree(bytes);
    const text = JSON.stringify(
      valuesFromLetter(
        everything,
        openBody(bytes, tree, charsetHint(tree), (path) => `B1-${path.join('_')}`),
      ),
    );
    assert.ok(text.isWellFormed() && !/\\ud[89ab]/i.test(text), name);
  }
});

test('what a list shows of a letter is what its header says', () => {
  let fromEnvelope = 0;
  for (const { name, bytes } of letters) {
    const facts = readFacts(bytes);
    const tree = parseTree(bytes);
    const shown = valuesFromEnvelope(listed, facts.envelope, facts.envelopeMarks);
    if (shown === null) continue;
    fromEnvelope++;
    assert.deepEqual(shown, valuesFromHeader(listed, tree.header, charsetHint(tree)), name);
  }
  // Most letters need not be opened for a list; of the corpus many are odd.
  assert.ok(fromEnvelope > letters.length / 2, `${fromEnvelope} of ${letters.length}`);
});

/** What differences.ts says of whole letters holds for their texts, too; and what is shown as text and what is not is another question here. */
const otherwise = new Map<string, string>([
  ['structure-content-type-in-part-broken', 'a part of which the type cannot be read is text (RFC 2045 §5.2), postal-mime passes it over'],
  ['structure-digest', 'postal-mime shows the messages of a digest as text, here they are attachments'],
  ['structure-message', 'and so with an attached message'],
]);

test('one plain text is the text that postal-mime reads', async () => {
  const known = new Set(
    differences.filter(({ reader, aspect }) => reader === 'postal-mime' && aspect === 'text').flatMap(({ letters }) => letters),
  );
  const differing: string[] = [];
  for (const { name, bytes } of letters) {
    const [only, ...more] = bodyParts(parseTree(bytes)).textBody;
    if (only?.type !== 'text' || only.subtype !== 'plain' || more.length > 0 || known.has(name)) continue;
    const ours = String(bodyValue(bytes, only, 0)['value']).trim();
    if (ours !== ((await PostalMime.parse(bytes)).text ?? '').trim()) differing.push(name);
  }
  assert.deepEqual(differing, [...otherwise.keys()]);
});
