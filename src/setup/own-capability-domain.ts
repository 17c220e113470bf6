// A domain turned into its addresses and mail servers and back, in plain words: what the net's address book (DNS) says of it. Knows which questions
// are asked and what the answers mean; asks by our own resolver, which goes to no server of the domain.
import { SyntaxTrouble, Unavailable } from '../base/trouble.ts';
import type { AccountId } from '../store/contract.ts';
import type { RecordData, RecordType, Resolver } from '../protocol/dns/contract.ts';
import { srvLabels } from '../protocol/autoconfig/srv.ts';
import { parseHost } from '../protocol/autoconfig/values.ts';
import type { JsonObject } from '../protocol/jmap/contract.ts';
import type { Language } from '../protocol/jmap/tayori/contract.ts';
import { reverseName } from './check.ts';
import type { Office } from './office.ts';
import { takeLookUp } from './own-capability-rate.ts';
import { describeDmarc, describeMtaSts, describeSpf } from './own-capability-policies.ts';

/** Of one kind, so that nobody's large answer becomes many questions. */
const hostsMax = 8;
const addressesMax = 8;

export interface DomainParts {
  readonly allowance: Office['outside']['allowance'];
  readonly resolver: () => Promise<Resolver>;
}

/** @throws SyntaxTrouble (it is no domain); Refusal `login-delayed` (too many look-ups); Unavailable `dns` when the address book gives no answer at all. */
export async function lookAtDomain(parts: DomainParts, owner: AccountId, typed: string, language: Language): Promise<JsonObject> {
  const text = typed.normalize('NFKC').trim();
  const name = text.slice(text.lastIndexOf('@') + 1).replaceAll('。', '.');
  const isAddress = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || (name.includes(':') && /^[0-9a-f:.]+$/i.test(name));
  const domain = isAddress ? name.toLowerCase() : parseHost(name);
  if (domain === null || (!isAddress && !domain.includes('.'))) throw new SyntaxTrouble('This is no domain.');
  takeLookUp(parts.allowance, owner);
  const book = new AddressBook(await parts.resolver());
  return isAddress ? backwards(book, domain, language) : forwards(book, domain, language);
}

/** Asks, and keeps what was asked from being asked again. A question without an answer is told apart from one that has none. */
class AddressBook {
  readonly #resolver: Resolver;
  answered = 0;
  silent = 0;
  authentic = true;
  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  async ask<T extends RecordType>(name: string, type: T): Promise<readonly RecordData[T][]> {
    try {
      const answer = await this.#resolver.resolve(name, type);
      this.answered++;
      this.authentic &&= answer.authentic;
      return answer.kind === 'found' ? answer.records : [];
    } catch (trouble) {
      if (!(trouble instanceof Unavailable)) throw trouble;
      this.silent++;
      return [];
    }
  }

  async addresses(host: string): Promise<string[]> {
    const [v4, v6] = await Promise.all([this.ask(host, 'A'), this.ask(host, 'AAAA')]);
    return [...v4, ...v6].map(({ address }) => address).slice(0, addressesMax);
  }

  async names(address: string): Promise<string[]> {
    const name = await reverseName(address).catch(() => null);
    return name === null ? [] : (await this.ask(name, 'PTR')).map(({ target }) => target.toLowerCase()).slice(0, hostsMax);
  }

  /** An address with the names that lead back from it; `agrees`: one of them leads to the address again. */
  async place(address: string): Promise<JsonObject> {
    const names = await this.names(address);
    const back = await Promise.all(names.map((name) => this.addresses(name)));
    return { address, names, agrees: back.some((list) => list.includes(address)) };
  }

  async places(host: string): Promise<JsonObject[]> {
    return Promise.all((await this.addresses(host)).map((address) => this.place(address)));
  }

  /** @throws Unavailable `dns` when nothing at all was answered. */
  check(): void {
    if (this.answered === 0 && this.silent > 0) throw new Unavailable('dns', 'the DNS gives no answer');
  }
}

