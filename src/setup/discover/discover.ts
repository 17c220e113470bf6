// From an address to its settings: the table first, then all other sources side by side within one time box, ranked, with what each said.
// Knows the order and when enough is known; what is asked is lookups.ts, what is better is candidates.ts.
import { Unavailable } from '../../base/trouble.ts';
import { CauseTrouble, type Cause } from '../../journey/outside/causes.ts';
import type { AccountSettings } from '../../protocol/autoconfig/contract.ts';
import type { Resolver } from '../../protocol/dns/contract.ts';
import type { WebClient } from '../../protocol/web/contract.ts';
import type { MailService } from '../../store/outside-contract.ts';
import { candidatesMax, candidatesOf, rankCandidates } from './candidates.ts';
import { cleanAddress, type CleanAddress } from './clean.ts';
import {
  sourceNames,
  type Candidate,
  type Confidence,
  type Discovery,
  type Probe,
  type SourceName,
  type SourceReport,
} from './contract.ts';
import { credentialFor, credentialOf } from './credential.ts';
import {
  askAutoconfig,
  askAutodiscover,
  askIspdb,
  askMx,
  askPacc,
  askSrv,
  domainsOfMx,
  guess,
  isNoDocument,
  rowOfMx,
  type LookUpParts,
  type Saying,
} from './lookups.ts';
import { proveCandidates } from './prove.ts';
import type { ProviderRow } from './provider-rows.ts';
import { candidatesOfRow, findByDomain, findByServer, isWhole, providerOf } from './table.ts';

export interface DiscoverParts {
  readonly resolver: Resolver;
  readonly web: WebClient;
  /** Null: nothing is tried. */
  readonly probe: Probe | null;
  readonly options?: Partial<DiscoverOptions>;
  readonly signal?: AbortSignal;
}

export interface DiscoverOptions {
  /** Where Thunderbird's database is asked, the domain behind it; null: it is not asked. */
  readonly ispdb: string | null;
  /** For all look-ups together, milliseconds. */
  readonly lookUpMs: number;
  /** How long a better source is still waited for once a lesser one is enough. */
  readonly graceMs: number;
  /** For all tries together. */
  readonly probeMs: number;
  /** Documents may name any port: tests and closed networks. */
  readonly anyPort: boolean;
}

export const ispdbStandard = 'https://autoconfig.thunderbird.net/v1.1/';
const standard: DiscoverOptions = { ispdb: ispdbStandard, lookUpMs: 5_000, graceMs: 1_500, probeMs: 4_500, anyPort: false };

/** How much a source is worth believing. */
const confidences: Readonly<Record<Exclude<SourceName, 'table' | 'mx-table'>, Confidence>> = {
  pacc: 'high',
  autoconfig: 'high',
  srv: 'medium',
  'mx-autoconfig': 'medium',
  'mx-ispdb': 'medium',
  ispdb: 'medium',
  autodiscover: 'medium',
  guess: 'low',
};

/** What is known so far of one source. */
interface Finding {
  readonly report: SourceReport;
  readonly candidates: readonly Candidate[];
  readonly settings: AccountSettings | null;
  readonly row: ProviderRow | null;
}

/**
 * Looks the settings of an address up. A provider that the table knows whole is answered without any network, unless `probe` is given.
 * @throws CauseTrouble `not-an-address`. Everything else is told in the result: nothing found is a result too.
 */
export async function discover(typed: string, parts: DiscoverParts): Promise<Discovery> {
  const begun = performance.now();
  const options = { ...standard, ...parts.options };
  const clean = cleanAddress(typed);
  const row = findByDomain(clean.domain);
  const table = tableFinding(clean, row);
  const others = row && isWhole(row) ? [] : await askAll(clean, table, parts, options);
  const found = assemble(clean, [table, ...others], parts.probe !== null, begun);
  if (parts.probe === null) return found;
  const proven = await proveCandidates([...found.imap, ...found.pop3, ...found.smtp], parts.probe, options.probeMs);
  const of = (service: MailService) => proven.filter((one) => one.service === service);
  return { ...found, imap: of('imap'), pop3: of('pop3'), smtp: of('smtp'), milliseconds: Math.round(performance.now() - begun) };
}

/** What the table knows, where it knows the provider whole; null otherwise. Asks nobody. @throws CauseTrouble `not-an-address`. */
export function discoverAtOnce(typed: string): Discovery | null {
  const begun = performance.now();
  const clean = cleanAddress(typed);
  const row = findByDomain(clean.domain);
  const found = row !== null && isWhole(row) ? row : null;
  // A near miss is known without the network too, and better said at once.
  return found === null && clean.suggestion === null ? null : assemble(clean, [tableFinding(clean, found)], false, begun);
}

