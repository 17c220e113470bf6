// A server at work that is killed, and the audit afterwards: everybody who sends, keeps, moves and watches letters at once, and what must be
// true when the server is back (reliability §4.1: I1 to I8). Knows the program by its ports; what may be found says the ledger.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openEmbeddedStore } from '../../src/io/store/embedded.ts';
import { ImapCaller, Lost, PopCaller, Refused, SmtpCaller } from './dialogue.ts';
import { chanceFrom, difference, gone, idOf, Ledger, ledgerLetter, stateOf, type Entry, type State } from './ledger.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { differences, nextPicture, numbersOf, wholePicture, type Picture } from './shelf-picture.ts';

const people = ['hanako', 'taro'];
const shelves: Readonly<Record<string, readonly string[]>> = { hanako: ['INBOX', 'Work', 'Kept'], taro: ['INBOX'] };
/** Letters of an inbox above which it is emptied between two rounds, so that audits stay short. */
const emptiedAbove = 1500;

export interface TrialOptions {
  readonly data: string;
  readonly seed: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A told picture for the audit, by `person/mailbox`. */
type Told = Map<string, Picture[]>;

export class CrashTrial {
  readonly ledger = new Ledger();
  readonly #options: TrialOptions;
  readonly #chance: () => number;
  #server: ServerProcess;
  #names = 0;
  #told: Told = new Map();
  /** Laws that clients saw broken while the server ran. */
  readonly #broken: string[] = [];
  /** Id of the letter under each UID that anybody was told, by `person/mailbox/validity/uid`. */
  readonly #contents = new Map<string, string>();
  /** Places of `#contents` whose octets have been compared. */
  readonly #compared = new Set<string>();
  /** Milliseconds of processor until it took connections: the clock would tell of the machine too. */
  slowestStart = 0;

  constructor(options: TrialOptions, server: ServerProcess) {
    this.#options = options;
    this.#chance = chanceFrom(options.seed);
    this.#server = server;
  }

  static async open(options: TrialOptions): Promise<CrashTrial> {
    const trial = new CrashTrial(options, await startServer(options));
    const imap = await trial.#imap('hanako');
    for (const name of ['Work', 'Kept']) await imap.well(`CREATE ${name}`);
    imap.close();
    await trial.#takePictures();
    return trial;
  }

  get server(): ServerProcess {
    return this.#server;
  }

