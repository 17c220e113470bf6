// Whose accounts at other providers look otherwise than a moment ago: health and progress change without anybody being told, so they are looked at
// every few seconds while somebody listens. Knows rows and what of them is seen; knows no push.
import type { AccountId } from '../store/contract.ts';
import type { CollectionProgress } from '../journey/collection/contract.ts';
import type { Office } from './office.ts';

const lookEveryMs = 3_000;

export interface OutsideChanges {
  readonly listen: (heard: (person: AccountId) => void) => () => void;
  close(): void;
}

export function openOutsideChanges({
  office: { directory, clock },
  progressOf,
}: {
  readonly office: Pick<Office, 'directory' | 'clock'>;
  readonly progressOf: (account: AccountId) => CollectionProgress | null;
}): OutsideChanges {
  const hearers = new Set<(person: AccountId) => void>();
  let marks = new Map<AccountId, string>();
  let cancel: (() => void) | null = null;

  const draw = (): Map<AccountId, string> => {
    const drawn = new Map<AccountId, string>();
    for (const row of directory.outsideAccounts()) {
      const { health, paused, closedAt, name, receive, provenAt, leaving, sentCopy } = row;
      const progress = progressOf(row.id);
      // The time of the last letter would change with every letter, and that is told by the letters themselves.
      const mark = [
        row.id,
        health.state,
        health.cause,
        health.at,
        paused,
        closedAt,
        name,
        receive.service,
        receive.host,
        provenAt,
        sentCopy,
      ];
      const part = progress === null ? '' : `${progress.mailbox} ${Math.floor((100 * progress.done) / Math.max(1, progress.of))}`;
      drawn.set(row.owner, `${drawn.get(row.owner) ?? ''}${JSON.stringify([...mark, leaving, part])}`);
    }
    return drawn;
  };

  const look = (): void => {
    const now = draw();
    for (const person of new Set([...marks.keys(), ...now.keys()]))
      if (marks.get(person) !== now.get(person)) for (const heard of hearers) heard(person);
    marks = now;
  };

  const tick = (): void => {
    cancel = clock.after(lookEveryMs, () => {
      look();
      tick();
    });
  };

  return {
    listen(heard) {
      if (hearers.size === 0) {
        marks = draw();
        tick();
      }
      hearers.add(heard);
      return () => {
        hearers.delete(heard);
        if (hearers.size > 0) return;
        cancel?.();
        cancel = null;
      };
    },
    close() {
      hearers.clear();
      cancel?.();
      cancel = null;
    },
  };
}
