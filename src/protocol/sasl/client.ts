// The client's side of PLAIN, LOGIN and SCRAM: for delivery through another server that asks who we are, and for tests.
// Knows the messages; knows no protocol's frame.
import { base64FromBytes, bytesFromBase64, bytesFromUtf8, concatBytes, noBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import { digest, equalSecrets, hmac } from '../../base/digest.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { ScramHash } from '../../store/directory-contract.ts';
import type { TlsFacts } from '../line/session.ts';
import type { Mechanism } from './mechanism.ts';
import { formatPlain } from './plain.ts';
import { prepareSecret } from './prepare.ts';
import {
  bindingData,
  formatClientFinal,
  formatClientFirst,
  parseServerFirst,
  saltPassword,
  xorBytes,
  type BindingFlag,
  type ClientFirst,
} from './scram.ts';

export interface ClientExchange {
  readonly mechanism: Mechanism;
  /** The initial response, or null when the mechanism waits for the server's first word. */
  initial(): Bytes | null;
  /** Answers a challenge. @throws SyntaxTrouble, or Refusal when the server could not prove itself. */
  respond(challenge: Bytes): Promise<Bytes>;
  /** False while the server has yet to prove that it knows the password (SCRAM). Success is not to be believed before. */
  readonly complete: boolean;
}

export interface Credentials {
  readonly login: string;
  readonly password: string;
  /** Who to act as; oneself when missing. */
  readonly authorization?: string;
}

/** The best of the mechanisms that a server offers; null when there is none we speak. Never picks one that tells the password in the clear. */
export function chooseClient(
  offered: readonly string[],
  credentials: Credentials,
  tls: TlsFacts | null,
  chance: Chance,
): ClientExchange | null {
  const has = new Set(offered.map((name) => name.toUpperCase()));
  for (const hash of ['SHA-256', 'SHA-1'] as const)
    if (tls !== null && tls.exporter() !== null && has.has(`SCRAM-${hash}-PLUS`))
      return scramClient(hash, credentials, chance, { tls, bound: true });
  for (const hash of ['SHA-256', 'SHA-1'] as const)
    if (has.has(`SCRAM-${hash}`)) return scramClient(hash, credentials, chance, { tls, bound: false });
  if (tls !== null && has.has('PLAIN')) return plainClient(credentials);
  if (tls !== null && has.has('LOGIN')) return loginClient(credentials);
  return null;
}

export function plainClient({ login, password, authorization = '' }: Credentials): ClientExchange {
  const message = formatPlain({ authorization, login, password });
  return { mechanism: 'PLAIN', initial: () => message, respond: async () => message, complete: true };
}

export function loginClient({ login, password }: Credentials): ClientExchange {
  let asked = 0;
  return {
    mechanism: 'LOGIN',
    initial: () => null,
    async respond() {
      asked++;
      if (asked > 2) throw new SyntaxTrouble('the server asks for more than a name and a password');
      return bytesFromUtf8(asked === 1 ? login : password);
    },
    complete: true,
  };
}

/**
 * RFC 5802 §3, §6. `bound`: use the -PLUS form, bound by tls-exporter. Not bound over TLS means that the server did not offer it, which is
 * told with `y` so that a downgrade on the way is found out.
 */
export function scramClient(
  hash: ScramHash,
  { login, password, authorization = '' }: Credentials,
  chance: Chance,
  channel: { readonly tls: TlsFacts | null; readonly bound: boolean } = { tls: null, bound: false },
): ClientExchange {
  return new ScramClient(hash, prepareSecret(login), password, authorization, base64FromBytes(chance.bytes(18)), channel);
}

class ScramClient implements ClientExchange {
  readonly mechanism: Mechanism;
  complete = false;
  readonly #hash: ScramHash;
  readonly #password: string;
  readonly #first: ClientFirst;
  readonly #binding: Bytes;
  /** What the server's last message must say, once we have proved ourselves. */
  #expected: Bytes | null = null;

  constructor(
    hash: ScramHash,
    login: string,
    password: string,
    authorization: string,
    nonce: string,
    channel: { readonly tls: TlsFacts | null; readonly bound: boolean },
  ) {
    this.mechanism = `SCRAM-${hash}${channel.bound ? '-PLUS' : ''}`;
    this.#hash = hash;
    this.#password = password;
    const bound = channel.bound && channel.tls !== null ? bindingData(channel.tls, 'tls-exporter') : null;
    const flag: BindingFlag =
      bound !== null ? { flag: 'p', type: 'tls-exporter' } : channel.tls?.exporter() ? { flag: 'y' } : { flag: 'n' };
    this.#first = formatClientFirst(flag, authorization, login, nonce);
    const header = bytesFromUtf8(this.#first.header);
    this.#binding = bound === null ? header : concatBytes([header, bound]);
  }

  initial(): Bytes {
    return bytesFromUtf8(this.#first.header + this.#first.bare);
  }

  async respond(challenge: Bytes): Promise<Bytes> {
    const text = utf8FromBytes(challenge);
    if (this.#expected === null) return text === '' ? this.initial() : this.#prove(text);
    const match = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/s.exec(text);
    if (!match || !equalSecrets(bytesFromBase64(match[1]!), this.#expected))
      throw new Refusal('authentication-failed', 'the server does not know the password', 'the SCRAM server signature is wrong');
    this.complete = true;
    return noBytes();
  }

  async #prove(serverFirst: string): Promise<Bytes> {
    const { nonce, salt, iterations } = parseServerFirst(serverFirst);
    if (!nonce.startsWith(this.#first.nonce) || nonce.length === this.#first.nonce.length)
      throw new SyntaxTrouble("the server's nonce does not continue ours");
    const salted = await saltPassword(this.#hash, this.#password, salt, iterations);
    const clientKey = hmac(this.#hash, salted, 'Client Key');
    const withoutProof = `c=${base64FromBytes(this.#binding)},r=${nonce}`;
    const message = `${this.#first.bare},${serverFirst},${withoutProof}`;
    const signature = hmac(this.#hash, digest(this.#hash, clientKey), message);
    this.#expected = hmac(this.#hash, hmac(this.#hash, salted, 'Server Key'), message);
    return bytesFromUtf8(formatClientFinal(withoutProof, xorBytes(clientKey, signature)));
  }
}
