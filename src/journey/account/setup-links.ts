// Links by which a person sets up one device: made by whoever runs the server, used once, and from then on open only to the browser that
// used them. Knows tokens, their end and the app password that a use leads to; knows no page and no address of the server.
//
// Looking at a link changes nothing: programs that show a preview of every link must not use it up.
import { base64FromBytes, bytesFromHex, equalBytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { sha256Hex } from '../../base/digest.ts';
import type { Log } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountRow, AppPasswordRow, Directory, LoginProtocol, SetupLinkRow } from '../../store/directory-contract.ts';
import type { People } from './people.ts';

export type ReceiveWay = 'imap' | 'pop3';

/** What the token of a request stands for. */
export type LinkFound =
  /** Never made, taken away, or of a person who is not here any more: all the same to who asks. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'fresh'; readonly link: SetupLinkRow; readonly person: AccountRow }
  /** Used by another browser than this one. */
  | { readonly kind: 'foreign' }
  /** `key`: null when it was taken back since. */
  | {
      readonly kind: 'own';
      readonly link: SetupLinkRow & { readonly used: NonNullable<SetupLinkRow['used']> };
      readonly person: AccountRow;
      readonly key: AppPasswordRow | null;
    };

export interface SetupLinks {
  /** `device`: what it will be called, or null. The token is told once. @throws Refusal `nonexistent` (person), `cannot` (days, name), `limit`. */
  make(
    login: string,
    device: string | null,
    days: number,
  ): Promise<{ readonly token: string; readonly person: AccountRow; readonly expiresAt: number }>;
  /** `browser`: what that browser holds, or null. Never waits and never throws. */
  find(token: string, browser: string | null): LinkFound;
  /**
   * The one use: makes the app password and opens the link to a browser. `name` is what the device is called where the link does not say.
   * @throws Refusal `in-use`, `expired`, `nonexistent`, `limit` (app passwords).
   */
  use(
    token: string,
    choice: { readonly device: string; readonly receive: ReceiveWay; readonly name: string },
  ): Promise<{ readonly browser: string; readonly secret: string; readonly key: AppPasswordRow }>;
  /** Whose link it is and what was chosen, once it was used and while it lasts: for who holds the token, such as the phone. */
  describe(token: string): { readonly person: AccountRow; readonly choice: string } | null;
  /** "This was not me": the device signs in no more. @throws Refusal `nonexistent` when it is not this browser's. */
  takeBack(token: string, browser: string): Promise<void>;
}

