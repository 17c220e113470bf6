// Whose pictures are always shown: an address, or `@` and a domain for all of it. Knows the server's rule (settings-table.ts).
export function isSender(text: string): boolean {
  return /^[^\s@\p{Cc}]{0,128}@[^\s@\p{Cc}]{1,254}$/u.test(text);
}
