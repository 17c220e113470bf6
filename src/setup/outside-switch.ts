// Receiving by another protocol from now on: the other server is tried with the login, what is known of letters is handed over, then the
// row changes. Joins the switch of journey/collection with the office.
import { Refusal } from '../base/trouble.ts';
import type { OutsideAccountRow, Pop3Leaving } from '../store/outside-contract.ts';
import { switchReceive } from '../journey/collection/switch-receive.ts';
import type { Office } from './office.ts';
import { asSetUpServer, freshSecret, provenServers, type Again } from './outside-again.ts';
import { proveSides, type SetUpProgress, type SetUpServer } from './outside-setup.ts';

export interface SwitchWish {
  readonly receive: readonly SetUpServer[];
  readonly leaving: Pop3Leaving;
  readonly sendHome: boolean;
}

/**
 * The servers that may hear the secret that is kept: those of the offices for which it was given, and those that the person has typed.
 * What somebody's document names today is another's until a person says otherwise. @throws Refusal `cannot` when none is left.
 */
export async function agreedServers(row: OutsideAccountRow, receive: readonly SetUpServer[]): Promise<readonly SetUpServer[]> {
  const { getDomain } = await import('tldts');
  const officeOf = (host: string): string => getDomain(host, { allowPrivateDomains: true }) ?? host;
  const known = new Set([row.receive.host, row.send.host].map(officeOf));
  const agreed = receive.filter(({ host, provenance }) => provenance['host'] === 'typed' || known.has(officeOf(host)));
  if (agreed.length === 0)
    throw new Refusal(
      'cannot',
      `the password was given for ${row.receive.host}, and ${receive[0]?.host ?? 'the server found'} belongs to another house; if it is meant, type it by --imap or --pop3`,
    );
  return agreed;
}

/** @throws Refusal; CauseTrouble. */
export async function switchReceiving(
  office: Office,
  row: OutsideAccountRow,
  { receive, leaving, sendHome }: SwitchWish,
  progress: SetUpProgress,
  signal: AbortSignal,
): Promise<Again> {
  const { accounts } = office.outside;
  const servers = await agreedServers(row, receive);
  const secret = await freshSecret(office, row);
  const { owner, address, name } = row;
  const ask = { owner, address, name, receive: servers, send: [asSetUpServer(row.send)], secret, proof: false };
  const proven = await proveSides(office, ask, progress, signal);
  if (proven.failure !== null) return proven;
  signal.throwIfAborted();
  const letGo = await Promise.all([...office.quiets].map((quiet) => quiet(row.id)));
  try {
    const { service, host } = proven.servers.receive;
    // Another host numbers letters anew, even by the same protocol.
    if (service !== row.receive.service || host !== row.receive.host)
      await switchReceive({ store: office.store, ledger: office.ledger() }, row.id, service === 'pop3' ? 'pop3' : 'imap', { sendHome });
    await accounts.change(row.id, { ...provenServers(row, proven, secret), leaving });
  } finally {
    for (const go of letGo) go();
  }
  return proven;
}
