// SCRAM (RFC 5802, RFC 7677): client and server prove to each other that they know the password, and nobody tells it.
// Knows the messages, the keys and channel binding; knows no directory and no base64 frame of a protocol.
import { base64FromBytes, bytesFromBase64, bytesFromUtf8, concatBytes, type Bytes } from '../../base/bytes.ts';
import { deriveKey, digest, equalSecrets, hmac } from '../../base/digest.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { ScramHash, ScramKeys } from '../../store/directory-contract.ts';
import type { TlsFacts } from '../line/session.ts';
import type { ScramOffer } from './authenticator.ts';
import { textOfResponse, type Exchange, type SaslParts, type SaslStep } from './exchange.ts';
import { checkAuthorization } from './plain.ts';
import { prepareSecret } from './prepare.ts';

/** RFC 5802 §5.1 asks for 4096 at least; more would only slow phones down, argon2id guards the stolen table. */
export const scramIterations = 4096;
/** A server that asks for more wants to keep us busy (RFC 5802 §9, RFC 7677 §4). */
const maxIterations = 1_000_000;
/** In characters of one message. */
const maxMessage = 4096;

// --- keys (RFC 5802 §3) ---------------------------------------------------------------------------------------------

/** `SaltedPassword := Hi(Normalize(password), salt, i)`. */
export function saltPassword(hash: ScramHash, password: string, salt: Bytes, iterations: number): Promise<Bytes> {
  return deriveKey(hash, prepareSecret(password), salt, iterations, hash === 'SHA-1' ? 20 : 32);
}

/** What a server keeps of a password. */
export async function makeScramKeys(hash: ScramHash, password: string, salt: Bytes, iterations = scramIterations): Promise<ScramKeys> {
  const salted = await saltPassword(hash, password, salt, iterations);
  return { salt, iterations, storedKey: digest(hash, hmac(hash, salted, 'Client Key')), serverKey: hmac(hash, salted, 'Server Key') };
}

export function xorBytes(a: Bytes, b: Bytes): Bytes {
  return a.map((octet, i) => octet ^ b[i]!);
}

// --- channel binding ------------------------------------------------------------------------------------------------

export type BindingType = 'tls-exporter' | 'tls-server-end-point';

/** RFC 9266 §2 and RFC 5929 §4. `tls-unique` is not there: TLS 1.3 has none. */
export function bindingData(tls: TlsFacts, type: BindingType): Bytes | null {
  return type === 'tls-exporter' ? tls.exporter() : tls.endPoint();
}

export function canBind(tls: TlsFacts | null): boolean {
  return tls !== null && (tls.endPoint() !== null || tls.exporter() !== null);
}

// --- messages (RFC 5802 §7) -----------------------------------------------------------------------------------------

/** `gs2-cbind-flag`: bound to this type; not supported by the client; supported, but the client believes that we do not. */
export type BindingFlag = { readonly flag: 'p'; readonly type: string } | { readonly flag: 'n' } | { readonly flag: 'y' };

export interface ClientFirst {
  readonly binding: BindingFlag;
  readonly authorization: string;
  readonly login: string;
  readonly nonce: string;
  /** `gs2-header` as it was sent, its last comma included. */
  readonly header: string;
  /** `client-first-message-bare` as it was sent. */
  readonly bare: string;
}

/** RFC 5802 §5.1: `=2C` and `=3D` stand for comma and equals sign. */
export function formatSaslName(text: string): string {
  return text.replace(/[=,]/g, (character) => (character === '=' ? '=3D' : '=2C'));
}

