// Contacts as vCards: read in versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), written as 4.0 or 3.0. Knows names with their readings, addresses,
// notes and groups (KIND, MEMBER); lets all else go. Knows no server and no screen.

export interface Person {
  readonly name: string;
  /** How the name is read: ふりがな. */
  readonly reading: string;
  readonly kind: 'person' | 'group';
  /** Of a group its members, each named by its label. */
  readonly addresses: readonly { readonly email: string; readonly label: string }[];
  readonly note: string;
}

interface Line {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly value: string;
}

/** As many as the server keeps. */
const mostCards = 5000;
const longestFile = 20_000_000;

/** All cards of a file. What has neither name nor address is no contact. `null`: this is no file of vCards. */
export function readVCards(text: string): readonly Person[] | null {
  if (text.length > longestFile || !/^\s*BEGIN:VCARD/im.test(text)) return null;
  const people: Person[] = [];
  const byUid = new Map<string, Person>();
  const groups: { at: number; members: string[] }[] = [];
  let card: Line[] | null = null;
  for (const raw of unfolded(text)) {
    if (/^BEGIN:VCARD\s*$/i.test(raw)) card = [];
    else if (/^END:VCARD\s*$/i.test(raw) && card !== null) {
      const person = personOf(card);
      const members = valuesOf(card, 'MEMBER').concat(valuesOf(card, 'X-ADDRESSBOOKSERVER-MEMBER'));
      if (person.name !== '' || person.addresses.length > 0) {
        if (members.length > 0) groups.push({ at: people.length, members });
        people.push(person);
        for (const uid of valuesOf(card, 'UID')) byUid.set(uid.replace(/^urn:uuid:/i, ''), person);
      }
      card = null;
      if (people.length >= mostCards) break;
    } else if (card !== null) {
      const line = lineOf(raw);
      if (line !== null) card.push(line);
    }
  }
  for (const { at, members } of groups) {
    const found = members.flatMap((member): { email: string; label: string }[] => {
      const email = /^mailto:(.+)$/i.exec(member)?.[1];
      if (email !== undefined) return [{ email: decode(email), label: '' }];
      const person = byUid.get(member.replace(/^urn:uuid:/i, ''));
      return person?.addresses[0] ? [{ email: person.addresses[0].email, label: person.name }] : [];
    });
    people[at] = { ...people[at]!, kind: 'group', addresses: found };
  }
  return people;
}

/** RFC 6350 §3.2: a line that begins with a space goes on; 2.1 has lines that end with `=` in quoted-printable. */
function unfolded(text: string): string[] {
  const lines: string[] = [];
  let isSoft = false;
  for (const raw of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    if (isSoft) lines[lines.length - 1] = lines.at(-1)!.slice(0, -1) + raw;
    else if (/^[ \t]/.test(raw) && lines.length > 0) lines[lines.length - 1] += raw.slice(1);
    else lines.push(raw);
    // The cheap question first: a picture has very many lines.
    isSoft = raw.endsWith('=') && /^[^:]*ENCODING=QUOTED-PRINTABLE/i.test(lines.at(-1)!);
  }
  return lines;
}

function lineOf(raw: string): Line | null {
  const found = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:"[^"]*"|[^":;])*)*):(.*)$/s.exec(raw);
  if (!found) return null;
  const parameters = new Map<string, string>();
  for (const piece of found[2]!.split(';').slice(1)) {
    const [name = '', value = ''] = piece.split(/=(.*)/s);
    parameters.set(name.toUpperCase(), value.replaceAll('"', ''));
  }
  const isQuoted = parameters.get('ENCODING')?.toUpperCase() === 'QUOTED-PRINTABLE' || parameters.has('QUOTED-PRINTABLE');
  return { name: found[1]!.toUpperCase(), parameters, value: isQuoted ? quotedPrintable(found[3]!, parameters.get('CHARSET')) : found[3]! };
}

function quotedPrintable(text: string, charset = 'utf-8'): string {
  const octets = [...text.matchAll(/=([0-9A-F]{2})|([\s\S])/gi)].flatMap(([, hex, sign]) =>
    hex === undefined ? [...new TextEncoder().encode(sign)] : [Number.parseInt(hex, 16)],
  );
  try {
    return new TextDecoder(charset).decode(new Uint8Array(octets));
  } catch {
    return new TextDecoder().decode(new Uint8Array(octets));
  }
}

function valuesOf(card: readonly Line[], name: string): string[] {
  return card.filter((line) => line.name === name).map(({ value }) => plain(value));
}

