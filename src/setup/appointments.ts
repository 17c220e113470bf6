// Joins the runner of appointments with those who keep them. Knows the kinds there are; knows no rule of theirs.
import type { Appointment } from '../journey/appointments/contract.ts';
import { AppointmentRunner } from '../journey/appointments/runner.ts';
import { openSnoozes } from '../journey/appointments/snooze.ts';
import type { Office } from './office.ts';

const farewellMs = 4_000;

/** `more`: kinds beside our own, such as letters that wait to be sent. */
export function startAppointments(
  { store, clock, chance, log }: Pick<Office, 'store' | 'clock' | 'chance' | 'log'>,
  more: readonly Appointment[] = [],
): { close(): Promise<void> } {
  const runner = new AppointmentRunner({ store, appointments: [openSnoozes(store), ...more], clock, chance, log });
  runner.start();
  return {
    async close() {
      // What is under way may wait for somebody who does not answer; it is due again at the next start.
      const { promise: tooLong, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(farewellMs, resolve);
      await Promise.race([runner.stop(), tooLong]);
      cancel();
    },
  };
}