export interface SetupLinksParts {
  readonly directory: Directory;
  readonly people: People;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

const dayMs = 86_400_000;
const mostDays = 30;
const mostLinks = 20;
const longestName = 60;
/** 128 bits in base64url. */
const tokenShape = /^[A-Za-z0-9_-]{22}$/;

export function openSetupLinks({ directory, people, clock, chance, log }: SetupLinksParts): SetupLinks {
  const makeToken = (): string => base64FromBytes(chance.bytes(16)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

  function find(token: string, browser: string | null): LinkFound {
    const link = tokenShape.test(token) ? directory.setupLinkBySha256(sha256Hex(token)) : null;
    const person = link && directory.accountById(link.account);
    if (link === null || person === null || person.closedAt !== null) return { kind: 'unknown' };
    if (link.expiresAt <= clock.now()) return { kind: 'expired' };
    const { used } = link;
    if (used === null) return { kind: 'fresh', link, person };
    if (browser === null || !isSame(sha256Hex(browser), used.browser)) return { kind: 'foreign' };
    const key = directory.appPasswords(person.id).find((row) => row.id === used.appPassword) ?? null;
    return { kind: 'own', link: { ...link, used }, person, key };
  }

  async function makeKey(link: SetupLinkRow, person: AccountRow, name: string, protocols: readonly LoginProtocol[]) {
    for (let tries = 1; ; tries++)
      try {
        return await people.addAppPassword(person.address, freeName(name, people.appPasswords(person.address)), protocols);
      } catch (trouble) {
        // Another device was set up meanwhile, and has this name now.
        if (trouble instanceof Refusal && trouble.code === 'already-exists' && tries < mostLinks) continue;
        await giveBack(link);
        throw trouble;
      }
  }

  /** No key was shown to anybody: the link is as good as before, once what stood in the way is gone. */
  async function giveBack({ id, account, sha256, device, createdAt, expiresAt }: SetupLinkRow): Promise<void> {
    try {
      await directory.removeSetupLink(id);
      await directory.addSetupLink({ account, sha256, device, createdAt, expiresAt });
    } catch (trouble) {
      log.warn('setup-link-lost', { account }, trouble);
    }
  }

  return {
    async make(login, device, days) {
      const person = people.get(login);
      if (person.closedAt !== null) throw new Refusal('cannot', `the account ${person.address} is closed`);
      if (!Number.isInteger(days) || days < 1 || days > mostDays) throw new Refusal('cannot', `a link lasts 1 to ${mostDays} days`);
      const name = device?.trim() ?? null;
      if (name !== null && (name === '' || name.length > longestName || /\p{Cc}/u.test(name)))
        throw new Refusal('cannot', `a device's name has 1 to ${longestName} characters and no line breaks`);
      const now = clock.now();
      // The past ones go first, so that the bound counts what can still be used.
      const before = directory.setupLinks(person.id);
      for (const link of before) if (link.expiresAt <= now) await directory.removeSetupLink(link.id);
      if (before.filter((link) => link.expiresAt > now && link.used === null).length >= mostLinks)
        throw new Refusal('limit', `${mostLinks} links of ${person.address} wait to be used already`);
      const token = makeToken();
      const expiresAt = now + days * dayMs;
      await directory.addSetupLink({ account: person.id, sha256: sha256Hex(token), device: name, createdAt: now, expiresAt });
      log.info('setup-link-made', { account: person.id, address: person.address, days });
      return { token, person, expiresAt };
    },

    find,

    async use(token, { device, receive, name }) {
      const found = find(token, null);
      if (found.kind === 'unknown') throw new Refusal('nonexistent', 'there is no such link');
      if (found.kind === 'expired') throw new Refusal('expired', 'the link is too old');
      if (found.kind !== 'fresh') throw new Refusal('in-use', 'the link was used before');
      const { link, person } = found;
      const browser = makeToken();
      const choice = `${device} ${receive}`;
      // Claimed before the key is made: of two that press at once, one gets it.
      await directory.claimSetupLink(link.id, { at: clock.now(), browser: sha256Hex(browser), choice, appPassword: null });
      const { row, secret } = await makeKey(link, person, link.device ?? name, [receive, 'smtp']);
      await directory.noteSetupLink(link.id, row.id);
      log.info('setup-link-used', { account: person.id, address: person.address, device, receive, appPassword: row.id });
      return { browser, secret, key: row };
    },

    describe(token) {
      const link = tokenShape.test(token) ? directory.setupLinkBySha256(sha256Hex(token)) : null;
      const person = link && directory.accountById(link.account);
      if (!link?.used || person === null || person.closedAt !== null || link.expiresAt <= clock.now()) return null;
      // A key that was taken back ends the rest too.
      const isThere = directory.appPasswords(person.id).some((row) => row.id === link.used?.appPassword);
      return isThere ? { person, choice: link.used.choice } : null;
    },

    async takeBack(token, browser) {
      const found = find(token, browser);
      if (found.kind !== 'own') throw new Refusal('nonexistent', 'there is no such link');
      if (found.key === null) return;
      await directory.removeAppPassword(found.key.id);
      log.info('setup-link-taken-back', { account: found.person.id, address: found.person.address, appPassword: found.key.id });
    },
  };
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && equalBytes(bytesFromHex(one), bytesFromHex(other));
}

/** "iPhone", "iPhone 2" … */
function freeName(wanted: string, there: readonly AppPasswordRow[]): string {
  const taken = new Set(there.map((row) => row.name));
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted} ${number}`;
  return name;
}
