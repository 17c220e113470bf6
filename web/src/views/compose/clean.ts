// HTML of others made harmless, before it becomes part of the page (the editor) or of a letter of ours (a quote). Knows DOMPurify and the one Trusted
// Types policy for it; knows no letter.
//
// The page's policy (CSP) is the wall behind this one: nothing inline runs, nothing from elsewhere loads. What it would refuse is taken out here,
// so that it is not even tried.
import createDOMPurify, { type Config } from 'dompurify';

const purify = createDOMPurify(window);

/** Lets pass what DOMPurify hands to its own reader in a document without scripts; nothing else has this policy. */
const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): unknown } }).trustedTypes;
const policy = factory?.createPolicy('tayori-letter', {
  createHTML: (html: string) => html,
  createScriptURL: () => {
    throw new TypeError('no script is of a letter');
  },
});

const addresses = /^(?:https?:|mailto:|tel:|cid:|blob:|data:image\/(?:png|jpeg|gif|webp);|#)/i;
const common: Config = {
  USE_PROFILES: { html: true },
  ALLOWED_URI_REGEXP: addresses,
  ADD_ATTR: ['target', 'background'],
  FORBID_TAGS: [
    'form',
    'button',
    'select',
    'option',
    'textarea',
    'video',
    'audio',
    'source',
    'track',
    'object',
    'embed',
    'dialog',
    'template',
    'slot',
  ],
  FORBID_ATTR: ['contenteditable', 'tabindex', 'autofocus', 'popover', 'popovertarget', 'accesskey', 'slot'],
  ...(policy === undefined ? {} : { TRUSTED_TYPES_POLICY: policy as NonNullable<Config['TRUSTED_TYPES_POLICY']> }),
};

/** Where a picture from elsewhere was; it is not loaded while one writes, and is there again in the letter. */
export const elsewhere = 'data-tayori-src';

/**
 * Styles under a name that nobody reads: even in a document that is never shown the browser would refuse them by the page's policy, and say so.
 * They come back by the object model (the editor), or as markup (a quote).
 */
const styled = 'data-tayori-style';
const styleElement = /<style\b[^<>]*>([\s\S]*?)<\/style\s*>/gi;
function hideStyles(html: string): string {
  return html.replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/\sstyle(?=\s*=)/gi, ` ${styled}`));
}

/** Set while what is cleaned goes into the page. */
let pictures: ReadonlyMap<string, string> | null = null;

purify.addHook('afterSanitizeAttributes', (node) => {
  if (pictures === null) return;
  if (node.nodeName === 'IMG') {
    const source = node.getAttribute('src') ?? '';
    const cid = /^cid:(.+)$/i.exec(source)?.[1];
    const known = cid === undefined ? undefined : pictures.get(decodeCid(cid));
    if (known !== undefined) node.setAttribute('src', known);
    else if (/^https?:/i.test(source)) {
      node.setAttribute(elsewhere, source);
      node.removeAttribute('src');
    } else if (cid !== undefined) {
      node.setAttribute(elsewhere, source);
      node.removeAttribute('src');
    }
    node.removeAttribute('srcset');
  }
  node.removeAttribute('background');
  const style = node.getAttribute(styled);
  // Nothing is laid over the page, nothing is fetched.
  if (style !== null && /url\s*\(|position\s*:|\\|expression|@import|z-index/i.test(style)) node.removeAttribute(styled);
});

function decodeCid(cid: string): string {
  try {
    return decodeURIComponent(cid);
  } catch {
    return cid;
  }
}

/** For the editor. `shown`: Content-ID → address of a picture that is here. `marks`: Squire's own marks of the cursor stay. */
export function cleanFragment(html: string, shown: ReadonlyMap<string, string>, marks = false): DocumentFragment {
  pictures = shown;
  try {
    const fragment = purify.sanitize(hideStyles(html.replace(styleElement, '')), {
      ...common,
      FORBID_TAGS: [...common.FORBID_TAGS!, 'style', 'link', 'meta', ...(marks ? [] : ['input'])],
      RETURN_DOM_FRAGMENT: true,
    });
    const mine = document.importNode(fragment, true);
    // The page's policy takes no style from markup; it takes the same from the object model.
    for (const element of mine.querySelectorAll<HTMLElement>(`[${styled}]`)) {
      element.style.cssText = element.getAttribute(styled) ?? '';
      element.removeAttribute(styled);
    }
    return mine;
  } finally {
    pictures = null;
  }
}

/** For a quote: the whole of a foreign letter with its styles, as one piece of markup for the body of another. */
export function cleanLetter(html: string): { readonly html: string; readonly tree: HTMLElement } {
  let styles = '';
  const rest = html.replace(styleElement, (_all, css: string) => {
    // Within a style nothing but its end tag ends it; a sign that begins tags has no business there.
    styles += `<style>${css.replace(/<!--|-->/g, '').replaceAll('<', '')}</style>`;
    return '';
  });
  const root = purify.sanitize(hideStyles(rest), {
    ...common,
    FORBID_TAGS: [...common.FORBID_TAGS!, 'style', 'input', 'link', 'meta'],
    WHOLE_DOCUMENT: true,
    RETURN_DOM: true,
  }) as HTMLElement;
  const body = root.querySelector('body') ?? root;
  const ground = [body.getAttribute(styled) ?? '', body.getAttribute('bgcolor') ? `background-color:${body.getAttribute('bgcolor')}` : '']
    .filter(Boolean)
    .join(';')
    .replace(/[&<>"]/g, '');
  const inner = body.innerHTML.replaceAll(` ${styled}=`, ' style=');
  return { html: styles + (ground === '' ? inner : `<div style="${ground}">${inner}</div>`), tree: body };
}
