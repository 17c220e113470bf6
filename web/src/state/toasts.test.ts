// Runes outside of a component are what they hold.
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';

Object.assign(globalThis, { $state: Object.assign(<T>(value: T): T => value, { raw: <T>(value: T): T => value }) });
const { toasts } = await import('./toasts.svelte.ts');

suite('toasts', () => {
  const texts = (): readonly string[] => toasts.shown.map(({ text }) => text);
  const undo = { label: 'Undo', run: (): void => undefined };

  test('send, then archive: the letter can be called back until its time is over', () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    toasts.show('Sending…', null, 'done', 60_000);
    toasts.show('Sent', undo, 'done', 10_000, 'counted');
    assert.deepEqual(texts(), ['Sent'], 'what only passes makes room');
    toasts.show('Archived', undo);
    assert.deepEqual(texts(), ['Sent', 'Archived']);
    toasts.show('In the bin', undo);
    toasts.show('Sent', undo, 'done', 10_000, 'counted');
    assert.deepEqual(texts(), ['Sent', 'Sent'], 'two letters are two');
    mock.timers.tick(10_001);
    assert.deepEqual(texts(), []);
    mock.timers.reset();
  });

  test('a new version waits for somebody, once', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    toasts.show('New version', undo, 'done', 0, 'staying');
    toasts.show('Archived');
    const away = toasts.show('New version', undo, 'done', 0, 'staying');
    assert.deepEqual(texts(), ['New version']);
    toasts.show('Archived');
    mock.timers.tick(100_000_000);
    assert.deepEqual(texts(), ['New version']);
    away();
    assert.deepEqual(texts(), []);
    mock.timers.reset();
  });
});
