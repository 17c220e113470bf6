// What is kept is found again, is bounded, and goes when its letters go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadyTexts } from './ready-texts.ts';

test('texts are found by account, name and letter, across blocks', () => {
  const texts = new ReadyTexts();
  for (const message of [1, 255, 256, 1000]) texts.keep(7, 'envelope', message, `e${message}`);
  assert.deepEqual(texts.read(7, 'envelope', [1000, 1, 2, 256, 255]), ['e1000', 'e1', undefined, 'e256', 'e255']);
  assert.deepEqual(texts.read(7, 'bodyStructure', [1]), [undefined]);
  assert.deepEqual(texts.read(70, 'envelope', [1]), [undefined]);
});

test('never more than the bound is kept, and what was used last stays', () => {
  const texts = new ReadyTexts(100_000);
  for (let message = 0; message < 20_000; message++) {
    texts.keep(1, 'body', message, 'x'.repeat(100));
    assert.deepEqual(texts.read(1, 'body', [0]), ['x'.repeat(100)]);
    assert.ok(texts.octets <= 100_000);
  }
  assert.deepEqual(texts.read(1, 'body', [1000, 19_999]), [undefined, 'x'.repeat(100)]);
});

test('the same text twice counts once, and with all dropped nothing counts', () => {
  const texts = new ReadyTexts();
  texts.keep(1, 'envelope', 5, 'abc');
  const { octets } = texts;
  texts.keep(1, 'envelope', 5, 'abc');
  assert.equal(texts.octets, octets);
  texts.keep(12, 'envelope', 5, 'abc');
  texts.keep(1, 'body', 900, 'abc');
  texts.forget(1, [5]);
  assert.deepEqual(texts.read(1, 'envelope', [5]), [undefined]);
  texts.forgetAccount(1);
  assert.deepEqual(texts.read(1, 'body', [900]), [undefined]);
  assert.deepEqual(texts.read(12, 'envelope', [5]), ['abc']);
  texts.forgetAccount(12);
  assert.equal(texts.octets, 0);
});

test('a mailbox is told by its kind of facts', () => {
  assert.equal(ReadyTexts.keeps(['envelope', 'bodyStructure']), true);
  assert.equal(ReadyTexts.keeps(['envelope', 'preview']), false);
});
