// Where postal-mime and mailparser read a letter of the corpus in another way, and why we keep to ours.
// A difference that is not listed fails the test; so does one that has gone.
import type { Aspect, ReaderName } from './other-readers.ts';

export interface Difference {
  readonly reader: ReaderName;
  readonly aspect: Aspect;
  readonly letters: readonly string[];
  readonly reason: string;
}

const both: readonly ReaderName[] = ['postal-mime', 'mailparser'];

function differ(readers: readonly ReaderName[], aspects: readonly Aspect[], letters: readonly string[], reason: string): Difference[] {
  return readers.flatMap((reader) => aspects.map((aspect) => ({ reader, aspect, letters, reason })));
}

/** Both letters of charsets that a reader has not. */
function charsets(reader: ReaderName, names: readonly string[], reason: string): Difference[] {
  return [
    ...differ(
      [reader],
      ['text'],
      names.map((name) => `charset-${name}-body`),
      reason,
    ),
    ...differ(
      [reader],
      ['subject', 'from', 'files'],
      names.map((name) => `charset-${name}-header`),
      reason,
    ),
  ];
}

export const differences: readonly Difference[] = [
  ...charsets(
    'postal-mime',
    [
      'cp437',
      'ibm850',
      'cp852',
      'viscii',
      'utf-7',
      'utf-32',
      'hz-gb-2312',
      'iso-2022-cn',
      'iso-2022-kr',
      'iso-2022-jp-1',
      'iso-2022-jp-2',
      'iso-2022-jp-ext',
      'cp949',
    ],
    'it has the charsets of TextDecoder alone; ours come from tables and decoders of our own',
  ),
  ...charsets('mailparser', ['utf-7', 'hz-gb-2312', 'iso-2022-cn', 'iso-2022-kr', 'iso-2022-jp-2'], 'it has no decoder for them'),

  // Addresses
  ...differ(
    ['postal-mime'],
    ['to'],
    ['address-comments-everywhere', 'address-nested-comment'],
    'RFC 5322 §3.2.2: comments may stand between tokens, and in comments',
  ),
  ...differ(
    both,
    ['to'],
    ['address-group-in-group'],
    'there are no groups in groups (RFC 5322 §3.4): the second begins a group of its own, and no name is lost',
  ),
  ...differ(
    ['postal-mime'],
    ['to'],
    ['address-literal-6'],
    'the colon stands in a domain literal (RFC 5321 §4.1.3), not behind the name of a group',
  ),
  ...differ(both, ['to'], ['address-missing-close-list'], 'a comma ends an address that was never closed: two recipients are not one'),
  ...differ(
    both,
    ['to'],
    ['address-name-is-address'],
    'the name is shown as it was written; whether to show it is a matter of the mail app',
  ),
  ...differ(['postal-mime'], ['to'], ['address-route', 'address-route-name'], 'a source route is no part of the address (RFC 5322 §4.4)'),
  ...differ(
    both,
    ['to'],
    ['address-spaces-around-at'],
    'RFC 5322 §4.4 (obs-local-part, obs-domain): white space around dots and at sign means nothing',
  ),
  ...differ(
    ['mailparser'],
    ['to'],
    ['address-quoted-local', 'address-quoted-local-at'],
    'RFC 9051 §9 (addr-mailbox): the local part after removing quotes',
  ),
  ...differ(['mailparser'], ['to'], ['address-comment-backslash-end'], 'a backslash that quotes nothing is text'),

  // Dates
  ...differ(
    both,
    ['date'],
    ['date-feb-30', 'date-no-leap-day', 'date-year-99999'],
    'a day that does not exist is not another day: the date of arrival is used then (RFC 5256 §2.2)',
  ),
  ...differ(both, ['date'], ['date-military', 'date-unknown-zone', 'date-wild-zone'], 'RFC 5256 §2.2: an invalid zone counts as UTC'),
  ...differ(both, ['date'], ['date-bad-hour'], 'RFC 5256 §2.2: an invalid time counts as 00:00:00'),
  ...differ(both, ['date'], ['date-jst'], 'JST has one meaning in mail, and nothing else names it'),
  ...differ(both, ['date'], ['date-leap-second'], 'the second before is nearer than the beginning of the minute'),
  ...differ(both, ['date'], ['date-three-digit-year'], 'RFC 5322 §4.3: three digits count from 1900'),
  ...differ(['mailparser'], ['date'], ['date-empty', 'date-words'], 'it takes the time of reading for a date that is missing'),

  // Header sections
  ...differ(both, ['subject'], ['header-nul'], 'NUL cannot be sent by IMAP in a string (RFC 9051 §9)'),
  ...differ(['mailparser'], ['from'], ['header-space-before-colon'], 'RFC 5322 §4.5 allows white space before the colon'),
  ...differ(
    both,
    ['text'],
    ['header-content-type-bare', 'header-content-type-nonsense'],
    'RFC 2045 §5.2: a type that cannot be read is text/plain',
  ),
  ...differ(['mailparser'], ['subject'], ['subject-tabs'], 'RFC 5322 §2.2.3: unfolding takes the line end only'),

  // Encoded words
  ...differ(
    both,
    ['subject'],
    ['subject-raw-latin1', 'subject-raw-iso-2022-jp', 'world-russian-raw'],
    'raw octets are guessed: by the charset of the body, by their escapes, else windows-1252',
  ),
  ...differ(
    ['postal-mime'],
    ['subject'],
    ['subject-split-character'],
    'programs cut characters in two: words of one charset are joined before they are decoded',
  ),
  ...differ(both, ['subject'], ['subject-split-q-and-b'], 'the same when one is Q and the other B'),
  ...differ(['postal-mime'], ['subject'], ['subject-unknown-charset'], 'octets of an unknown charset are UTF-8 when they are valid UTF-8'),
  ...differ(['mailparser'], ['subject'], ['subject-path-charset'], 'RFC 2047 §2: it is a token; an unknown charset is guessed'),

  // Bodies
  ...differ(
    both,
    ['text'],
    ['body-missing-charset-latin1', 'body-missing-charset-jp', 'body-missing-charset-sjis', 'body-missing-charset-euc'],
    'text that names no charset is guessed',
  ),
  ...differ(
    ['postal-mime'],
    ['text'],
    ['body-ascii-8bit', 'body-unknown-charset'],
    'valid UTF-8 under the name of ASCII, or of nothing known, is UTF-8',
  ),
  ...differ(
    ['postal-mime'],
    ['text'],
    ['body-qp-soft-blank', 'body-qp-trailing'],
    'RFC 2045 §6.7 (3): white space at the end of an encoded line was put there on the way',
  ),
  ...differ(['mailparser'], ['text'], ['body-base64-semicolon'], 'a semicolon behind the name of the encoding means nothing'),
  ...differ(['mailparser'], ['text'], ['body-jp-line-reset'], 'RFC 1468: a line ends in ASCII'),
  ...differ(['mailparser'], ['text'], ['body-jp-old-escape'], 'JIS X 0201 has a yen sign at 0x5C'),
  ...differ(both, ['text'], ['world-flowed'], 'they join flowed lines (RFC 3676); we keep what was sent, joining is for showing'),

  // Structures
  ...differ(
    both,
    ['text'],
    ['structure-no-boundary', 'structure-empty-boundary', 'structure-wrong-boundary', 'structure-only-end'],
    'a multipart without a part is shown as text: nothing that was sent is hidden',
  ),

  // File names
  ...differ(both, ['files'], ['name-backslash-path'], 'a backslash before a letter is a path of Windows, not a quoted letter'),
  ...differ(
    both,
    ['files'],
    ['name-no-value'],
    'a disposition without a kind cannot be read (RFC 2183 §2): the name in Content-Type counts',
  ),
  ...differ(
    both,
    ['files'],
    ['name-segments-gap'],
    'RFC 2231 §3: segments are numbered without gaps; what is behind one is of unknown place',
  ),
  ...differ(['postal-mime'], ['files'], ['name-raw-latin1'], 'raw octets are guessed'),
];
