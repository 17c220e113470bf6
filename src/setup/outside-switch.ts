// Receiving by another protocol from now on: the other server is tried with the login, what is known of letters is handed over, then the
// row changes. Joins the switch of journey/collection with the office.
import type { OutsideAccountRow, Pop3Leaving } from '../store/outside-contract.ts';
import { switchReceive } from '../journey/collection/switch-receive.ts';
import type { Office } from './office.ts';
import { asServer, proveSides, provenanceOf, type SetUpProgress, type SetUpResult, type SetUpServer } from './outside-setup.ts';

export interface SwitchWish {
  readonly receive: readonly SetUpServer[];
  readonly leaving: Pop3Leaving;
  readonly sendHome: boolean;
}

/** @throws Refusal; CauseTrouble. */
export async function switchReceiving(
  office: Office,
  row: OutsideAccountRow,
  { receive, leaving, sendHome }: SwitchWish,
  progress: SetUpProgress,
  signal: AbortSignal,
): Promise<Pick<SetUpResult, 'failure'>> {
  const { accounts } = office.outside;
  const { keeper } = await office.outside.roads();
  const kept = accounts.secretOf(row);
  const secret = kept.kind === 'password' ? kept : { ...kept, accessToken: (await keeper.credentialsOf(row.id, 'receive')).secret };
  const { service, host, port, security, exceptions, login } = row.send;
  const send: SetUpServer = {
    service,
    host,
    port,
    security: security === 'starttls' ? 'starttls' : 'tls',
    exceptions,
    logins: [login],
    provenance: {},
  };
  const { owner, address, name } = row;
  const proven = await proveSides(office, { owner, address, name, receive, send: [send], secret, proof: false }, progress, signal);
  if (proven.failure !== null) return { failure: proven.failure };
  // Nothing is fetched meanwhile: the row at rest ends the collector.
  await accounts.pause(row.id);
  try {
    for (const quiet of office.quiets) await quiet(row.id);
    const to = proven.servers.receive.service === 'pop3' ? 'pop3' : 'imap';
    if (to !== row.receive.service) await switchReceive({ store: office.store, ledger: office.ledger() }, row.id, to, { sendHome });
    await accounts.change(row.id, {
      receive: asServer(proven.servers.receive, proven.receive!, secret) as OutsideAccountRow['receive'],
      leaving,
      provenance: { ...row.provenance, ...provenanceOf('receive', proven.servers.receive, proven.receive!) },
    });
  } finally {
    if (!row.paused) await accounts.resume(row.id);
  }
  return { failure: null };
}