async function backwards(book: AddressBook, address: string, language: Language): Promise<JsonObject> {
  const place = await book.place(address);
  book.check();
  const names = place['names'] as readonly string[];
  const sentence =
    names.length === 0
      ? { ja: 'この番地から、名前は引けません。', en: 'No name leads back from this address.' }
      : place['agrees'] === true
        ? { ja: '番地と名前が、たがいに指しあっています。', en: 'The address and its name lead to each other.' }
        : { ja: '名前は引けますが、その名前はこの番地を指していません。', en: 'There is a name, but it does not lead here.' };
  return { domain: address, kind: 'address', sentence: sentence[language], addresses: [place], isSigned: book.authentic };
}

const terms = {
  addresses: { ja: '番地(A・AAAA)', en: 'addresses (A, AAAA)' },
  mail: { ja: '手紙を受け取る局(MX)', en: 'offices that take its letters in (MX)' },
  services: { ja: 'アプリのための窓口(SRV)', en: 'counters for apps (SRV)' },
  spf: { ja: 'だれがこの名前で出してよいか(SPF)', en: 'who may send in its name (SPF)' },
  dmarc: { ja: 'にせものをどう扱ってほしいか(DMARC)', en: 'what is to become of forgeries (DMARC)' },
  mtaSts: { ja: '封をしない配達を断るか(MTA-STS)', en: 'whether unsealed delivery is refused (MTA-STS)' },
  names: { ja: '住所録を持つ局(NS)', en: 'who keeps its address book (NS)' },
} as const;

async function forwards(book: AddressBook, domain: string, language: Language): Promise<JsonObject> {
  const texts = async (name: string): Promise<string[]> => (await book.ask(name, 'TXT')).map(({ text }) => text.slice(0, 2000));
  const [places, exchanges, own, dmarc, mtaSts, services, keepers] = await Promise.all([
    book.places(domain),
    book.ask(domain, 'MX'),
    texts(domain),
    texts(`_dmarc.${domain}`),
    texts(`_mta-sts.${domain}`),
    Promise.all(srvLabels.map(async (label) => (await book.ask(`${label}.${domain}`, 'SRV')).map((row) => ({ label, ...row })))),
    book.ask(domain, 'NS'),
  ]);
  const ordered = exchanges.toSorted((a, b) => a.preference - b.preference).slice(0, hostsMax);
  // RFC 7505 §3: a lone dot says that no letters are taken.
  const isNull = ordered.length === 1 && ordered[0]!.exchange === '';
  const mail = isNull
    ? []
    : await Promise.all(
        ordered.map(async ({ preference, exchange }) => ({
          preference,
          host: exchange.toLowerCase(),
          addresses: await book.places(exchange),
        })),
      );
  book.check();
  return {
    domain,
    kind: 'domain',
    sentence: sayMail(isNull, mail.length, places.length, language),
    terms: Object.fromEntries(Object.entries(terms).map(([name, words]) => [name, words[language]])),
    addresses: places,
    mail,
    takesMail: isNull ? 'no' : mail.length > 0 ? 'yes' : places.length > 0 ? 'itself' : 'no',
    services: services
      .flat()
      // RFC 2782: a dot says that the service is not there.
      .map(({ label, priority, port, target }) => ({ label, priority, port, host: target.toLowerCase(), isOffered: target !== '' })),
    spf: describeSpf(own, language),
    dmarc: describeDmarc(dmarc, language),
    mtaSts: describeMtaSts(mtaSts, language),
    keepers: keepers.map(({ target }) => target.toLowerCase()).slice(0, hostsMax),
    isSigned: book.authentic,
    // Some questions had no answer: what is missing may be there.
    isWhole: book.silent === 0,
  };
}

function sayMail(isNull: boolean, offices: number, places: number, language: Language): string {
  if (isNull) return { ja: 'この名前あての手紙は受け取らない、と書いてあります。', en: 'It says that it takes no letters.' }[language];
  if (offices > 0)
    return {
      ja: `この名前あての手紙は、${offices} つの局のどれかに届きます。上から順に試されます。`,
      en: `Letters to it go to one of ${offices} office${offices === 1 ? '' : 's'}, tried from the top.`,
    }[language];
  // RFC 5321 §5.1.
  if (places > 0)
    return {
      ja: '受け取る局の名前がないので、その番地そのものに届けられます。',
      en: 'It names no office for letters; they go to its own address.',
    }[language];
  return { ja: 'この名前は住所録にありません。', en: 'The address book does not know this name.' }[language];
}
