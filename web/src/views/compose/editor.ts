// The editor of letters with looks: Squire, made to fit a page that trusts no string, and an input method that is composing. Knows Squire; knows no draft.
import Squire from 'squire-rte';
import { cleanFragment, elsewhere } from './clean.ts';
import { plainText } from './plain-text.ts';

export type Format = 'bold' | 'italic' | 'underline' | 'strike' | 'bullets' | 'numbers' | 'quote' | 'link';

export interface EditorEars {
  changed(): void;
  /** The cursor moved: which buttons are pressed. */
  formats(formats: ReadonlySet<Format>): void;
  pictures(files: readonly File[]): void;
}

const tags: readonly (readonly [Format, string])[] = [
  ['bold', 'B'],
  ['italic', 'I'],
  ['underline', 'U'],
  ['strike', 'S'],
  ['bullets', 'UL'],
  ['numbers', 'OL'],
  ['quote', 'BLOCKQUOTE'],
  ['link', 'A'],
];

export class LetterEditor {
  readonly #squire: PageSquire;
  /** Content-ID → address in this page. */
  readonly #pictures = new Map<string, string>();

  constructor(root: HTMLElement, ears: EditorEars) {
    this.#squire = new PageSquire(root, this.#pictures);
    this.#squire.addEventListener('input', () => ears.changed());
    this.#squire.addEventListener('pathChange', () => ears.formats(this.formats()));
    this.#squire.addEventListener('willPaste', (event) => {
      const { fragment } = (event as CustomEvent<{ fragment?: DocumentFragment }>).detail;
      if (fragment) calm(fragment);
    });
    this.#squire.addEventListener('pasteImage', (event) => {
      const { clipboardData } = (event as CustomEvent<{ clipboardData: DataTransfer }>).detail;
      ears.pictures([...clipboardData.files]);
    });
  }

  setHtml(html: string): void {
    this.#squire.setHTML(html);
  }

  /** With Content-IDs in the place of this page's addresses. */
  html(): string {
    let html = this.#squire.getHTML().replaceAll(`${elsewhere}=`, 'src=');
    for (const [cid, address] of this.#pictures) html = html.replaceAll(`src="${address}"`, `src="cid:${cid}"`);
    return html;
  }

  text(): string {
    return plainText(this.#squire.getRoot());
  }

  /** Before `setHtml`, for those that stand in it. */
  knowPicture(cid: string, address: string): void {
    this.#pictures.set(cid, address);
    for (const image of this.#squire.getRoot().querySelectorAll(`img[${elsewhere}]`))
      if (image.getAttribute(elsewhere) === `cid:${cid}`) {
        image.removeAttribute(elsewhere);
        image.setAttribute('src', address);
      }
  }

  insertPicture(cid: string, address: string, name: string): void {
    this.#pictures.set(cid, address);
    this.#squire.insertImage(address, { alt: name });
  }

  /** The signature's own block; null when the person took it away. */
  signature(): HTMLElement | null {
    return this.#squire.getRoot().querySelector('.tayori-signature');
  }

  replaceSignature(html: string): void {
    const block = this.signature();
    this.#squire.saveUndoState();
    const fragment = cleanFragment(html, this.#pictures);
    if (block) block.replaceChildren(fragment);
    else if (html !== '') {
      const made = document.createElement('div');
      made.className = 'tayori-signature';
      made.append(fragment);
      this.#squire.getRoot().append(made);
    }
  }

  appendHtml(html: string): void {
    this.#squire.saveUndoState();
    this.#squire.getRoot().append(cleanFragment(html, this.#pictures));
    this.#squire.fireEvent('input');
  }

  formats(): ReadonlySet<Format> {
    return new Set(tags.flatMap(([format, tag]) => (this.#squire.hasFormat(tag) || this.#isIn(tag) ? [format] : [])));
  }

  toggle(format: Exclude<Format, 'link'>): void {
    const squire = this.#squire;
    const on = this.formats().has(format);
    const deeds: Readonly<Record<typeof format, () => unknown>> = {
      bold: () => (on ? squire.removeBold() : squire.bold()),
      italic: () => (on ? squire.removeItalic() : squire.italic()),
      underline: () => (on ? squire.removeUnderline() : squire.underline()),
      strike: () => (on ? squire.removeStrikethrough() : squire.strikethrough()),
      bullets: () => (on ? squire.removeList() : squire.makeUnorderedList()),
      numbers: () => (on ? squire.removeList() : squire.makeOrderedList()),
      quote: () => (on ? squire.decreaseQuoteLevel() : squire.increaseQuoteLevel()),
    };
    deeds[format]();
    squire.focus();
  }

  link(address: string | null): void {
    if (address === null) this.#squire.removeLink();
    else this.#squire.makeLink(address);
    this.#squire.focus();
  }
  selectedText(): string {
    return this.#squire.getSelectedText();
  }

  clear(): void {
    this.#squire.removeAllFormatting();
    this.#squire.focus();
  }

  focus(): void {
    this.#squire.focus();
  }
  focusStart(): void {
    this.#squire.moveCursorToStart();
    this.#squire.focus();
  }

  end(): void {
    this.#squire.destroy();
  }

  #isIn(tag: string): boolean {
    const { commonAncestorContainer: node } = this.#squire.getSelection();
    const element = node instanceof Element ? node : node.parentElement;
    const found = element?.closest(tag.toLowerCase());
    return found != null && this.#squire.getRoot().contains(found) && found !== this.#squire.getRoot();
  }
}

class PageSquire extends Squire {
  readonly #pictures: ReadonlyMap<string, string>;

  constructor(root: HTMLElement, pictures: ReadonlyMap<string, string>) {
    super(root, {
      blockTag: 'DIV',
      tagAttributes: { a: { target: '_blank', rel: 'noopener noreferrer' } },
      sanitizeToDOMFragment: (html: string) => cleanFragment(html, pictures),
      didError: (error: unknown) => console.warn(error),
    });
    this.#pictures = pictures;
    // Its handles on pictures are made of styles in markup, which the page's policy refuses.
    this._imageResizer.destroy();
    // The editor's own keys for what has no button here; Tab leaves the text, as everywhere.
    for (const key of ['Ctrl-Shift-5', 'Ctrl-Shift-6', 'Meta-Shift-5', 'Meta-Shift-6', 'Ctrl-d', 'Meta-d']) this.setKeyHandler(key, null);
  }

  /** Undoing sets what was; the page's policy takes no string, so it goes the way of everything else. */
  override _setRawHTML(html: string): this {
    this.getRoot().replaceChildren(cleanFragment(html, this.#pictures, true));
    this._ignoreChange = true;
    return this;
  }
}

/** What is pasted brings its words, its emphasis and its lists, not the looks of another page. */
function calm(fragment: DocumentFragment): void {
  for (const element of fragment.querySelectorAll('*')) {
    for (const name of ['style', 'class', 'id', 'align', 'color', 'face', 'size', 'bgcolor', 'width', 'height', 'dir', 'lang']) {
      if (element.nodeName === 'IMG' && (name === 'width' || name === 'height')) continue;
      element.removeAttribute(name);
    }
  }
}
