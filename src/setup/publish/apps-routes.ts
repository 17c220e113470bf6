// The page `/apps` as an application: asks the DNS at most once a minute, whoever looks how often. Knows HTTP and this bound.
import { Hono } from 'hono';
import type { Clock } from '../../base/clock.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { WebSurroundings } from '../../io/http/listener.ts';
import type { StartPageFacts } from '../../io/http/start-page.ts';
import type { AccountSettings } from '../../protocol/autoconfig/contract.ts';
import type { Resolver } from '../../protocol/dns/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import { openOfficeResolver } from '../delivery.ts';
import type { Office } from '../office.ts';
import { appsPage, type DomainFindings } from './apps-page.ts';
import { appRows, findRecords, wantedRecords, type DomainNames } from './apps.ts';
import { paccText } from './dialects.ts';
import { policy } from './setup-style.ts';
import { chooseLanguage } from './words.ts';

export interface AppsParts {
  readonly office: Pick<Office, 'settings' | 'log'>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly settingsOf: (domain: string) => AccountSettings;
  readonly facts: () => StartPageFacts | null;
  readonly covers: (name: string) => boolean;
}

const keptMs = 60_000;
const mostDomains = 20;

export function appsRoutes({ office, directory, clock, settingsOf, facts, covers }: AppsParts): Hono<{ Bindings: WebSurroundings }> {
  const application = new Hono<{ Bindings: WebSurroundings }>();
  let kept: { readonly at: number; readonly findings: Promise<readonly DomainFindings[]> } | null = null;

  async function look(): Promise<readonly DomainFindings[]> {
    // Without what a resolver remembers: who has just added a line wants to see it.
    const resolver = await openOfficeResolver(office);
    const { hostName } = facts()!;
    const domains = directory.domains().slice(0, mostDomains);
    return Promise.all(
      domains.map(({ name }) => {
        const settings = settingsOf(name);
        return findingsOf(settings, { domain: name, hostName, covers, paccText: paccText(settings) }, resolver);
      }),
    );
  }

  application.get('/apps', async (context) => {
    const language = chooseLanguage(context.req.query('lang'), context.req.header('accept-language'));
    const { demo } = facts()!;
    const now = clock.monotonic();
    if (!demo && (kept === null || now - kept.at >= keptMs)) kept = { at: now, findings: look() };
    const findings = demo ? [] : await kept!.findings;
    context.header('content-security-policy', policy);
    context.header('x-content-type-options', 'nosniff');
    context.header('referrer-policy', 'no-referrer');
    context.header('cache-control', 'no-store');
    return context.html(appsPage(language, demo, findings));
  });
  return application;
}

/** All of one domain; `silent` when the DNS does not answer. */
export async function findingsOf(settings: AccountSettings, names: DomainNames, resolver: Resolver): Promise<DomainFindings> {
  const { domain } = names;
  try {
    const records = await findRecords(wantedRecords(settings, names), names, resolver);
    return { domain, rows: appRows(settings, records), records, silent: false };
  } catch (trouble) {
    if (!(trouble instanceof Unavailable)) throw trouble;
    return { domain, rows: [], records: [], silent: true };
  }
}
