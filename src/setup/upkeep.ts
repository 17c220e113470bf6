// What a running server does by itself now and then: the store's upkeep, closed accounts that have rested long enough, certificates.
// Knows when; what is done is the business of those who do it.
import { stat } from 'node:fs/promises';
import type { Certificates } from '../io/tls/certificates.ts';
import { ensureOwnCertificates } from './ca.ts';
import type { Office } from './office.ts';
import { revokeGone } from './outside.ts';

export interface UpkeepOptions {
  readonly office: Office;
  readonly certificates: Certificates;
  /** Names that our own certificate is to hold now: more with each domain. */
  readonly names: () => readonly string[];
  readonly reload: () => Promise<void>;
  /** The server before did not end in order, perhaps because its disk failed: the data are looked through (reliability D-5). */
  readonly checkFirst: boolean;
}

/** Soon after the start, when mail apps have come back, and then every ten minutes. */
const firstMs = 30_000;
const everyMs = 600_000;
/** While there is more to do, the store rests this many times as long as a portion took, so that letters keep most of its time. */
const restShare = 4;

export function startUpkeep({ office, certificates, names, reload, checkFirst }: UpkeepOptions): { close(): Promise<void> } {
  const { clock, log } = office;
  let cancel = clock.after(firstMs, () => void round());
  let underWay: Promise<void> | null = null;
  let closed = false;
  let isUnchecked = checkFirst;
  const ending = new AbortController();
  let endRest = (): void => {};
  let seen: Promise<string> = filesMark(certificates);

  async function round(): Promise<void> {
    underWay = work();
    await underWay;
    underWay = null;
    if (!closed) cancel = clock.after(everyMs, () => void round());
  }

  async function work(): Promise<void> {
    if (isUnchecked) await attempt('check', check);
    isUnchecked = false;
    await attempt('store', tidyStore);
    await attempt('accounts', () => office.people.removeRested());
    await attempt('outside accounts', () => office.outside.accounts.removeRested().then((gone) => revokeGone(office, gone)));
    await attempt('certificates', async () => {
      if (office.settings.certificate === null) await ensureOwnCertificates(office.folder, names(), clock, log);
      // Renewed by us or by somebody else (ACME client, administrator): taken up without a restart.
      const mark = await filesMark(certificates);
      if (mark === (await seen)) return;
      seen = Promise.resolve(mark);
      await reload();
    });
  }

  /** Rows and counters, without the octets of letters; mail does not wait for it. */
  async function check(): Promise<void> {
    let findings = 0;
    for await (const { account, what } of office.store.verify({ quick: true, signal: ending.signal })) {
      findings++;
      log.error('the data are damaged; "tayori verify" tells more', { account: account ?? 0, what });
    }
    if (!closed) log.info('the data were checked, for the server before did not end in order', { findings });
  }

  /** All that is due: a portion every ten minutes would never keep up with what a busy server adds. */
  async function tidyStore(): Promise<void> {
    for (;;) {
      const began = clock.monotonic();
      if (closed || !(await office.store.upkeep()) || closed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancelRest = clock.after((clock.monotonic() - began) * restShare, resolve);
      endRest = () => {
        cancelRest();
        resolve();
      };
      await promise;
    }
  }

  async function attempt(part: string, act: () => Promise<unknown>): Promise<void> {
    if (closed) return;
    try {
      await act();
    } catch (trouble) {
      log.error('upkeep failed', { part }, trouble);
    }
  }

  return {
    async close() {
      closed = true;
      cancel();
      ending.abort();
      endRest();
      await underWay;
    },
  };
}

async function filesMark(certificates: Certificates): Promise<string> {
  const marks = await Promise.all(
    certificates.list().map(({ file }) =>
      stat(file).then(
        (found) => `${found.mtimeMs} ${found.size}`,
        () => 'missing',
      ),
    ),
  );
  return marks.join(', ');
}
