// XML as the dialects of account settings use it: elements, attributes, text. Knows the grammar of XML 1.0 that they need; knows no dialect.
//
// Our own because the safe part is the small part: no document type, no entities but the five, no processing, bounds on everything.
// A general library brings what has to be switched off again.
import { utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';

export interface XmlElement {
  /** Without the prefix of its name space. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** What stands directly in it, trimmed. */
  readonly text: string;
}

/** Settings of a provider have some kilobytes; the longest that the public database serves has not yet 20. */
const octetsMax = 256 * 1024;
const depthMax = 16;
const elementsMax = 2_000;
const attributesMax = 16;
const nameMax = 100;

const nameForm = '[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?';
const startForm = new RegExp(`<(${nameForm})`, 'y');
const endForm = new RegExp(`</(${nameForm})[ \\t\\r\\n]*>`, 'y');
const attributeForm = new RegExp(`[ \\t\\r\\n]+(${nameForm})[ \\t\\r\\n]*=[ \\t\\r\\n]*(?:"([^"<]*)"|'([^'<]*)')`, 'y');
const closeForm = /[ \t\r\n]*(\/?)>/y;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

interface Open {
  readonly tag: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads a document; its root is the answer.
 * Liberal: name spaces are not looked at, and text is taken as UTF-8 whatever the declaration says (providers declare what they do not write).
 * @throws SyntaxTrouble for what is no XML, for a document type, and for more than the bounds allow.
 */
export function parseXml(document: Bytes | string): XmlElement {
  if (document.length > octetsMax) throw new SyntaxTrouble('the document is too long', octetsMax);
  const source = (typeof document === 'string' ? document : utf8FromBytes(document)).replace(/^\ufeff/, '');
  const open: Open[] = [];
  let root: XmlElement | null = null;
  let elements = 0;
  let at = 0;

  const take = (form: RegExp): RegExpExecArray | null => {
    form.lastIndex = at;
    const found = form.exec(source);
    if (found) at = form.lastIndex;
    return found;
  };
  const passOver = (end: string): string => {
    const stop = source.indexOf(end, at);
    if (stop < 0) throw new SyntaxTrouble(`${end} is missing`, at);
    const between = source.slice(at, stop);
    at = stop + end.length;
    return between;
  };
  const addText = (text: string, offset: number) => {
    const inside = open.at(-1);
    if (inside) inside.text += text;
    else if (text.trim() !== '') throw new SyntaxTrouble('text stands outside the root', offset);
  };
  const finish = ({ tag, attributes, children, text }: Open) => {
    const element: XmlElement = { name: tag.slice(tag.indexOf(':') + 1), attributes, children, text: text.trim() };
    const inside = open.at(-1);
    if (inside) inside.children.push(element);
    else if (root) throw new SyntaxTrouble('there are two roots', at);
    else root = element;
  };

  while (at < source.length) {
    if (source[at] !== '<') {
      const next = source.indexOf('<', at);
      const stop = next < 0 ? source.length : next;
      addText(decodeText(source.slice(at, stop), at), at);
      at = stop;
    } else if (source.startsWith('<!--', at)) {
      at += 4;
      passOver('-->');
    } else if (source.startsWith('<![CDATA[', at)) {
      at += 9;
      addText(passOver(']]>'), at);
    } else if (source.startsWith('<?', at)) {
      at += 2;
      passOver('?>');
    } else if (source.startsWith('<!', at)) {
      throw new SyntaxTrouble('a document type is not read', at);
    } else if (source[at + 1] === '/') {
      const start = at;
      const end = take(endForm);
      const element = open.pop();
      if (!end || !element || element.tag !== end[1]) throw new SyntaxTrouble('an end tag does not fit', start);
      finish(element);
    } else {
      const start = take(startForm);
      if (!start || start[1]!.length > nameMax) throw new SyntaxTrouble('not a tag', at);
      if (++elements > elementsMax) throw new SyntaxTrouble('too many elements', at);
      if (open.length >= depthMax) throw new SyntaxTrouble('too deep', at);
      const attributes: Record<string, string> = Object.create(null);
      for (let count = 0, found = take(attributeForm); found; found = take(attributeForm)) {
        if (++count > attributesMax) throw new SyntaxTrouble('too many attributes', at);
        const name = found[1]!;
        if (name in attributes) throw new SyntaxTrouble(`the attribute ${name} stands twice`, at);
        attributes[name] = decodeText(found[2] ?? found[3] ?? '', at);
      }
      const close = take(closeForm);
      if (!close) throw new SyntaxTrouble('a tag is not closed', at);
      const element: Open = { tag: start[1]!, attributes, children: [], text: '' };
      if (close[1] === '/') finish(element);
      else open.push(element);
    }
  }
  if (open.length > 0) throw new SyntaxTrouble(`${open.at(-1)!.tag} has no end`, at);
  if (!root) throw new SyntaxTrouble('there is no element', at);
  return root;
}

/** The five entities and characters by number (XML 1.0 §4.1, §4.6). */
function decodeText(text: string, offset: number): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&([^;&]{0,10})(;?)/g, (all, name: string, end: string) => {
    const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
    const code = number ? Number.parseInt(number[1] ?? number[2]!, number[1] === undefined ? 10 : 16) : -1;
    const known = number
      ? isCharacter(code)
        ? String.fromCodePoint(code)
        : undefined
      : Object.hasOwn(entities, name)
        ? entities[name]
        : undefined;
    if (end === '' || known === undefined) throw new SyntaxTrouble(`the entity ${all.slice(0, 12)} is not known`, offset);
    return known;
  });
}

/** XML 1.0 §2.2 (Char). */
function isCharacter(code: number): boolean {
  return (
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}

/** An element to write: with text, or with elements in it. Those that are null are left out. */
export function xmlElement(
  name: string,
  attributes: Readonly<Record<string, string>>,
  inside: string | readonly (XmlElement | null)[] = [],
): XmlElement {
  return typeof inside === 'string'
    ? { name, attributes, children: [], text: inside }
    : { name, attributes, children: inside.filter((child) => child !== null), text: '' };
}

/** The twin of `parseXml`: a document of this root, two spaces for each depth. Characters that XML has no place for are left out. */
export function formatXml(root: XmlElement): string {
  const write = ({ name, attributes, children, text }: XmlElement, indent: string): string => {
    const head = `${indent}<${name}${Object.entries(attributes)
      .map(([key, value]) => ` ${key}="${escapeText(value)}"`)
      .join('')}`;
    if (children.length > 0) return `${head}>\n${children.map((child) => write(child, `${indent}  `)).join('')}${indent}</${name}>\n`;
    return text === '' ? `${head}/>\n` : `${head}>${escapeText(text)}</${name}>\n`;
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(root, '')}`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapeText(text: string): string {
  return [...text]
    .filter((character) => isCharacter(character.codePointAt(0)!))
    .map((character) => escapes[character] ?? character)
    .join('');
}

/** The elements of a name directly in another. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The text of the first element of a name, or null when there is none or it is empty. */
export function textOf(element: XmlElement, name: string): string | null {
  const text = childrenOf(element, name)[0]?.text ?? '';
  return text === '' ? null : text;
}
