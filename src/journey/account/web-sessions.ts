// Browsers in which a person has signed in: how such a session begins, how long it lasts, what ends it. Knows tokens and times; knows no
// cookie and no HTTP.
//
// A token is 192 random bits, of which SHA-256 is kept; each login makes a new one. A session is bound to the password of its time, and ends
// after a week without use, a month after its beginning, with a changed password, with its account, and when it is ended.
import { base64UrlFromBytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { sha256Hex } from '../../base/digest.ts';
import type { Log } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId } from '../../store/contract.ts';
import type { AccountRow, Directory, WebSessionRow } from '../../store/directory-contract.ts';

export interface WebSessions {
  /** The token is told once. `device`: as `deviceWords` makes it. */
  begin(
    person: AccountRow,
    from: { readonly device: string; readonly address: string; readonly how: WebSessionRow['how'] },
  ): Promise<{ readonly token: string; readonly session: WebSessionRow }>;
  /** Null when there is none, or none any more. Notes the use. */
  find(token: string, address: string): { readonly session: WebSessionRow; readonly person: AccountRow } | null;
  /** Those that are not over, last used first. */
  list(account: AccountId): readonly WebSessionRow[];
  /** @throws Refusal `nonexistent`: not one of this person's. */
  end(account: AccountId, session: number): Promise<void>;
  /** All but one; returns how many. */
  endOthers(account: AccountId, but: number | null): Promise<number>;
}

export interface WebSessionParts {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

const dayMs = 86_400_000;
export const idleMs = 7 * dayMs;
export const lifeMs = 30 * dayMs;
/** Of one person; the one that was used least lately makes room. */
export const mostSessions = 50;
/** A use within this time after the last is not noted. */
const noteEveryMs = 60_000;
const tokenShape = /^[A-Za-z0-9_-]{32}$/;

export function openWebSessions({ directory, clock, chance, log }: WebSessionParts): WebSessions {
  function personOf(session: WebSessionRow): AccountRow | null {
    const person = directory.accountById(session.account);
    const now = clock.now();
    const isOver =
      person === null ||
      person.closedAt !== null ||
      session.passwordMark !== passwordMark(person) ||
      now - session.lastUsedAt >= idleMs ||
      now - session.createdAt >= lifeMs;
    return isOver ? null : person;
  }

  const list = (account: AccountId): readonly WebSessionRow[] =>
    directory
      .webSessions(account)
      .filter((session) => personOf(session) !== null)
      .toSorted((a, b) => b.lastUsedAt - a.lastUsedAt || b.id - a.id);

  return {
    async begin(person, { device, address, how }) {
      const kept = new Set(list(person.id).slice(0, mostSessions - 1));
      for (const session of directory.webSessions(person.id)) if (!kept.has(session)) await directory.removeWebSession(session.id);
      const token = base64UrlFromBytes(chance.bytes(24));
      const now = clock.now();
      const session = await directory.addWebSession({
        account: person.id,
        sha256: sha256Hex(token),
        passwordMark: passwordMark(person),
        device,
        how,
        createdAt: now,
        lastUsedAt: now,
        lastUsedFrom: address,
      });
      log.info('web-session-begun', { account: person.id, address: person.address, session: session.id, how, device });
      return { token, session };
    },

    find(token, address) {
      const session = tokenShape.test(token) ? directory.webSessionBySha256(sha256Hex(token)) : null;
      const person = session && personOf(session);
      if (session === null || person === null) return null;
      const now = clock.now();
      if (now - session.lastUsedAt >= noteEveryMs || address !== session.lastUsedFrom) directory.touchWebSession(session.id, now, address);
      return { session, person };
    },

    list,

    async end(account, id) {
      if (!directory.webSessions(account).some((session) => session.id === id))
        throw new Refusal('nonexistent', 'there is no such session');
      await directory.removeWebSession(id);
      log.info('web-session-ended', { account, session: id });
    },

    async endOthers(account, but) {
      const others = directory.webSessions(account).filter((session) => session.id !== but);
      for (const session of others) await directory.removeWebSession(session.id);
      if (others.length > 0) log.info('web-sessions-ended', { account, sessions: others.length });
      return others.length;
    },
  };
}

/** Changes with the password, and says nothing of it. */
function passwordMark(person: AccountRow): string {
  return sha256Hex('web session ', person.passwordHash);
}

const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:(?:Headless)?Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** "Firefox, Linux": what a browser says of itself (RFC 9110 §10.1.5), in words. It may say anything: nothing rests on it. */
export function deviceWords(agent: string): string {
  const text = agent.slice(0, 512);
  const found = [browsers, systems].map((table) => table.find(([shape]) => shape.test(text))?.[1]);
  return found.filter((word) => word !== undefined).join(', ');
}
