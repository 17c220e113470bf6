// Writing MIME bodies (RFC 2045, 2046, 2183, 2387): text, files, messages and multiparts to octets that every server takes.
// Knows encodings, boundaries and the fields of a part; knows no addresses and no letter.
import { bytesFromLatin1, bytesFromUtf8, concatBytes, findBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { encodeText } from '../header/encoded-word.ts';
import { formatTyped, isToken, splitMediaType } from '../header/parameters.ts';
import { encodeBase64, encodeQuotedPrintable } from '../transfer.ts';
import { formatField, formatTextField } from './field.ts';

type Parameters = readonly (readonly [name: string, value: string])[];

/** Text with any line ends; they become CRLF. */
export interface TextBody {
  readonly kind: 'text';
  /** `plain`, `html`, `calendar` … */
  readonly subtype: string;
  readonly text: string;
  /** Beside charset, such as `method` of a calendar or `format` `flowed`. */
  readonly parameters?: Parameters;
}

/** Octets that are kept as they are. */
export interface FileBody {
  readonly kind: 'file';
  /** `image/png`. */
  readonly type: string;
  readonly bytes: Bytes;
  readonly fileName?: string;
  /** Shown within the text, not beside it. */
  readonly inline?: boolean;
  /** Without angle brackets; what `cid:` in HTML names (RFC 2392). */
  readonly contentId?: string;
  readonly description?: string;
}

/** A letter within a letter. One with lines that no server would take goes as a base64 file. */
export interface MessageBody {
  readonly kind: 'message';
  readonly bytes: Bytes;
  /** Only its header section, as text/rfc822-headers (RFC 6522 §4). */
  readonly headersOnly?: boolean;
}

/** Lines of `Name: value` for machines: message/delivery-status (RFC 3464), message/disposition-notification (RFC 8098). */
export interface FieldsBody {
  readonly kind: 'fields';
  readonly type: string;
  /** Groups divided by an empty line. */
  readonly groups: readonly (readonly (readonly [name: string, value: string])[])[];
}

export interface MultipartBody {
  readonly kind: 'multipart';
  readonly subtype: string;
  readonly parts: readonly Body[];
  readonly parameters?: Parameters;
}

export type Body = TextBody | FileBody | MessageBody | FieldsBody | MultipartBody;

/** A part as octets: its Content-* fields and its body. */
export interface BuiltBody {
  readonly fields: string;
  readonly bytes: Bytes;
  /** True when 8-bit octets are in it (only those of enclosed messages and UTF-8 fields). */
  readonly eightBit: boolean;
}

/** `seed`: something that is different for each letter, for the boundaries; they are also checked against the content. */
export function buildBody(body: Body, seed: string): BuiltBody {
  switch (body.kind) {
    case 'text':
      return buildText(body);
    case 'file':
      return buildFile(body);
    case 'message':
      return buildMessage(body);
    case 'fields':
      return buildFields(body);
    case 'multipart':
      return buildMultipart(body, seed);
  }
}

function encodingField(encoding: string): string {
  return formatField('Content-Transfer-Encoding', encoding);
}

/** Lines end with CRLF, whatever they ended with. */
export function withCrlf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}

function buildText(body: TextBody): BuiltBody {
  if (!isToken(body.subtype)) throw new SyntaxTrouble(`write a text part: ${JSON.stringify(body.subtype)} is no subtype`);
  const text = withCrlf(body.text.toWellFormed());
  const bytes = bytesFromUtf8(text);
  const ascii = bytes.length === text.length;
  const parameters = [['charset', ascii ? 'us-ascii' : 'utf-8'] as const, ...(body.parameters ?? [])];
  const type = formatField('Content-Type', formatTyped(`text/${body.subtype}`, parameters));
  // RFC 2045 §2.7: 7bit has no NUL and no line above 998 octets. Shorter lines get through more programs; so do texts without `From ` lines.
  if (ascii && !text.includes('\0') && !/[^\r\n]{79}/.test(text) && !/^From /m.test(text))
    return { fields: type + encodingField('7bit'), bytes, eightBit: false };
  let plain = 0;
  for (const octet of bytes) if (octet < 128 && octet !== 61) plain++;
  // Quoted-printable costs two more for each octet that is not plain, base64 a third more for all.
  return (bytes.length - plain) * 2 <= bytes.length / 3
    ? { fields: type + encodingField('quoted-printable'), bytes: bytesFromLatin1(encodeQuotedPrintable(bytes)), eightBit: false }
    : { fields: type + encodingField('base64'), bytes: bytesFromLatin1(encodeBase64(bytes)), eightBit: false };
}

