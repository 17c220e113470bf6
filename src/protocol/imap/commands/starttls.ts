// STARTTLS (RFC 9051 §6.2.1).
import { SyntaxTrouble } from '../../../base/trouble.ts';
import type { SessionCommand } from '../context.ts';

export const startTls: SessionCommand<void> = {
  parse: (cursor) => cursor.end(),
  run(session) {
    // RFC 9051 §6.2.1: BAD where TLS is on already, or not to be had (B-014).
    if (!session.canStartTls) throw new SyntaxTrouble('TLS cannot be started here');
    // Octets that came behind this line in the clear are thrown away by the wire (B-012).
    return { text: 'Begin TLS now', afterwards: () => session.wire.startTls() };
  },
};
