// The log: one line per event whatever is in it, bounded while nobody reads, readable on a terminal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '../base/trouble.ts';
import { escapeText, formatLine, openLog, type LogOutput } from './log.ts';

function collect(): LogOutput & { readonly text: () => string; stuck: number } {
  const pieces: string[] = [];
  return {
    stuck: 0,
    get writableLength() {
      return this.stuck;
    },
    write: (text) => (pieces.push(text), true),
    text: () => pieces.join(''),
  };
}

test('log: hostile text stays one JSON line', () => {
  const output = collect();
  const { log, flush } = openLog({ level: 'info', format: 'json', output });
  const hostile = 'EHLO a\r\n{"level":"error"}\u001b[2J\u2028\u0000';
  log.info('event', { hostile, list: [hostile, 3], none: undefined });
  log.debug('unseen');
  flush();
  const lines = output.text().split('\n');
  assert.equal(lines.length, 2);
  const parsed = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.equal(parsed['hostile'], hostile);
  assert.equal(parsed['event'], 'event');
  assert.ok(!/[\x00-\x1f]/.test(lines[0]!));
});

test('log: long texts are cut, causes told, stacks only for errors', () => {
  const output = collect();
  const { log, flush } = openLog({ level: 'info', format: 'json', output });
  log.with({ connection: 'c1' }).warn('slow', { text: 'x'.repeat(100_000) }, new Unavailable('dns', 'no answer', new Error('timeout')));
  log.error('broken', {}, new TypeError('no such thing'));
  flush();
  const [slow, broken] = output
    .text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);
  assert.equal(slow!['text']!.length, 501);
  assert.equal(slow!['connection'], 'c1');
  assert.equal(slow!['cause'], 'Unavailable: no answer (timeout)');
  assert.equal(slow!['stack'], undefined);
  assert.match(broken!['stack']!, /^TypeError: no such thing\n/);
});

test('log: while nobody reads, lines are dropped above the bound and counted; later the log says so', () => {
  const output = collect();
  const { log, flush, dropped } = openLog({ level: 'info', format: 'json', output, bound: 10_000 });
  output.stuck = 9_950;
  for (let index = 0; index < 100; index++) log.info('event', { index });
  flush();
  assert.equal(output.text(), '');
  assert.equal(dropped(), 100);
  output.stuck = 0;
  log.info('again');
  flush();
  assert.match(output.text(), /"lines":100,"event":"log lines dropped"/);
  assert.match(output.text(), /"event":"again"/);
});

for (const [line, readable] of [
  ['{"level":"info","time":"2026-11-23T04:48:01.123Z","account":1,"event":"account added"}', '04:48:01 account added account=1\n'],
  ['{"level":"warn","time":"2026-11-23T04:48:01.123Z","reason":"a b","event":"slow"}', '04:48:01 WARN slow reason="a b"\n'],
  ['{"level":"info","time":"2026-11-23T04:48:01.123Z","name":"\\u001b[2J\\u202e","event":"x"}', '04:48:01 x name="\\u001b[2J\\u202e"\n'],
  [
    '{"level":"error","time":"2026-11-23T04:48:01.123Z","stack":"Error: a\\n  at b\\u0007","event":"x"}',
    '04:48:01 ERROR x\n    Error: a\n    at b\\u0007\n',
  ],
] as const)
  test(`formatLine: ${readable.trim().split('\n')[0]}`, () => assert.equal(formatLine(line, false), readable));

test('escapeText: what steers a terminal is written out', () =>
  assert.equal(escapeText('a\u001b]0;x\u0007b\u009bあ\n'), 'a\\u001b]0;x\\u0007b\\u009bあ\\u000a'));
