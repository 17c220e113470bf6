// What is written with looks, as plain text: for the text part of a letter, and for those who switch. Knows the tree of an HTML document by the
// least that is needed of it; makes no markup.

export interface TreeNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly nodeValue: string | null;
  readonly childNodes: ArrayLike<TreeNode>;
  getAttribute?(name: string): string | null;
}

const blocks = new Set([
  'DIV',
  'P',
  'BLOCKQUOTE',
  'UL',
  'OL',
  'LI',
  'TABLE',
  'TR',
  'H1',
  'H2',
  'H3',
  'H4',
  'H5',
  'H6',
  'PRE',
  'HR',
  'SECTION',
  'ARTICLE',
  'HEADER',
  'FOOTER',
  'CENTER',
  'BODY',
  'DL',
  'DT',
  'DD',
  'ADDRESS',
  'FIGURE',
]);
const silent = new Set(['STYLE', 'SCRIPT', 'HEAD', 'TITLE', 'TEMPLATE', 'NOSCRIPT']);
const spaced = new Set(['P', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'UL', 'OL', 'TABLE']);
/** Deeper than this nobody has written. */
const deepest = 400;

class Lines {
  readonly done: string[] = [];
  #now = '';
  #prefix = '';
  /** Set before the first line of a list's item only. */
  #mark = '';
  get isEmpty(): boolean {
    return this.#now === '';
  }
  add(text: string): void {
    this.#now += text;
  }
  /** Ends the line, if there is one. */
  end(): void {
    if (this.#now !== '') this.feed();
  }
  feed(): void {
    const text = this.#now.replace(/[ \t]+$/, '');
    this.done.push(`${this.#prefix}${this.#mark}${text}`.replace(/ +$/, (spaces) => (text === '' ? '' : spaces)));
    this.#mark = this.#mark === '' ? '' : ' '.repeat(this.#mark.length);
    this.#now = '';
  }
  /** One empty line, unless there is one already or nothing yet. */
  space(): void {
    if (this.done.length > 0 && this.done.at(-1)?.trim() !== this.#prefix.trim()) this.done.push(this.#prefix.trimEnd());
  }
  within(prefix: string, mark: string, run: () => void): void {
    const [before, markBefore] = [this.#prefix, this.#mark];
    this.#prefix = `${before}${markBefore.replace(/\S/g, ' ')}${prefix}`;
    this.#mark = mark;
    run();
    this.end();
    [this.#prefix, this.#mark] = [before, markBefore === '' ? '' : ' '.repeat(markBefore.length)];
  }
}

export function plainText(root: TreeNode): string {
  const lines = new Lines();
  walk(root, lines, false, 0);
  lines.end();
  return lines.done
    .join('\n')
    .replace(/\n{4,}/g, '\n\n\n')
    .trimEnd();
}

function walk(node: TreeNode, lines: Lines, keepsSpace: boolean, depth: number): void {
  const children = Array.from(node.childNodes);
  for (const [index, child] of children.entries()) {
    if (child.nodeType === 3) {
      const text = (child.nodeValue ?? '').replace(/\u200b/g, '');
      if (keepsSpace)
        for (const [at, line] of text.split('\n').entries()) {
          if (at > 0) lines.feed();
          lines.add(line);
        }
      else {
        const shown = text.replace(/[ \t\r\n\f]+/g, ' ');
        lines.add((lines.isEmpty ? shown.replace(/^ /, '') : shown).replace(/\u00a0/g, ' '));
      }
    } else if (child.nodeType === 1 && depth < deepest) element(child, index, children, lines, keepsSpace, depth + 1);
  }
}

function element(node: TreeNode, index: number, among: readonly TreeNode[], lines: Lines, keepsSpace: boolean, depth: number): void {
  const name = node.nodeName.toUpperCase();
  if (silent.has(name)) return;
  if (name === 'BR') {
    // The one that ends a block, or holds an empty one open, is the block's own line end.
    const isLast = among.slice(index + 1).every((other) => other.nodeType === 3 && (other.nodeValue ?? '').trim() === '');
    if (!isLast || lines.isEmpty) lines.feed();
    else lines.end();
    return;
  }
  if (name === 'IMG') {
    const alt = node.getAttribute?.('alt') ?? '';
    if (alt !== '') lines.add(`[${alt}]`);
    return;
  }
  if (name === 'HR') {
    lines.end();
    lines.add('--------');
    lines.feed();
    return;
  }
  if (name === 'A') {
    const href = node.getAttribute?.('href') ?? '';
    const label = plainText(node);
    walk(node, lines, keepsSpace, depth);
    if (/^https?:/i.test(href) && label.replace(/^https?:\/\/|\/$/g, '') !== href.replace(/^https?:\/\/|\/$/g, '')) lines.add(` <${href}>`);
    return;
  }
  if (name === 'TD' || name === 'TH') {
    walk(node, lines, keepsSpace, depth);
    lines.add(' ');
    return;
  }
  if (!blocks.has(name)) {
    walk(node, lines, keepsSpace, depth);
    return;
  }
  lines.end();
  if (spaced.has(name)) lines.space();
  if (name === 'BLOCKQUOTE') lines.within('> ', '', () => walk(node, lines, keepsSpace, depth));
  else if (name === 'LI') {
    const number = among.filter((other) => other.nodeName.toUpperCase() === 'LI').indexOf(node) + 1;
    lines.within('', isOrdered.has(node) ? `${number}. ` : '- ', () => walk(node, lines, keepsSpace, depth));
  } else {
    if (name === 'OL') for (const child of Array.from(node.childNodes)) isOrdered.add(child);
    walk(node, lines, keepsSpace || name === 'PRE', depth);
    lines.end();
  }
  if (spaced.has(name) && index < among.length - 1) lines.space();
}

const isOrdered = new WeakSet<TreeNode>();
