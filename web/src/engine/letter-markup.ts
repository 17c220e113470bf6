// The small forms that both the engine and the page write into a letter: text as markup, text as quoted lines, a part as something attached. Knows no
// draft as a whole and no server.
import type { DraftAttachment } from './contract.ts';
import type { BodyPart, Id } from './jmap/objects.ts';

/** RFC 3676 §4.5. */
export function quotedLines(text: string): string {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => (line === '' ? '>' : line.startsWith('>') ? `>${line}` : `> ${line}`))
    .join('\n');
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);
}

/** Lines as the editor writes them. */
export function htmlOfText(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => `<div>${line === '' ? '<br>' : escapeHtml(line).replace(/^ | (?= )/g, '&nbsp;')}</div>`)
    .join('');
}

export function attachmentOf({ blobId, type, name, size, disposition, cid }: BodyPart, id: string, from: Id): DraftAttachment {
  return { id, blobId, from, type, name: name ?? '', size, cid: disposition === 'attachment' ? null : cid };
}
