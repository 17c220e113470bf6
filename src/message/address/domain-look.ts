// Domain names as they look to a person: whose they are, which letters they are written in. Knows a little of Punycode (RFC 3492) and of Unicode TS #39;
// asks nobody.

const secondLevel = /^(?:ac|ad|co|ed|go|gr|lg|ne|or|com|net|org|gov|edu)$/;

/** The part of a domain that somebody has registered, as near as it can be said without a list: `a.b.co.jp` → `b.co.jp`. */
export function organisation(domain: string): string {
  const labels = domain.toLowerCase().split('.');
  const isDeep = labels.length > 2 && labels.at(-1)!.length === 2 && secondLevel.test(labels.at(-2)!);
  return labels.slice(isDeep ? -3 : -2).join('.');
}

/** In small letters, with `xn--` read out. */
export function readableDomain(domain: string): string {
  return domain
    .toLowerCase()
    .split('.')
    .map((label) => (label.startsWith('xn--') ? (punycode(label.slice(4)) ?? label) : label))
    .join('.');
}

/** Has one of its labels letters of several alphabets that are drawn alike, such as Latin and Cyrillic? */
export function hasMixedScripts(domain: string): boolean {
  return domain.split('.').some(isMixed);
}

const scripts = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
];
const eastern = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u;

/** TS #39 §5.1: Japanese, Chinese and Korean go together with Latin; the others are alone. */
function isMixed(label: string): boolean {
  const found = scripts.filter((script) => script.test(label)).length;
  return found > 1 || (eastern.test(label) && scripts.slice(1).some((script) => script.test(label)));
}

/** RFC 3492 §6.2; null when it is none. */
export function punycode(text: string): string | null {
  const at = text.lastIndexOf('-');
  const points = at > 0 ? Array.from(text.slice(0, at), (letter) => letter.codePointAt(0)!) : [];
  let [n, i, bias] = [128, 0, 72];
  for (let from = at > 0 ? at + 1 : 0; from < text.length;) {
    const before = i;
    for (let [weight, k] = [1, 36]; ; k += 36) {
      const code = text.charCodeAt(from++);
      const digit = code >= 97 && code <= 122 ? code - 97 : code >= 48 && code <= 57 ? code - 22 : Number.NaN;
      if (Number.isNaN(digit)) return null;
      i += digit * weight;
      const limit = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (digit < limit) break;
      weight *= 36 - limit;
      if (weight > 2 ** 31) return null;
    }
    const count = points.length + 1;
    let delta = before === 0 ? Math.floor(i / 700) : Math.floor((i - before) / 2);
    delta += Math.floor(delta / count);
    let k = 0;
    for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
    bias = k + Math.floor((36 * delta) / (delta + 38));
    n += Math.floor(i / count);
    i %= count;
    if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) return null;
    points.splice(i++, 0, n);
  }
  return String.fromCodePoint(...points);
}
