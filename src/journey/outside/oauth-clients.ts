// Who we are at the providers with a sign-in of their own: client ids that the operator has entered, their secrets sealed. Kept as one
// value of the directory. Knows what may be entered; knows no sign-in.
import { base64FromBytes, bytesFromBase64, type Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import type { Directory } from '../../store/directory-contract.ts';
import type { Vault } from './contract.ts';
import { oauthProviders, providerOfHost, type OAuthClient, type OAuthProvider } from './oauth.ts';

const valueName = 'oauth-clients';
const clientsMax = 20;

interface Kept {
  readonly id: string;
  /** Sealed, base64; null for a public client. */
  readonly secret: string | null;
  /** A provider that is none of those known here. */
  readonly provider?: OAuthProvider;
}

export interface OAuthClients {
  list(): readonly { readonly name: string; readonly title: string; readonly id: string; readonly hasSecret: boolean }[];
  /** `provider`: only for a name that is none of the known. @throws Refusal `cannot`, `limit`; CauseTrouble `key-missing`. */
  put(name: string, id: string, secret: string | null, provider?: OAuthProvider): Promise<void>;
  /** @throws Refusal `nonexistent`. */
  remove(name: string): Promise<void>;
  /** Lets all go, when the key of their secrets is lost. */
  clear(): Promise<void>;
  /** Where one can sign in for this server: the provider, and whether a client id is entered for it. Null: nobody's page is known for it. */
  ofHost(host: string): { readonly name: string; readonly title: string; readonly isReady: boolean } | null;
  /** By name or by issuer; null when none was entered. @throws CauseTrouble `key-missing`. */
  find(nameOrIssuer: string): OAuthClient | null;
}

/** Sealed secrets, for the vault: it takes no other key while there are some. */
export function* sealedClientSecrets(directory: Pick<Directory, 'value'>): Generator<Bytes> {
  for (const { secret } of Object.values(read(directory))) if (secret !== null) yield bytesFromBase64(secret);
}

function read(directory: Pick<Directory, 'value'>): Record<string, Kept> {
  return JSON.parse(directory.value(valueName) ?? '{}') as Record<string, Kept>;
}

export function openOAuthClients(
  directory: Pick<Directory, 'value' | 'putValue'>,
  vault: Pick<Vault, 'sealText' | 'openText'>,
): OAuthClients {
  const boundTo = (name: string): string => `oauth client ${name}`;
  const providerOf = (name: string, kept: Kept): OAuthProvider | undefined =>
    kept.provider ?? oauthProviders.find((provider) => provider.name === name);
  return {
    list: () =>
      Object.entries(read(directory)).map(([name, kept]) => ({
        name,
        title: providerOf(name, kept)?.title ?? name,
        id: kept.id,
        hasSecret: kept.secret !== null,
      })),

    async put(name, id, secret, provider) {
      const known = oauthProviders.map((one) => one.name);
      if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) throw new Refusal('cannot', `"${name}" is not the name of a provider`);
      if (!known.includes(name) && provider === undefined)
        throw new Refusal('cannot', `"${name}" is none of ${known.join(', ')}; another provider needs the addresses of its pages too`);
      // RFC 6749 appendix A.1 and A.2: VSCHAR.
      if (!/^[\x20-\x7e]{1,500}$/.test(id)) throw new Refusal('cannot', 'a client id is a line of plain characters');
      if (secret !== null && !/^[\x20-\x7e]{1,500}$/.test(secret))
        throw new Refusal('cannot', 'a client secret is a line of plain characters');
      for (const url of provider === undefined ? [] : [provider.authorizationUrl, provider.tokenUrl, provider.revocationUrl])
        if (url !== null && !(URL.canParse(url) && new URL(url).protocol === 'https:'))
          throw new Refusal('cannot', `"${url}" is not an address that begins with https://`);
      for (const host of provider?.hosts ?? [])
        if (!/^(?=.{1,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/.test(host))
          throw new Refusal('cannot', `"${host}" is not the name of a server`);
      const kept = read(directory);
      if (kept[name] === undefined && Object.keys(kept).length >= clientsMax)
        throw new Refusal('limit', 'there are too many client ids already');
      const sealed = secret === null ? null : base64FromBytes(vault.sealText(secret, boundTo(name)));
      kept[name] = { id, secret: sealed, ...(provider === undefined || known.includes(name) ? {} : { provider }) };
      await directory.putValue(valueName, JSON.stringify(kept));
    },

    async remove(name) {
      const { [name]: gone, ...left } = read(directory);
      if (gone === undefined) throw new Refusal('nonexistent', `there is no client id for "${name}"`);
      await directory.putValue(valueName, JSON.stringify(left));
    },

    ofHost(host) {
      const kept = read(directory);
      const entered = Object.values(kept).flatMap(({ provider }) => provider ?? []);
      const provider = providerOfHost(host, entered);
      return provider === null ? null : { name: provider.name, title: provider.title, isReady: kept[provider.name] !== undefined };
    },

    clear: () => directory.putValue(valueName, '{}'),

    find(nameOrIssuer) {
      for (const [name, kept] of Object.entries(read(directory))) {
        const provider = providerOf(name, kept);
        if (provider === undefined || (name !== nameOrIssuer && provider.issuer !== nameOrIssuer)) continue;
        const secret = kept.secret === null ? null : vault.openText(bytesFromBase64(kept.secret), boundTo(name));
        return { provider, id: kept.id, secret };
      }
      return null;
    },
  };
}
