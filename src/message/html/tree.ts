// A letter's markup as plain values, and as text again (HTML Living Standard §13.3). Knows elements, attributes and text; knows no parser and no rule.

export type Markup = Element | Text;

export interface Text {
  readonly kind: 'text';
  readonly text: string;
}

export interface Element {
  readonly kind: 'element';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  children: Markup[];
}

const noAttributes: ReadonlyMap<string, string> = new Map();

export function element(name: string, attributes: Readonly<Record<string, string>> | null, children: Markup[]): Element {
  return { kind: 'element', name, attributes: attributes === null ? noAttributes : new Map(Object.entries(attributes)), children };
}

export function text(content: string): Text {
  return { kind: 'text', text: content };
}

/** Elements without an end (§13.1.2). */
const voids = new Set(['area', 'br', 'col', 'hr', 'img', 'wbr']);

/** Nothing of it is ever raw text: elements with raw content are none of a letter's. */
export function formatMarkup(nodes: readonly Markup[]): string {
  const pieces: string[] = [];
  // A stack instead of recursion: letters nest as deep as they like.
  const stack: (Markup | string)[] = nodes.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (typeof node === 'string') pieces.push(node);
    else if (node.kind === 'text') pieces.push(escapeText(node.text));
    else {
      let tag = `<${node.name}`;
      for (const [name, value] of node.attributes) tag += ` ${name}="${escapeAttribute(value)}"`;
      pieces.push(`${tag}>`);
      if (voids.has(node.name)) continue;
      const [first] = node.children;
      // The parser takes the first line end in it away (§13.2.6.4.7).
      if (node.name === 'pre' && first?.kind === 'text' && first.text.startsWith('\n')) pieces.push('\n');
      stack.push(`</${node.name}>`);
      for (let at = node.children.length - 1; at >= 0; at--) stack.push(node.children[at]!);
    }
  }
  return pieces.join('');
}

export function escapeText(content: string): string {
  return content.replace(/[&<>\u00A0]/g, (one) => (one === '&' ? '&amp;' : one === '<' ? '&lt;' : one === '>' ? '&gt;' : '&nbsp;'));
}

/** `<` and `>` too: nobody who reads the text by another rule finds a tag in it. */
function escapeAttribute(content: string): string {
  return escapeText(content).replaceAll('"', '&quot;');
}

/** All text below, in order, as far as `most` characters. */
export function textOf(nodes: readonly Markup[], most = Number.POSITIVE_INFINITY): string {
  let found = '';
  const stack = nodes.toReversed();
  for (let node = stack.pop(); node !== undefined && found.length < most; node = stack.pop()) {
    if (node.kind === 'text') found += node.text;
    else {
      if (node.name === 'br') found += '\n';
      for (let at = node.children.length - 1; at >= 0; at--) stack.push(node.children[at]!);
    }
  }
  return found;
}

/** Characters that no text has and that readers would take for other ones. */
export function cleanText(content: string): string {
  // eslint-disable-next-line no-control-regex
  return content
    .replace(/\r\n?/g, '\n')
    .replace(/[\0-\x08\x0B\x0C\x0E-\x1F\x7F\uFFFE\uFFFF]/g, '')
    .toWellFormed();
}