/** @throws SyntaxTrouble for any other use of `=`. */
export function parseSaslName(text: string): string {
  if (/=(?!2C|3D)/.test(text) || text.includes('\0')) throw new SyntaxTrouble('a name in a SCRAM message is not well formed');
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

const firstMessage = /^((p=([A-Za-z0-9.-]+)|n|y),(?:a=([^,]+))?,)(n=([^,]*),r=([\x21-\x2B\x2D-\x7E]+)(?:,.*)?)$/s;

/** @throws SyntaxTrouble. */
export function parseClientFirst(text: string): ClientFirst {
  const match = text.length > maxMessage ? null : firstMessage.exec(text);
  // A mandatory extension (`m=`) leaves the grammar here too, as RFC 5802 §5.1 wants.
  if (!match) throw new SyntaxTrouble('the first SCRAM message is not well formed');
  const [, header = '', flag = '', type, authorization = '', bare = '', login = '', nonce = ''] = match;
  if (nonce.length > 512) throw new SyntaxTrouble('the nonce of a SCRAM message is too long');
  return {
    binding: type !== undefined ? { flag: 'p', type } : { flag: flag === 'y' ? 'y' : 'n' },
    authorization: parseSaslName(authorization),
    login: parseSaslName(login),
    nonce,
    header,
    bare,
  };
}

export function formatClientFirst(binding: BindingFlag, authorization: string, login: string, nonce: string): ClientFirst {
  const flag = binding.flag === 'p' ? `p=${binding.type}` : binding.flag;
  const header = `${flag},${authorization === '' ? '' : `a=${formatSaslName(authorization)}`},`;
  return { binding, authorization, login, nonce, header, bare: `n=${formatSaslName(login)},r=${nonce}` };
}

export interface ServerFirst {
  readonly nonce: string;
  readonly salt: Bytes;
  readonly iterations: number;
}

/** @throws SyntaxTrouble. */
export function parseServerFirst(text: string): ServerFirst {
  const match =
    text.length > maxMessage ? null : /^r=([\x21-\x2B\x2D-\x7E]+),s=([A-Za-z0-9+/]+=*),i=([1-9][0-9]{0,8})(?:,.*)?$/s.exec(text);
  if (!match) throw new SyntaxTrouble("the server's first SCRAM message is not well formed");
  const iterations = Number(match[3]);
  if (iterations > maxIterations) throw new SyntaxTrouble(`the server asks for ${iterations} iterations`);
  return { nonce: match[1]!, salt: bytesFromBase64(match[2]!), iterations };
}

export function formatServerFirst(message: ServerFirst): string {
  return `r=${message.nonce},s=${base64FromBytes(message.salt)},i=${message.iterations}`;
}

export interface ClientFinal {
  /** `cbind-input`: the gs2-header, and the channel's data when it is bound. */
  readonly binding: Bytes;
  readonly nonce: string;
  readonly proof: Bytes;
  /** `client-final-message-without-proof` as it was sent. */
  readonly withoutProof: string;
}

/** @throws SyntaxTrouble. */
export function parseClientFinal(text: string): ClientFinal {
  const match =
    text.length > maxMessage
      ? null
      : /^(c=([A-Za-z0-9+/]+={0,2}),r=([\x21-\x2B\x2D-\x7E]+)(?:,[A-Za-z]=[^,]*)*?),p=([A-Za-z0-9+/]+={0,2})$/s.exec(text);
  if (!match) throw new SyntaxTrouble('the last SCRAM message is not well formed');
  return { binding: bytesFromBase64(match[2]!), nonce: match[3]!, proof: bytesFromBase64(match[4]!), withoutProof: match[1]! };
}

export function formatClientFinal(withoutProof: string, proof: Bytes): string {
  return `${withoutProof},p=${base64FromBytes(proof)}`;
}

/** `H(ClientProof XOR HMAC(StoredKey, AuthMessage)) = StoredKey` (RFC 5802 §3). */
export function proves(hash: ScramHash, keys: Pick<ScramKeys, 'storedKey'>, message: string, proof: Bytes): boolean {
  const signature = hmac(hash, keys.storedKey, message);
  return proof.length === signature.length && equalSecrets(digest(hash, xorBytes(proof, signature)), keys.storedKey);
}

/** Whose keys the proof was made with. All are tried, so that the time does not tell which. */
function findProven(
  hash: ScramHash,
  keys: ScramOffer,
  message: string,
  proof: Bytes,
): { readonly serverKey: Bytes; readonly appPassword?: number } | null {
  let found: ReturnType<typeof findProven> = null;
  for (const candidate of [{ serverKey: keys.serverKey, storedKey: keys.storedKey }, ...(keys.others ?? [])])
    if (proves(hash, candidate, message, proof)) found = candidate;
  return found;
}

/** `v=` and the ServerSignature, by which the client knows that we are no stranger. */
export function formatServerFinal(hash: ScramHash, keys: Pick<ScramKeys, 'serverKey'>, message: string): string {
  return `v=${base64FromBytes(hmac(hash, keys.serverKey, message))}`;
}

// --- the server's side ----------------------------------------------------------------------------------------------

function failed(reason: string): Refusal {
  return new Refusal('authentication-failed', 'login name or password is wrong', reason);
}

type State =
  | { readonly at: 'begin' }
  | {
      readonly at: 'challenged';
      readonly first: ClientFirst;
      readonly login: string;
      readonly nonce: string;
      readonly serverFirst: string;
      readonly keys: ScramOffer;
    };

export class ScramExchange implements Exchange {
  readonly #hash: ScramHash;
  /** The -PLUS form: the exchange is bound to the TLS channel. */
  readonly #bound: boolean;
  readonly #parts: SaslParts;
  #state: State = { at: 'begin' };

  constructor(hash: ScramHash, bound: boolean, parts: SaslParts) {
    this.#hash = hash;
    this.#bound = bound;
    this.#parts = parts;
  }

  async respond(response: Bytes | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: bytesFromUtf8('') };
    const text = textOfResponse(response);
    return this.#state.at === 'begin' ? this.#begin(text) : this.#finish(text, this.#state);
  }

  async #begin(text: string): Promise<SaslStep> {
    const first = parseClientFirst(text);
    this.#checkFlag(first.binding);
    const login = prepareSecret(first.login);
    const keys = await this.#parts.authenticator.scramKeys(login, this.#hash, this.#parts.context);
    const nonce = first.nonce + base64FromBytes(this.#parts.chance.bytes(18));
    const serverFirst = formatServerFirst({ nonce, salt: keys.salt, iterations: keys.iterations });
    this.#state = { at: 'challenged', first, login, nonce, serverFirst, keys };
    return { kind: 'challenge', data: bytesFromUtf8(serverFirst) };
  }

  /** RFC 5802 §6: who takes -PLUS out of our list on the way is found out by `y`. */
  #checkFlag(binding: BindingFlag): void {
    if (this.#bound !== (binding.flag === 'p'))
      throw new SyntaxTrouble(this.#bound ? 'a -PLUS mechanism needs channel binding' : 'channel binding needs a -PLUS mechanism');
    if (binding.flag === 'p' && this.#channel(binding.type) === null) throw failed(`channel binding ${binding.type} is not there`);
    if (binding.flag === 'y' && canBind(this.#parts.tls))
      throw failed('the client did not see our -PLUS mechanisms: someone may have removed them');
  }

  #channel(type: string): Bytes | null {
    const { tls } = this.#parts;
    return tls !== null && (type === 'tls-exporter' || type === 'tls-server-end-point') ? bindingData(tls, type) : null;
  }

  async #finish(text: string, state: State & { readonly at: 'challenged' }): Promise<SaslStep> {
    const { first, keys, login } = state;
    const { authenticator, context } = this.#parts;
    const final = parseClientFinal(text);
    const header = bytesFromUtf8(first.header);
    const expected = first.binding.flag === 'p' ? concatBytes([header, this.#channel(first.binding.type)!]) : header;
    if (!equalSecrets(final.binding, expected)) throw failed('the channel binding differs');
    if (final.nonce !== state.nonce) throw failed('the nonce differs');

    const message = `${first.bare},${state.serverFirst},${final.withoutProof}`;
    const proven = findProven(this.#hash, keys, message, final.proof);
    if (proven === null) {
      await authenticator.scramFailed(login, context);
      throw failed('the SCRAM proof is wrong');
    }
    const principal = await authenticator.scramPassed(login, context, proven.appPassword);
    checkAuthorization(first.authorization, login, principal);
    return { kind: 'done', principal, finalData: bytesFromUtf8(formatServerFinal(this.#hash, proven, message)) };
  }
}
