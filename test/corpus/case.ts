// What a letter of the corpus is, and small ways to write its octets. Nothing here reads mail: expectations are written by hand.

export interface Expectation {
  /** What is odd about it. */
  about: string;
  /** `type/subtype`, parts in parentheses with a space between. */
  structure: string;
  subject?: string;
  /** `Name <local@domain>`, `local@domain`, `Name` alone, `Group: member, member;`. */
  from?: string[];
  to?: string[];
  cc?: string[];
  /** ISO 8601 in UTC, or null when there is no date to be read. */
  date?: string | null;
  /** Decoded text of each text part that is no multipart, in order; line ends as `\n`. */
  texts?: string[];
  /** File names of parts in order; parts without one are left out. */
  files?: string[];
}

export interface Case extends Expectation {
  name: string;
  /** One character per octet; `\n` stands for CRLF. */
  raw: string;
  /** Line ends are written as they stand in `raw`. */
  exact?: boolean;
}

/** Octets of UTF-8, one character each. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function fromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}

export function base64(octets: string): string {
  return Buffer.from(octets, 'latin1').toString('base64');
}

/** Every octet as `=XX`. */
export function escaped(octets: string): string {
  return octets.replace(/[^]/g, (octet) => `=${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** Every octet as `%XX`. */
export function percent(octets: string): string {
  return octets.replace(/[^]/g, (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

export const plainHead =
  'From: a@example.org\nTo: b@example.org\nSubject: test\nDate: Mon, 23 Nov 2026 12:00:00 +0900\nMIME-Version: 1.0\n';
