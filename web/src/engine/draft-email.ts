// A draft as the Email object that the server stores (RFC 8621 §4.6), and its sending as an EmailSubmission (§7.5); and a stored draft as one that
// is written on. Knows these forms; knows no outbox and no editor.
import type { Draft, DraftQuote, SendOptions } from './contract.ts';
import { flow } from './flowed.ts';
import { attachmentOf, escapeHtml, htmlOfText, quotedLines } from './letter-markup.ts';
import type { BodyPart, EmailAddress, EmailBody, EmailHead, Id, Json, JsonObject } from './jmap/objects.ts';

function addresses(list: readonly EmailAddress[]): Json {
  return list.length === 0 ? null : list.map(({ name, email }) => ({ name, email }));
}

/**
 * `messageId` without angle brackets: the same for each try, so that a letter that went out twice would be one. `blobs`: where the server has each
 * attachment; one that is not in it is left out.
 */
export function emailOf(draft: Draft, draftsId: Id, messageId: string, blobs: ReadonlyMap<string, Id>): JsonObject {
  const html = htmlOf(draft);
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
    ...(draft.wantsReceipt && draft.from !== null ? { [`header:${receiptField}:asAddresses`]: addresses([draft.from]) } : {}),
    ...bodyOf(draft, html, blobs),
  };
}

function bodyOf(draft: Draft, html: string | null, blobs: ReadonlyMap<string, Id>): JsonObject {
  const attachments = draft.attachments.flatMap(({ id, type, name, cid }): JsonObject[] => {
    const blobId = blobs.get(id);
    if (blobId === undefined) return [];
    return [{ blobId, type, name, ...(cid === null ? { disposition: 'attachment' } : { disposition: 'inline', cid }) }];
  });
  if (html !== null)
    return {
      textBody: [{ partId: 'text', type: 'text/plain' }],
      htmlBody: [{ partId: 'html', type: 'text/html' }],
      bodyValues: { text: { value: textOf(draft) }, html: { value: html } },
      attachments,
    };
  // RFC 3676: paragraphs stay paragraphs. A part with its own field is given by the whole structure only (RFC 8621 §4.6).
  const text = { partId: 'text', 'header:Content-Type': ' text/plain; format=flowed' };
  return {
    bodyStructure: attachments.length === 0 ? text : { type: 'multipart/mixed', subParts: [text, ...attachments] },
    bodyValues: { text: { value: flow(textOf(draft)) } },
  };
}

/** RFC 8098 §2.1. */
export const receiptField = 'Disposition-Notification-To';

// --- what is written, and below it what is quoted ---------------------------------------------------------------------

/** Where the quoted letter begins and ends; by them the two are told apart when a draft is opened again. */
const begins = { reply: '<div class="tayori-quote"><div>', forward: '<div class="tayori-forward"><div>' } as const;
const quoted = '<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:2px solid #ccc;padding-left:1ex">';
const ends = '</div><!--/tayori-->';

function htmlOf({ html, quote }: Draft): string | null {
  if (html === null) return null;
  let below = '';
  if (quote !== null) {
    const inner = quote.html ?? htmlOfText(quote.text);
    const head = escapeHtml(quote.head).replace(/\n/g, '<br>');
    below = quote.isForward
      ? `${begins.forward}${head}</div>${inner}${ends}`
      : `${begins.reply}${head}</div>${quoted}${inner}</blockquote>${ends}`;
  }
  return `<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>${html}${below}</body></html>`;
}

function textOf({ text, quote }: Draft): string {
  if (quote === null) return text;
  return `${text.trimEnd()}\n\n${quote.head}\n${quote.isForward ? quote.text : quotedLines(quote.text)}\n`;
}

/** Our own frame and quote taken off; what another app has written stays as it is, and is made harmless by the editor. */
function readHtml(value: string): { readonly html: string; readonly quote: DraftQuote | null } {
  const inner = /<body[^>]*>([\s\S]*?)(?:<\/body>\s*(?:<\/html>)?\s*)?$/i.exec(value)?.[1] ?? value;
  for (const [kind, mark] of Object.entries(begins)) {
    const at = inner.indexOf(mark);
    const end = inner.lastIndexOf(ends);
    const headEnd = inner.indexOf('</div>', at);
    if (at < 0 || end < headEnd) continue;
    const head = inner
      .slice(at + mark.length, headEnd)
      .replace(/<br>/g, '\n')
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&');
    let html = inner.slice(headEnd + '</div>'.length, end);
    if (kind === 'reply' && html.startsWith(quoted)) html = html.slice(quoted.length, html.lastIndexOf('</blockquote>'));
    return { html: inner.slice(0, at), quote: { head, text: '', html, isForward: kind === 'forward', source: null } };
  }
  return { html: inner, quote: null };
}

