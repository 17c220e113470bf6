// An account at another provider that is there already, proven again with a secret: its own, or a new one that is kept when it works.
// Knows what of the row a proof changes; the proof itself is outside-setup.ts.
import type { OutsideAccountRow, OutsideServer } from '../store/outside-contract.ts';
import type { OutsideSecret } from '../journey/outside/contract.ts';
import type { Office } from './office.ts';
import { asServer, checkKey, proveSides, provenanceOf, type SetUpProgress, type SetUpResult, type SetUpServer } from './outside-setup.ts';

export type Again = Pick<SetUpResult, 'failure' | 'switches'>;

/** The secret of a row, with an access token that works now. @throws CauseTrouble. */
export async function freshSecret({ outside }: Office, row: OutsideAccountRow): Promise<OutsideSecret> {
  const secret = outside.accounts.secretOf(row);
  if (secret.kind === 'password') return secret;
  const { keeper } = await outside.roads();
  return { ...secret, accessToken: (await keeper.credentialsOf(row.id, 'receive')).secret };
}

export function asSetUpServer({ service, host, port, security, login, exceptions }: OutsideServer): SetUpServer {
  return { service, host, port, security: security === 'starttls' ? 'starttls' : 'tls', logins: [login], exceptions, provenance: {} };
}

/** What a proof has changed of a row: the servers as they were used, and where that comes from. */
export function provenServers(
  row: OutsideAccountRow,
  { servers, receive, send }: Pick<Awaited<ReturnType<typeof proveSides>>, 'servers' | 'receive' | 'send'>,
  secret: OutsideSecret,
): Pick<OutsideAccountRow, 'receive' | 'send' | 'provenance'> {
  return {
    receive: asServer(servers.receive, receive!, secret) as OutsideAccountRow['receive'],
    send: asServer(servers.send, send!, secret) as OutsideAccountRow['send'],
    provenance: { ...row.provenance, ...provenanceOf('receive', servers.receive, receive!), ...provenanceOf('send', servers.send, send!) },
  };
}

/** Both logins and a letter to oneself; what is found is kept, and letters may be sent from the address from then on. @throws CauseTrouble. */
export async function proveAgain(office: Office, row: OutsideAccountRow, progress: SetUpProgress, signal: AbortSignal): Promise<Again> {
  const secret = await freshSecret(office, row);
  const proven = await proveSides(office, { ...askOf(row), secret, proof: true }, progress, signal);
  if (proven.failure === null)
    await office.outside.accounts.change(row.id, { ...provenServers(row, proven, secret), provenAt: office.clock.now() });
  return proven;
}

/** A new secret, kept when both logins work with it, or unseen without `check`; letters that waited for it are tried. @throws CauseTrouble. */
export async function changeSecret(
  office: Office,
  row: OutsideAccountRow,
  secret: OutsideSecret,
  options: { readonly check: boolean; readonly progress: SetUpProgress; readonly signal: AbortSignal },
): Promise<Again> {
  const { accounts } = office.outside;
  checkKey(office);
  if (!options.check) {
    const asKind = <T extends OutsideServer>(server: T): T => ({ ...server, auth: secret.kind });
    await accounts.setSecret(row.id, secret, { receive: asKind(row.receive), send: asKind(row.send) });
    await retryWaiting(office, row);
    return { failure: null, switches: [] };
  }
  const proven = await proveSides(office, { ...askOf(row), secret, proof: false }, options.progress, options.signal);
  if (proven.failure !== null) return proven;
  options.signal.throwIfAborted();
  await accounts.setSecret(row.id, secret, provenServers(row, proven, secret));
  await retryWaiting(office, row);
  return proven;
}

function askOf(row: OutsideAccountRow): Pick<Parameters<typeof proveSides>[1], 'owner' | 'address' | 'name' | 'receive' | 'send'> {
  const { owner, address, name } = row;
  return { owner, address, name, receive: [asSetUpServer(row.receive)], send: [asSetUpServer(row.send)] };
}

/** Letters that waited for a password are tried now. */
async function retryWaiting(office: Office, row: OutsideAccountRow): Promise<void> {
  const waiting = await office.store.queue.list({ via: row.id, limit: 10_000 });
  await office.store.queue.retry(
    waiting.filter(({ state }) => state === 'ready').map(({ id }) => id),
    office.clock.now(),
  );
  for (const hurry of office.hurries) hurry(row.id);
}
