// What a report of success says about letters that lie in mailboxes here (RFC 3461 §5.2.3): this is where they end, so nobody else will tell.
// Knows the facts; what a report looks like is dsn.ts's matter.
import type { DeliveredLetter, ReportedRecipient } from './contract.ts';

export function deliveredRecipients({ recipients, letter, at, octets, ...asked }: DeliveredLetter): readonly ReportedRecipient[] {
  return recipients.map(({ address, notify, originalRecipient }, id) => ({
    row: {
      ...asked,
      id,
      letter,
      recipient: address,
      domain: address.slice(address.lastIndexOf('@') + 1),
      dueAt: at,
      expiresAt: at,
      notify,
      originalRecipient,
      bodyType: '7bit',
      size: octets.length,
      createdAt: at,
      attempts: 0,
      state: 'ready',
      lastReply: null,
      lastHost: null,
      delayTold: false,
      leaseEpoch: 0,
      via: null,
    },
    action: 'delivered',
    status: '2.1.5',
    words: 'The letter lies in the mailbox',
    host: null,
    lastAttemptAt: at,
  }));
}
