// COMPRESS DEFLATE (RFC 4978 §3).
import { SyntaxTrouble } from '../../../base/trouble.ts';
import type { SessionCommand } from '../context.ts';

export const compress: SessionCommand<void> = {
  parse(cursor) {
    cursor.space();
    if (cursor.word('an algorithm') !== 'DEFLATE') throw new SyntaxTrouble('the only algorithm is DEFLATE');
    cursor.end();
  },
  run(session) {
    if (session.compressed) return { status: 'NO', code: 'COMPRESSIONACTIVE', text: 'DEFLATE is on already' };
    return { text: 'DEFLATE from here on', afterwards: () => session.startDeflate() };
  },
};
