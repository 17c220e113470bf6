// The Session object (RFC 8620 §2): what a person finds here, made of all groups. Knows its shape; knows no capability by name but those that are
// methods of transport, which are handed in.
import { base64FromBytes } from '../../base/bytes.ts';
import { digest } from '../../base/digest.ts';
import type { Principal } from '../sasl/authenticator.ts';
import type { Id, JmapAccount, Json, JsonObject, MethodGroup } from './contract.ts';

export interface SessionParts {
  readonly groups: readonly MethodGroup[];
  /** Capabilities that bring no methods (WebSocket, Web Push): URI → what stands there. */
  readonly others: JsonObject;
}

/** Where the resources are: `https://mail.example.jp` without a slash at its end. */
export interface SessionPlace {
  readonly origin: string;
}

export const jmapPaths = {
  session: '/jmap/session',
  api: '/jmap/api',
  upload: '/jmap/upload',
  download: '/jmap/download',
  events: '/jmap/events',
  socket: '/jmap/ws',
} as const;

export function formatSession(
  { groups, others }: SessionParts,
  principal: Principal,
  accounts: ReadonlyMap<Id, JmapAccount>,
  { origin }: SessionPlace,
): JsonObject {
  const capabilities: { [uri: string]: Json } = {};
  const primaryAccounts: { [uri: string]: Id } = {};
  for (const group of groups) {
    capabilities[group.capability] = group.session({ principal });
    const primary = [...accounts.values()].find((account) => account.kind === 'own' && group.account(account) !== null);
    // "urn:ietf:params:jmap:core SHOULD NOT be present."
    if (primary !== undefined && group.capability !== 'urn:ietf:params:jmap:core') primaryAccounts[group.capability] = primary.id;
  }
  const rest: JsonObject = {
    capabilities: { ...capabilities, ...others },
    accounts: Object.fromEntries([...accounts.values()].map((account) => [account.id, formatAccount(account, groups)])),
    primaryAccounts,
    username: principal.login,
    apiUrl: `${origin}${jmapPaths.api}`,
    downloadUrl: `${origin}${jmapPaths.download}/{accountId}/{blobId}/{name}?type={type}`,
    uploadUrl: `${origin}${jmapPaths.upload}/{accountId}`,
    eventSourceUrl: `${origin}${jmapPaths.events}?types={types}&closeafter={closeafter}&ping={ping}`,
  };
  return { ...rest, state: sessionState(rest) };
}

/** "If the value of any other property on the Session object changes, this string will change." */
function sessionState(rest: JsonObject): string {
  return base64FromBytes(digest('SHA-256', JSON.stringify(rest)).subarray(0, 12))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

function formatAccount(account: JmapAccount, groups: readonly MethodGroup[]): JsonObject {
  const accountCapabilities: { [uri: string]: Json } = {};
  for (const group of groups) {
    const capability = group.account(account);
    if (capability !== null) accountCapabilities[group.capability] = capability;
  }
  return { name: account.name, isPersonal: account.isPersonal, isReadOnly: account.isReadOnly, accountCapabilities };
}
