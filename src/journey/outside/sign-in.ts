// Signing in to somebody else's server with as few tries as can be: which manner, which form of the name, and when to stop.
// Knows the order of tries and the budget; the dialogues know the commands.
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { TlsFacts } from '../../protocol/line/session.ts';
import { chooseClient, loginClient, plainClient } from '../../protocol/sasl/client.ts';
import { chooseOAuth } from '../../protocol/sasl/oauth.ts';
import { hideSecret } from '../../base/without-secret.ts';
import { CauseTrouble } from './causes.ts';
import type { OpenedServer } from './check.ts';
import type { CheckedServer, CheckParts, SignInWish } from './check-contract.ts';
import { SignInTrouble, type SignInManner } from './dialogue.ts';

export interface SignedIn {
  readonly opened: OpenedServer;
  readonly login: string;
  readonly mechanism: string;
  /** How many tries it took, this one included. */
  readonly tries: number;
}

/** Found out before any secret was sent: costs no try. */
class NothingSent extends CauseTrouble {}

interface Try {
  readonly login: string;
  /** Manners that the server has refused. */
  readonly without: ReadonlySet<string>;
}

/** @throws CauseTrouble. `again` opens the same server anew: after a no, many servers hear nothing more. */
export async function signInWithin(
  first: OpenedServer,
  wish: SignInWish,
  server: CheckedServer,
  parts: CheckParts,
  again: () => Promise<OpenedServer>,
): Promise<SignedIn> {
  let opened: OpenedServer | null = first;
  let failure: CauseTrouble | null = null;
  let fallBack = true;
  const waiting: Try[] = wish.logins.slice(0, 2).map((login) => ({ login, without: new Set() }));
  for (let tries = 1, next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const budgeted = wish.budget.begin(`${server.host}:${server.port}`, next.login);
    if (budgeted === null) break;
    try {
      opened ??= await again();
      const manner = chooseManner(opened, wish, next, server, parts);
      await signInSealed(opened, manner, wish.secret);
      budgeted.succeeded();
      return { opened, login: next.login, mechanism: manner.mechanism, tries };
    } catch (trouble) {
      opened?.dialogue.end();
      opened = null;
      const cause = asSignInTrouble(trouble);
      if (!(cause instanceof SignInTrouble)) {
        // Nothing was sent, or nobody knows whether it was looked at: only the first is free.
        if (cause instanceof NothingSent) budgeted.notCounted();
        throw failure ?? cause;
      }
      if (!cause.secretSeen || cause.mannerRefused) budgeted.notCounted();
      else tries++;
      // A token is good or it is not: no other name or manner makes it better.
      if (wish.kind === 'oauth2')
        throw cause.why === 'wrong-password' ? new CauseTrouble('sign-in-expired', cause.message, cause.words, cause) : cause;
      if (cause.why !== 'wrong-password' && cause.why !== 'login-name-form' && !cause.mannerRefused) throw cause;
      // The first no is told, unless a later one says more.
      if (failure === null || failure.why === 'no-common-mechanism') failure = cause;
      const { used } = cause;
      if (fallBack && used !== null && (cause.mannerRefused || used.startsWith('SCRAM'))) {
        // What a server offers is no proof that it works: one other manner is tried, with the same name.
        fallBack = false;
        waiting.unshift({ login: next.login, without: new Set([...next.without, ...sameKind(used)]) });
      } else if (cause.mannerRefused) throw failure;
    }
  }
  throw failure ?? new CauseTrouble('tries-used-up', 'another failed login could lock the account');
}

async function signInSealed({ dialogue, connection }: OpenedServer, manner: SignInManner, secret: string): Promise<void> {
  // The last door: no secret without a verified seal.
  if (connection.tls?.verified !== 'certificate') throw new CauseTrouble('starttls-missing', 'no secret without a verified seal');
  try {
    await dialogue.signIn(manner);
  } catch (trouble) {
    if (trouble instanceof SignInTrouble) trouble.used = manner.mechanism;
    throw hideSecret(trouble, secret);
  }
}

/** @throws CauseTrouble `no-common-mechanism`, or `oauth-needed` when only tokens are taken. */
function chooseManner(
  { abilities, connection }: OpenedServer,
  { kind, secret }: SignInWish,
  { login, without }: Try,
  { service, host, port }: CheckedServer,
  { chance }: CheckParts,
): SignInManner {
  const offered = abilities.mechanisms.filter((name) => !without.has(name));
  const words = abilities.mechanisms.join(' ');
  if (kind === 'oauth2') {
    const exchange = chooseOAuth(offered, { login, token: secret, host, port });
    if (exchange !== null) return exchange;
    throw new NothingSent('no-common-mechanism', 'the server takes no access token', words);
  }
  const credentials = { login, password: secret };
  const tls = connection.tls;
  const facts: TlsFacts | null =
    tls === null
      ? null
      : { version: tls.version, cipher: tls.cipher, serverName: null, exporter: () => tls.exporter(), endPoint: () => null };
  const exchange = chooseClient(offered, credentials, facts, chance);
  if (exchange !== null) return exchange;
  if (service === 'imap' && offered.includes('LOGIN-COMMAND')) return { mechanism: 'COMMAND', login, password: secret };
  if (service === 'pop3' && offered.includes('USER')) return { mechanism: 'COMMAND', login, password: secret };
  if (without.size > 0 && service === 'smtp') {
    // One of the two was refused although it is offered; the other may work although it is not.
    if (without.has('PLAIN') && !without.has('LOGIN')) return loginClient(credentials);
    if (without.has('LOGIN') && !without.has('PLAIN')) return plainClient(credentials);
  }
  // LOGINDISABLED and nothing else within a seal is what a server says that is being looked after.
  if (service === 'imap' && abilities.mechanisms.length === 0)
    throw new NothingSent('login-unavailable', 'the server lets nobody sign in just now', abilities.capabilities.join(' '));
  const tokens = abilities.mechanisms.some((name) => name === 'XOAUTH2' || name === 'OAUTHBEARER');
  throw new NothingSent(tokens ? 'oauth-needed' : 'no-common-mechanism', 'the server offers no manner of signing in that we know', words);
}

/** What would fail in the same way. */
function sameKind(mechanism: string): readonly string[] {
  if (mechanism.startsWith('SCRAM')) return ['SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'];
  return mechanism === 'COMMAND' ? ['LOGIN-COMMAND', 'USER'] : [mechanism];
}

function asSignInTrouble(trouble: unknown): CauseTrouble {
  if (trouble instanceof CauseTrouble) return trouble;
  // The exchange itself met nonsense, or a server that does not know the password (RFC 5802 §3).
  if (trouble instanceof Refusal || trouble instanceof SyntaxTrouble || trouble instanceof RangeError)
    return new CauseTrouble('protocol', trouble.message, trouble.message, trouble);
  throw trouble;
}
