// What can be done with an attached file: looked at here, in the browser's own viewer, or only saved. Knows media types and name endings; the server
// decides again what it lets a browser show (src/io/http/jmap-download.ts).
import type { BodyPart } from '../../engine/jmap/objects.ts';

export type FileKind = 'picture' | 'pdf' | 'text' | 'audio' | 'video' | 'letter' | 'other';

const endings: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  log: 'text/plain',
  csv: 'text/csv',
  md: 'text/markdown',
  ics: 'text/calendar',
  vcf: 'text/vcard',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  mp4: 'video/mp4',
  webm: 'video/webm',
};

/** Many programs send everything as octets: then the name tells. */
export function typeOf({ type, name }: Pick<BodyPart, 'type' | 'name'>): string {
  const told = type.toLowerCase();
  if (told !== 'application/octet-stream' && told !== '') return told;
  return endings[/\.([a-z0-9]{2,4})$/i.exec(name ?? '')?.[1]?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}

export function kindOf(part: Pick<BodyPart, 'type' | 'name'>): FileKind {
  const type = typeOf(part);
  if (/^image\/(?:png|jpeg|gif|webp|avif|bmp|x-icon)$/.test(type)) return 'picture';
  if (type === 'application/pdf') return 'pdf';
  if (/^text\/(?:plain|csv|markdown|calendar|vcard)$/.test(type)) return 'text';
  if (type === 'message/rfc822' || type === 'message/global') return 'letter';
  if (type.startsWith('audio/')) return 'audio';
  if (type.startsWith('video/')) return 'video';
  return 'other';
}

/** What a part without a name is called by its kind; null: by its media type. */
export function unnamed(type: string): 'letter' | 'head' | 'deliveryReport' | 'receipt' | null {
  switch (type.toLowerCase()) {
    case 'message/rfc822':
    case 'message/global':
      return 'letter';
    case 'text/rfc822-headers':
    case 'message/global-headers':
      return 'head';
    case 'message/delivery-status':
    case 'message/global-delivery-status':
      return 'deliveryReport';
    case 'message/disposition-notification':
      return 'receipt';
    default:
      return null;
  }
}
