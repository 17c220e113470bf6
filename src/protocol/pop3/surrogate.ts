// A letter for a client that has not said UTF8 (RFC 6856 §2.1): its header section in pure ASCII, the rest as it is.
// Knows header fields; knows no session. What RFC 2047 and RFC 2231 can say is kept; an address that has no ASCII form is put beside one
// that leads nowhere, so that it can be read and cannot be answered by mistake (after RFC 6858).
// Missing: header sections of parts inside stay as they are.
import { concatBytes, bytesFromLatin1, isAsciiBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { formatAddressList, formatAddrSpec, parseAddressList, type Address, type Mailbox } from '../../message/address/address-list.ts';
import { formatField, formatTextField } from '../../message/build/field.ts';
import { decodeRawHeader } from '../../message/charset/decode.ts';
import { cleanText, decodeWords } from '../../message/header/encoded-word.ts';
import { headerFieldRanges, trimBlank, unfold } from '../../message/header/fields.ts';
import { formatTyped, parameterText, parseTyped } from '../../message/header/parameters.ts';

/** Header sections above this size stay as they are. */
const longestHeader = 128 * 1024;
const nowhere = { local: 'internationalized-address', domain: 'header.invalid' } as const;

const addressFields: ReadonlySet<string> = new Set(
  ['from', 'sender', 'reply-to', 'to', 'cc', 'bcc'].flatMap((name) => [name, `resent-${name}`]).concat('disposition-notification-to'),
);
const typedFields: ReadonlySet<string> = new Set(['content-type', 'content-disposition']);

/** `letter` may be its beginning only. The same memory when its header section is ASCII, which it nearly always is. */
export function withAsciiHeader(letter: Bytes): Bytes {
  const head = letter.subarray(0, longestHeader);
  if (isAsciiBytes(head) || !hasHighOctetInHeader(head)) return letter;
  const { fields, blank } = headerFieldRanges(head);
  if (blank === head.length && letter.length > head.length) return letter;
  const pieces: Bytes[] = [];
  let from = 0;
  for (const { name, start, end } of fields) {
    if (!hasHighOctet(letter, start, end)) continue;
    pieces.push(letter.subarray(from, start), bytesFromLatin1(asciiField(name, latin1FromBytes(letter, start, end))));
    from = end;
  }
  pieces.push(letter.subarray(from));
  return concatBytes(pieces);
}

function hasHighOctetInHeader(head: Bytes): boolean {
  for (let at = 0; at < head.length; at++) {
    const octet = head[at]!;
    if (octet > 127) return true;
    // An empty line: LF LF, or LF CR LF.
    if (octet === 10 && (head[at + 1] === 10 || (head[at + 1] === 13 && head[at + 2] === 10))) return false;
  }
  return false;
}

function hasHighOctet(bytes: Bytes, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! > 127) return true;
  return false;
}

/** `raw`: the whole field with its line ends, one character per octet. */
function asciiField(lowerName: string, raw: string): string {
  const colon = raw.indexOf(':');
  const name = raw.slice(0, colon).trim();
  const value = trimBlank(unfold(raw.slice(colon + 1)));
  try {
    if (lowerName === '') throw new SyntaxTrouble('this line is no field');
    if (addressFields.has(lowerName))
      return formatField(name, formatAddressList(parseAddressList(decodeRawHeader(value, '')).map(asciiAddress)));
    if (typedFields.has(lowerName)) return formatField(name, asciiTyped(value));
    return formatTextField(name, cleanText(decodeWords(decodeRawHeader(value, ''))));
  } catch (trouble) {
    if (!(trouble instanceof SyntaxTrouble)) throw trouble;
    // What cannot be said in ASCII loses what is not.
    return raw.replace(/[\x80-\xff]+/g, '?');
  }
}

function asciiAddress(address: Address): Address {
  return address.kind === 'mailbox' ? asciiMailbox(address) : { ...address, members: address.members.map(asciiMailbox) };
}

function asciiMailbox(mailbox: Mailbox): Mailbox {
  const domain =
    mailbox.domain === null || isAscii(mailbox.domain) ? mailbox.domain : (URL.parse(`http://${mailbox.domain}/`)?.hostname ?? null);
  if (isAscii(mailbox.local) && (domain !== null || mailbox.domain === null)) return { ...mailbox, route: null, domain };
  const spec = formatAddrSpec(mailbox);
  return { kind: 'mailbox', name: mailbox.name === null ? spec : `${decodeWords(mailbox.name)} ${spec}`, route: null, ...nowhere };
}

function asciiTyped(value: string): string {
  const { value: type, parameters } = parseTyped(value);
  return formatTyped(
    isAscii(type) ? type : 'application/octet-stream',
    parameters.map(({ name }) => [name, cleanText(parameterText(parameters, name) ?? '')] as const),
  );
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
