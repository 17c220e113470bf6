// A letter as the beginning of its answer: to whom, about what, as whom, with what is quoted. Knows RFC 5322 §3.6.4 and the habits of mail; knows
// no editor.
import type { Draft, DraftAttachment, SourceView } from '../../engine/contract.ts';
import { attachmentOf } from '../../engine/letter-markup.ts';
import type { EmailAddress, Id, Identity } from '../../engine/jmap/objects.ts';
import { each, sameAddress } from './addresses.ts';

export type How = 'reply' | 'reply-all' | 'forward';

/** As whom one may write, in which account. */
export interface Author {
  readonly accountId: Id;
  readonly identity: Identity;
}

export interface AnswerWords {
  /** "On Friday … Hanako wrote:" */
  wrote(who: string, when: string): string;
  readonly forwarded: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly date: string;
  readonly subject: string;
}

export interface Answer {
  readonly author: Author | null;
  readonly to: readonly EmailAddress[];
  readonly cc: readonly EmailAddress[];
  readonly subject: string;
  readonly head: string;
  readonly attachments: readonly DraftAttachment[];
  readonly inReplyTo: readonly string[];
  readonly references: readonly string[];
  readonly about: Draft['about'];
}

/** RFC 5322 §3.6.4 has no bound; a header field should. */
const mostReferences = 50;

/** `html`: what is quoted, made harmless; decides which pictures go along. */
export function answerTo(
  how: How,
  accountId: Id,
  source: SourceView,
  authors: readonly Author[],
  html: string | null,
  when: string,
  words: AnswerWords,
  newId: () => string,
): Answer {
  const { head, body } = source;
  const sender = head.from ?? [];
  const recipients = [...(head.to ?? []), ...(body.cc ?? [])];
  const mine = authors.filter((author) => author.accountId === accountId);
  const author = authorOf(mine, recipients, sender);
  const isMine = (person: EmailAddress): boolean =>
    authors.some(({ identity }) => identity.email.toLowerCase() === person.email.toLowerCase());
  const [id = ''] = body.messageId ?? [];
  const thread = { inReplyTo: id === '' ? [] : [id], references: referencesOf(source) };
  const shown = (people: readonly EmailAddress[]): string =>
    people.map(({ name, email }) => (name ? `${name} <${email}>` : email)).join(', ');
  const pictures = attachmentsOf(source, accountId, newId).filter(({ cid }) => cid !== null && html !== null && showsPicture(html, cid));

  if (how === 'forward') {
    const lines = [
      words.forwarded,
      `${words.from}: ${shown(sender)}`,
      `${words.date}: ${when}`,
      `${words.subject}: ${head.subject ?? ''}`,
      `${words.to}: ${shown(head.to ?? [])}`,
    ];
    if (body.cc && body.cc.length > 0) lines.push(`${words.cc}: ${shown(body.cc)}`);
    const files = attachmentsOf(source, accountId, newId)
      .filter(({ cid }) => !pictures.some((picture) => picture.cid === cid && cid !== null))
      .map((file) => ({ ...file, cid: null }));
    return {
      author,
      to: [],
      cc: [],
      subject: prefixed('Fwd', /^\s*(?:fwd?|tr|wg|転送)\s*[:：]/i, head.subject ?? ''),
      head: lines.join('\n'),
      attachments: [...pictures, ...files],
      inReplyTo: [],
      references: thread.references,
      about: { accountId, emailId: head.id, keyword: '$forwarded' },
    };
  }
  // One's own letter is answered to those it went to.
  const isOwn = sender.length > 0 && sender.every(isMine);
  const back = body.replyTo && body.replyTo.length > 0 ? body.replyTo : sender;
  const to = each(isOwn ? (head.to ?? []) : back);
  const others = isOwn ? (body.cc ?? []) : recipients;
  const cc = how === 'reply' ? [] : each(others.filter((person) => !isMine(person) && !to.some((one) => sameAddress(one, person))));
  return {
    author,
    to,
    cc,
    subject: prefixed('Re', /^\s*(?:re|aw|sv|返信)(?:\[\d+\])?\s*[:：]/i, head.subject ?? ''),
    head: words.wrote(shown(sender.slice(0, 1)), when),
    attachments: pictures,
    ...thread,
    about: { accountId, emailId: head.id, keyword: '$answered' },
  };
}

/** The one that the letter was written to; of one's own letter the one it came from. */
function authorOf(mine: readonly Author[], recipients: readonly EmailAddress[], sender: readonly EmailAddress[]): Author | null {
  for (const people of [recipients, sender])
    for (const { email } of people) {
      const found = mine.find(({ identity }) => identity.email.toLowerCase() === email.toLowerCase());
      if (found) return found;
    }
  // hana+shop@example.jp is hana's as well, when there is no identity of that name.
  for (const { email } of recipients) {
    const plain = email.toLowerCase().replace(/\+[^@]*@/, '@');
    const found = mine.find(({ identity }) => identity.email.toLowerCase() === plain);
    if (found) return found;
  }
  return mine[0] ?? null;
}

function referencesOf({ body }: SourceView): readonly string[] {
  const before = body.references && body.references.length > 0 ? body.references : (body.inReplyTo ?? []);
  const all = [...new Set([...before, ...(body.messageId ?? [])])];
  // The first begins the conversation; of the others the latest matter.
  return all.length <= mostReferences ? all : [all[0]!, ...all.slice(1 - mostReferences)];
}

function attachmentsOf({ body }: SourceView, accountId: Id, newId: () => string): DraftAttachment[] {
  return body.attachments.filter(({ blobId }) => blobId !== null).map((part) => attachmentOf(part, newId(), accountId));
}

/** RFC 2392: in an address the Content-ID may be percent-encoded. */
export function showsPicture(html: string, cid: string): boolean {
  return html.includes(`cid:${cid}`) || html.includes(`cid:${encodeURIComponent(cid)}`) || html.includes(`cid:${encodeURI(cid)}`);
}

/** One prefix, however many there were in whatever language. */
function prefixed(prefix: string, known: RegExp, subject: string): string {
  let rest = subject;
  while (known.test(rest)) rest = rest.replace(known, '');
  return `${prefix}: ${rest.trim()}`;
}
