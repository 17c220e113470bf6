// What mail apps would find of a domain of ours: which DNS records each of them reads, which of those are there, and the line that is
// missing. Knows the order in which apps look (their published sources) and asks a resolver; knows no page and no command.
import type { RecordType, Resolver } from '../../protocol/dns/contract.ts';
import type { AccountSettings, ServerSettings } from '../../protocol/autoconfig/contract.ts';
import { formatSrv } from '../../protocol/autoconfig/srv.ts';
import type { Language } from './words.ts';

/** A record that some app reads. */
export interface WantedRecord {
  /** Names it within one domain: `autoconfig`, `srv-imaps`. */
  readonly key: string;
  readonly name: string;
  readonly type: 'CNAME' | 'SRV' | 'TXT';
  /** As it is written into a zone, whole. */
  readonly line: string;
}

export interface RecordFound extends WantedRecord {
  /** `other`: something else stands there. `certificate`: the name leads here, but our certificate does not hold it. */
  readonly state: 'good' | 'missing' | 'other' | 'certificate';
  /** What stands there instead. */
  readonly instead: string;
}

export const appWays = ['imap', 'pop3', 'jmap'] as const;
export type AppWay = (typeof appWays)[number];

export interface AppRow {
  readonly app: AppName;
  readonly way: AppWay;
  /** `good`: all that it reads is there. `partly`: it finds the settings by another way than its first. `missing`: it finds nothing. */
  readonly state: 'good' | 'partly' | 'missing';
  /** Keys of records that it reads and that are not good. */
  readonly missing: readonly string[];
}

const appNames = ['iphone', 'outlook', 'thunderbird', 'fairemail', 'deltachat', 'standards', 'jmap'] as const;
export type AppName = (typeof appNames)[number];

/** Each inner list is one way by which the app finds all it needs; first the one it prefers. */
const readers: Readonly<Record<AppName, Readonly<Partial<Record<AppWay, readonly (readonly string[])[]>>>>> = {
  // PACC; until devices read it, the profile of the set-up page is their way.
  iphone: { imap: [['ua-auto-config', 'ua-digest']], pop3: [['ua-auto-config', 'ua-digest']] },
  // Autodiscover on the host of that name.
  outlook: { imap: [['autodiscover']], pop3: [['autodiscover']] },
  // Autoconfig on the host of that name; the bare domain's well-known path is another way, where a web site may stand.
  thunderbird: { imap: [['autoconfig']], pop3: [['autoconfig']] },
  // SRV before XML; no POP3.
  fairemail: { imap: [['srv-imap', 'srv-smtp'], ['autoconfig']] },
  // XML before Autodiscover; no POP3.
  deltachat: { imap: [['autoconfig'], ['autodiscover']] },
  // RFC 6186 and RFC 8314.
  standards: { imap: [['srv-imap', 'srv-smtp']], pop3: [['srv-pop3', 'srv-smtp']] },
  // RFC 8620 §2.2.
  jmap: { jmap: [['srv-jmap']] },
};

/** In words for people. */
export const appWords: Readonly<Record<AppName, Readonly<Record<Language, string>>>> = {
  iphone: { ja: 'iPhone・Mac のメール', en: 'iPhone and Mac Mail' },
  outlook: { ja: 'Outlook', en: 'Outlook' },
  thunderbird: { ja: 'Thunderbird', en: 'Thunderbird' },
  fairemail: { ja: 'FairEmail', en: 'FairEmail' },
  deltachat: { ja: 'Delta Chat', en: 'Delta Chat' },
  standards: { ja: '標準どおりに調べるアプリ', en: 'Apps that follow the standards' },
  jmap: { ja: 'JMAP のアプリ', en: 'Apps that speak JMAP' },
};

/** RFC 6186 §3.1, RFC 8314 §5.1: the labels of each service, the sealed one first. */
const labels: Readonly<Record<ServerSettings['service'] | 'jmap', readonly string[]>> = {
  imap: ['_imaps._tcp', '_imap._tcp'],
  pop3: ['_pop3s._tcp', '_pop3._tcp'],
  smtp: ['_submissions._tcp', '_submission._tcp'],
  jmap: ['_jmap._tcp'],
};

export interface DomainNames {
  readonly domain: string;
  readonly hostName: string;
  /** Names that our certificate holds. */
  readonly covers: (name: string) => boolean;
  /** The text of the PACC record, or null where PACC cannot be served: it knows ports sealed from the start only. */
  readonly paccText: string | null;
}

