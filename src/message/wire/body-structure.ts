// BODYSTRUCTURE and BODY of a part tree (RFC 9051 §7.5.2, the same in RFC 3501 §7.4.2).
// Knows the order of the fields and what stands for a missing one; reads no octets.
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { decodeText } from '../charset/decode.ts';
import { extendedValue, type Parameter, type TypedValue } from '../header/parameters.ts';
import { charsetHint, type Part } from '../mime/tree.ts';
import { formatEnvelope, readEnvelope } from './envelope.ts';
import { imapHeaderText, imapString } from './imap-string.ts';

export interface StructureTexts {
  /** Without extension data. */
  readonly body: string;
  readonly bodyStructure: string;
}

/** Both texts of a part. Nesting is bounded by the tree. */
export function formatStructure(part: Part): StructureTexts {
  if (part.type === 'multipart' && part.children.length > 0) return formatMultipart(part);
  const basic =
    `("${part.type}" "${part.subtype}" ${imapParameters(part.parameters)} ${imapHeaderText(part.id)} ${imapHeaderText(part.description)} ` +
    `"${part.encoding}" ${part.bodyEnd - part.bodyStart}`;
  const extension = ` ${imapHeaderText(part.md5)} ${imapExtension(part)})`;
  const message = part.type === 'message' ? part.children[0] : undefined;
  if (message !== undefined) {
    const inner = formatStructure(message);
    const hint = charsetHint(message);
    const envelope = formatEnvelope(readEnvelope(message.header, hint), hint);
    return {
      body: `${basic} ${envelope} ${inner.body} ${part.lines})`,
      bodyStructure: `${basic} ${envelope} ${inner.bodyStructure} ${part.lines}${extension}`,
    };
  }
  const lines = part.type === 'text' ? ` ${part.lines}` : '';
  return { body: `${basic}${lines})`, bodyStructure: `${basic}${lines}${extension}` };
}

function formatMultipart(part: Part): StructureTexts {
  let body = '(';
  let bodyStructure = '(';
  for (const child of part.children) {
    const texts = formatStructure(child);
    body += texts.body;
    bodyStructure += texts.bodyStructure;
  }
  return {
    body: `${body} "${part.subtype}")`,
    bodyStructure: `${bodyStructure} "${part.subtype}" ${imapParameters(part.parameters)} ${imapExtension(part)})`,
  };
}

/** Disposition, language, location. */
function imapExtension(part: Part): string {
  return `${imapDisposition(part.disposition)} ${imapLanguage(part.language)} ${imapHeaderText(part.location)}`;
}

function imapDisposition(disposition: TypedValue | null): string {
  return disposition === null ? 'NIL' : `("${disposition.value}" ${imapParameters(disposition.parameters)})`;
}

/** RFC 3282: tags divided by commas. */
function imapLanguage(value: string | null): string {
  if (value === null) return 'NIL';
  const tags = value
    .split(',', 100)
    .map((tag) => tag.replace(/\([^()]*\)/g, '').trim())
    .filter((tag) => tag !== '');
  return tags.length === 0 ? 'NIL' : `(${tags.map((tag) => imapHeaderText(tag)).join(' ')})`;
}

/**
 * RFC 9051 §7.5.2 (body parameter parenthesized list): segments are joined; a value with a charset keeps the name with a star.
 * Strict: its value stays in the form of RFC 2231, in UTF-8 (`utf-8''%e3%81%82`), because the text must be ASCII for clients of RFC 3501.
 */
function imapParameters(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return 'NIL';
  let out = '(';
  for (const parameter of parameters) {
    if (out !== '(') out += ' ';
    if (parameter.charset === null) out += `"${parameter.name}" ${imapHeaderText(parameter.raw)}`;
    else
      out += `"${parameter.name}*" ${imapString(extendedValue(decodeText(parameter.charset || 'utf-8', bytesFromLatin1(parameter.raw))))}`;
  }
  return `${out})`;
}
