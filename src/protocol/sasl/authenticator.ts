// What every protocol asks when someone signs in. Knows the questions; `journey/account` answers them.
import type { Bytes } from '../../base/bytes.ts';
import type { AccountId } from '../../store/contract.ts';
import type { LoginProtocol, ScramHash, ScramKeys } from '../../store/directory-contract.ts';

/** From where and over what somebody tries to sign in. */
export interface LoginContext {
  readonly protocol: LoginProtocol;
  readonly remoteAddress: string;
  readonly tls: boolean;
  /** The connection, for the log. */
  readonly connection: string;
  /** The asker asks for the second factor itself: the person's own password is enough for this step. */
  readonly asksSecond?: boolean;
}

/** Someone who has signed in. */
export interface Principal {
  readonly account: AccountId;
  /** The main address, which is also the login name. */
  readonly login: string;
  /** The display name, for example of the From field. */
  readonly name: string;
  /** Octets the account may hold, or null for no limit. */
  readonly quota: number | null;
  /** True when it was an app password; its name for the log. */
  readonly appPassword: string | null;
}

/**
 * A person's SCRAM keys. The salt is told before it is known which password the client has: app passwords share it,
 * and their keys are tried as well.
 */
export interface ScramOffer extends ScramKeys {
  readonly others?: readonly { readonly appPassword: number; readonly storedKey: Bytes; readonly serverKey: Bytes }[];
}

export interface Authenticator {
  /**
   * Checks a password or app password.
   * @throws Refusal `authentication-failed` (the same words and the same work for an unknown person, a wrong password and a
   *   closed account), `login-delayed` when this person or network has failed too often, `no-perm` when an app password is not
   *   for this protocol or when the person's own password is not enough because a second factor is set; Unavailable `busy` when too many sign in at once.
   */
  checkPassword(login: string, password: string, context: LoginContext): Promise<Principal>;
  /**
   * The SCRAM keys of a person. For an unknown person: made-up keys that stay the same for the same login, so that nobody learns
   * who exists; the exchange then fails at its end.
   * @throws Refusal `login-delayed`.
   */
  scramKeys(login: string, hash: ScramHash, context: LoginContext): Promise<ScramOffer>;
  /**
   * The SCRAM proof of `login` was right: who is it? `appPassword`: whose keys of `others` it was made with.
   * @throws Refusal as `checkPassword` (also when the keys were made up).
   */
  scramPassed(login: string, context: LoginContext, appPassword?: number): Promise<Principal>;
  /** A SCRAM proof was wrong: counts as a failed login. Settles after the delay that is due. */
  scramFailed(login: string, context: LoginContext): Promise<void>;
}

/** RFC 6750: who is it that brings nothing but a token? The tokens are app passwords. */
export interface TokenAuthenticator {
  /** @throws Refusal `authentication-failed`, `login-delayed`, `no-perm`. */
  checkToken(token: string, context: LoginContext): Promise<Principal>;
}
