// An answer to an invitation on its way: a letter to whoever asked, with a text for people and the answer for calendars (RFC 6047 §2), sent by the identity
// that was asked. Knows JMAP's calls for it; draws nothing.
import { formatAnswer } from '../../../../src/message/calendar/answer.ts';
import type { CalendarEvent } from '../../../../src/message/calendar/invitation.ts';
import type { LetterView } from '../../engine/contract.ts';
import type { JsonObject } from '../../engine/jmap/objects.ts';
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';
import { readAuthors } from '../compose/authors.ts';

export const answers = ['ACCEPTED', 'TENTATIVE', 'DECLINED'] as const;
export type Answer = (typeof answers)[number];

/** On the letter that asked: what was answered, on all devices. */
export const answerKeywords: Readonly<Record<Answer, string>> = { ACCEPTED: '$accepted', TENTATIVE: '$tentative', DECLINED: '$declined' };

const using = ['urn:ietf:params:jmap:submission'];

export interface AnswerWords {
  readonly subject: string;
  readonly text: (who: string) => string;
}

/** True: it is on its way. @throws EngineTrouble. */
export async function answerInvitation(
  letter: LetterView,
  event: CalendarEvent,
  invitation: string,
  answer: Answer,
  words: AnswerWords,
): Promise<boolean> {
  const { accountId, head, body } = letter;
  const authors = (await readAuthors()).filter((author) => author.accountId === accountId && author.identity.id !== '');
  const asked = new Set([...event.people, ...(head.to ?? []), ...(body?.cc ?? [])].map(({ email }) => email.toLowerCase()));
  const identity = (authors.find((one) => asked.has(one.identity.email.toLowerCase())) ?? authors[0])?.identity;
  const [drafts, sent] = [live.mailboxOf(accountId, 'drafts'), live.mailboxOf(accountId, 'sent')];
  const { organiser } = event;
  if (!identity || !drafts || organiser === null) return false;
  // The name that the invitation knows the person by comes back to it.
  const name = event.people.find(({ email }) => email.toLowerCase() === identity.email.toLowerCase())?.name || identity.name;
  const calendar = formatAnswer(invitation, { answer, email: identity.email, name, at: Date.now() });
  if (calendar === null) return false;
  const create: JsonObject = {
    mailboxIds: { [drafts.id]: true },
    keywords: { $draft: true, $seen: true },
    from: [{ name: identity.name || null, email: identity.email }],
    to: [{ name: organiser.name || null, email: organiser.email }],
    subject: words.subject,
    ...(body?.messageId ? { inReplyTo: body.messageId, references: [...(body.references ?? []), ...body.messageId] } : {}),
    bodyStructure: {
      type: 'multipart/alternative',
      subParts: [
        { partId: 'text', type: 'text/plain' },
        { partId: 'calendar', 'header:Content-Type': ' text/calendar; method=REPLY; charset=utf-8' },
      ],
    },
    bodyValues: { text: { value: words.text(name || identity.email) }, calendar: { value: calendar } },
  };
  const moved = sent ? { [`mailboxIds/${drafts.id}`]: null, [`mailboxIds/${sent.id}`]: true } : {};
  const [made, submitted] = await engine.ask('call', {
    using,
    calls: [
      ['Email/set', { accountId, create: { d: create } }, 'e'],
      [
        'EmailSubmission/set',
        {
          accountId,
          create: { s: { identityId: identity.id, emailId: '#d' } },
          onSuccessUpdateEmail: { '#s': { 'keywords/$draft': null, ...moved } },
        },
        's',
      ],
    ],
  });
  const emailId = (made?.[1]['created'] as Readonly<Record<string, JsonObject>> | null | undefined)?.['d']?.['id'];
  const isSent = (submitted?.[1]['created'] as JsonObject | null | undefined)?.['s'] != null;
  // Nobody wants it as a draft.
  if (!isSent && typeof emailId === 'string')
    await engine.ask('call', { using: [], calls: [['Email/set', { accountId, destroy: [emailId] }, 'd']] }).catch(() => undefined);
  if (!isSent) return false;
  for (const one of answers)
    if (one === answer || head.keywords[answerKeywords[one]] === true)
      await engine.ask('act', {
        name: 'keyword',
        letters: [{ accountId, emailIds: [head.id] }],
        keyword: answerKeywords[one],
        on: one === answer,
        silent: true,
      });
  return true;
}
