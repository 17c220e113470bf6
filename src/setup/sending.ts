// What becomes of letters between hands: rules and vacation replies where they arrive, the desk where apps of JMAP hand them in, and the hour
// of those that wait. Knows which part needs which; knows no protocol.
import { once } from '../base/once.ts';
import { openArrivals } from '../journey/arrival/arrival.ts';
import type { Arrivals } from '../journey/arrival/contract.ts';
import type { Appointment } from '../journey/appointments/contract.ts';
import type { Reporter } from '../journey/report/contract.ts';
import type { SentNews } from '../journey/submission/contract.ts';
import type { OpenDesk } from '../journey/submission/desk.ts';
import type { FollowUp } from '../journey/submission/follow-up.ts';
import { ComingReports } from '../journey/submission/coming-reports.ts';
import { defaultRecipientsPerHour } from '../journey/submission/outgoing.ts';
import { SendingRate } from '../journey/submission/rate.ts';
import { isNews, submissionKind } from '../journey/submission/records.ts';
import type { Commit } from '../store/contract.ts';
import type { DeliveryNames } from './delivery.ts';
import type { Office } from './office.ts';

export interface Sending {
  readonly arrivals: Arrivals;
  /** Told by every station that takes letters over or sends them on. */
  readonly news: SentNews;
  /** One account's recipients are counted together, by whatever door its letters come. */
  readonly rate: SendingRate;
  readonly reporter: Reporter;
  /** Loaded with the first who asks: a server of which nobody uses JMAP does without. */
  readonly desk: () => Promise<OpenDesk>;
  readonly appointment: Appointment;
  /** Settles when the news that was told is written down, or after a few seconds. Called when nobody tells any more, before the store closes. */
  close(): Promise<void>;
}

const farewellMs = 4_000;

export function openSending(office: Office, names: DeliveryNames): Sending {
  const { store, directory, addresses, recipients, settings, clock, chance, log } = office;
  const { hostName } = names;
  const placing = openArrivals({ store, directory, addresses, recipients, hostName, clock, chance, log });
  const coming = new ComingReports();
  /** The last that was asked for: what was told while it was being loaded is waited for at the end, too. */
  let following: Promise<FollowUp> | null = null;
  const opened = once(async () => {
    const module = await import('../journey/submission/follow-up.ts');
    return new module.FollowUp({ store, addresses, clock, log, coming });
  });
  const followUp = (): Promise<FollowUp> => (following = opened());
  /** Who tells does not wait, and hears of no trouble. */
  const tell = (say: (one: FollowUp) => void): void =>
    void followUp()
      .then(say)
      .catch((trouble: unknown) => log.warn('submission: what becomes of letters is not noted', {}, trouble));
  const news: SentNews = {
    committed(work, result) {
      if (isNews(work) || isHandedIn(work)) tell((one) => one.committed(work, result));
    },
  };
  const arrivals: Arrivals = {
    arrive: coming.watch((letter, placements) => placing.arrive(letter, placements)),
    async sort(account, messages) {
      await placing.sort(account, messages);
      tell((one) => one.fetched(account, messages));
    },
  };
  const rate = new SendingRate(clock, defaultRecipientsPerHour);
  const reporter = reporterWhenNeeded(office, names);
  const desk = once((): Promise<OpenDesk> =>
    import('../journey/submission/desk.ts').then(({ openSendingDesk }) =>
      openSendingDesk({
        store,
        directory,
        addresses,
        recipients,
        hostName,
        clock,
        chance,
        log,
        rate,
        reporter,
        arrivals,
        news,
        followUp: { catchUp: async (account) => (await followUp()).catchUp(account) },
        recipientsPerHour: defaultRecipientsPerHour,
        recipientsMax: settings.recipientsLimit,
        letterMax: settings.letterLimit,
      }),
    ),
  );
  return {
    arrivals,
    news,
    rate,
    reporter,
    desk,
    appointment: { kind: submissionKind, act: async (item, account) => (await desk()).due({ ...item, account }) },
    async close() {
      // A report is told once, and nothing finds it again; but a disk that does not answer must not keep the program from its end.
      const { promise: tooLong, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(farewellMs, resolve);
      const written = following?.then((one) => one.idle()).catch(() => {});
      await Promise.race([written, tooLong]);
      cancel();
    },
  };
}

/** A letter that an app hands in: whether by JMAP is known now, and would have to be looked up when it has gone. */
function isHandedIn({ events = [] }: Commit): boolean {
  return events.some(({ station }) => station === 'submission');
}

/** Few letters ask for a report of success: what writes it is loaded with the first of them, not at the start. */
function reporterWhenNeeded({ recipients, clock, chance }: Office, names: DeliveryNames): Reporter {
  const load = async () => (await import('../journey/report/dsn.ts')).openReporter({ ...names, recipients, clock, chance });
  return {
    delivered: async (letter, store) => (await load()).delivered(letter, store),
    report: async (reported, octets, store) => (await load()).report(reported, octets, store),
  };
}
