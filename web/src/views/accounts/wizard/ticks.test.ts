import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskStep } from '../../../state/tayori.ts';
import { letterOf, ticksOf } from './ticks.ts';

const step = (side: string, name: string, mark: TaskStep['mark'] = 'passed'): TaskStep => ({
  at: '',
  mark,
  sentence: '',
  side,
  step: name,
  words: '',
  facts: {},
});
const states = (steps: readonly TaskStep[], side: 'receive' | 'send', isRunning = true): string =>
  ticksOf(steps, side, isRunning)
    .map(({ state }) => state[0]!)
    .join('');

const all = ['name', 'reach', 'seal', 'certificate', 'kind', 'login', 'use'];
const whole = (side: string): TaskStep[] => all.map((name) => step(side, name));

test('ticks come one by one, and the next one turns', () => {
  assert.equal(states([], 'receive'), 'rooooooo');
  assert.equal(states([], 'send'), 'oooooooo');
  assert.equal(states([step('receive', 'name'), step('receive', 'reach')], 'receive'), 'pprooooo');
  assert.equal(states([step('receive', 'name'), step('receive', 'reach')], 'send'), 'oooooooo');
  assert.equal(states(whole('receive'), 'send'), 'rooooooo');
});

test('a failure is a cross, and nothing turns when it has ended', () => {
  const steps = [step('receive', 'name'), step('receive', 'reach', 'failed')];
  assert.equal(states(steps, 'receive', false), 'pfoooooo');
});

test('another counter of the same server begins again', () => {
  const steps = [step('send', 'name'), step('send', 'reach', 'failed'), step('send', 'name'), step('send', 'reach')];
  assert.equal(states(steps, 'send'), 'pprooooo');
});

test('the letter: sent, awaited, found; only then both sides are whole', () => {
  const steps = [...whole('receive'), ...whole('send')];
  const [sent, waiting, found] = [step('letter', 'letter'), step('letter', 'letter', 'told'), step('letter', 'letter')] as const;
  assert.deepEqual([steps, [...steps, sent], [...steps, sent, waiting], [...steps, sent, waiting, found]].map(letterOf), [
    'none',
    'sent',
    'waiting',
    'found',
  ]);
  assert.equal(states([...steps, sent, waiting], 'send'), 'pppppppr');
  for (const side of ['receive', 'send'] as const) assert.equal(states([...steps, sent, waiting, found], side, false), 'pppppppp');
});
