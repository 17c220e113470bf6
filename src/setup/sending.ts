// What becomes of letters between hands: rules and vacation replies where they arrive, the desk where apps of JMAP hand them in, and the hour
// of those that wait. Knows which part needs which; knows no protocol.
import { openArrivals } from '../journey/arrival/arrival.ts';
import type { Arrivals } from '../journey/arrival/contract.ts';
import type { Appointment } from '../journey/appointments/contract.ts';
import type { Reporter } from '../journey/report/contract.ts';
import type { OpenDesk } from '../journey/submission/desk.ts';
import { defaultRecipientsPerHour } from '../journey/submission/outgoing.ts';
import { SendingRate } from '../journey/submission/rate.ts';
import { submissionKind } from '../journey/submission/records.ts';
import type { DeliveryNames } from './delivery.ts';
import type { Office } from './office.ts';

export interface Sending {
  readonly arrivals: Arrivals;
  /** One account's recipients are counted together, by whatever door its letters come. */
  readonly rate: SendingRate;
  readonly reporter: Reporter;
  /** Loaded with the first who asks: a server of which nobody uses JMAP does without. */
  readonly desk: () => Promise<OpenDesk>;
  readonly appointment: Appointment;
}

export function openSending(office: Office, names: DeliveryNames): Sending {
  const { store, directory, addresses, recipients, settings, clock, chance, log } = office;
  const { hostName } = names;
  const arrivals = openArrivals({ store, directory, addresses, recipients, hostName, clock, chance, log });
  const rate = new SendingRate(clock, defaultRecipientsPerHour);
  const reporter = reporterWhenNeeded(office, names);
  let loading: Promise<OpenDesk> | null = null;
  const desk = (): Promise<OpenDesk> =>
    (loading ??= import('../journey/submission/desk.ts').then(({ openSendingDesk }) =>
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
        recipientsPerHour: defaultRecipientsPerHour,
        recipientsMax: settings.recipientsLimit,
        letterMax: settings.letterLimit,
      }),
    ));
  return {
    arrivals,
    rate,
    reporter,
    desk,
    appointment: { kind: submissionKind, act: async (item, account) => (await desk()).due({ ...item, account }) },
  };
}

/** Few letters ask for a report of success: what writes it is loaded with the first of them, not at the start. */
function reporterWhenNeeded({ recipients, clock, chance }: Office, names: DeliveryNames): Reporter {
  const load = async () => (await import('../journey/report/dsn.ts')).openReporter({ ...names, recipients, clock, chance });
  return {
    delivered: async (letter, store) => (await load()).delivered(letter, store),
    report: async (reported, octets, store) => (await load()).report(reported, octets, store),
  };
}
