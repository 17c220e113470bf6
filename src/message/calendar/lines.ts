// iCalendar's lines (RFC 5545 §3.1): unfolded, each with its name, its parameters and its value. Knows the form of a line; knows no event.

export interface ContentLine {
  /** In capitals. */
  readonly name: string;
  /** Names in capitals; the first value of each. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly value: string;
}

const longest = 1_000_000;
const mostLines = 20_000;

/** What is no line is left out. */
export function contentLines(text: string): ContentLine[] {
  return unfolded(text).flatMap((line) => readLine(line) ?? []);
}

/** Lines as they were before they were folded. */
export function unfolded(text: string): string[] {
  return text
    .slice(0, longest)
    .replaceAll(/\r?\n[ \t]/g, '')
    .split(/\r?\n/, mostLines);
}

/** RFC 5545 §3.1: no line longer than 75 octets, and no letter in two pieces. */
export function folded(line: string): string {
  let written = '';
  let octets = 0;
  for (const letter of line) {
    const more = utf8Length(letter);
    if (octets + more > 75) {
      written += '\r\n ';
      octets = 1;
    }
    written += letter;
    octets += more;
  }
  return `${written}\r\n`;
}

function utf8Length(letter: string): number {
  const point = letter.codePointAt(0)!;
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

function readLine(line: string): ContentLine | null {
  const [, name = '', rest = ''] = /^([A-Za-z0-9-]{1,64})(.*)$/s.exec(line) ?? [];
  if (name === '') return null;
  const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
  let left = rest;
  while (left.startsWith(';')) {
    const found = /^;([A-Za-z0-9-]{1,64})=("[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*/.exec(left);
    if (found === null) return null;
    const [all, key = '', value = ''] = found;
    parameters[key.toUpperCase()] ??= decodeParameter(value.replaceAll('"', ''));
    left = left.slice(all.length);
  }
  return left.startsWith(':') ? { name: name.toUpperCase(), parameters, value: left.slice(1) } : null;
}

/** RFC 6868: what a parameter cannot hold by itself. */
function decodeParameter(value: string): string {
  return value.replaceAll(/\^([n^'])/g, (_all, mark: string) => (mark === 'n' ? '\n' : mark === '^' ? '^' : '"'));
}

/** RFC 5545 §3.3.11. */
export function textValue(value: string): string {
  return value.replaceAll(/\\([nN,;\\])/g, (_all, mark: string) => (mark === 'n' || mark === 'N' ? '\n' : mark));
}