/** Out: every record that some app reads and that this server can stand behind. */
export function wantedRecords(settings: AccountSettings, { domain, hostName, paccText }: DomainNames): readonly WantedRecord[] {
  const records: WantedRecord[] = [];
  const alias = (label: string) => {
    const name = `${label}.${domain}`;
    records.push({ key: label, name, type: 'CNAME', line: `${name}. CNAME ${hostName}.` });
  };
  alias('autoconfig');
  alias('autodiscover');
  if (paccText !== null) {
    alias('ua-auto-config');
    const name = `_ua-auto-config.${domain}`;
    records.push({ key: 'ua-digest', name, type: 'TXT', line: `${name}. TXT "${paccText}"` });
  }
  const rows = formatSrv(settings);
  for (const service of ['imap', 'pop3', 'smtp', 'jmap'] as const) {
    // The best of each service: the first label that is offered.
    const row = rows.find((one) => one.target !== '' && labels[service].includes(one.label));
    if (row === undefined) continue;
    const name = `${row.label}.${domain}`;
    const data = `${row.priority} ${row.weight} ${row.port} ${row.target}.`;
    records.push({ key: `srv-${service}`, name, type: 'SRV', line: `${name}. SRV ${data}` });
  }
  return records;
}

/** Asks for each record. @throws Unavailable when the DNS does not answer. */
export async function findRecords(
  wanted: readonly WantedRecord[],
  { hostName, covers, paccText }: DomainNames,
  resolver: Resolver,
): Promise<readonly RecordFound[]> {
  const home = new Set(await addressesOf(hostName, resolver));
  return Promise.all(
    wanted.map(async (record): Promise<RecordFound> => {
      const as = (state: RecordFound['state'], instead = ''): RecordFound => ({ ...record, state, instead });
      if (record.type === 'CNAME') {
        const addresses = await addressesOf(record.name, resolver);
        if (addresses.length === 0) return as('missing');
        if (!addresses.every((address) => home.has(address))) return as('other', addresses.join(', '));
        return as(covers(record.name) ? 'good' : 'certificate');
      }
      if (record.type === 'TXT') {
        const texts = (await recordsOf(record.name, 'TXT', resolver)).map(({ text }) => text);
        if (texts.includes(paccText ?? '')) return as('good');
        return texts.length === 0 ? as('missing') : as('other', texts.join(', '));
      }
      const [port, target] = record.line.split(' ').slice(-2);
      const services = await recordsOf(record.name, 'SRV', resolver);
      const isOurs = services.some((one) => String(one.port) === port && `${one.target.toLowerCase()}.` === target);
      if (isOurs) return as('good');
      return services.length === 0 ? as('missing') : as('other', services.map((one) => `${one.target}:${one.port}`).join(', '));
    }),
  );
}

async function recordsOf<T extends RecordType>(name: string, type: T, resolver: Resolver) {
  const answer = await resolver.resolve(name, type);
  return answer.kind === 'found' ? answer.records : [];
}

async function addressesOf(name: string, resolver: Resolver): Promise<string[]> {
  const [a, aaaa] = await Promise.all([recordsOf(name, 'A', resolver), recordsOf(name, 'AAAA', resolver)]);
  return [...a, ...aaaa].map(({ address }) => address.toLowerCase());
}

/** What each app makes of it. Ways of receiving that do not listen have no row. */
export function appRows(settings: AccountSettings, records: readonly RecordFound[]): readonly AppRow[] {
  const good = new Set(records.filter((record) => record.state === 'good').map((record) => record.key));
  const known = new Set(records.map((record) => record.key));
  return appNames.flatMap((app) =>
    appWays.flatMap((way): AppRow[] => {
      const ways = readers[app][way]?.filter((keys) => keys.every((key) => known.has(key)));
      if (ways === undefined || ways.length === 0 || !isOffered(settings, way)) return [];
      const missing = [...new Set(ways.flat())].filter((key) => !good.has(key));
      const finds = ways.some((keys) => keys.every((key) => good.has(key)));
      return [{ app, way, state: missing.length === 0 ? 'good' : finds ? 'partly' : 'missing', missing }];
    }),
  );
}

function isOffered(settings: AccountSettings, way: AppWay): boolean {
  return way === 'jmap' ? settings.jmap !== null : settings.incoming.some((server) => server.service === way);
}