function buildFile(body: FileBody): BuiltBody {
  if (splitMediaType(body.type.toLowerCase()) === null || /^(?:multipart|message)\//i.test(body.type))
    throw new SyntaxTrouble(`write a file part: ${JSON.stringify(body.type.slice(0, 100))} is no media type of a file`);
  if (body.fileName !== undefined) checkValue('file name', body.fileName);
  // Old programs read only `name`, as an encoded word (RFC 2047 in a parameter, which RFC 2231 §6 forbids but all understand).
  const name = body.fileName === undefined ? [] : [oldName(body.fileName)];
  let fields = formatField('Content-Type', body.type + name.join(''));
  const fileName: Parameters = body.fileName === undefined ? [] : [['filename', body.fileName]];
  fields += formatField('Content-Disposition', formatTyped(body.inline === true ? 'inline' : 'attachment', fileName));
  if (body.contentId !== undefined) fields += formatField('Content-ID', `<${checkId(body.contentId)}>`);
  if (body.description !== undefined) fields += formatTextField('Content-Description', body.description);
  return { fields: fields + encodingField('base64'), bytes: bytesFromLatin1(encodeBase64(body.bytes)), eightBit: false };
}

function oldName(fileName: string): string {
  const text = encodeText(fileName);
  return text.length > 500 ? '' : `; name="${text.replace(/["\\]/g, '\\$&')}"`;
}

function checkValue(what: string, value: string): void {
  const forbidden = /[\r\n\0]/.exec(value);
  if (forbidden !== null) throw new SyntaxTrouble(`write a part: a line end or NUL stands in its ${what}`, forbidden.index);
}

/** RFC 5322 §3.6.4: something without brackets, spaces and line ends. */
export function checkId(id: string): string {
  if (id.length > 900 || !/^[^\s<>\0-\x1f\x7f]+$/.test(id))
    throw new SyntaxTrouble('write a message id: it has brackets, spaces or no characters');
  return id;
}

function buildMessage(body: MessageBody): BuiltBody {
  const bytes = body.headersOnly === true ? headerSection(body.bytes) : body.bytes;
  const lines = checkLines(bytes);
  const type = body.headersOnly === true ? 'text/rfc822-headers' : 'message/rfc822';
  if (lines === 'unfit') return buildFile({ kind: 'file', type: 'application/octet-stream', bytes, fileName: 'message.eml' });
  const eightBit = lines === '8bit';
  return {
    fields: formatField('Content-Type', eightBit && body.headersOnly === true ? `${type}; charset=utf-8` : type) + encodingField(lines),
    bytes,
    eightBit,
  };
}

/** Up to the first empty line. */
function headerSection(bytes: Bytes): Bytes {
  const end = findBytes(bytes, bytesFromLatin1('\r\n\r\n'));
  return end < 0 ? bytes : bytes.subarray(0, end + 2);
}

/** RFC 2045 §2.7, §2.8: what these octets are as they stand; `unfit` when a line is too long, or a NUL or half a line end is in it. */
function checkLines(bytes: Bytes): '7bit' | '8bit' | 'unfit' {
  let eightBit = false;
  let lineStart = 0;
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at]!;
    if (octet === 13) {
      if (bytes[at + 1] !== 10 || at - lineStart > 998) return 'unfit';
      lineStart = at + 2;
      at++;
    } else if (octet === 10 || octet === 0) return 'unfit';
    else if (octet > 127) eightBit = true;
  }
  return bytes.length - lineStart > 998 ? 'unfit' : eightBit ? '8bit' : '7bit';
}

