// A person signs in at the provider's page, begun at the command line: the link, and where the browser comes back to. With a domain that
// is our own web server; without one, or on request, a port of this machine that is open for these minutes only (RFC 8252 §7.3).
// Knows the two ways back; the flow is journey/outside/tokens.ts.
import type { AccountId } from '../store/contract.ts';
import { CauseTrouble } from '../journey/outside/causes.ts';
import type { OutsideSecret } from '../journey/outside/contract.ts';
import { checkAudience, type OAuthClient } from '../journey/outside/oauth.ts';
import type { Office } from './office.ts';
import { hostNameOf } from './outside.ts';

export interface SignInAsk {
  readonly owner: AccountId;
  readonly address: string;
  /** Name or issuer of the provider. */
  readonly provider: string;
  /** The browser is on this machine. */
  readonly loopback: boolean;
  /** What the browser will show when it comes back, where it was given something (RFC 9700 §4.7). */
  readonly browser?: string | null;
  /** Where the token is to be used. */
  readonly servers: readonly { readonly host: string }[];
}

type TokenSecret = Extract<OutsideSecret, { kind: 'oauth2' }>;

/** @throws CauseTrouble `client-id-missing` and those of the sign-in; Refusal `expired`, `limit`, `cannot` when the servers are not the provider's. */
export async function signInByPage(office: Office, ask: SignInAsk, show: (url: string) => void, signal: AbortSignal): Promise<TokenSecret> {
  const { clients, allowance } = office.outside;
  const client = clients.find(ask.provider);
  if (client === null)
    throw new CauseTrouble('client-id-missing', `no client id for ${ask.provider} is entered; tayori oauth client add enters one`);
  checkAudience(client.provider, ask.servers);
  allowance.take(ask.owner, 'sign-in');
  const { flow } = await office.outside.roads();
  const back = await openWayBack(office, client, ask.loopback);
  try {
    const { url, done, cancel } = flow.begin({
      client,
      owner: ask.owner,
      address: ask.address,
      redirectUri: back.url,
      browser: ask.browser ?? null,
    });
    signal.addEventListener('abort', cancel, { once: true });
    show(url);
    return (await done).secret;
  } catch (trouble) {
    if (trouble instanceof CauseTrouble) trouble.provider = client.provider.title;
    throw trouble;
  } finally {
    await back.close();
  }
}

async function openWayBack(
  office: Office,
  client: OAuthClient,
  loopback: boolean,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { callbackPath, oauthCallback } = await import('../io/http/oauth-callback.ts');
  if (!loopback && office.settings.domain !== null)
    return { url: `https://${hostNameOf(office.settings)}${callbackPath}`, close: async () => {} };
  const [{ openWebListener }, { flow }] = await Promise.all([import('../io/http/listener.ts'), office.outside.roads()]);
  const failed = (trouble: unknown): void => office.log.error('a sign-in could not be finished', {}, trouble);
  const listener = await openWebListener({
    host: '127.0.0.1',
    port: 0,
    secure: null,
    load: async () => oauthCallback({ flow, failed }),
    perNetwork: office.settings.connectionsPerNetwork,
    log: office.log,
  });
  // RFC 8252 §8.3 asks for the address; Microsoft lets ports differ for the name alone.
  const host = client.provider.loopback ?? '127.0.0.1';
  return {
    url: `http://${host}:${listener.port}${callbackPath}`,
    // The page that says "done" is on its way to the browser.
    close: () => new Promise((closed) => office.clock.after(1000, () => void listener.close().then(closed))),
  };
}
