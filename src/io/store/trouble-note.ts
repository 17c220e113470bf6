// Trouble on its way between threads. Knows how each kind is written down and made again.
import { Refusal, Unavailable, type RefusalCode, type UnavailableCode } from '../../base/trouble.ts';
import type { TroubleNote } from './jobs.ts';

export function noteTrouble(error: unknown): TroubleNote {
  if (error instanceof Refusal) return { kind: 'refusal', code: error.code, message: error.message, reason: error.reason };
  if (error instanceof Unavailable) {
    const detail = error.cause instanceof Error ? error.cause.message : '';
    return { kind: 'unavailable', code: error.code, message: error.message, detail };
  }
  if (error instanceof Error) return { kind: 'defect', message: error.message, stack: error.stack ?? '' };
  return { kind: 'defect', message: String(error), stack: '' };
}

export function makeTrouble(note: TroubleNote): Error {
  if (note.kind === 'refusal') return new Refusal(note.code as RefusalCode, note.message, note.reason);
  if (note.kind === 'unavailable')
    return new Unavailable(note.code as UnavailableCode, note.message, note.detail === '' ? undefined : new Error(note.detail));
  const defect = new Error(note.message);
  defect.stack = note.stack;
  return defect;
}
