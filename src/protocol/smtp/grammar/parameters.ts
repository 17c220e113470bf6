// What stands behind the path of MAIL and RCPT: `KEYWORD=value` (RFC 5321 §4.1.2 Mail-parameters), and the meaning of each that we
// offer: SIZE (RFC 1870), BODY (RFC 6152, 3030), SMTPUTF8 (RFC 6531), RET, ENVID, NOTIFY, ORCPT (RFC 3461), AUTH (RFC 4954 §5).
// Knows the grammar; knows no limit of ours.
import { bytesFromUtf8, utf8FromBytes } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import type { DsnNotify } from '../../../store/queue-contract.ts';

export interface MailParameters {
  /** RFC 1870 §5; null when it was not told. Beyond 2^53 it is Infinity. */
  readonly size: number | null;
  readonly body: '7bit' | '8bitmime' | 'binarymime' | null;
  readonly smtpUtf8: boolean;
  /** RFC 3461 §4.3. */
  readonly returns: 'full' | 'headers' | null;
  /** RFC 3461 §4.4, xtext undone. */
  readonly envelopeId: string | null;
}

export interface RecipientParameters {
  /** RFC 3461 §4.1; empty when it was not told, which means failure and perhaps delay. */
  readonly notify: readonly DsnNotify[];
  /** RFC 3461 §4.2 `type;xtext` as it came. */
  readonly originalRecipient: string | null;
}

const noMailParameters: MailParameters = { size: null, body: null, smtpUtf8: false, returns: null, envelopeId: null };
const noRecipientParameters: RecipientParameters = { notify: [], originalRecipient: null };

/** A parameter that this server does not offer: 555 (RFC 5321 §4.1.1.11), unlike a wrong value of one that it does. */
export class UnknownParameter extends SyntaxTrouble {}

/** @throws SyntaxTrouble; UnknownParameter. */
export function parseMailParameters(text: string, from: number): MailParameters {
  if (from >= text.length) return noMailParameters;
  let { size, body, smtpUtf8, returns, envelopeId }: MailParameters = noMailParameters;
  for (const [keyword, value] of split(text, from)) {
    switch (keyword) {
      case 'SIZE':
        if (value === null || !/^\d{1,20}$/.test(value)) throw new SyntaxTrouble('SIZE wants a number of octets');
        size = Number(value) > Number.MAX_SAFE_INTEGER ? Infinity : Number(value);
        break;
      case 'BODY':
        body = bodies.get(value?.toUpperCase() ?? '') ?? null;
        if (body === null) throw new SyntaxTrouble('BODY is 7BIT, 8BITMIME or BINARYMIME');
        break;
      case 'SMTPUTF8':
        if (value !== null) throw new SyntaxTrouble('SMTPUTF8 takes no value');
        smtpUtf8 = true;
        break;
      case 'RET': {
        const upper = value?.toUpperCase();
        if (upper !== 'FULL' && upper !== 'HDRS') throw new SyntaxTrouble('RET is FULL or HDRS');
        returns = upper === 'FULL' ? 'full' : 'headers';
        break;
      }
      case 'ENVID':
        envelopeId = value === null || value.length > 100 ? null : parseXtext(value);
        // RFC 3461 §4.4: printable once the encoding is undone.
        if (envelopeId === null || !/^[\x20-\x7e]+$/.test(envelopeId))
          throw new SyntaxTrouble('ENVID wants at most 100 characters of xtext');
        break;
      case 'AUTH':
        // RFC 4954 §5: believed from nobody, so its well-formedness is all that matters.
        if (value === null || parseXtext(value) === null) throw new SyntaxTrouble('AUTH wants <> or an address as xtext');
        break;
      default:
        throw new UnknownParameter(`${keyword} is not offered here`);
    }
  }
  return { size, body, smtpUtf8, returns, envelopeId };
}

const bodies = new Map([
  ['7BIT', '7bit'],
  ['8BITMIME', '8bitmime'],
  ['BINARYMIME', 'binarymime'],
] as const) as ReadonlyMap<string, '7bit' | '8bitmime' | 'binarymime'>;

/** As they stand behind the path, each with a space before it. */
export function formatMailParameters(parameters: MailParameters): string {
  const { size, body, smtpUtf8, returns, envelopeId } = parameters;
  return (
    (size === null ? '' : ` SIZE=${size}`) +
    (body === null ? '' : ` BODY=${body.toUpperCase()}`) +
    (smtpUtf8 ? ' SMTPUTF8' : '') +
    (returns === null ? '' : ` RET=${returns === 'full' ? 'FULL' : 'HDRS'}`) +
    (envelopeId === null ? '' : ` ENVID=${formatXtext(envelopeId)}`)
  );
}

