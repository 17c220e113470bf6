// HTML as a browser reads it, within bounds. Knows the parser and what a letter may cost; knows no rule of what may stay.
//
// The parser's own loops run over its open elements and its list of formatting elements: with these bounds its time is linear in the letter.
import { defaultTreeAdapter, parse, type DefaultTreeAdapterMap } from 'parse5';
import { Refusal } from '../../base/trouble.ts';

export type ParsedNode = DefaultTreeAdapterMap['childNode'];
export type ParsedElement = DefaultTreeAdapterMap['element'];

export const longestHtml = 10 * 1024 * 1024;
/** As deep as browsers go. */
const deepest = 512;
const mostNodes = 60_000;

/** The children of body, and style sheets wherever they stood. @throws Refusal `too-big`: deeper, larger or longer than a letter may be. */
export function parseHtml(html: string): { readonly body: ParsedElement; readonly sheets: readonly string[] } {
  if (html.length > longestHtml) throw tooBig();
  let [nodes, depth] = [0, 0];
  const adapter = {
    ...defaultTreeAdapter,
    createElement(...args: Parameters<typeof defaultTreeAdapter.createElement>) {
      if (++nodes > mostNodes) throw tooBig();
      return defaultTreeAdapter.createElement(...args);
    },
    onItemPush() {
      if (++depth > deepest) throw tooBig();
    },
    onItemPop() {
      depth--;
    },
  };
  // What a page without scripts would be: the content of noscript is markup.
  const document = parse(html, { treeAdapter: adapter, scriptingEnabled: false });
  const root = document.childNodes.find((node): node is ParsedElement => node.nodeName === 'html');
  const body = root?.childNodes.find((node): node is ParsedElement => node.nodeName === 'body' || node.nodeName === 'frameset');
  if (root === undefined || body === undefined) throw new Refusal('parse', 'no document');
  return { body, sheets: sheetsIn(root) };
}

function sheetsIn(root: ParsedElement): string[] {
  const sheets: string[] = [];
  const stack: ParsedNode[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!('childNodes' in node)) continue;
    if (node.nodeName === 'style' && isHtml(node))
      sheets.push(node.childNodes.map((child) => ('value' in child ? child.value : '')).join(''));
    else for (let at = node.childNodes.length - 1; at >= 0; at--) stack.push(node.childNodes[at]!);
  }
  return sheets;
}

export function isHtml(node: ParsedElement): boolean {
  return node.namespaceURI === 'http://www.w3.org/1999/xhtml';
}

function tooBig(): Refusal {
  return new Refusal('too-big', 'this HTML is larger or deeper than a letter may be');
}