function personOf(card: readonly Line[]): Person {
  const first = (name: string): string => valuesOf(card, name).find((value) => value !== '') ?? '';
  const parts = (name: string): string[] => piecesOf(card.find((line) => line.name === name)?.value ?? '');
  const [family = '', given = '', middle = ''] = parts('N');
  const isJapanese = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u.test(family + given);
  const joined = (isJapanese ? [family, given] : [given, middle, family]).filter(Boolean).join(' ');
  // Readings: of phones (X-PHONETIC-…), of carriers' phones and Outlook (SOUND), of RFC 6350 (SORT-AS).
  const phonetic = [first('X-PHONETIC-LAST-NAME'), first('X-PHONETIC-FIRST-NAME')].filter(Boolean).join(' ');
  const sound = parts('SOUND').filter(Boolean).join(' ');
  const sortAs = card.find(({ name, parameters }) => name === 'N' && parameters.has('SORT-AS'))?.parameters.get('SORT-AS') ?? '';
  const addresses = card
    .filter(({ name, value }) => name === 'EMAIL' && plain(value) !== '')
    .map(({ value, parameters }) => ({ email: plain(value).replace(/^mailto:/i, ''), label: labelOf(parameters) }));
  return {
    name: oneLine(first('FN') || joined || first('ORG').replaceAll(';', ' ')),
    reading: oneLine(phonetic || sound || first('SORT-STRING') || sortAs.replaceAll(',', ' ').trim()),
    kind: first('KIND').toLowerCase() === 'group' || first('X-ADDRESSBOOKSERVER-KIND').toLowerCase() === 'group' ? 'group' : 'person',
    addresses,
    note: valuesOf(card, 'NOTE').join('\n'),
  };
}

function labelOf(parameters: ReadonlyMap<string, string>): string {
  const types = (parameters.get('TYPE') ?? [...parameters.keys()].join(',')).toLowerCase().split(',');
  return ['work', 'home'].find((type) => types.includes(type)) ?? '';
}

/** RFC 6350 §3.4. */
function plain(value: string): string {
  return value.replace(/\\([\\,;nN])/g, (_all, sign: string) => (sign === 'n' || sign === 'N' ? '\n' : sign)).trim();
}
function piecesOf(value: string): string[] {
  return [...value.matchAll(/((?:\\.|[^;\\])*)(?:;|$)/g)].map(([, piece]) => plain(piece!));
}
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// --- writing ----------------------------------------------------------------------------------------------------------

export type Version = '3.0' | '4.0';

/** One file of cards. 3.0 for older programs. */
export function writeVCards(people: readonly Person[], version: Version): string {
  return people.map((person) => cardOf(person, version)).join('');
}

function cardOf({ name, reading, kind, addresses, note }: Person, version: Version): string {
  const at = name.search(/[ \u3000]/);
  const isJapanese = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u.test(name);
  const [before, after] = at < 0 ? [name, ''] : [name.slice(0, at), name.slice(at + 1).trim()];
  const [family, given] = at < 0 || isJapanese ? [before, after] : [after, before];
  const readingAt = reading.search(/[ \u3000]/);
  const lines = ['BEGIN:VCARD', `VERSION:${version}`];
  if (kind === 'group') lines.push(version === '4.0' ? 'KIND:group' : 'X-ADDRESSBOOKSERVER-KIND:group');
  lines.push(`FN:${escaped(name || (addresses[0]?.email ?? ''))}`, `N:${escaped(family)};${escaped(given)};;;`);
  if (reading !== '') {
    lines.push(`X-PHONETIC-LAST-NAME:${escaped(readingAt < 0 ? reading : reading.slice(0, readingAt))}`);
    if (readingAt >= 0) lines.push(`X-PHONETIC-FIRST-NAME:${escaped(reading.slice(readingAt + 1).trim())}`);
    if (version === '3.0') lines.push(`SORT-STRING:${escaped(reading)}`);
  }
  for (const { email, label } of addresses) {
    if (kind === 'group')
      lines.push(version === '4.0' ? `MEMBER:mailto:${encodeURI(email)}` : `X-ADDRESSBOOKSERVER-MEMBER:mailto:${encodeURI(email)}`);
    else lines.push(`EMAIL${/^(?:work|home)$/.test(label) ? `;TYPE=${label}` : ''}:${escaped(email)}`);
  }
  if (note !== '') lines.push(`NOTE:${escaped(note)}`);
  return [...lines, 'END:VCARD', ''].flatMap((line, at_, all) => (at_ === all.length - 1 ? [''] : folded(line))).join('\r\n');
}

function escaped(text: string): string {
  return text.replace(/[\\,;]/g, '\\$&').replace(/\r\n?|\n/g, '\\n');
}

/** RFC 6350 §3.2: lines of at most 75 octets, never within a character. */
function folded(line: string): string[] {
  const lines: string[] = [];
  let now = '';
  let octets = 0;
  for (const sign of line) {
    const size = new TextEncoder().encode(sign).length;
    if (octets + size > 75) {
      lines.push(now);
      [now, octets] = [' ', 1];
    }
    now += sign;
    octets += size;
  }
  return [...lines, now];
}
