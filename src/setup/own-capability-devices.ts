// A person's own devices as an app shows them: keys with their last use, and one-time links with their QR code. Knows rows and the page behind a
// link; keys are made by journey/account.
import { Refusal } from '../base/trouble.ts';
import { sha256Hex } from '../base/digest.ts';
import type { AccountId } from '../store/contract.ts';
import type { AppPasswordRow } from '../store/directory-contract.ts';
import { openSetupLinks } from '../journey/account/setup-links.ts';
import { formatUtcDate } from '../protocol/jmap/arguments.ts';
import type { JsonObject } from '../protocol/jmap/contract.ts';
import { formatId } from '../protocol/jmap/ids.ts';
import type { DeviceDesk } from '../protocol/jmap/tayori/contract.ts';
import type { Office } from './office.ts';

export interface DeviceDeskParts {
  readonly office: Office;
  /** The address of a page of ours as another device opens it; null where no page listens. */
  readonly pageUrl: (path: string) => string | null;
}

export function openDeviceDesk({ office, pageUrl }: DeviceDeskParts): DeviceDesk {
  const { directory, people } = office;
  const links = openSetupLinks(office);
  const loginOf = (owner: AccountId): string => {
    const row = directory.accountById(owner);
    if (row === null) throw new Refusal('nonexistent', 'there is no such account');
    return row.address;
  };
  return {
    list: (owner) => new Map(directory.appPasswords(owner).map((row) => [formatId('X', row.id), showKey(row)])),

    async add(owner, name, protocols) {
      const { row, secret } = await people.addAppPassword(loginOf(owner), name, protocols ?? undefined);
      office.log.info('device-added', { account: owner, appPassword: row.id });
      return { id: row.id, secret };
    },

    async remove(owner, id) {
      const row = directory.appPasswords(owner).find((one) => one.id === id);
      if (row === undefined) throw new Refusal('nonexistent', 'there is no such device');
      await directory.removeAppPassword(row.id);
      office.log.info('device-removed', { account: owner, appPassword: row.id });
    },

    links: (owner) =>
      new Map(
        directory.setupLinks(owner).map((row): [string, JsonObject] => [
          formatId('Y', row.id),
          {
            id: formatId('Y', row.id),
            device: row.device,
            createdAt: formatUtcDate(row.createdAt),
            expiresAt: formatUtcDate(row.expiresAt),
            usedAt: row.used === null ? null : formatUtcDate(row.used.at),
            deviceId: row.used?.appPassword == null ? null : formatId('X', row.used.appPassword),
          },
        ]),
      ),

    async addLink(owner, device, days, language) {
      if (pageUrl('/setup/') === null) throw new Refusal('cannot', 'no page listens here that a device could open');
      const { token } = await links.make(loginOf(owner), device, days);
      const [{ qrSvg }, { words }] = await Promise.all([import('./publish/qr.ts'), import('./publish/words.ts')]);
      const url = pageUrl(`/setup/${token}`)!;
      const row = directory.setupLinkBySha256(sha256Hex(token))!;
      return { id: row.id, more: { url, qr: qrSvg(url, words[language].thereLabel) } };
    },

    async removeLink(owner, id) {
      if (!directory.setupLinks(owner).some((row) => row.id === id)) throw new Refusal('nonexistent', 'there is no such link');
      await directory.removeSetupLink(id);
    },
  };
}

function showKey({ id, name, protocols, createdAt, lastUsedAt, lastUsedFrom, uses }: AppPasswordRow): JsonObject {
  return {
    id: formatId('X', id),
    name,
    protocols: [...protocols],
    createdAt: formatUtcDate(createdAt),
    lastUsedAt: lastUsedAt === null ? null : formatUtcDate(lastUsedAt),
    lastUsedFrom,
    uses: Object.fromEntries(Object.entries(uses).map(([protocol, use]) => [protocol, { at: formatUtcDate(use.at), from: use.from }])),
  };
}
