// The way to a provider's mailbox by IMAP: a connection that may be made, sign-in with what the keeper gives, and a cause for everything that stands
// in the way. Knows which trouble becomes which cause; what a server's words mean is asked of whoever knows (journey/outside/replies.ts).
import type { Chance, Clock } from '../../base/clock.ts';
import { Unavailable } from '../../base/trouble.ts';
import { ImapAnswer, ImapClient, type ImapPhase } from '../../protocol/imap/client.ts';
import { ServerBabble } from '../../protocol/imap/client-reader.ts';
import type { OutsideAccountRow } from '../../store/outside-contract.ts';
import { CauseTrouble, type Cause } from '../outside/causes.ts';
import type { OutsideConnector, TokenKeeper } from '../outside/contract.ts';
import { hideSecret } from '../../base/without-secret.ts';
import { openImapShelf } from './imap-shelf.ts';
import type { RemoteShelf } from './remote-shelf.ts';

/** What a refusal means. */
export type ReadImapReply = (answer: {
  readonly phase: ImapPhase;
  readonly code: string;
  readonly responseCode: string | null;
  readonly text: string;
}) => Cause;

export interface ImapRoad {
  readonly connector: OutsideConnector;
  readonly keeper: TokenKeeper;
  readonly readReply: ReadImapReply;
  readonly clock: Clock;
  readonly chance: Chance;
}

const connectMs = 30_000;

/** @throws CauseTrouble. */
export async function connectShelf(road: ImapRoad, row: OutsideAccountRow): Promise<RemoteShelf> {
  const { keeper } = road;
  const first = await keeper.credentialsOf(row.id, 'receive');
  try {
    return await connectOnce(road, row, first);
  } catch (trouble) {
    // An access token may have been taken back before its time; a password is never tried twice.
    if (first.kind !== 'oauth2' || !(trouble instanceof CauseTrouble) || trouble.why !== 'wrong-password') throw trouble;
    keeper.refused(row.id, first.secret);
    const second = await keeper.credentialsOf(row.id, 'receive');
    if (second.secret === first.secret) throw new CauseTrouble('sign-in-expired', trouble.message, trouble.words, trouble);
    try {
      return await connectOnce(road, row, second);
    } catch (again) {
      throw again instanceof CauseTrouble && again.why === 'wrong-password'
        ? new CauseTrouble('sign-in-expired', again.message, again.words, again)
        : again;
    }
  }
}

async function connectOnce(
  { connector, clock, chance, readReply }: ImapRoad,
  { receive }: OutsideAccountRow,
  credentials: { readonly login: string; readonly kind: 'password' | 'oauth2'; readonly secret: string },
): Promise<RemoteShelf> {
  const connection = await connector.connect(receive, connectMs);
  const client = new ImapClient(connection, { clock, chance, server: receive });
  try {
    await client.begin(
      credentials,
      receive.security === 'starttls' ? { use: 'always', serverName: receive.host, verify: 'certificate' } : null,
    );
  } catch (trouble) {
    client.close();
    throw hideSecret(imapTrouble(trouble, receive.host, readReply), credentials.secret);
  }
  const tls = client.tls;
  return openImapShelf({
    client,
    clock,
    peer: { host: receive.host, address: connection.remote.address, tls: tls === null ? '' : `${tls.version} ${tls.cipher}` },
  });
}

/** Everything that a provider's server or the way there can do becomes a cause; what is ours stays what it is. */
export function imapTrouble(trouble: unknown, host: string, readReply: ReadImapReply): unknown {
  if (trouble instanceof CauseTrouble) return trouble;
  if (trouble instanceof ImapAnswer) {
    const { phase, condition, responseCode, words, message } = trouble;
    if (condition === 'BYE' && phase === 'command') return new CauseTrouble('connection-lost', `${host}: ${message}`, words, trouble);
    if (responseCode === 'NOMECHANISM') return new CauseTrouble('no-common-mechanism', `${host}: ${message}`, words, trouble);
    const cause = readReply({
      phase,
      code: condition,
      responseCode: responseCode === '' ? null : responseCode.split(' ')[0]!.toUpperCase(),
      text: words,
    });
    return new CauseTrouble(cause, `${host}: ${message}`, words, trouble);
  }
  if (trouble instanceof ServerBabble) return new CauseTrouble('protocol', `${host}: ${trouble.message}`, trouble.message, trouble);
  if (trouble instanceof Unavailable && trouble.code === 'timeout')
    return new CauseTrouble(
      / for \d+ s$/.test(trouble.message) ? 'timeout' : 'connection-lost',
      `${host}: ${trouble.message}`,
      trouble.message,
      trouble,
    );
  return trouble;
}
