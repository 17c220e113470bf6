// Work that is done behind what was told, while whoever told it goes on: that of one account in order, one after another, and no more than there is room for.
// Knows promises and numbers; knows nothing of what the work is.
import type { AccountId } from '../../store/contract.ts';

/** Pieces of work that wait for one account, so that it takes nobody else's room, and for all. */
const eachMax = 100;
const allMax = 1000;

export class Behind {
  readonly #lines = new Map<AccountId, { waiting: number; last: Promise<void> }>();
  #waiting = 0;

  /** False: there is no room. `work` never rejects. */
  add(account: AccountId, work: () => Promise<void>): boolean {
    const line = this.#lines.get(account) ?? { waiting: 0, last: Promise.resolve() };
    if (line.waiting >= eachMax || this.#waiting >= allMax) return false;
    this.#lines.set(account, line);
    line.waiting++;
    this.#waiting++;
    line.last = line.last.then(work).then(() => {
      this.#waiting--;
      if (--line.waiting === 0) this.#lines.delete(account);
    });
    return true;
  }

  /** Settles when what waits for the account now is done; what comes meanwhile is not waited for. */
  async settled(account: AccountId): Promise<void> {
    await this.#lines.get(account)?.last;
  }

  /** Settles when nothing waits for anybody any more. */
  async idle(): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- until nothing came meanwhile
    while (this.#lines.size > 0) await Promise.all([...this.#lines.values()].map(({ last }) => last));
  }
}
