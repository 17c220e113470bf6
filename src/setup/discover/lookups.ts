// The sources on the net, one function each: what is asked, and what of the answer counts. Sends the address and nothing secret.
// Knows where each mechanism lies; knows neither the order nor the time box.
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { AccountSettings } from '../../protocol/autoconfig/contract.ts';
import { autodiscoverUrls, formatAutodiscoverRequest, parseAutodiscoverAnswer } from '../../protocol/autoconfig/autodiscover.ts';
import { formatAutodiscoverJsonUrl, parseAutodiscoverJson } from '../../protocol/autoconfig/autodiscover-json.ts';
import { mozillaUrls, parseMozilla } from '../../protocol/autoconfig/mozilla.ts';
import { paccDigestName, paccMatches, paccUrl, parsePacc } from '../../protocol/autoconfig/pacc.ts';
import { parseSrv, srvLabels } from '../../protocol/autoconfig/srv.ts';
import { parseHost } from '../../protocol/autoconfig/values.ts';
import type { RecordData, RecordType, Resolver } from '../../protocol/dns/contract.ts';
import type { WebAnswer, WebClient, WebRequest } from '../../protocol/web/contract.ts';
import { findByMx, findByServer } from './table.ts';
import type { ProviderRow } from './provider-rows.ts';

export interface LookUpParts {
  readonly resolver: Resolver;
  readonly web: WebClient;
  readonly signal: AbortSignal;
  /** For one question, milliseconds. */
  readonly patience: number;
}

/** What a source says: settings, or a row of the table that it leads to; `from` is where. */
export type Saying =
  | { readonly kind: 'settings'; readonly settings: AccountSettings; readonly from: string }
  | { readonly kind: 'row'; readonly row: ProviderRow; readonly mx: string | null; readonly from: string }
  | { readonly kind: 'nothing'; readonly from: string; readonly remark: string };

/** Documents of settings have some kilobytes. */
const octetsMax = 128 * 1024;

export async function askPacc(domain: string, parts: LookUpParts): Promise<Saying> {
  const url = paccUrl(domain);
  const [answer, records] = await Promise.all([get(url, parts), ask(paccDigestName(domain), 'TXT', parts)]);
  if (answer.status !== 200) return nothing(url, `status ${answer.status}`);
  if (
    !paccMatches(
      answer.body,
      records.map(({ text }) => text),
    )
  )
    return nothing(url, 'the digest in the DNS does not fit the document');
  return { kind: 'settings', settings: parsePacc(answer.body), from: url };
}

/** Both places at once; the first one counts where both answer. `address` null: it is not told. */
export async function askAutoconfig(domain: string, address: string, tell: boolean, parts: LookUpParts): Promise<Saying> {
  const urls = mozillaUrls(domain, tell ? address : null);
  return firstOf(urls.map((url) => readMozilla(url, address, parts)));
}

export function askIspdb(base: string, domain: string, address: string, parts: LookUpParts): Promise<Saying> {
  return readMozilla(`${base.replace(/\/?$/, '/')}${domain}`, address, parts);
}

async function readMozilla(url: string, address: string, parts: LookUpParts): Promise<Saying> {
  const answer = await get(url, parts);
  if (answer.status !== 200) return nothing(url, `status ${answer.status}`);
  const settings = parseMozilla(answer.body, address);
  return settings.incoming.length + settings.outgoing.length > 0
    ? { kind: 'settings', settings, from: answer.url }
    : nothing(url, 'no server in it that we understand');
}

export async function askSrv(domain: string, parts: LookUpParts): Promise<Saying> {
  const rows = await Promise.all(
    srvLabels.map(async (label) => (await ask(`${label}.${domain}`, 'SRV', parts)).map((record) => ({ label, ...record }))),
  );
  const settings = parseSrv(rows.flat());
  const from = `SRV records of ${domain}`;
  return settings.incoming.length + settings.outgoing.length > 0 ? { kind: 'settings', settings, from } : nothing(from, 'none');
}

/** The host that takes the letters in by preference, lower case, or null. */
export async function askMx(domain: string, parts: LookUpParts): Promise<string | null> {
  const records = await ask(domain, 'MX', parts);
  const [best] = records.toSorted((a, b) => a.preference - b.preference);
  return best ? parseHost(best.exchange) : null;
}

/**
 * Domains that the owner of an MX host may have published under, as Thunderbird looks for them: without the first label, and the
 * registered domain. Never a public suffix such as co.jp, under which anybody could answer.
 */
export async function domainsOfMx(host: string, domain: string): Promise<string[]> {
  // Loaded only here: the list of public suffixes takes a while, and most addresses need none.
  const { getDomain } = await import('tldts');
  const base = getDomain(host);
  if (base === null) return [];
  const stripped = host.slice(host.indexOf('.') + 1);
  return [...new Set([stripped, base])].filter((name) => (name === base || name.endsWith(`.${base}`)) && name !== domain);
}

export function rowOfMx(host: string): Saying {
  const row = findByMx(host);
  return row ? { kind: 'row', row, mx: host, from: `MX ${host}` } : nothing(`MX ${host}`, 'not in the table');
}

/** Both versions, at the domain's own hosts alone: nobody else hears the address, and no password is sent even when one is asked for. */
export async function askAutodiscover(domain: string, address: string, parts: LookUpParts): Promise<Saying> {
  return firstOf([
    ...autodiscoverUrls(domain).map((url) => askPox(url, address, parts)),
    askJson(`autodiscover.${domain}`, address, parts),
  ]);
}

