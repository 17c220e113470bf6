// After a start: the shelves of people whose browsers will come back are opened before they ask. A shelf of 100,000 letters takes a third of a second,
// which then nobody waits for. Knows who was here last; knows no letter.
import type { Clock } from '../base/clock.ts';
import type { WebSessions } from '../journey/account/web-sessions.ts';
import type { AccountId } from '../store/contract.ts';
import type { Directory } from '../store/directory-contract.ts';
import type { Shelf } from '../store/shelf-contract.ts';

export interface ReadyShelvesParts {
  readonly directory: Pick<Directory, 'webSessions'>;
  readonly webSessions: Pick<WebSessions, 'list'>;
  readonly openShelf: (account: AccountId) => Promise<Shelf>;
  readonly clock: Clock;
}

/** When the ports are open and whoever waited at them has been let in; then one after another, so that letters go between. */
const firstMs = 500;
const restMs = 200;
/** No more than the store keeps without anybody holding them. */
const mostPeople = 20;
const mostLetters = 300_000;
/** Who was last here longer ago will hardly come just now. */
const lastDaysMs = 2 * 86_400_000;

export function readyShelves({ directory, webSessions, openShelf, clock }: ReadyShelvesParts): { close(): Promise<void> } {
  let isClosed = false;
  let letters = 0;
  let cancel = clock.after(firstMs, () => void next(people()));
  let underWay: Promise<void> = Promise.resolve();

  /** Those who used the app lately, the last one first. */
  function people(): AccountId[] {
    const since = clock.now() - lastDaysMs;
    const lately = directory.webSessions().filter(({ lastUsedAt }) => lastUsedAt >= since);
    return [...new Set(lately.map(({ account }) => account))]
      .flatMap((account) => {
        // Of a session that is over nobody comes back.
        const [last] = webSessions.list(account);
        return last !== undefined && last.lastUsedAt >= since ? [{ account, at: last.lastUsedAt }] : [];
      })
      .toSorted((a, b) => b.at - a.at)
      .slice(0, mostPeople)
      .map(({ account }) => account);
  }

  function next([account, ...others]: readonly AccountId[]): void {
    if (account === undefined || isClosed || letters >= mostLetters) return;
    underWay = openShelf(account)
      .then(
        (shelf) => {
          letters += shelf.count;
          shelf.release();
        },
        // Whoever asks in earnest is told; the others have theirs.
        () => {},
      )
      .then(() => {
        if (!isClosed) cancel = clock.after(restMs, () => next(others));
      });
  }

  return {
    close: () => {
      isClosed = true;
      cancel();
      return underWay;
    },
  };
}