/** @throws SyntaxTrouble; UnknownParameter. */
export function parseRecipientParameters(text: string, from: number): RecipientParameters {
  if (from >= text.length) return noRecipientParameters;
  let { notify, originalRecipient }: RecipientParameters = noRecipientParameters;
  for (const [keyword, value] of split(text, from)) {
    switch (keyword) {
      case 'NOTIFY':
        notify = parseNotify(value ?? '');
        break;
      case 'ORCPT':
        if (value === null || value.length > 500 || !isOriginalRecipient(value))
          throw new SyntaxTrouble('ORCPT wants an address type, ";" and at most 500 characters of xtext');
        originalRecipient = value;
        break;
      default:
        throw new UnknownParameter(`${keyword} is not offered here`);
    }
  }
  return { notify, originalRecipient };
}

export function formatRecipientParameters({ notify, originalRecipient }: RecipientParameters): string {
  return (
    (notify.length === 0 ? '' : ` NOTIFY=${notify.join(',').toUpperCase()}`) +
    (originalRecipient === null ? '' : ` ORCPT=${originalRecipient}`)
  );
}

/** RFC 3461 §4.1: NEVER stands alone. */
function parseNotify(value: string): readonly DsnNotify[] {
  const words = value.toUpperCase().split(',', 5);
  if (words.length === 1 && words[0] === 'NEVER') return ['never'];
  const known = words.every((word) => word === 'SUCCESS' || word === 'FAILURE' || word === 'DELAY');
  if (!known || new Set(words).size !== words.length) throw new SyntaxTrouble('NOTIFY is NEVER, or some of SUCCESS, FAILURE, DELAY');
  return words.map((word) => word.toLowerCase() as DsnNotify);
}

/** RFC 3461 §4.2; RFC 6533 §3: an address of type utf-8 may be written in UTF-8 or with `\x{…}`. */
function isOriginalRecipient(value: string): boolean {
  const semicolon = value.indexOf(';');
  if (semicolon < 1 || !/^[A-Za-z0-9-]+$/.test(value.slice(0, semicolon))) return false;
  const address = value.slice(semicolon + 1);
  if (address === '') return false;
  return value.slice(0, semicolon).toLowerCase() === 'utf-8' ? true : parseXtext(address) !== null;
}

/** RFC 3461 §4: `+HH` for octets that may not stand for themselves. Null when the text is no xtext. */
export function parseXtext(text: string): string | null {
  if (!/^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})*$/.test(text)) return null;
  if (!text.includes('+')) return text;
  const octets: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text.charAt(at) !== '+') octets.push(text.charCodeAt(at));
    else {
      octets.push(Number.parseInt(text.slice(at + 1, at + 3), 16));
      at += 2;
    }
  }
  return utf8FromBytes(Uint8Array.from(octets));
}

export function formatXtext(text: string): string {
  let out = '';
  for (const octet of bytesFromUtf8(text))
    out +=
      octet >= 33 && octet <= 126 && octet !== 43 && octet !== 61
        ? String.fromCharCode(octet)
        : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}

/** RFC 5321 §4.1.2 (esmtp-param), RFC 6531 §3.3 for its value. Each keyword at most once; upper case. */
function split(text: string, from: number): Map<string, string | null> {
  const found = new Map<string, string | null>();
  for (const word of text.slice(from).split(' ')) {
    // Liberal: more than one space, and spaces at the end of the line.
    if (word === '') continue;
    const equals = word.indexOf('=');
    const keyword = (equals < 0 ? word : word.slice(0, equals)).toUpperCase();
    if (!/^[A-Z0-9][A-Z0-9-]*$/.test(keyword)) throw new SyntaxTrouble('a parameter is written KEYWORD=value');
    const value = equals < 0 ? null : word.slice(equals + 1);
    if (value !== null && !/^[^\x00-\x20=\x7f]+$/.test(value) && keyword !== 'AUTH')
      throw new SyntaxTrouble(`the value of ${keyword} is not well-formed`);
    if (found.has(keyword)) throw new SyntaxTrouble(`${keyword} is told twice`);
    found.set(keyword, value);
  }
  return found;
}
