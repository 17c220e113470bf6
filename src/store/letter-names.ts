// By which Message-IDs a letter finds its thread (RFC 8474 §5.2, RFC 8621 §3). Knows what it carries and refers to; knows no thread.

/** Referring Message-IDs that are looked at: the oldest one and the newest ones. */
const referencesSeen = 20;

/**
 * Each once. What it answers comes first, then what that answered, and the oldest; its own name comes last: letters that came before it may have named it.
 * A letter that names letters of several threads lies with the nearest one, so that a conversation goes on where it was read last.
 */
export function namesNearestFirst(messageId: string, references: readonly string[]): readonly string[] {
  const names = new Set([...references.slice(-referencesSeen).reverse(), ...references.slice(0, 1), messageId]);
  names.delete('');
  return [...names];
}
