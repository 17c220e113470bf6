// IDLE (RFC 9051 §6.3.13, RFC 2177): tells changes as they come until the client says DONE. Many changes at once are told together: the
// mailbox only asks for one wake, however often it changes before that comes.
import { latin1FromBytes } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import type { Unit } from '../../line/session.ts';
import type { Dialogue, Done, SessionCommand, SessionControl } from '../context.ts';

export const idle: SessionCommand<void> = {
  parse: (cursor) => cursor.end(),
  run(session) {
    session.wire.write('+ idling\r\n');
    // What changed before the listener was there.
    session.sync(true);
    return new IdleDialogue(session);
  },
};

class IdleDialogue implements Dialogue {
  readonly #session: SessionControl;
  #stop: (() => void) | null;

  constructor(session: SessionControl) {
    const { wire } = session;
    this.#session = session;
    this.#stop = session.selectedOrNull?.state.listen(() => wire.wake()) ?? null;
    wire.patience(session.parts.limits.idleSilence);
  }

  receive(unit: Unit): Done | null {
    if (unit.kind === 'wake') {
      this.#session.sync(true);
      return null;
    }
    if (unit.kind !== 'line' && unit.kind !== 'line-too-long') return null;
    this.abandon();
    if (unit.kind === 'line-too-long' || latin1FromBytes(unit.bytes).trim().toUpperCase() !== 'DONE')
      throw new SyntaxTrouble('IDLE is ended by DONE');
    return { text: 'IDLE terminated' };
  }

  abandon(): void {
    this.#stop?.();
    this.#stop = null;
    this.#session.wire.patience(this.#session.parts.limits.silence);
  }
}
