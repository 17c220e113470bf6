// BODYSTRUCTURE and BODY of a part tree (RFC 9051 §7.5.2, the same in RFC 3501 §7.4.2).
// Knows the order of the fields and what stands for a missing one; reads no octets.
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { decodeText } from '../charset/decode.ts';
import { extendedValue, type Parameter, type TypedValue } from '../header/parameters.ts';
import { maxStructure } from '../limits.ts';
import { charsetHint, type Part } from '../mime/tree.ts';
import { formatEnvelope, readEnvelope } from './envelope.ts';
import { imapHeaderText, imapString } from './imap-string.ts';

export interface StructureTexts {
  /** Without extension data. */
  readonly body: string;
  readonly bodyStructure: string;
}

/** How many characters may still be spent on what is not needed to find the parts. */
interface Room {
  left: number;
}

/** Both texts of a letter. Nesting is bounded by the tree, length by `maxStructure`. */
export function formatStructure(part: Part): StructureTexts {
  return formatPart(part, { left: maxStructure });
}

function formatPart(part: Part, room: Room): StructureTexts {
  if (part.type === 'multipart' && part.children.length > 0) return formatMultipart(part, room);
  const about = room.left <= 0 ? bare : aboutOf(part);
  room.left -= about.parameters.length + about.names.length + about.extension.length;
  const basic = `("${part.type}" "${part.subtype}" ${about.parameters} ${about.names} "${part.encoding}" ${part.bodyEnd - part.bodyStart}`;
  const extension = ` ${about.md5} ${about.extension})`;
  const message = part.type === 'message' ? part.children[0] : undefined;
  if (message !== undefined) {
    const hint = charsetHint(message);
    const envelope = room.left <= 0 ? emptyEnvelope : formatEnvelope(readEnvelope(message.header, hint), hint);
    room.left -= envelope.length;
    const inner = formatPart(message, room);
    return {
      body: `${basic} ${envelope} ${inner.body} ${part.lines})`,
      bodyStructure: `${basic} ${envelope} ${inner.bodyStructure} ${part.lines}${extension}`,
    };
  }
  const lines = part.type === 'text' ? ` ${part.lines}` : '';
  return { body: `${basic}${lines})`, bodyStructure: `${basic}${lines}${extension}` };
}

function formatMultipart(part: Part, room: Room): StructureTexts {
  let body = '(';
  let bodyStructure = '(';
  for (const child of part.children) {
    const texts = formatPart(child, room);
    body += texts.body;
    bodyStructure += texts.bodyStructure;
  }
  const about = room.left <= 0 ? bare : aboutOf(part);
  room.left -= about.parameters.length + about.extension.length;
  return {
    body: `${body} "${part.subtype}")`,
    bodyStructure: `${bodyStructure} "${part.subtype}" ${about.parameters} ${about.extension})`,
  };
}

/** Texts of what a part says about itself. */
interface About {
  readonly parameters: string;
  /** Id and description. */
  readonly names: string;
  readonly md5: string;
  /** Disposition, language, location. */
  readonly extension: string;
}

const bare: About = { parameters: 'NIL', names: 'NIL NIL', md5: 'NIL', extension: 'NIL NIL NIL' };
const emptyEnvelope = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)';

function aboutOf(part: Part): About {
  return {
    parameters: imapParameters(part.parameters),
    names: `${imapHeaderText(part.id)} ${imapHeaderText(part.description)}`,
    md5: imapHeaderText(part.md5),
    extension: `${imapDisposition(part.disposition)} ${imapLanguage(part.language)} ${imapHeaderText(part.location)}`,
  };
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
