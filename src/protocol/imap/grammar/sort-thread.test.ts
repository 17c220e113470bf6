// Loose equality where values are compared: fast-check makes records without a prototype.
import { deepEqual } from 'node:assert';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1 } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { Cursor } from './cursor.ts';
import { formatSortCriteria, parseSortCriteria, parseThreadAlgorithm, type SortCriterion } from './sort-thread.ts';

function parse(text: string): SortCriterion[] {
  const cursor = new Cursor(bytesFromLatin1(text));
  const criteria = parseSortCriteria(cursor);
  cursor.end();
  return criteria;
}

const criterion = fc.record({
  key: fc.constantFrom('ARRIVAL', 'CC', 'DATE', 'FROM', 'SIZE', 'SUBJECT', 'TO', 'DISPLAYFROM', 'DISPLAYTO'),
  reverse: fc.boolean(),
});
test('criteria come back as they were written', () =>
  fc.assert(
    fc.property(fc.array(criterion, { minLength: 1, maxLength: 10 }), (criteria) =>
      deepEqual(parse(formatSortCriteria(criteria)), criteria),
    ),
  ));

test('parseSortCriteria takes any case', () => assert.equal(formatSortCriteria(parse('(reverse Date subject)')), '(REVERSE DATE SUBJECT)'));
for (const text of [
  '',
  '()',
  'DATE',
  '(DATE',
  '(REVERSE)',
  '(REVERSE REVERSE DATE)',
  '(NOSUCH)',
  '(DATE  SIZE)',
  `(${'DATE '.repeat(40)}DATE)`,
])
  test(`parseSortCriteria refuses ${JSON.stringify(text.slice(0, 30))}`, () => assert.throws(() => parse(text), SyntaxTrouble));

test('parseThreadAlgorithm', () => {
  assert.equal(parseThreadAlgorithm(new Cursor(bytesFromLatin1('references'))), 'REFERENCES');
  assert.equal(parseThreadAlgorithm(new Cursor(bytesFromLatin1('OrderedSubject'))), 'ORDEREDSUBJECT');
  assert.throws(() => parseThreadAlgorithm(new Cursor(bytesFromLatin1('REFS'))), SyntaxTrouble);
});
