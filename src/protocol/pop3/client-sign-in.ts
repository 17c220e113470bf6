// Signing in at a POP3 server: the best SASL mechanism that both sides speak (RFC 5034), an access token where that is what we have
// (RFC 7628), else USER and PASS (RFC 1939 §7).
// Knows AUTH, USER and PASS; knows the mechanisms by ../sasl. Only ever called inside TLS.
import { base64FromBytes, bytesFromBase64, type Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { PeerTls } from '../line/connection.ts';
import type { TlsFacts } from '../line/session.ts';
import { chooseClient, type ClientExchange } from '../sasl/client.ts';
import { chooseOAuth, type OAuthExchange } from '../sasl/oauth.ts';
import type { Pop3ClientParts, Pop3Reply } from './client-contract.ts';
import { Pop3Trouble, protocolTrouble, replyOf } from './peer-texts.ts';

/** RFC 5034 §4: a line with an initial response of more octets than this is sent in two steps. */
const maxCommand = 255;
/** Steps of one exchange: LOGIN and SCRAM need two. */
const maxSteps = 6;

export interface SignInParts {
  readonly tls: PeerTls;
  readonly signIn: Pop3ClientParts['signIn'];
  readonly chance: Chance;
  /** Who we believe to speak with (RFC 7628 §3.1). */
  readonly server: { readonly host: string; readonly port: number };
  /** The words of the SASL capability; null when the server does not know CAPA. */
  readonly offered: readonly string[] | null;
  readonly say: (line: string) => void;
  readonly hear: () => Promise<string>;
}

/** Gives how it signed in. @throws Pop3Trouble. */
export async function signInPop3(parts: SignInParts): Promise<string> {
  const { login, secret, kind } = parts.signIn;
  const exchange =
    kind === 'password'
      ? chooseClient(parts.offered ?? [], { login, password: secret }, asTlsFacts(parts.tls), parts.chance)
      : chooseOAuth(parts.offered ?? [], { login, token: secret, ...parts.server });
  if (exchange !== null) {
    await authenticate(exchange, parts);
    return exchange.mechanism;
  }
  if (kind !== 'password') throw new Pop3Trouble({ kind: 'missing', phase: 'sign-in', capability: 'sign-in' });
  // A line end in a name or password would be a command of its own.
  if (/[\r\n\0]/.test(login + secret)) throw new Pop3Trouble({ kind: 'missing', phase: 'sign-in', capability: 'sign-in' });
  await step(parts, `USER ${login}`);
  await step(parts, `PASS ${secret}`);
  return 'USER';
}

async function step({ say, hear }: SignInParts, line: string): Promise<void> {
  say(line);
  finish(replyOf(await hear(), 'sign-in'));
}

function finish(reply: Pop3Reply): void {
  if (!reply.ok) throw new Pop3Trouble({ kind: 'reply', phase: 'sign-in', reply });
}

async function authenticate(exchange: ClientExchange | OAuthExchange, { say, hear }: SignInParts): Promise<void> {
  const first = exchange.initial();
  const initial = first === null ? null : formatResponse(first);
  const whole = `AUTH ${exchange.mechanism} ${initial}`;
  let pending = initial !== null && whole.length > maxCommand - 2 ? initial : null;
  say(initial === null || pending !== null ? `AUTH ${exchange.mechanism}` : whole);
  for (let steps = 0; steps < maxSteps; steps++) {
    const line = await hear();
    const challenge = /^\+(?: (.*))?$/s.exec(line);
    if (!challenge) {
      finish(replyOf(line, 'sign-in'));
      // A yes from a server that has not proved that it knows the password is no yes (RFC 5802 §3).
      if (!exchange.complete) throw protocolTrouble('sign-in', 'the server says yes without having proved itself');
      return;
    }
    if (pending !== null) {
      say(pending);
      pending = null;
      continue;
    }
    say(await respond(exchange, challenge[1] ?? '', say, hear));
  }
  throw protocolTrouble('sign-in', 'the server asks on and on');
}

async function respond(
  exchange: ClientExchange | OAuthExchange,
  challenge: string,
  say: (line: string) => void,
  hear: () => Promise<string>,
): Promise<string> {
  try {
    return base64FromBytes(await exchange.respond(bytesFromBase64(challenge.trim())));
  } catch (trouble) {
    if (!(trouble instanceof SyntaxTrouble) && !(trouble instanceof Refusal)) throw trouble;
    // RFC 5034 §4: a lone star gives up.
    say('*');
    await hear();
    throw protocolTrouble('sign-in', trouble.message);
  }
}

/** RFC 5034 §4: an initial response of no octets is written as an equals sign. */
function formatResponse(response: Bytes): string {
  return response.length === 0 ? '=' : base64FromBytes(response);
}

function asTlsFacts(tls: PeerTls): TlsFacts {
  return { version: tls.version, cipher: tls.cipher, serverName: null, exporter: () => tls.exporter(), endPoint: () => null };
}
