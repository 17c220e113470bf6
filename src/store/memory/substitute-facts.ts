// The fewest facts that a store needs of a letter, until it can ask the message layer.
import { latin1FromBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import type { LetterFacts } from '../../message/facts.ts';

export function readFacts(bytes: Bytes): LetterFacts {
  const raw = latin1FromBytes(bytes);
  const end = raw.indexOf('\r\n\r\n');
  const headerLength = end < 0 ? bytes.length : end + 4;
  const header = raw.slice(0, headerLength).replaceAll(/\r\n(?=[ \t])/g, '');
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(header)?.[1] ?? '';
  const ids = (name: string): string[] => [...field(name).matchAll(/<([^<>]+)>/g)].map((match) => match[1]!);
  const subject = field('Subject');
  const sent = Date.parse(field('Date'));
  return {
    envelope: '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)',
    bodyStructure: '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)',
    body: '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)',
    headerLength,
    parts: '',
    preview: utf8FromBytes(bytes, headerLength).slice(0, 200),
    baseSubject: subject.toUpperCase(),
    subject,
    sentAt: Number.isNaN(sent) ? null : sent,
    from: field('From'),
    to: field('To'),
    cc: field('Cc'),
    bcc: field('Bcc'),
    sortFrom: '',
    sortTo: '',
    sortCc: '',
    displayFrom: field('From'),
    displayTo: field('To'),
    messageId: ids('Message-ID')[0] ?? '',
    references: [...ids('References'), ...ids('In-Reply-To')],
    hasAttachment: false,
  };
}

export function readTexts(bytes: Bytes): { header: string; body: string } {
  const { headerLength } = readFacts(bytes);
  return { header: utf8FromBytes(bytes, 0, headerLength), body: utf8FromBytes(bytes, headerLength) };
}
