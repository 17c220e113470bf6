// Receiving by another protocol from now on: the other server is tried with the login, what is known of letters is handed over, then the
// row changes. Joins the switch of journey/collection with the office.
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

/** @throws Refusal; CauseTrouble. */
export async function switchReceiving(
  office: Office,
  row: OutsideAccountRow,
  { receive, leaving, sendHome }: SwitchWish,
  progress: SetUpProgress,
  signal: AbortSignal,
): Promise<Again> {
  const { accounts } = office.outside;
  const secret = await freshSecret(office, row);
  const { owner, address, name } = row;
  const ask = { owner, address, name, receive, send: [asSetUpServer(row.send)], secret, proof: false };
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
