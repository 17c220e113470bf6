// PLAIN (RFC 4616) and LOGIN (never made a standard; Outlook asks for it): the password itself is told.
// Knows their messages; whether the connection is private enough was decided before (mechanism.ts).
import { bytesFromLatin1, bytesFromUtf8, findBytes, NUL, type Bytes } from '../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { Principal } from './authenticator.ts';
import { textOfResponse, type Exchange, type SaslParts, type SaslStep } from './exchange.ts';

/** RFC 4616 §2: `[authzid] NUL authcid NUL passwd`. */
export interface PlainMessage {
  /** Who to act as; empty for oneself. */
  readonly authorization: string;
  readonly login: string;
  readonly password: string;
}

/** In octets; RFC 4616 §2 lets a server stop there. */
const maxField = 1024;

/**
 * @throws SyntaxTrouble when a NUL is missing, the octets are not UTF-8 or a part is too long or empty;
 *   Refusal `authentication-failed` when the password holds a NUL, which no password can (reliability B-038).
 */
export function parsePlain(bytes: Bytes): PlainMessage {
  const first = findBytes(bytes, NUL);
  const second = first < 0 ? -1 : findBytes(bytes, NUL, first + 1);
  if (second < 0) throw new SyntaxTrouble('a PLAIN response has two NUL octets', bytes.length);
  if (first > maxField || second - first > maxField + 1 || bytes.length - second > maxField + 1)
    throw new SyntaxTrouble(`a part of a PLAIN response is longer than ${maxField} octets`);
  if (second === first + 1) throw new SyntaxTrouble('the login name is empty', second);
  if (findBytes(bytes, NUL, second + 1) >= 0)
    throw new Refusal('authentication-failed', 'login name or password is wrong', 'the password holds a NUL');
  return {
    authorization: textOfResponse(bytes.subarray(0, first)),
    login: textOfResponse(bytes.subarray(first + 1, second)),
    password: textOfResponse(bytes.subarray(second + 1)),
  };
}

export function formatPlain(message: PlainMessage): Bytes {
  return bytesFromUtf8(`${message.authorization}\0${message.login}\0${message.password}`);
}

/** Nobody here may act as someone else. @throws Refusal `authorization-failed`. */
export function checkAuthorization(authorization: string, login: string, principal: Principal): void {
  const wanted = authorization.toLowerCase();
  if (wanted === '' || wanted === login.toLowerCase() || wanted === principal.login) return;
  throw new Refusal('authorization-failed', 'nobody may act as someone else here', 'an authorization identity was asked for');
}

export class PlainExchange implements Exchange {
  readonly #parts: SaslParts;
  constructor(parts: SaslParts) {
    this.#parts = parts;
  }

  async respond(response: Bytes | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: bytesFromLatin1('') };
    const { authorization, login, password } = parsePlain(response);
    const principal = await this.#parts.authenticator.checkPassword(login, password, this.#parts.context);
    checkAuthorization(authorization, login, principal);
    return { kind: 'done', principal, finalData: null };
  }
}

export class LoginExchange implements Exchange {
  readonly #parts: SaslParts;
  #login: string | null = null;
  constructor(parts: SaslParts) {
    this.#parts = parts;
  }

  async respond(response: Bytes | null): Promise<SaslStep> {
    // Liberal: the challenges are the ones all clients know; some compare them.
    if (response === null) return { kind: 'challenge', data: bytesFromLatin1('Username:') };
    if (response.length > maxField) throw new SyntaxTrouble(`a LOGIN response is longer than ${maxField} octets`);
    if (findBytes(response, NUL) >= 0)
      throw new Refusal('authentication-failed', 'login name or password is wrong', 'a LOGIN response holds a NUL');
    const text = textOfResponse(response);
    if (this.#login === null) {
      if (text === '') throw new SyntaxTrouble('the login name is empty');
      this.#login = text;
      return { kind: 'challenge', data: bytesFromLatin1('Password:') };
    }
    const principal = await this.#parts.authenticator.checkPassword(this.#login, text, this.#parts.context);
    return { kind: 'done', principal, finalData: null };
  }
}