function buildFields(body: FieldsBody): BuiltBody {
  if (splitMediaType(body.type.toLowerCase()) === null)
    throw new SyntaxTrouble(`write a part of fields: ${JSON.stringify(body.type)} is no media type`);
  const text = body.groups.map((group) => group.map(([name, value]) => formatField(name, value)).join('')).join('\r\n');
  const bytes = bytesFromUtf8(text);
  const eightBit = bytes.length !== text.length;
  return { fields: formatField('Content-Type', body.type) + encodingField(eightBit ? '8bit' : '7bit'), bytes, eightBit };
}

function buildMultipart(body: MultipartBody, seed: string): BuiltBody {
  if (!isToken(body.subtype) || body.parts.length === 0)
    throw new SyntaxTrouble('write a multipart: it needs a subtype and at least one part');
  const parts = body.parts.map((part, index) => buildBody(part, `${seed}.${index + 1}`));
  const boundary = freeBoundary(parts, seed);
  const pieces: Bytes[] = [];
  for (const part of parts) pieces.push(bytesFromUtf8(`--${boundary}\r\n${part.fields}\r\n`), part.bytes, bytesFromLatin1('\r\n'));
  pieces.push(bytesFromLatin1(`--${boundary}--\r\n`));
  const eightBit = parts.some((part) => part.eightBit);
  const parameters: Parameters = [...(body.parameters ?? []), ['boundary', boundary]];
  return {
    fields: formatField('Content-Type', formatTyped(`multipart/${body.subtype}`, parameters)) + (eightBit ? encodingField('8bit') : ''),
    bytes: concatBytes(pieces),
    eightBit,
  };
}

/** `=_` is in no base64 and no quoted-printable text (RFC 2045 §6.7); other bodies are looked through. */
function freeBoundary(parts: readonly BuiltBody[], seed: string): string {
  const base = `=_${seed.replace(/[^0-9A-Za-z.]/g, '').slice(-40)}`;
  for (let number = 0; ; number++) {
    const boundary = number === 0 ? base : `${base}.x${number}`;
    const delimiter = bytesFromLatin1(`--${boundary}`);
    if (parts.every((part) => findBytes(part.bytes, delimiter) < 0 && !part.fields.includes(boundary))) return boundary;
  }
}

/** What a person writes, arranged as mail programs expect it (RFC 2046 §5.1.4, RFC 2387): alternatives, the pictures of the HTML with it, files behind. */
export function arrangeBody(content: {
  readonly text?: string;
  readonly html?: string;
  /** Shown by the HTML through their content id. */
  readonly inline?: readonly FileBody[];
  readonly attachments?: readonly (FileBody | MessageBody)[];
}): Body {
  const plain: Body | null =
    content.text === undefined && content.html !== undefined ? null : { kind: 'text', subtype: 'plain', text: content.text ?? '' };
  let html: Body | null = content.html === undefined ? null : { kind: 'text', subtype: 'html', text: content.html };
  const inline = content.inline ?? [];
  if (html !== null && inline.length > 0)
    html = {
      kind: 'multipart',
      subtype: 'related',
      parts: [html, ...inline.map((file) => ({ ...file, inline: true }))],
      parameters: [['type', 'text/html']],
    };
  const shown: Body =
    plain !== null && html !== null ? { kind: 'multipart', subtype: 'alternative', parts: [plain, html] } : (plain ?? html)!;
  const behind: Body[] = [...(html === null ? inline : []), ...(content.attachments ?? [])];
  return behind.length === 0 ? shown : { kind: 'multipart', subtype: 'mixed', parts: [shown, ...behind] };
}

/**
 * RFC 6522: a report in words, for machines, and about which letter. `reportType`: `delivery-status` (RFC 3464) or `disposition-notification` (RFC 8098).
 */
export function reportBody(report: {
  readonly reportType: string;
  readonly text: string;
  readonly groups: FieldsBody['groups'];
  readonly original?: MessageBody;
  /** RFC 6533: addresses that are not ASCII make it `message/global-…`. */
  readonly global?: boolean;
}): Body {
  const machine: FieldsBody = {
    kind: 'fields',
    type: `message/${report.global === true ? 'global-' : ''}${report.reportType}`,
    groups: report.groups,
  };
  const parts: Body[] = [{ kind: 'text', subtype: 'plain', text: report.text }, machine];
  if (report.original !== undefined) parts.push(report.original);
  return { kind: 'multipart', subtype: 'report', parts, parameters: [['report-type', report.reportType]] };
}
