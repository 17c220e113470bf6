// The eight ticks of a server, from the steps that a task has told so far. Knows steps; draws nothing.
import type { TaskStep } from '../../../state/tayori.ts';

export const tickNames = ['name', 'reach', 'seal', 'certificate', 'kind', 'login', 'use', 'letter'] as const;
export type TickName = (typeof tickNames)[number];
export type Side = 'receive' | 'send';

export interface Tick {
  readonly name: TickName;
  readonly state: 'open' | 'running' | 'passed' | 'failed';
  /** The server's own words, where it failed or said anything. */
  readonly words: string;
}

/**
 * A server that is tried at another counter begins again with its name. The letter is one, and both sides' last tick: to send it and to find it
 * again are two halves of one proof.
 */
export function ticksOf(steps: readonly TaskStep[], side: Side, isRunning: boolean): readonly Tick[] {
  const known = new Map<TickName, TaskStep>();
  for (const step of steps) {
    if (step.step === null) continue;
    const name = step.step as TickName;
    if (step.side === 'letter') {
      if (letterOf(steps) === 'found' && step.mark === 'passed') known.set('letter', step);
      else if (step.mark === 'failed') known.set('letter', step);
    } else if (step.side === side) {
      if (name === 'name') known.clear();
      known.set(name, step);
    }
  }
  // The other side's turn has come, or this one's has not yet.
  const last = steps.findLast(({ side: of }) => of !== null)?.side ?? 'receive';
  const isTurn = isRunning && (last === side || last === 'letter' || (side === 'send' && isThrough(known, steps)));
  let isNext = isTurn;
  return tickNames.map((name): Tick => {
    const step = known.get(name);
    if (step?.mark === 'passed' || step?.mark === 'failed') return { name, state: step.mark, words: step.words };
    const state = isNext ? 'running' : 'open';
    isNext = false;
    return { name, state, words: '' };
  });
}

/** Receiving is proven, and nothing of sending has been told yet. */
function isThrough(known: ReadonlyMap<TickName, TaskStep>, steps: readonly TaskStep[]): boolean {
  return known.size === 0 && steps.some(({ side, step, mark }) => side === 'receive' && step === 'use' && mark === 'passed');
}

export type LetterState = 'none' | 'sent' | 'waiting' | 'found';

/** How far the letter to oneself has come. */
export function letterOf(steps: readonly TaskStep[]): LetterState {
  const told = steps.filter(({ side }) => side === 'letter');
  const passed = told.filter(({ mark }) => mark === 'passed').length;
  if (passed >= 2) return 'found';
  if (told.some(({ mark }) => mark === 'told')) return 'waiting';
  return passed === 1 ? 'sent' : 'none';
}
