// A provider's IMAP server that holds mail as Gmail does: each letter once, folders as labels, All Mail with every letter outside the bin, one
// X-GM-MSGID for a letter everywhere. Knows what it was asked and how often it gave out each letter's octets. Written without the project's
// own code for IMAP servers; speaks over a connection within the process.
import { Unavailable } from '../../src/base/trouble.ts';
import type { LineConnection, PeerTls } from '../../src/protocol/line/connection.ts';

export const allMail = '[Gmail]/All Mail';
export const bin = '[Gmail]/Trash';

interface HeldLetter {
  readonly id: string;
  readonly octets: Buffer;
  readonly date: string;
  readonly flags: Set<string>;
  modSeq: number;
}

interface Folder {
  readonly name: string;
  readonly attributes: string;
  readonly uidValidity: number;
  uidNext: number;
  modSeq: number;
  readonly entries: Map<number, HeldLetter>;
}

const sealed: PeerTls = { version: 'TLSv1.3', cipher: 'x', verified: 'certificate', fault: null, exporter: () => null };
const capabilities =
  'IMAP4rev1 UNSELECT NAMESPACE ID X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE ESEARCH LIST-EXTENDED SPECIAL-USE SASL-IR AUTH=PLAIN';
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export class GmailLike {
  readonly folders = new Map<string, Folder>();
  /** How often the octets of each letter were given out, by X-GM-MSGID. */
  readonly handedOut = new Map<string, number>();
  /** Octets of letters that were sent to it. */
  appended = 0;
  /** COPYUID (RFC 4315). */
  tellsPlaces = true;
  /** Hears each command before it is answered. */
  before: (command: string) => void = () => {};
  #hidden = '';
  #modSeq = 1;
  #next = 1_278_455_344_230_334_865n;

  constructor(labels: readonly string[] = []) {
    this.#make('INBOX', '\\HasNoChildren');
    for (const label of labels) this.#make(label, '\\HasNoChildren');
    this.#make('[Gmail]', '\\HasChildren \\Noselect');
    this.#make(allMail, '\\All \\HasNoChildren');
    this.#make('[Gmail]/Drafts', '\\Drafts \\HasNoChildren');
    this.#make('[Gmail]/Important', '\\Important \\HasNoChildren');
    this.#make('[Gmail]/Sent Mail', '\\HasNoChildren \\Sent');
    this.#make('[Gmail]/Spam', '\\HasNoChildren \\Junk');
    this.#make('[Gmail]/Starred', '\\Flagged \\HasNoChildren');
    this.#make(bin, '\\HasNoChildren \\Trash');
  }

  #make(name: string, attributes: string): void {
    this.folders.set(name, { name, attributes, uidValidity: 600 + this.folders.size, uidNext: 1, modSeq: 1, entries: new Map() });
  }

  // --- what a person does in Gmail's own app -------------------------------------------------------------------------

  deliver(octets: Buffer, labels: readonly string[], flags: readonly string[] = []): string {
    const letter: HeldLetter = {
      id: String(this.#next++),
      octets,
      date: `"${String((this.folders.get(allMail)!.uidNext % 28) + 1).padStart(2, '0')}-${months[10]}-2026 10:00:00 +0000"`,
      flags: new Set(flags),
      modSeq: this.#modSeq,
    };
    if (!labels.includes(bin)) this.#put(allMail, letter);
    for (const label of labels) this.#put(label, letter);
    return letter.id;
  }

  label(id: string, name: string): void {
    const letter = this.#letter(id);
    if (name === bin) return void this.#toEnd(letter, name);
    for (const end of [bin, '[Gmail]/Spam']) this.#takeOff(end, letter);
    this.#put(allMail, letter);
    this.#put(name, letter);
  }

  unlabel(id: string, name: string): void {
    this.#takeOff(name, this.#letter(id));
  }

  flag(id: string, flag: string, isSet: boolean): void {
    const letter = this.#letter(id);
    if (isSet) letter.flags.add(flag);
    else letter.flags.delete(flag);
    letter.modSeq = ++this.#modSeq;
    for (const folder of this.folders.values()) if (uidIn(folder, letter) > 0) folder.modSeq = this.#modSeq;
  }

  /** All Mail is shown to apps, or not: a setting of Gmail. */
  showAllMail(is: boolean): void {
    this.#hidden = is ? '' : allMail;
  }

  /** Names of the folders in which a letter lies, views left out; All Mail only where it lies nowhere else. */
  placesOf(id: string): string[] {
    const letter = this.#letter(id);
    const places = [...this.folders.values()].filter((folder) => uidIn(folder, letter) > 0).map(({ name }) => name);
    const own = places.filter((name) => name !== allMail && name !== '[Gmail]/Starred' && name !== '[Gmail]/Important');
    return own.length > 0 ? own : places.filter((name) => name === allMail);
  }

  letters(): HeldLetter[] {
    return [...new Set([...this.folders.values()].flatMap(({ entries }) => [...entries.values()]))];
  }

  #letter(id: string): HeldLetter {
    return this.letters().find((one) => one.id === id)!;
  }

  #put(name: string, letter: HeldLetter): number {
    const folder = this.folders.get(name)!;
    const there = uidIn(folder, letter);
    if (there > 0) return there;
    folder.entries.set(folder.uidNext, letter);
    // All Mail does not count a change of labels.
    folder.modSeq = letter.modSeq = ++this.#modSeq;
    return folder.uidNext++;
  }

  #takeOff(name: string, letter: HeldLetter): void {
    const folder = this.folders.get(name)!;
    const uid = uidIn(folder, letter);
    if (uid === 0) return;
    folder.entries.delete(uid);
    folder.modSeq = ++this.#modSeq;
  }

  #toEnd(letter: HeldLetter, name: string): number {
    for (const folder of this.folders.values()) if (folder.name !== name) this.#takeOff(folder.name, letter);
    return this.#put(name, letter);
  }

  // --- IMAP ---------------------------------------------------------------------------------------------------------

  connect(): LineConnection {
    let out: Buffer[] = [Buffer.from(`* OK [CAPABILITY ${capabilities}] Gimap ready\r\n`)];
    let input = Buffer.alloc(0);
    let isOver = false;
    let selected: Folder | null = null;
    let wake = () => {};
    const say = (...lines: (string | Buffer)[]) => {
      for (const line of lines) out.push(typeof line === 'string' ? Buffer.from(line, 'latin1') : line);
      wake();
    };
    const heed = () => {
      for (;;) {
        const end = input.indexOf('\r\n');
        if (end < 0) return;
        const line = input.toString('latin1', 0, end);
        const literal = / \{(\d+)\}$/.exec(line);
        if (literal !== null) {
          const length = Number(literal[1]);
          if (input.length === end + 2) say('+ go on\r\n');
          if (input.length < end + 4 + length) return;
          const octets = Buffer.from(input.subarray(end + 2, end + 2 + length));
          input = input.subarray(end + 4 + length);
          this.#append(line, octets, say);
          continue;
        }
        input = input.subarray(end + 2);
        const [tag = '', ...rest] = line.split(' ');
        selected = this.#answer(tag, rest.join(' '), selected, say);
      }
    };
    return {
      remote: { address: '127.0.0.1', port: 993 },
      local: { address: '127.0.0.1', port: 1 },
      tls: sealed,
      async read() {
        if (out.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve));
        if (out.length === 0) return null;
        const all = Buffer.concat(out);
        out = [];
        return new Uint8Array(all);
      },
      write(data) {
        if (isOver) return;
        input = Buffer.concat([input, typeof data === 'string' ? Buffer.from(data, 'utf8') : data]);
        heed();
      },
      async drained() {},
      async startTls() {
        throw new Unavailable('outside', 'TLS from the first octet');
      },
      close() {
        isOver = true;
        wake();
      },
    };
  }

  #append(line: string, octets: Buffer, say: (...lines: string[]) => void): void {
    const match = /^(\S+) APPEND "([^"]*)" \(([^)]*)\)/.exec(line)!;
    const folder = this.folders.get(match[2]!);
    if (folder === undefined) return say(`${match[1]} NO [TRYCREATE] no such folder\r\n`);
    const labels = folder.name === allMail ? [] : [folder.name];
    const id = this.deliver(
      octets,
      labels,
      match[3]!.split(' ').filter((flag) => flag !== ''),
    );
    this.appended++;
    say(`${match[1]} OK [APPENDUID ${folder.uidValidity} ${uidIn(folder, this.#letter(id))}] done\r\n`);
  }

  #answer(tag: string, command: string, selected: Folder | null, say: (...lines: (string | Buffer)[]) => void): Folder | null {
    this.before(command);
    const ok = (code = '') => say(`${tag} OK ${code}done\r\n`);
    const named = /"([^"]*)"/.exec(command)?.[1] ?? '';
    const uidsOf = (set: string, folder: Folder) =>
      [...folder.entries.keys()].filter((uid) => isInSet(uid, set, folder)).sort((a, b) => a - b);
    const word = /^(UID )?\S+/.exec(command)![0];
    switch (word) {
      case 'CAPABILITY':
        say(`* CAPABILITY ${capabilities}\r\n`);
        break;
      case 'NAMESPACE':
        say('* NAMESPACE (("" "/")) NIL NIL\r\n');
        break;
      case 'LIST':
        for (const { name, attributes } of this.folders.values())
          if (name !== this.#hidden) say(`* LIST (${attributes}) "/" "${name}"\r\n`);
        break;
      case 'STATUS': {
        const folder = named === this.#hidden ? undefined : this.folders.get(named);
        if (folder === undefined || folder.attributes.includes('Noselect')) {
          say(`${tag} NO no such folder\r\n`);
          return selected;
        }
        say(
          `* STATUS "${named}" (MESSAGES ${folder.entries.size} UIDNEXT ${folder.uidNext} UIDVALIDITY ${folder.uidValidity} HIGHESTMODSEQ ${folder.modSeq})\r\n`,
        );
        break;
      }
      case 'CREATE':
        this.#make(named, '\\HasNoChildren');
        break;
      case 'SELECT': {
        const folder = named === this.#hidden ? undefined : this.folders.get(named);
        if (folder === undefined) {
          say(`${tag} NO no such folder\r\n`);
          return null;
        }
        say(
          `* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen)\r\n* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen \\*)] x\r\n`,
          `* OK [UIDVALIDITY ${folder.uidValidity}] x\r\n* ${folder.entries.size} EXISTS\r\n* OK [UIDNEXT ${folder.uidNext}] x\r\n`,
          `* OK [HIGHESTMODSEQ ${folder.modSeq}]\r\n`,
        );
        ok('[READ-WRITE] ');
        return folder;
      }
      case 'UID SEARCH': {
        const uids = uidsOf(/UID (\S+)$/.exec(command)?.[1] ?? '1:*', selected!);
        say(`* ESEARCH (TAG "${tag}") UID${uids.length === 0 ? '' : ` ALL ${uids.join(',')}`}\r\n`);
        break;
      }
      case 'UID FETCH': {
        const [, set = '', items = '', since] = /^UID FETCH (\S+) \((.*?)\)(?: \(CHANGEDSINCE (\d+)\))?$/.exec(command)!;
        for (const uid of uidsOf(set, selected!)) {
          const letter = selected!.entries.get(uid)!;
          if (since !== undefined && letter.modSeq <= Number(since)) continue;
          this.#tell(uid, letter, items, say);
        }
        break;
      }
      case 'UID STORE': {
        const [, set = '', how, flags = ''] = /^UID STORE (\S+) ([+-])FLAGS \((.*)\)$/.exec(command)!;
        for (const uid of uidsOf(set, selected!)) {
          const letter = selected!.entries.get(uid)!;
          for (const flag of flags.split(' ')) this.flag(letter.id, flag, how === '+');
          this.#tell(uid, letter, 'UID FLAGS', say);
        }
        break;
      }
      case 'UID EXPUNGE':
        for (const uid of uidsOf(command.split(' ')[2]!, selected!)) {
          const letter = selected!.entries.get(uid)!;
          letter.flags.delete('\\Deleted');
          this.#takeOff(selected!.name, letter);
        }
        break;
      case 'UID COPY':
      case 'UID MOVE': {
        const target = this.folders.get(named)!;
        const uids = uidsOf(command.split(' ')[2]!, selected!);
        const news = uids.map((uid) => {
          const letter = selected!.entries.get(uid)!;
          if (/Trash|Spam/.test(target.name)) return this.#toEnd(letter, target.name);
          if (/Trash|Spam/.test(selected!.name)) this.#put(allMail, letter);
          const place = this.#put(target.name, letter);
          if (word === 'UID MOVE' && selected!.name !== allMail && selected !== target) this.#takeOff(selected!.name, letter);
          return place;
        });
        ok(uids.length === 0 || !this.tellsPlaces ? '' : `[COPYUID ${target.uidValidity} ${uids.join(',')} ${news.join(',')}] `);
        return selected;
      }
    }
    ok();
    return selected;
  }

  #tell(uid: number, letter: HeldLetter, items: string, say: (...lines: (string | Buffer)[]) => void): void {
    const told = [`UID ${uid}`];
    if (/\bFLAGS\b/.test(items)) told.push(`FLAGS (${[...letter.flags].join(' ')})`);
    if (items.includes('INTERNALDATE')) told.push(`INTERNALDATE ${letter.date}`);
    if (items.includes('RFC822.SIZE')) told.push(`RFC822.SIZE ${letter.octets.length}`);
    if (items.includes('X-GM-MSGID')) told.push(`X-GM-MSGID ${letter.id}`);
    const head = /^Message-ID: .*\r\n/im.exec(letter.octets.toString('latin1'))?.[0] ?? '';
    if (items.includes('HEADER.FIELDS')) told.push(`BODY[HEADER.FIELDS (MESSAGE-ID)] {${head.length + 2}}\r\n${head}\r\n`);
    if (!items.includes('BODY.PEEK[]')) return say(`* 1 FETCH (${told.join(' ')})\r\n`);
    this.handedOut.set(letter.id, (this.handedOut.get(letter.id) ?? 0) + 1);
    say(`* 1 FETCH (${told.join(' ')} BODY[] {${letter.octets.length}}\r\n`, letter.octets, ')\r\n');
  }
}

function uidIn(folder: Folder, letter: HeldLetter): number {
  for (const [uid, one] of folder.entries) if (one === letter) return uid;
  return 0;
}

function isInSet(uid: number, set: string, folder: Folder): boolean {
  const last = Math.max(0, ...folder.entries.keys());
  return set.split(',').some((part) => {
    const [from = 0, to = from] = part.split(':').map((text) => (text === '*' ? last : Number(text)));
    return uid >= Math.min(from, to) && uid <= Math.max(from, to);
  });
}
