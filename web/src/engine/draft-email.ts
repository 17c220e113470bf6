// A draft as the Email object that the server stores (RFC 8621 §4.6), and its sending as an EmailSubmission (§7.5). Knows both forms;
// knows no outbox and no editor.
import type { Draft, SendOptions } from './contract.ts';
import type { EmailAddress, Id, Json, JsonObject } from './jmap/objects.ts';

function addresses(list: readonly EmailAddress[]): Json {
  return list.length === 0 ? null : list.map(({ name, email }) => ({ name, email }));
}

/** `messageId` without angle brackets: the same for each try, so that a letter that went out twice would be one. */
export function emailOf(draft: Draft, draftsId: Id, messageId: string): JsonObject {
  const hasHtml = draft.html !== null;
  return {
    mailboxIds: { [draftsId]: true },
    keywords: { $draft: true, $seen: true },
    from: draft.from === null ? null : addresses([draft.from]),
    to: addresses(draft.to),
    cc: addresses(draft.cc),
    bcc: addresses(draft.bcc),
    replyTo: addresses(draft.replyTo),
    subject: draft.subject,
    messageId: [messageId],
    inReplyTo: draft.inReplyTo.length === 0 ? null : [...draft.inReplyTo],
    references: draft.references.length === 0 ? null : [...draft.references],
    ...(draft.wantsReceipt && draft.from !== null ? { 'header:Disposition-Notification-To:asAddresses': addresses([draft.from]) } : {}),
    textBody: [{ partId: 'text', type: 'text/plain' }],
    ...(hasHtml ? { htmlBody: [{ partId: 'html', type: 'text/html' }] } : {}),
    bodyValues: { text: { value: draft.text }, ...(hasHtml ? { html: { value: draft.html } } : {}) },
    attachments: draft.attachments.map(({ blobId, type, name, cid }) => ({
      blobId,
      type,
      name,
      ...(cid === null ? { disposition: 'attachment' } : { disposition: 'inline', cid }),
    })),
  };
}

/** RFC 8621 §7: with RFC 4865's HOLDFOR or HOLDUNTIL it can be called back until then. Null: the envelope follows from the letter. */
export function envelopeOf(draft: Draft, options: SendOptions, mayHold: boolean): JsonObject | null {
  const hold: JsonObject | null =
    options.at !== null ? { HOLDUNTIL: options.at } : options.undoSeconds > 0 ? { HOLDFOR: String(options.undoSeconds) } : null;
  if (!mayHold || hold === null || draft.from === null) return null;
  const recipients = new Set([...draft.to, ...draft.cc, ...draft.bcc].map(({ email }) => email));
  return {
    mailFrom: { email: draft.from.email, parameters: hold },
    rcptTo: [...recipients].map((email) => ({ email, parameters: null })),
  };
}
