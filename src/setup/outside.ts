// Accounts at other providers as the running program has them: vault, accounts, sign-in, connections out, joined once for delivery,
// collection, the command line and the app. Knows which part needs which; knows no protocol and no command.
import { readFileSync } from 'node:fs';
import { once } from '../base/once.ts';
import { sealedVapidKey } from '../io/web-push/vapid.ts';
import { defaultKeyPath, openVault, type OpenVault } from '../io/vault.ts';
import { firstMailboxes, restMs } from '../journey/account/people.ts';
import { sealedFactors } from '../journey/account/second-factors.ts';
import { openOutsideAccounts, type OutsideAccounts } from '../journey/outside/accounts.ts';
import { Allowance } from '../journey/outside/allowance.ts';
import type { OutsideConnector, OutsideGuard, TokenKeeper } from '../journey/outside/contract.ts';
import { openOAuthClients, sealedClientSecrets, type OAuthClients } from '../journey/outside/oauth-clients.ts';
import { SignInTickets } from '../journey/outside/sign-in-tickets.ts';
import type { SignInFlow } from '../journey/outside/tokens.ts';
import type { Resolver } from '../protocol/dns/contract.ts';
import type { WebClient } from '../protocol/web/contract.ts';
import type { Directory } from '../store/directory-contract.ts';
import type { OutsideAccountRow } from '../store/outside-contract.ts';
import type { Office } from './office.ts';
import type { HealthNews } from './outside-health.ts';
import type { Settings } from './settings.ts';

/** What needs neither network nor more than a moment: there from the start. */
export interface OutsideOffice {
  readonly vault: OpenVault;
  readonly accounts: OutsideAccounts;
  readonly clients: OAuthClients;
  readonly allowance: Allowance;
  /** What the last look at an account found otherwise than before; remembered while the program runs. */
  readonly news: Map<OutsideAccountRow['id'], readonly HealthNews[]>;
  /** Ways out to a provider's sign-in page for browsers of people. */
  readonly tickets: SignInTickets;
  /** The same for all who ask: two keepers would end each other's tokens. Loaded with the first. */
  roads(): Promise<OutsideRoads>;
}

/** What goes out. */
export interface OutsideRoads {
  readonly resolver: Resolver;
  readonly guard: OutsideGuard;
  readonly connector: OutsideConnector;
  readonly web: WebClient;
  readonly keeper: TokenKeeper;
  readonly flow: SignInFlow;
}

/** The key's file, absolute: the setting, else beside the data folder. */
export function keyPathOf(settings: Pick<Settings, 'data' | 'secretKey'>): string {
  return settings.secretKey ?? defaultKeyPath(settings.data);
}

/** Everything that is sealed by the vault's key. */
function* allSealed(directory: Pick<Directory, 'outsideAccounts' | 'value' | 'accounts' | 'factors'>): Generator<Uint8Array> {
  for (const { secret } of directory.outsideAccounts()) yield secret;
  yield* sealedClientSecrets(directory);
  yield* sealedVapidKey(directory);
  yield* sealedFactors(directory);
}

/** How we call ourselves to servers of providers. */
export function hostNameOf(settings: Pick<Settings, 'hostname' | 'domain'>): string {
  // RFC 2606 §2: nobody's, where there is no name of our own.
  return settings.hostname ?? (settings.domain === null ? 'localhost.invalid' : `mail.${settings.domain}`);
}

/** For each step of a check: servers let those wait who failed before, Dovecot up to fifteen seconds. */
export const checkPatienceMs = 20_000;

/** Whether servers with private addresses may be reached for people: on the owner's own machine, or when the operator says so. */
export function outsidePrivate(settings: Pick<Settings, 'outsidePrivate' | 'domain'>): boolean {
  return settings.outsidePrivate ?? settings.domain === null;
}

/** The provider forgets the tokens of accounts that are gone for good; best effort, nobody waits for it. */
export async function revokeGone(office: Pick<Office, 'outside' | 'log'>, rows: readonly OutsideAccountRow[]): Promise<void> {
  for (const row of rows) {
    try {
      const secret = office.outside.accounts.secretOf(row);
      const client = secret.kind === 'oauth2' ? office.outside.clients.find(secret.issuer) : null;
      if (secret.kind !== 'oauth2' || client === null) continue;
      const [{ revokeTokens }, { web }] = await Promise.all([import('../journey/outside/tokens.ts'), office.outside.roads()]);
      await revokeTokens(web, client, secret);
    } catch (trouble) {
      office.log.warn('tokens could not be revoked', { account: row.id }, trouble);
    }
  }
}

export function openOutside(office: Pick<Office, 'settings' | 'directory' | 'store' | 'clock' | 'chance' | 'log'>): OutsideOffice {
  const { settings, directory, store, clock, log } = office;
  const vault = openVault({ path: keyPathOf(settings), sealed: () => allSealed(directory) });
  const accounts = openOutsideAccounts({ directory, store, vault, clock, log, firstMailboxes, restMs });
  const clients = openOAuthClients(directory, vault);
  return {
    vault,
    accounts,
    clients,
    allowance: new Allowance(clock),
    news: new Map(),
    tickets: new SignInTickets({ clock, chance: office.chance }),
    roads: once(() => openRoads(office, vault, clients)),
  };
}

/** Where the command line looks things up by itself, without the data. */
async function openWays(settings: Settings, log: Office['log']): Promise<Pick<OutsideRoads, 'resolver' | 'guard' | 'connector' | 'web'>> {
  const [{ openOfficeResolver }, { openGuard }, { openOutsideConnector }, { openWebClient }] = await Promise.all([
    import('./delivery.ts'),
    import('../journey/outside/guard.ts'),
    import('../io/outside-connector.ts'),
    import('../io/http/web-client.ts'),
  ]);
  const resolver = await openOfficeResolver({ settings, log });
  const guard = openGuard({ resolver, privateAllowed: outsidePrivate(settings) });
  const authorities = settings.outsideAuthority === null ? [] : [readFileSync(settings.outsideAuthority, 'latin1')];
  const web = openWebClient({ guard, authorities, ports: { others: outsidePrivate(settings) } });
  return { resolver, guard, connector: openOutsideConnector({ guard, authorities }), web };
}

async function openRoads(
  { settings, directory, clock, chance, log }: Pick<Office, 'settings' | 'directory' | 'clock' | 'chance' | 'log'>,
  vault: OpenVault,
  clients: OAuthClients,
): Promise<OutsideRoads> {
  const [ways, { openSignInFlow, openSignInKeeper }] = await Promise.all([openWays(settings, log), import('../journey/outside/tokens.ts')]);
  const { web } = ways;
  const keeper = openSignInKeeper({ directory, vault, web, client: (issuer) => clients.find(issuer), clock, chance, log });
  return { ...ways, keeper, flow: openSignInFlow({ web, clock, chance }) };
}
