// How mail apps and providers tell each other the settings of an account: the one model that every dialect is made from and read into.
// Knows values; each dialect is a file beside this one, with its `parse` and its `format`.
import type { MailService, SocketSecurity } from '../../store/outside-contract.ts';

/** How one signs in. `password`: PLAIN or LOGIN within TLS. `challenge`: SCRAM or CRAM-MD5. */
export type SignIn = 'password' | 'challenge' | 'oauth2' | 'none';

export interface ServerSettings {
  readonly service: MailService;
  /** A-label, lower case, no final dot. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly security: SocketSecurity;
  /**
   * The login name with `%EMAILADDRESS%`, `%EMAILLOCALPART%` and `%EMAILDOMAIN%` still to be filled in (draft-ietf-mailmaint-autoconfig §3.3);
   * null when the source does not say.
   */
  readonly login: string | null;
  /** In the order of preference; empty when the source does not say. */
  readonly signIn: readonly SignIn[];
}

export interface OAuthSettings {
  readonly issuer: string;
  /** Null when they are to be found by RFC 8414 metadata of the issuer. */
  readonly authorizationUrl: string | null;
  readonly tokenUrl: string | null;
  readonly scopes: readonly string[];
}

/** What is told about the accounts of some domains. */
export interface AccountSettings {
  /** A-labels; empty when the source does not say. */
  readonly domains: readonly string[];
  readonly displayName: string | null;
  readonly shortName: string | null;
  /** IMAP and POP3, best first. */
  readonly incoming: readonly ServerSettings[];
  /** SMTP, best first. */
  readonly outgoing: readonly ServerSettings[];
  /** JMAP session URL (RFC 8620 §2), or null. */
  readonly jmap: string | null;
  readonly oauth: OAuthSettings | null;
  /** A page for people about setting up, or null. */
  readonly help: string | null;
}

/** Fills a login template for one address. */
export function fillLogin(template: string, address: string): string {
  const at = address.lastIndexOf('@');
  const values: Readonly<Record<string, string>> = {
    EMAILADDRESS: address,
    EMAILLOCALPART: address.slice(0, Math.max(0, at)),
    EMAILDOMAIN: address.slice(at + 1),
  };
  return template.replaceAll(/%(EMAILADDRESS|EMAILLOCALPART|EMAILDOMAIN)%/g, (_all, name: string) => values[name]!);
}
