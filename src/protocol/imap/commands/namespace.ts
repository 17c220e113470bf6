// NAMESPACE (RFC 9051 §6.3.10, RFC 2342): one of our own, no others.
import type { Command } from '../context.ts';

export const namespace: Command<void> = {
  parse: (cursor) => cursor.end(),
  run(context) {
    context.untagged('NAMESPACE (("" "/")) NIL NIL');
    return { text: 'NAMESPACE completed' };
  },
};
