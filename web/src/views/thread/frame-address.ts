// Where a letter's document is had. Knows the server's routes (src/io/http/letter-frame.ts); the same for looking at it and for keeping it.

export interface FrameLook {
  readonly images: boolean;
  readonly theme: 'light' | 'dark';
  readonly plain: boolean;
  readonly language: 'ja' | 'en';
}

export function frameAddress(accountId: string, emailId: string, { images, theme, plain, language }: FrameLook): string {
  const letter = `/letter/${encodeURIComponent(accountId)}/${encodeURIComponent(emailId)}`;
  return `${letter}?images=${images ? 1 : 0}&theme=${theme}&lang=${language}${plain ? '&plain=1' : ''}`;
}

export function printAddress(accountId: string, emailId: string, images: boolean, language: string, zone: string): string {
  return `/letter/${encodeURIComponent(accountId)}/${encodeURIComponent(emailId)}?print=1&images=${images ? 1 : 0}&lang=${language}&zone=${encodeURIComponent(zone)}`;
}

/** A letter that lies in a letter, by the number of its part. */
export function innerAddress(
  accountId: string,
  emailId: string,
  partId: string,
  theme: 'light' | 'dark',
  language: string,
  zone: string,
): string {
  return `/letter/${encodeURIComponent(accountId)}/${encodeURIComponent(emailId)}?in=${encodeURIComponent(partId)}&theme=${theme}&lang=${language}&zone=${encodeURIComponent(zone)}`;
}

/** A part as a file. `type`: as what. */
export function fileAddress(accountId: string, blobId: string, name: string, type: string): string {
  const file = encodeURIComponent(name || 'attachment');
  return `/jmap/download/${encodeURIComponent(accountId)}/${encodeURIComponent(blobId)}/${file}?type=${encodeURIComponent(type)}`;
}

/** A name for a file on any system. */
export function nameOfFile(subject: string | null, ending: string, otherwise: string): string {
  return `${
    (subject ?? '')
      .replaceAll(/[\\/:*?"<>|\s]+/g, ' ')
      .trim()
      .slice(0, 80)
      .toWellFormed() || otherwise
  }.${ending}`;
}
