// What stands below a letter by itself. Knows identities; knows no editor.
import { htmlOfText } from '../../engine/letter-markup.ts';
import type { Identity } from '../../engine/jmap/objects.ts';

/** Empty when there is none. RFC 3676 §4.3: after a line of two dashes and a space. */
export function textSignature(identity: Identity | null): string {
  const text = identity?.textSignature.trimEnd() ?? '';
  if (text === '') return '';
  return /^-- ?\n/.test(text) ? text : `-- \n${text}`;
}

/** For the editor, which cleans it. */
export function htmlSignature(identity: Identity | null): string {
  if (!identity) return '';
  if (identity.htmlSignature.trim() !== '') return identity.htmlSignature;
  return identity.textSignature.trim() === '' ? '' : htmlOfText(identity.textSignature.trimEnd());
}

export function signatureBlock(identity: Identity | null): string {
  const html = htmlSignature(identity);
  return html === '' ? '' : `<div><br></div><div class="tayori-signature">${html}</div>`;
}

/** One line for lists. */
export function nameOf({ name, email }: Pick<Identity, 'name' | 'email'>): string {
  return name === '' ? email : `${name} <${email}>`;
}
