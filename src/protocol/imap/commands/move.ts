// MOVE and UID MOVE (RFC 9051 §6.4.8, RFC 6851). Knows the order of the answers: COPYUID untagged, then what is gone, then the end.
import type { Command, Done } from '../context.ts';
import { copyLetters, copyUid, parseCopy, type CopyArguments } from './copy.ts';

function moveCommand(byUid: boolean): Command<CopyArguments> {
  return {
    parse: parseCopy,
    async run(context, args): Promise<Done> {
      context.checkWritable();
      const moved = await copyLetters(context, args, byUid, true);
      if ('text' in moved) return moved;
      // RFC 6851 §4.3: COPYUID comes before the EXPUNGE or VANISHED answers, which the session tells at the end of the command.
      context.untagged(`OK [${copyUid(moved)}] Moved`);
      // RFC 6851 §4.4
      return { ...(context.enabled.condstore ? { code: `HIGHESTMODSEQ ${moved.modSeq}` } : {}), text: 'MOVE completed' };
    },
  };
}

export const move = moveCommand(false);
export const uidMove = moveCommand(true);