function tableFinding({ address, domain }: CleanAddress, row: ProviderRow | null): Finding {
  const report: SourceReport = {
    source: 'table',
    outcome: row ? 'found' : 'nothing',
    milliseconds: 0,
    where: row ? row.id : domain,
    cause: null,
    remark: '',
  };
  return { report, row, settings: null, candidates: row ? candidatesOfRow(row, address, null, 'table') : [] };
}

type Ask = readonly [SourceName, () => Promise<Saying>];

/** All sources on the net at once; ends when enough is known, or when time is up. */
async function askAll(clean: CleanAddress, table: Finding, parts: DiscoverParts, options: DiscoverOptions): Promise<Finding[]> {
  const { address, domain } = clean;
  const stop = new AbortController();
  const signal = parts.signal ? AbortSignal.any([stop.signal, parts.signal]) : stop.signal;
  const look: LookUpParts = { resolver: parts.resolver, web: parts.web, signal, patience: options.lookUpMs };
  const mx = askMx(domain, look);
  mx.catch(() => {});
  const none = (from: string): Saying => ({ kind: 'nothing', from, remark: 'no host takes letters for this domain' });
  /** At the domains of the MX host, the nearer one first. */
  const atMx = async (askOne: (name: string) => Promise<Saying>): Promise<Saying> => {
    const host = await mx;
    if (host === null) return none(`MX of ${domain}`);
    let last: Saying = { kind: 'nothing', from: `MX ${host}`, remark: 'it is of the same domain' };
    const said = await Promise.all((await domainsOfMx(host, domain)).map((name) => askOne(name).catch((trouble: unknown) => trouble)));
    for (const one of said) {
      if (one instanceof Error) continue;
      last = one as Saying;
      if (last.kind !== 'nothing') return last;
    }
    const trouble = said.find((one) => one instanceof Error);
    if (trouble && last.kind === 'nothing' && said.every((one) => one instanceof Error)) throw trouble;
    return last;
  };
  const { ispdb } = options;
  const asks: readonly Ask[] = [
    ['pacc', () => askPacc(domain, look)],
    ['autoconfig', () => askAutoconfig(domain, address, true, look)],
    ['srv', () => askSrv(domain, look)],
    ['mx-table', async () => ((await mx) === null ? none(`MX of ${domain}`) : rowOfMx((await mx)!))],
    ['mx-autoconfig', () => atMx((name) => askAutoconfig(name, address, true, look))],
    ...(ispdb === null
      ? []
      : ([
          ['mx-ispdb', () => atMx((name) => askIspdb(ispdb, name, address, look))],
          ['ispdb', () => askIspdb(ispdb, domain, address, look)],
        ] satisfies Ask[])),
    ['autodiscover', () => askAutodiscover(domain, address, look)],
    ['guess', () => guess(domain, look)],
  ];
  const findings = new Map<SourceName, Finding>();
  const waiting = new Set(asks.map(([source]) => source));
  await new Promise<void>((done) => {
    let grace: NodeJS.Timeout | null = null;
    const end = () => {
      clearTimeout(late);
      if (grace) clearTimeout(grace);
      done();
    };
    const late = setTimeout(end, options.lookUpMs);
    parts.signal?.addEventListener('abort', end, { once: true });
    for (const [source, run] of asks) {
      const asked = performance.now();
      listen(source, run, clean, options, asked).then((finding) => {
        if (!waiting.delete(source)) return;
        findings.set(source, finding);
        const state = enough(asks, findings, table);
        if (state === 'all' || waiting.size === 0) end();
        else if (state === 'but-better') grace ??= setTimeout(end, options.graceMs);
      });
    }
  });
  parts.signal?.throwIfAborted();
  const left = [...waiting];
  waiting.clear();
  stop.abort(new Error('not needed any more'));
  return [
    ...findings.values(),
    ...left.map((source): Finding =>
      nothingFrom({ source, outcome: 'not-asked', milliseconds: options.lookUpMs, where: null, cause: null, remark: 'not waited for' }),
    ),
  ];
}

/** Whether receiving and sending are known: `all` when no better source may still speak, `but-better` when one may. Guesses are never enough. */
function enough(asks: readonly Ask[], findings: ReadonlyMap<SourceName, Finding>, table: Finding): 'no' | 'but-better' | 'all' {
  let better = false;
  const known: Candidate[] = [...table.candidates];
  for (const [source] of asks) {
    if (source === 'guess') return 'no';
    const finding = findings.get(source);
    if (!finding) better = true;
    known.push(...(finding?.candidates ?? []));
    if (known.some(({ service }) => service !== 'smtp') && known.some(({ service }) => service === 'smtp'))
      return better ? 'but-better' : 'all';
  }
  return 'no';
}

