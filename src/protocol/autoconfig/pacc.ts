// PACC, draft-ietf-mailmaint-pacc: one JSON document for all accounts of a domain, made believable by its digest in the DNS.
// Knows document and record; knows neither web nor DNS.
import { base64FromBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { digest } from '../../base/digest.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { AccountSettings, ServerSettings, SignIn } from './contract.ts';
import { parseHost, parseSecureUrl, parseWords, standardPorts } from './values.ts';

const octetsMax = 64 * 1024;
/** The draft's bounds of the provider's names, in characters. */
const nameMax = 60;
const shortNameMax = 20;

export function paccUrl(domain: string): string {
  return `https://ua-auto-config.${domain}/.well-known/user-agent-configuration.json`;
}

/** The name whose TXT record carries the digest. */
export function paccDigestName(domain: string): string {
  return `_ua-auto-config.${domain}`;
}

/** The TXT record for a document, by the very octets that are served. */
export function formatPaccDigest(document: Bytes | string): string {
  return `v=UAAC1; a=sha256; d=${base64FromBytes(digest('SHA-256', document))}`;
}

/** The digest that a TXT record tells, in base64; null for records of another kind and other hashes, which are passed over. */
export function parsePaccDigest(record: string): string | null {
  const tags = new Map<string, string>();
  for (const part of record.slice(0, 1000).split(';')) {
    const [, name, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    if (name !== undefined && !tags.has(name.toLowerCase())) tags.set(name.toLowerCase(), value!);
  }
  const told = tags.get('d')?.replaceAll(/\s+/g, '') ?? '';
  if (tags.get('v')?.toUpperCase() !== 'UAAC1' || tags.get('a')?.toLowerCase() !== 'sha256') return null;
  return /^[A-Za-z0-9+/]{43}=$/.test(told) ? told : null;
}

/** Whether one of the TXT records vouches for the document: while it changes, the old and the new one stand side by side. */
export function paccMatches(document: Bytes, records: readonly string[]): boolean {
  const own = base64FromBytes(digest('SHA-256', document));
  return records.some((record) => parsePaccDigest(record) === own);
}

type Json = { readonly [key: string]: unknown };
const inside = (value: unknown, name: string): Json => {
  const found = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Json)[name] : null;
  return typeof found === 'object' && found !== null ? (found as Json) : {};
};
const textIn = (value: Json, name: string): string => {
  const found = Object.hasOwn(value, name) ? value[name] : '';
  return typeof found === 'string' ? found : '';
};

/**
 * Reads a document. There is no port, no login name and no way of encryption in it: the draft says TLS from the first octet on the
 * standard port, and the whole address as the name.
 * @throws SyntaxTrouble for what is no such document.
 */
export function parsePacc(document: Bytes | string): AccountSettings {
  if (document.length > octetsMax) throw new SyntaxTrouble('the document is too long', octetsMax);
  let root: unknown;
  try {
    root = JSON.parse(typeof document === 'string' ? document : utf8FromBytes(document));
  } catch (error) {
    throw new SyntaxTrouble(`not JSON: ${(error as Error).message.slice(0, 100)}`);
  }
  const protocols = inside(root, 'protocols');
  if (Object.keys(protocols).length === 0) throw new SyntaxTrouble('there are no protocols');
  const authentication = inside(root, 'authentication');
  const issuer = parseSecureUrl(textIn(inside(authentication, 'oauth-public'), 'issuer'));
  const signIn: SignIn[] = [
    ...(issuer === null ? [] : ['oauth2' as const]),
    ...(authentication['password'] === true ? ['password' as const] : []),
  ];
  const server = (service: ServerSettings['service'], ...keys: readonly string[]): ServerSettings[] => {
    const host = keys.map((key) => parseHost(textIn(inside(protocols, key), 'host'))).find((name) => name !== null) ?? null;
    return host === null ? [] : [{ service, host, port: standardPorts[service].tls, security: 'tls', login: '%EMAILADDRESS%', signIn }];
  };
  const info = inside(root, 'info');
  const provider = inside(info, 'provider');
  return {
    domains: [],
    displayName: parseWords(textIn(provider, 'name')),
    shortName: parseWords(textIn(provider, 'shortName')),
    incoming: [...server('imap', 'imap'), ...server('pop3', 'pop3')],
    // The key was `smtp` up to version -02 of the draft, and is `submit` from -03 on.
    outgoing: server('smtp', 'submit', 'smtp'),
    jmap: parseSecureUrl(textIn(inside(protocols, 'jmap'), 'url')),
    oauth: issuer === null ? null : { issuer, authorizationUrl: null, tokenUrl: null, scopes: [] },
    help: parseSecureUrl(textIn(inside(info, 'help'), 'documentation')),
  };
}

/**
 * The twin of `parsePacc`: always the same octets for the same settings, because the DNS tells their digest.
 * Only what the draft has a place for: the first server of each kind with TLS from the first octet on its standard port.
 */
export function formatPacc(settings: AccountSettings): string {
  const host = (service: ServerSettings['service']) =>
    [...settings.incoming, ...settings.outgoing].find(
      (row) => row.service === service && row.security === 'tls' && row.port === standardPorts[service].tls,
    )?.host;
  const [imap, pop3, smtp] = [host('imap'), host('pop3'), host('smtp')];
  const password = [...settings.incoming, ...settings.outgoing].some(({ signIn }) =>
    signIn.some((method) => method === 'password' || method === 'challenge'),
  );
  const document = {
    protocols: {
      ...(imap !== undefined && { imap: { host: imap } }),
      ...(settings.jmap !== null && { jmap: { url: settings.jmap } }),
      ...(pop3 !== undefined && { pop3: { host: pop3 } }),
      // By both names, old readers' and new ones'; unknown keys are passed over.
      ...(smtp !== undefined && { smtp: { host: smtp }, submit: { host: smtp } }),
    },
    authentication: { ...(settings.oauth !== null && { 'oauth-public': { issuer: settings.oauth.issuer } }), password },
    info: {
      provider: {
        name: [...(settings.displayName ?? settings.domains[0] ?? imap ?? 'mail')].slice(0, nameMax).join('').trim(),
        ...(settings.shortName !== null && [...settings.shortName].length <= shortNameMax && { shortName: settings.shortName }),
      },
      ...(settings.help !== null && { help: { documentation: settings.help } }),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
