// What mail apps would find of our domain, as findings of `tayori check`: each app, good or with the line that is missing.
// Knows how findings are said; what apps read is publish/apps.ts.
import type { Resolver } from '../protocol/dns/contract.ts';
import type { Finding } from './check.ts';
import { appRows, appWords, findRecords, wantedRecords, type AppRow, type DomainNames, type RecordFound } from './publish/apps.ts';
import { paccText } from './publish/dialects.ts';
import { publishedSettings, type PublishedListener } from './publish/model.ts';

export interface AppsToCheck extends Pick<DomainNames, 'domain' | 'hostName' | 'covers'> {
  /** What listens, or will. */
  readonly listeners: readonly PublishedListener[];
}

/** Nothing of it keeps the server from working, so each is a note. @throws Unavailable when the DNS does not answer. */
export async function checkApps({ domain, hostName, covers, listeners }: AppsToCheck, resolver: Resolver): Promise<Finding[]> {
  const settings = publishedSettings({ domain, hostName, listeners });
  const names = { domain, hostName, covers, paccText: paccText(settings) };
  const records = await findRecords(wantedRecords(settings, names), names, resolver);
  const rows = appRows(settings, records);
  return [...new Set(rows.map((row) => row.app))].map((app) => {
    const own = rows.filter((row) => row.app === app);
    return own.every((row) => row.state === 'good')
      ? { how: 'good', what: `${appWords[app].en}: all that is looked up is there (${waysOf(own)})` }
      : { how: 'note', what: sentence(appWords[app].en, own, records) };
  });
}

function waysOf(rows: readonly AppRow[]): string {
  return rows.map((row) => ({ imap: 'IMAP', pop3: 'POP3', jmap: 'JMAP' })[row.way]).join(' and ');
}

function sentence(name: string, rows: readonly AppRow[], records: readonly RecordFound[]): string {
  const amber = rows.filter((row) => row.state !== 'good');
  const found = amber.every((row) => row.state === 'partly')
    ? 'our settings are found by the second way only'
    : 'our settings are not found by the address alone';
  const missing = [...new Set(amber.flatMap((row) => row.missing))].map((key) => records.find((record) => record.key === key)!);
  return `${name}: ${found} (${waysOf(amber)}); ${missing.map(advice).join('; ')}`;
}

function advice({ state, line, name, instead }: RecordFound): string {
  if (state === 'certificate') return `${name} leads here, but the certificate does not hold that name`;
  return state === 'other' ? `${name} says ${instead}; it should be: ${line}` : `add: ${line}`;
}
