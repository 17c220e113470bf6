// Where a letter on paper, a letter within it and its files are had. Knows the server's routes (src/io/http/letter-frame.ts); the letter's own document is
// engine/frame-address.ts.

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
