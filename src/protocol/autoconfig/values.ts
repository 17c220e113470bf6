// What all dialects read the same way: host names, ports, addresses of the web. Knows what is well formed; knows no dialect.

/**
 * A host name as its A-label, lower case, without a final dot (RFC 5890 §2.3.2.1); IPv4 addresses pass as they are.
 * Null for what is no host name.
 */
export function parseHost(text: string): string | null {
  const trimmed = text.trim().replace(/\.$/, '');
  // Before the URL reader sees it, who would take percent signs, userinfo and paths for what they are in a URL.
  if (trimmed === '' || trimmed.length > 253 || !/^[\p{L}\p{M}\p{N}._-]+$/u.test(trimmed)) return null;
  const host = URL.parse(`http://${trimmed}/`)?.hostname.replace(/\.$/, '') ?? '';
  return host.length <= 253 && /^(?=.)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(host)
    ? host
    : null;
}

export function parsePort(text: string): number | null {
  const number = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 65535 ? number : null;
}

/** An https URL without a name or a password in it, or null. */
export function parseSecureUrl(text: string): string | null {
  const url = text.length > 2000 ? null : URL.parse(text.trim());
  return url?.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : null;
}

/** Words for people from a stranger: one line, bounded; null when nothing is left. */
export function parseWords(text: string | null | undefined): string | null {
  const words = (text ?? '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
  return words === '' ? null : words;
}

/** The fixed ports of a service (RFC 8314 §3, RFC 6409 §3.1). */
export const standardPorts = {
  imap: { tls: 993, starttls: 143, plain: 143 },
  pop3: { tls: 995, starttls: 110, plain: 110 },
  smtp: { tls: 465, starttls: 587, plain: 587 },
} as const;

/** Servers of one service that a document may name. */
export const serversMax = 20;
export const domainsMax = 500;

/** What a table holds under a stranger's word; what every object has besides, such as `constructor`, is in no table. */
export function entryOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