function nothingFrom(report: SourceReport): Finding {
  return { report, candidates: [], settings: null, row: null };
}

/** Asks one source; never rejects. */
async function listen(
  source: SourceName,
  run: () => Promise<Saying>,
  { address }: CleanAddress,
  options: DiscoverOptions,
  asked: number,
): Promise<Finding> {
  const report = (outcome: SourceReport['outcome'], where: string | null, remark: string, cause: Cause | null = null): SourceReport => ({
    source,
    outcome,
    milliseconds: Math.round(performance.now() - asked),
    where,
    cause,
    remark: remark.slice(0, 300),
  });
  try {
    const said = await run();
    if (said.kind === 'nothing') return nothingFrom(report('nothing', said.from, said.remark));
    if (said.kind === 'row')
      return {
        report: report('found', said.from, said.row.id),
        row: said.row,
        settings: null,
        candidates: candidatesOfRow(said.row, address, said.mx, source),
      };
    const confidence = source === 'table' || source === 'mx-table' ? 'medium' : confidences[source];
    const candidates = candidatesOf(said.settings, { address, source, confidence, from: said.from, anyPort: options.anyPort });
    if (candidates.length === 0) return nothingFrom(report('nothing', said.from, 'no server that may be used'));
    return { report: report('found', said.from, ''), row: null, settings: said.settings, candidates };
  } catch (trouble) {
    const { message } = trouble as Error;
    if (isNoDocument(trouble)) return nothingFrom(report('nothing', null, `no such document: ${message}`));
    const cause =
      trouble instanceof CauseTrouble ? trouble.why : trouble instanceof Unavailable && trouble.code === 'dns' ? 'dns-unavailable' : null;
    // A name that is not there is how a domain says that it publishes nothing.
    if (cause === 'name-not-found') return nothingFrom(report('nothing', null, message, cause));
    return nothingFrom(report('failed', null, message, cause));
  }
}

function assemble({ address, domain, suggestion }: CleanAddress, findings: readonly Finding[], probed: boolean, begun: number): Discovery {
  const reported = new Map(findings.map((finding) => [finding.report.source, finding]));
  const ordered = sourceNames.flatMap((source) => reported.get(source) ?? []);
  const rowByDomain = reported.get('table')?.row ?? null;
  const named = ordered.filter(({ report }) => report.source !== 'guess').flatMap(({ candidates }) => candidates);
  // What another company is known to run is never filled up with guesses, and neither is what somebody has told.
  const guesses = (reported.get('guess')?.candidates ?? []).filter(
    ({ service }) =>
      !named.some((one) => one.service === service) && (rowByDomain === null || !(service === 'pop3' && rowByDomain.pop3 === false)),
  );
  const direction = (service: MailService) => (service === 'smtp' ? 'out' : 'in');
  const wanted = guesses.filter(
    ({ service }) => ordered.every(({ row }) => row === null) || !named.some((one) => direction(one.service) === direction(service)),
  );
  const ranked = rankCandidates([...named, ...wanted]);
  const of = (service: MailService) => ranked.filter((one) => one.service === service).slice(0, candidatesMax);
  const best = ranked.find(({ service }) => service !== 'smtp') ?? ranked[0] ?? null;
  const mxRow = reported.get('mx-table')?.row ?? null;
  const byServer = best ? findByServer(best.host) : null;
  const row =
    rowByDomain ??
    (mxRow && (best?.source === 'mx-table' || mxRow.servers.some(({ host }) => host === best?.host)) ? mxRow : null) ??
    byServer ??
    (best?.source === 'autodiscover' ? (reported.get('autodiscover')?.row ?? null) : null);
  const settings = best ? (reported.get(best.source)?.settings ?? null) : null;
  const help = row?.help ?? settings?.help ?? null;
  return {
    address,
    domain,
    suggestion,
    provider: row ? providerOf(row) : null,
    credential: row ? credentialOf(row) : credentialFor(best?.signIn ?? [], help),
    displayName: settings?.displayName ?? null,
    imap: of('imap'),
    pop3: of('pop3'),
    smtp: of('smtp'),
    oauth: settings?.oauth ?? null,
    jmap: ordered.find((finding) => finding.settings?.jmap)?.settings?.jmap ?? null,
    help,
    sources: sourceNames.map(
      (source): SourceReport =>
        reported.get(source)?.report ?? { source, outcome: 'not-asked', milliseconds: 0, where: null, cause: null, remark: 'not needed' },
    ),
    probed,
    milliseconds: Math.round(performance.now() - begun),
  };
}