  chance(below: number): number {
    return Math.floor(this.#chance() * below);
  }

  // --- the load -----------------------------------------------------------------------------------------------------

  /** Everybody works until the server is gone; `strike` brings that about. `ailing`: it may refuse this and that before its end. */
  async underLoad(strike: () => Promise<void>, ailing = false): Promise<void> {
    const inWork = this.ledger.surely('hanako', 'Work');
    const work = [
      ...[1, 2, 3, 4, 5, 6].map((number) => this.#sender(number % 3 === 0 ? ['hanako', 'taro'] : [number % 3 === 1 ? 'taro' : 'hanako'])),
      this.#submitter(),
      this.#submitter(),
      ...[0, 1, 2].map((part) => this.#keeper(inWork.filter((_entry, index) => index % 3 === part))),
      this.#taker(),
      ...people.map((person) => this.#watcher(person)),
    ].map((one) =>
      one.catch((error: unknown) => {
        if (!(error instanceof Lost || (ailing && error instanceof Refused))) throw error;
      }),
    );
    await Promise.all([...work, strike()]);
  }

  #nextId(): string {
    return `s${this.#options.seed}n${++this.#names}`;
  }

  #size(): number {
    const roll = this.#chance();
    return roll < 0.005 ? 1_200_000 : roll < 0.05 ? 90_000 : 500 + Math.floor(this.#chance() * 8000);
  }

  #address(person: string): string {
    return this.#server.person(person).address;
  }

  #imap(person: string): Promise<ImapCaller> {
    return ImapCaller.open({ port: this.#server.portOf('imap') }, this.#server.person(person));
  }

  async #sender(to: readonly string[]): Promise<void> {
    const smtp = await SmtpCaller.open({ port: this.#server.portOf('smtp') });
    for (;;) await this.#send(smtp, 'load@client.example', to);
  }

  async #submitter(): Promise<void> {
    const smtp = await SmtpCaller.open({ port: this.#server.portOf('submission') }, this.#server.person('hanako'));
    for (;;) {
      await this.#send(smtp, this.#address('hanako'), ['taro']);
      await pause(5);
    }
  }

  async #send(smtp: SmtpCaller, from: string, to: readonly string[]): Promise<void> {
    const id = this.#nextId();
    const size = this.#size();
    const changes = to.map((person) => [this.ledger.begin(person, id, size, true), stateOf('INBOX')] as const);
    await this.ledger.attempt(changes, async () => {
      const { code } = await smtp.send(
        from,
        to.map((person) => this.#address(person)),
        ledgerLetter(id, size, from),
      );
      return code === 250;
    });
  }

  /** Lays letters into Work, flags them, moves them to Kept, throws them away. Nobody else touches its own. */
  async #keeper(own: Entry[]): Promise<void> {
    const imap = await this.#imap('hanako');
    await imap.well('SELECT Work');
    const flagSets = [['\\Seen'], ['\\Flagged', '\\Seen'], ['$Forwarded'], []];
    for (;;) {
      const roll = this.#chance();
      const flags = flagSets[this.chance(flagSets.length)]!;
      const entry = own[this.chance(own.length)];
      if (entry === undefined || own.length < 4 || roll < 0.4) {
        const entries = Array.from({ length: roll < 0.1 ? 3 : 1 }, () => this.ledger.begin('hanako', this.#nextId(), this.#size(), false));
        await this.ledger.attempt(
          entries.map((one) => [one, stateOf('Work', flags)]),
          async () => {
            const { status, text } = await imap.ask(
              'APPEND Work',
              ...entries.map((one) => ({ before: ` (${flags.join(' ')}) `, octets: ledgerLetter(one.id, one.size) })),
            );
            const uids = /\[APPENDUID \d+ ([^\]]+)\]/.exec(text)?.[1];
            if (uids !== undefined) for (const [index, uid] of numbersOf(uids).entries()) entries[index]!.uids.set('Work', uid);
            return status === 'OK';
          },
        );
        own.push(...entries);
        continue;
      }
      const uid = entry.uids.get('Work')!;
      if (roll < 0.75) {
        await this.ledger.attempt([[entry, stateOf('Work', flags)]], () => good(imap, `UID STORE ${uid} FLAGS (${flags.join(' ')})`));
        continue;
      }
      own.splice(own.indexOf(entry), 1);
      const [state] = entry.allowed;
      if (roll < 0.88)
        await this.ledger.attempt([[entry, `Kept${state!.slice(4)}`]], async () => {
          const { status, untagged, text } = await imap.ask(`UID MOVE ${uid} Kept`);
          const told = /\[COPYUID \d+ \S+ (\d+)\]/.exec([text, ...untagged.map((one) => one.text)].join('\n'))?.[1];
          if (told !== undefined) entry.uids.set('Kept', Number(told));
          return status === 'OK';
        });
      else {
        const marked = await this.ledger.attempt([[entry, stateOf('Work', ['\\Deleted'])]], () =>
          good(imap, `UID STORE ${uid} FLAGS.SILENT (\\Deleted)`),
        );
        if (marked) await this.ledger.attempt([[entry, gone]], () => good(imap, `UID EXPUNGE ${uid}`));
      }
    }
  }

  /** Takes letters home from Taro's inbox by POP3. */
  async #taker(): Promise<void> {
    for (;;) {
      await pause(30);
      const pop = await PopCaller.open({ port: this.#server.portOf('pop3') }, this.#server.person('taro'));
      const listing = await pop.listing();
      const changes: [Entry, State][] = [];
      for (const [number] of listing.slice(0, 5)) {
        const octets = await pop.letter(number);
        const entry = this.ledger.entries.get(`taro/${idOf(octets)}`);
        const wrong = entry === undefined ? 'nobody sent it' : difference(octets, entry);
        if (wrong !== null) this.#broken.push(`by POP3, ${entry?.id ?? idOf(octets)}: ${wrong}`);
        if (entry === undefined || !(await pop.ask(`DELE ${number}`)).startsWith('+OK')) continue;
        // It is there, so it was delivered, whatever its sender has heard.
        entry.allowed = new Set([stateOf('INBOX')]);
        changes.push([entry, gone]);
      }
      await this.ledger.attempt(changes, async () => (await pop.ask('QUIT')).startsWith('+OK'));
      pop.close();
    }
  }

  /** Synchronises as a mail app does, again and again, and keeps what it was told. */
  async #watcher(person: string): Promise<void> {
    const imap = await this.#imap(person);
    await imap.well('ENABLE QRESYNC');
    for (;;)
      for (const mailbox of shelves[person]!) {
        const told = this.#told.get(`${person}/${mailbox}`)!;
        const before = told.at(-1)!;
        const now = await nextPicture(imap, before, this.#broken);
        // The first, the last, and some one between.
        if (told.length > 1 && this.#chance() < 0.8) told.pop();
        told.push(now);
        const fresh = [...now.letters.keys()].filter((uid) => !before.letters.has(uid));
        if (fresh.length > 0) {
          const { untagged } = await imap.well(`UID FETCH ${fresh.join(',')} (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])`);
          for (const { text, literals } of untagged)
            if (literals.length > 0) this.#note(person, now, Number(/UID (\d+)/.exec(text)![1]), idOf(literals[0]!));
        }
        await pause(10);
      }
  }

  #note(person: string, { mailbox, validity }: Picture, uid: number, id: string | null): string {
    const place = `${person}/${mailbox}/${validity}/${uid}`;
    const before = this.#contents.get(place);
    if (before !== undefined && before !== id) this.#broken.push(`${place} was ${before} and is ${id}`);
    this.#contents.set(place, id ?? '');
    return place;
  }

  // --- the end and the audit ----------------------------------------------------------------------------------------

  /** On the same data and ports. */
  async startAgain(): Promise<void> {
    this.#server = await startServer({ ...this.#options, base: this.#server.base });
    this.slowestStart = Math.max(this.slowestStart, this.#server.processor() * 1000);
  }

  /** All that is not as it must be, in sentences. */
  async audit({ all = false } = {}): Promise<string[]> {
    const findings = this.#broken.splice(0);
    const found = new Map<string, State[]>();
    for (const person of people) {
      const imap = await this.#imap(person);
      await imap.well('ENABLE QRESYNC');
      for (const mailbox of shelves[person]!) {
        const actual = await wholePicture(imap, mailbox);
        for (const told of this.#told.get(`${person}/${mailbox}`)!)
          findings.push(...differences(await nextPicture(imap, told, findings), actual));
        if (actual.letters.size > 0) await this.#readShelf(imap, person, actual, all, found, findings);
      }
      imap.close();
      await this.#readByPop(person, found, all, findings);
    }
    findings.push(...this.ledger.settle(found));
    if (findings.length === 0) await this.#empty();
    await this.#takePictures();
    return findings;
  }

  async #readShelf(
    imap: ImapCaller,
    person: string,
    actual: Picture,
    all: boolean,
    found: Map<string, State[]>,
    findings: string[],
  ): Promise<void> {
    const { mailbox, validity } = actual;
    const unread = [...actual.letters.keys()].filter((uid) => all || !this.#compared.has(`${person}/${mailbox}/${validity}/${uid}`));
    for (let from = 0; from < unread.length; from += 500) {
      const { untagged } = await imap.well(`UID FETCH ${unread.slice(from, from + 500).join(',')} (BODY.PEEK[])`);
      for (const { text, literals } of untagged) {
        if (literals.length === 0) continue;
        const uid = Number(/UID (\d+)/.exec(text)![1]);
        const id = idOf(literals[0]!);
        this.#compared.add(this.#note(person, actual, uid, id));
        const entry = this.ledger.entries.get(`${person}/${id}`);
        if (entry === undefined) continue;
        const wrong = difference(literals[0]!, entry);
        if (wrong !== null) findings.push(`${person}/${mailbox}, UID ${uid}, ${id}: ${wrong}`);
        const told = entry.uids.get(mailbox);
        if (told !== undefined && told !== uid) findings.push(`${person}/${mailbox}, ${id}: UID ${told} was told, but it has ${uid}`);
        entry.uids.set(mailbox, uid);
      }
    }
    for (const [uid, { flags }] of actual.letters) {
      const id = this.#contents.get(`${person}/${mailbox}/${validity}/${uid}`);
      const states = found.get(`${person}/${id}`) ?? [];
      states.push(stateOf(mailbox, flags));
      found.set(`${person}/${id}`, states);
    }
    findings.push(...this.#broken.splice(0));
  }

  /** POP3 gives the same inbox, octet by octet. */
  async #readByPop(person: string, found: ReadonlyMap<string, readonly State[]>, all: boolean, findings: string[]): Promise<void> {
    const pop = await PopCaller.open({ port: this.#server.portOf('pop3') }, this.#server.person(person));
    const listing = await pop.listing();
    const expected = [...found].filter(
      ([key, states]) => key.startsWith(`${person}/`) && states.some((state) => state.startsWith('INBOX')),
    ).length;
    if (listing.length !== expected) findings.push(`${person}: POP3 lists ${listing.length} letters, IMAP ${expected}`);
    if (new Set(listing.map(([, uidl]) => uidl)).size !== listing.length) findings.push(`${person}: a UIDL stands for two letters`);
    for (const [number] of all ? listing : listing.slice(-20)) {
      const octets = await pop.letter(number);
      const entry = this.ledger.entries.get(`${person}/${idOf(octets)}`);
      const wrong = entry === undefined ? 'nobody sent it' : difference(octets, entry);
      if (wrong !== null) findings.push(`${person}, by POP3, ${idOf(octets)}: ${wrong}`);
    }
    await pop.ask('QUIT');
    pop.close();
  }

  async #empty(): Promise<void> {
    for (const person of people) {
      const entries = this.ledger.surely(person, 'INBOX');
      if (entries.length < emptiedAbove) continue;
      const imap = await this.#imap(person);
      await imap.well('SELECT INBOX');
      await imap.well('STORE 1:* +FLAGS.SILENT (\\Deleted)');
      await this.ledger.attempt(
        entries.map((entry) => [entry, gone]),
        () => good(imap, 'EXPUNGE'),
      );
      imap.close();
    }
  }

  async #takePictures(): Promise<void> {
    for (const person of people) {
      const imap = await this.#imap(person);
      for (const mailbox of shelves[person]!) this.#told.set(`${person}/${mailbox}`, [await wholePicture(imap, mailbox)]);
      imap.close();
    }
  }
}

async function good(imap: ImapCaller, command: string): Promise<boolean> {
  return (await imap.ask(command)).status === 'OK';
}

/** What the store itself finds wrong. The server must have ended. */
export async function verifyData(data: string): Promise<string[]> {
  const store = await openEmbeddedStore({
    dir: join(data),
    shards: 1,
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
    threads: false,
  });
  const findings: string[] = [];
  try {
    for await (const { what } of store.verify({ quick: false })) findings.push(what);
  } finally {
    await store.close();
  }
  return findings;
}
