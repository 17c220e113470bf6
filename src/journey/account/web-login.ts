// A person comes in by a browser: password, then what else is set; or a passkey alone. Knows the order of the steps; knows no cookie, no HTTP
// and no session beyond that one begins afterwards.
import type { Chance, Clock } from '../../base/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import type { Authenticator, LoginContext } from '../../protocol/sasl/authenticator.ts';
import type { AccountRow, Directory, WebSessionRow } from '../../store/directory-contract.ts';
import { Challenges } from './challenges.ts';
import { askedFactors, hasSecondFactor, type AskedFactor } from './factors.ts';
import type { PasskeyPlace, SecondFactors } from './second-factors.ts';

export type LoginStep =
  | { readonly state: 'in'; readonly person: AccountRow; readonly how: WebSessionRow['how'] }
  /** `passkey`: what the browser is asked for, or null where none is set. */
  | {
      readonly state: 'second';
      readonly ticket: string;
      readonly methods: readonly AskedFactor[];
      readonly passkey: Readonly<Record<string, unknown>> | null;
    };

export type SecondProof = { readonly code: string } | { readonly passkey: unknown };

export interface WebLogin {
  /** @throws Refusal as `Authenticator.checkPassword`; an app password opens no page (`no-perm`). */
  begin(login: string, password: string, context: LoginContext, place: PasskeyPlace): Promise<LoginStep>;
  /** @throws Refusal `expired` (ticket), `authentication-failed`, `login-delayed`. */
  second(ticket: string, proof: SecondProof, place: PasskeyPlace): Promise<Extract<LoginStep, { state: 'in' }>>;
  /** Without a name: the passkey says who it is. @throws Refusal `authentication-failed`. */
  byPasskey(answer: unknown, place: PasskeyPlace): Promise<Extract<LoginStep, { state: 'in' }>>;
  /** Is this the person's own password? @throws Refusal as `begin`. */
  confirm(person: AccountRow, password: string, context: LoginContext): Promise<void>;
}

export interface WebLoginParts {
  readonly directory: Directory;
  readonly authenticator: Authenticator;
  readonly factors: SecondFactors;
  readonly clock: Clock;
  readonly chance: Chance;
}

const ticketMs = 5 * 60_000;
const mostTickets = 5_000;

export function openWebLogin({ directory, authenticator, factors, clock, chance }: WebLoginParts): WebLogin {
  const tickets = new Challenges<{ readonly person: AccountRow }>({ clock, chance }, ticketMs, mostTickets);

  async function check(login: string, password: string, context: LoginContext): Promise<AccountRow> {
    const principal = await authenticator.checkPassword(login, password, { ...context, asksSecond: true });
    if (principal.appPassword !== null)
      throw new Refusal('no-perm', 'an app password opens no page: use your own password', 'app password at the login page');
    const person = directory.accountById(principal.account);
    // `OWNER/ADDRESS` names an account at another provider: its letters are on its owner's page.
    if (person === null) throw new Refusal('authentication-failed', 'login name or password is wrong', 'no person of this server');
    return person;
  }

  return {
    async begin(login, password, context, place) {
      const person = await check(login, password, context);
      const methods = askedFactors(directory, person.id);
      if (!hasSecondFactor(directory, person.id)) return { state: 'in', person, how: 'password' };
      const ticket = tickets.add({ person });
      return { state: 'second', ticket, methods, passkey: methods.includes('passkey') ? factors.askPasskey(person, place) : null };
    },

    async second(ticket, proof, place) {
      const known = tickets.find(ticket)?.person;
      const person = known === undefined ? null : directory.accountById(known.id);
      // A password that changed meanwhile was somebody else's guess, or the owner's answer to it.
      if (known === undefined || person === null || person.closedAt !== null || person.passwordHash !== known.passwordHash)
        throw new Refusal('expired', 'this took too long: sign in again');
      let how: WebSessionRow['how'] = 'passkey';
      if ('code' in proof) how = await factors.checkCode(person, proof.code);
      else await factors.checkPasskey(person, proof.passkey, place);
      if (tickets.take(ticket) === null) throw new Refusal('expired', 'this took too long: sign in again');
      return { state: 'in', person, how };
    },

    async byPasskey(answer, place) {
      return { state: 'in', person: await factors.checkPasskey(null, answer, place), how: 'passkey' };
    },

    async confirm(person, password, context) {
      const found = await check(person.address, password, context);
      if (found.id !== person.id) throw new Refusal('authentication-failed', 'login name or password is wrong');
    },
  };
}
