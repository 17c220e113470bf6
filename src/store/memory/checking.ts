// Whether an account in memory is as its own numbers say. Knows one account; changes nothing.
import { sha256Hex } from '../../base/digest.ts';
import type { MessageId, VerifyFinding } from '../contract.ts';
import type { MemoryAccount } from './account.ts';

export function* findingsOf(account: MemoryAccount, quick: boolean): Iterable<VerifyFinding> {
  const places = new Map<MessageId, number>();
  for (const { id, name, state } of account.mailboxes.values()) {
    let octets = 0;
    for (let at = 0; at < state.count; at++) {
      const message = state.messages[at]!;
      places.set(message, (places.get(message) ?? 0) + 1);
      octets += state.sizes[at]!;
      if (!account.letters.has(message)) yield { account: account.id, what: `Mailbox ${id} (${name}): letter ${message} is missing` };
    }
    if (octets !== state.octets)
      yield { account: account.id, what: `Mailbox ${id} (${name}): ${state.octets} octets are told, ${octets} are there` };
  }
  for (const letter of account.letters.values()) {
    const found = places.get(letter.id) ?? 0;
    if (found !== letter.places)
      yield { account: account.id, what: `Letter ${letter.id}: lies in ${found} places, ${letter.places} are told` };
    if (!quick && sha256Hex(letter.bytes) !== letter.sha256)
      yield { account: account.id, what: `Letter ${letter.id}: its octets are not those that arrived` };
  }
}