function readText(value: string, quote: DraftQuote | null): { readonly text: string; readonly quoted: string } {
  const at = quote === null ? -1 : value.indexOf(`\n${quote.head}\n`);
  if (quote === null || at < 0) return { text: value, quoted: '' };
  const below = value.slice(at + quote.head.length + 2);
  return { text: value.slice(0, at).trimEnd(), quoted: quote.isForward ? below : below.replace(/^> ?/gm, '') };
}

// --- a draft that lies at the server ----------------------------------------------------------------------------------

export interface StoredDraft {
  readonly head: EmailHead;
  readonly body: EmailBody;
  readonly text: string;
  readonly html: string | null;
  readonly receiptTo: readonly EmailAddress[] | null;
}

/** `blobs`: where its attachments are. */
export function draftOf(
  stored: StoredDraft,
  key: string,
  accountId: Id,
  newId: () => string,
): { readonly draft: Draft; readonly parts: Readonly<Record<string, Id>> } {
  const { head, body } = stored;
  const read = stored.html === null ? null : readHtml(stored.html);
  const { text, quoted: quotedText } = readText(stored.text.replace(/\r\n/g, '\n'), read?.quote ?? null);
  const attachments = body.attachments.filter(({ blobId }) => blobId !== null).map((part) => attachmentOf(part, newId(), accountId));
  return {
    draft: {
      key,
      accountId,
      identityId: null,
      from: head.from?.[0] ?? null,
      to: head.to ?? [],
      cc: body.cc ?? [],
      bcc: body.bcc ?? [],
      replyTo: body.replyTo ?? [],
      subject: head.subject ?? '',
      text,
      html: read?.html ?? null,
      attachments,
      quote: read?.quote ? { ...read.quote, text: quotedText } : null,
      inReplyTo: body.inReplyTo ?? [],
      references: body.references ?? [],
      about: null,
      wantsReceipt: (stored.receiptTo ?? []).length > 0,
    },
    parts: Object.fromEntries(attachments.map(({ id, blobId }) => [id, blobId!])),
  };
}

/** The parts of a letter that was just stored, by the ids of the draft's attachments: pictures by their Content-ID, the others in order. */
export function partsOf(draft: Draft, stored: readonly BodyPart[]): Readonly<Record<string, Id>> {
  const byCid = new Map(stored.flatMap(({ cid, blobId }) => (cid !== null && blobId !== null ? [[cid, blobId] as const] : [])));
  const others = stored.filter(({ cid }) => cid === null || !draft.attachments.some((one) => one.cid === cid));
  const plain = draft.attachments.filter(({ cid }) => cid === null);
  const parts: Record<string, Id> = {};
  for (const { id, cid } of draft.attachments) {
    const blobId = cid === null ? (others[plain.findIndex((one) => one.id === id)]?.blobId ?? null) : byCid.get(cid);
    // Fewer than were given: something is otherwise than thought; then the files themselves are taken again.
    if (blobId != null && others.length === plain.length) parts[id] = blobId;
  }
  return parts;
}

/** RFC 8621 §7: with RFC 4865's HOLDFOR or HOLDUNTIL it can be called back until then. Null: the envelope follows from the letter. */
export function envelopeOf(draft: Draft, options: SendOptions, mayHold: boolean): JsonObject | null {
  const hold: JsonObject | null =
    options.at !== null
      ? { HOLDUNTIL: options.at.replace(/\.\d+Z$/, 'Z') }
      : options.undoSeconds > 0
        ? { HOLDFOR: String(options.undoSeconds) }
        : null;
  if (!mayHold || hold === null || draft.from === null) return null;
  const recipients = new Set([...draft.to, ...draft.cc, ...draft.bcc].map(({ email }) => email));
  return {
    mailFrom: { email: draft.from.email, parameters: hold },
    rcptTo: [...recipients].map((email) => ({ email, parameters: null })),
  };
}