const hopsMax = 3;

async function askPox(first: string, address: string, parts: LookUpParts): Promise<Saying> {
  let url = first;
  for (let hop = 0; hop < hopsMax; hop++) {
    const answer = await fetch(
      { method: 'POST', url, headers: { 'content-type': 'text/xml; charset=utf-8' }, body: formatAutodiscoverRequest(address) },
      parts,
      0,
    );
    const location = answer.status >= 301 && answer.status <= 308 ? URL.parse(answer.headers['location'] ?? '', url) : null;
    if (location !== null) {
      url = location.href;
      continue;
    }
    if (answer.status === 401) return nothing(url, 'wants a password first; none is sent');
    if (answer.status !== 200) return nothing(url, `status ${answer.status}`);
    const said = parseAutodiscoverAnswer(answer.body, address);
    if (said.kind === 'redirect-url') url = said.url;
    else if (said.kind === 'settings' && said.settings.incoming.length + said.settings.outgoing.length > 0)
      return { kind: 'settings', settings: said.settings, from: url };
    else
      return nothing(
        url,
        said.kind === 'error' ? `error ${said.code}` : said.kind === 'settings' ? 'no IMAP, POP3 or SMTP in it' : 'another address',
      );
  }
  return nothing(url, 'leads on and on');
}

/** Version 2 tells no servers, but whose they are: an answer that leads to Microsoft makes it Microsoft 365. */
async function askJson(host: string, address: string, parts: LookUpParts): Promise<Saying> {
  const url = formatAutodiscoverJsonUrl(host, { address, protocol: 'AutodiscoverV1' });
  const answer = await get(url, parts);
  if (answer.status !== 200) return nothing(url, `status ${answer.status}`);
  const said = parseAutodiscoverJson(answer.body);
  if (said.kind === 'error') return nothing(url, said.code);
  const leads = URL.parse(said.url)?.hostname ?? '';
  const row = /(^|\.)(outlook\.com|office365\.com|office\.com)$/.test(leads) ? findByServer('smtp.office365.com') : null;
  return row ? { kind: 'row', row, mx: null, from: url } : nothing(url, `leads to ${leads}`);
}

const incomingGuesses = { imap: ['imap', 'mail', ''], pop3: ['pop', 'pop3', 'mail', ''] } as const;
const outgoingGuesses = { smtp: ['smtp', 'mail', ''] } as const;

/** Names that servers often have, those that are there at all. */
export async function guess(domain: string, parts: LookUpParts): Promise<Saying> {
  const labels = [...new Set([...Object.values(incomingGuesses), ...Object.values(outgoingGuesses)].flat())];
  const there = new Set<string>();
  await Promise.all(
    labels.map(async (label) => {
      const host = label === '' ? domain : `${label}.${domain}`;
      const found = await Promise.allSettled([ask(host, 'A', parts), ask(host, 'AAAA', parts)]);
      if (found.some((one) => one.status === 'fulfilled' && one.value.length > 0)) there.add(label);
    }),
  );
  const settings = parseSrv(
    Object.entries({ ...incomingGuesses, ...outgoingGuesses }).flatMap(([service, names]) =>
      names
        .filter((name) => there.has(name))
        .flatMap((name, priority) =>
          (
            {
              imap: [
                ['_imaps', 993],
                ['_imap', 143],
              ],
              pop3: [
                ['_pop3s', 995],
                ['_pop3', 110],
              ],
              smtp: [
                ['_submissions', 465],
                ['_submission', 587],
              ],
            } as const
          )[service as 'imap' | 'pop3' | 'smtp'].map(([label, port]) => ({
            label: `${label}._tcp`,
            priority,
            weight: 0,
            port,
            target: name === '' ? domain : `${name}.${domain}`,
          })),
        ),
    ),
  );
  const from = `usual names of ${domain}`;
  return settings.incoming.length + settings.outgoing.length > 0
    ? { kind: 'settings', settings, from }
    : nothing(from, 'none of them is there');
}

function nothing(from: string, remark: string): Saying {
  return { kind: 'nothing', from, remark };
}

/** The first in order that says something; else the first that says nothing; else the first trouble. */
async function firstOf(asked: readonly Promise<Saying>[]): Promise<Saying> {
  const settled = await Promise.allSettled(asked);
  const said = settled.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
  const best = said.find(({ kind }) => kind !== 'nothing') ?? said[0];
  if (best) return best;
  throw (settled[0] as PromiseRejectedResult).reason;
}

function get(url: string, parts: LookUpParts): Promise<WebAnswer> {
  return fetch({ method: 'GET', url }, parts, 3);
}

function fetch(request: WebRequest, { web, signal, patience }: LookUpParts, redirects: number): Promise<WebAnswer> {
  return web.fetch(request, { octets: octetsMax, patience, redirects, signal });
}

/** Records, none when there are none. @throws Unavailable `dns`, or what the signal says. */
async function ask<T extends RecordType>(name: string, type: T, { resolver, signal }: LookUpParts): Promise<readonly RecordData[T][]> {
  const stopped = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const answer = await Promise.race([resolver.resolve(name, type), stopped]);
  return answer.kind === 'found' ? answer.records : [];
}

/** What a document that is none says of itself: the page that a web server sends for everything is no trouble, it is nothing. */
export function isNoDocument(trouble: unknown): trouble is SyntaxTrouble {
  return trouble instanceof SyntaxTrouble;
}
