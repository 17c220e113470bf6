// The XML of Thunderbird and of its public database: draft-ietf-mailmaint-autoconfig, versions 1.1 and 1.2 of the format.
// Knows its elements; knows no place where it is found.
import type { Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { SocketSecurity } from '../../store/outside-contract.ts';
import { fillLogin, type AccountSettings, type OAuthSettings, type ServerSettings, type SignIn } from './contract.ts';
import { domainsMax, entryOf, parseHost, parsePort, parseSecureUrl, parseWords, serversMax } from './values.ts';
import { childrenOf, formatXml, parseXml, textOf, xmlElement, type XmlElement } from './xml.ts';

const securities: Readonly<Record<string, SocketSecurity>> = { ssl: 'tls', tls: 'tls', starttls: 'starttls', plain: 'plain' };
const securityNames = { tls: 'SSL', starttls: 'STARTTLS', plain: 'plain' } as const;
/** `plain` and `secure` are words of version 1.0. */
const signIns: Readonly<Record<string, SignIn>> = {
  'password-cleartext': 'password',
  plain: 'password',
  'http-basic': 'password',
  'password-encrypted': 'challenge',
  secure: 'challenge',
  oauth2: 'oauth2',
  none: 'none',
  'client-ip-address': 'none',
};
const signInNames = { password: 'password-cleartext', challenge: 'password-encrypted', oauth2: 'OAuth2', none: 'none' } as const;

/**
 * Where a domain's own document lies (draft §4.1), best first; both are asked over https. The address is told only to the host that is
 * there for it, never to the web server of the domain, whose log is read by others.
 */
export function mozillaUrls(domain: string, address: string | null): string[] {
  const query = address === null ? '' : `?emailaddress=${encodeURIComponent(address)}`;
  return [`https://autoconfig.${domain}/mail/config-v1.1.xml${query}`, `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`];
}

/**
 * Reads a document. `address` fills the placeholders of host names, which our model does not keep; without it such servers are passed over.
 * Liberal: a server that is not understood is passed over, as are kinds of servers that we know nothing of (draft §3.2: later kinds will come).
 * @throws SyntaxTrouble for what is no such document, such as the page that says "not found".
 */
export function parseMozilla(document: Bytes | string, address: string | null): AccountSettings {
  const root = parseXml(document);
  if (root.name !== 'clientConfig') throw new SyntaxTrouble(`the root is ${root.name}, not clientConfig`);
  const provider = childrenOf(root, 'emailProvider')[0];
  if (!provider) throw new SyntaxTrouble('there is no emailProvider');
  const fill = (text: string | null) => (text === null || address === null ? text : fillLogin(text, address));
  const jmap = childrenOf(provider, 'incomingServer')
    .filter((server) => server.attributes['type'] === 'jmap')
    .map((server) => parseSecureUrl(fill(textOf(server, 'url')) ?? ''))
    .find((url) => url !== null);
  const [oauth] = [...childrenOf(root, 'oAuth2'), ...childrenOf(provider, 'oAuth2')];
  return {
    domains: childrenOf(provider, 'domain')
      .slice(0, domainsMax)
      .map((domain) => parseHost(domain.text))
      .filter((domain) => domain !== null),
    displayName: parseWords(fill(textOf(provider, 'displayName'))),
    shortName: parseWords(fill(textOf(provider, 'displayShortName'))),
    incoming: parseServers(provider, 'incomingServer', ['imap', 'pop3'], fill),
    outgoing: parseServers(provider, 'outgoingServer', ['smtp'], fill),
    jmap: jmap ?? null,
    oauth: oauth ? parseOAuth(oauth) : null,
    help:
      childrenOf(provider, 'documentation')
        .map((page) => parseSecureUrl(page.attributes['url'] ?? ''))
        .find((url) => url !== null) ?? null,
  };
}

function parseServers(
  provider: XmlElement,
  name: string,
  kinds: readonly string[],
  fill: (text: string | null) => string | null,
): ServerSettings[] {
  return childrenOf(provider, name)
    .slice(0, serversMax)
    .flatMap((server): ServerSettings[] => {
      const service = (server.attributes['type'] ?? '').toLowerCase();
      const host = parseHost(fill(textOf(server, 'hostname')) ?? '');
      const port = parsePort(textOf(server, 'port') ?? '');
      const security = entryOf(securities, (textOf(server, 'socketType') ?? '').toLowerCase());
      if (!kinds.includes(service) || host === null || port === null || security === undefined) return [];
      const methods = childrenOf(server, 'authentication').map((method) => entryOf(signIns, method.text.toLowerCase()));
      return [
        {
          service: service as ServerSettings['service'],
          host,
          port,
          security,
          login: parseWords(textOf(server, 'username')),
          signIn: [...new Set(methods.filter((method) => method !== undefined))],
        },
      ];
    });
}

function parseOAuth(oauth: XmlElement): OAuthSettings | null {
  // Liberal: the public database writes issuers as bare host names.
  const issuer = parseWords(textOf(oauth, 'issuer'));
  if (issuer === null) return null;
  return {
    issuer,
    authorizationUrl: parseSecureUrl(textOf(oauth, 'authURL') ?? ''),
    tokenUrl: parseSecureUrl(textOf(oauth, 'tokenURL') ?? ''),
    scopes: (textOf(oauth, 'scope') ?? '')
      .split(/[\s,]+/)
      .filter((scope) => scope !== '')
      .slice(0, 20),
  };
}

/** The twin of `parseMozilla`: version 1.2 where JMAP is told, else 1.1, which all readers know. Templates of login names stay what they are. */
export function formatMozilla(settings: AccountSettings): string {
  const { domains, displayName, shortName, incoming, outgoing, jmap, oauth, help } = settings;
  const optional = (name: string, text: string | null) => (text === null ? null : xmlElement(name, {}, text));
  const server = (name: string) => (row: ServerSettings) =>
    xmlElement(name, { type: row.service }, [
      xmlElement('hostname', {}, row.host),
      xmlElement('port', {}, String(row.port)),
      xmlElement('socketType', {}, securityNames[row.security]),
      optional('username', row.login),
      ...row.signIn.map((method) => xmlElement('authentication', {}, signInNames[method])),
    ]);
  const provider = xmlElement('emailProvider', { id: domains[0] ?? incoming[0]?.host ?? 'localhost' }, [
    ...domains.map((domain) => xmlElement('domain', {}, domain)),
    optional('displayName', displayName),
    optional('displayShortName', shortName),
    ...incoming.map(server('incomingServer')),
    // After the others: readers of 1.1 take the first one.
    jmap === null
      ? null
      : xmlElement('incomingServer', { type: 'jmap' }, [xmlElement('url', {}, jmap), xmlElement('authentication', {}, 'http-basic')]),
    ...outgoing.map(server('outgoingServer')),
    help === null ? null : xmlElement('documentation', { url: help }),
  ]);
  const sign =
    oauth === null
      ? null
      : xmlElement('oAuth2', {}, [
          xmlElement('issuer', {}, oauth.issuer),
          optional('scope', oauth.scopes.length === 0 ? null : oauth.scopes.join(' ')),
          optional('authURL', oauth.authorizationUrl),
          optional('tokenURL', oauth.tokenUrl),
        ]);
  return formatXml(xmlElement('clientConfig', { version: jmap === null ? '1.1' : '1.2' }, [provider, sign]));
}
