// A live check of one server: what is asked, and what is told step by step. Knows shapes only.
import type { Chance, Clock } from '../../base/clock.ts';
import type { OutsideServer, TlsException } from '../../store/outside-contract.ts';
import type { Cause } from './causes.ts';
import type { OutsideConnector } from './contract.ts';
import type { LoginBudget } from './login-budget.ts';

/**
 * What a person sees ticked, in this order for TLS from the start; with STARTTLS `kind` comes before `seal`. `letter` is told by the proof
 * (proof.ts), not by the check.
 */
export type CheckStepName = 'name' | 'reach' | 'seal' | 'certificate' | 'kind' | 'login' | 'use' | 'letter';

export type CheckFacts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface CheckStep {
  readonly step: CheckStepName;
  /** `skipped`: not asked for, or something before it failed. */
  readonly verdict: 'passed' | 'failed' | 'skipped';
  /** Why it failed; null otherwise. */
  readonly cause: Cause | null;
  /** The server's or the library's own words; no secret. */
  readonly words: string;
  readonly facts: CheckFacts;
  /** How long it took, milliseconds. */
  readonly took: number;
}

/** What a server can do, told after the seal where there is one. */
export interface ServerAbilities {
  /** Names as the server writes them, in upper case, with their arguments. */
  readonly capabilities: readonly string[];
  /** SASL mechanisms, upper case; for IMAP `LOGIN-COMMAND` and for POP3 `USER` stand for the commands that need none. */
  readonly mechanisms: readonly string[];
  /** Whether STARTTLS or STLS is offered in the clear; null where TLS is there from the start. */
  readonly startTls: boolean | null;
  /** The server's first line. */
  readonly greeting: string;
}

export interface ServerCheck {
  readonly steps: readonly CheckStep[];
  /** The first failure; null when all that was asked for has passed. */
  readonly failure: CheckStep | null;
  /** What a person would have to allow for this server alone, when that is all that stands in the way. */
  readonly needs: readonly TlsException[];
  readonly abilities: ServerAbilities | null;
  /** The form of the login name that was taken, and how one signed in; null when nobody signed in. */
  readonly signedIn: { readonly login: string; readonly mechanism: string } | null;
}

/** One server to check: without `login`, which is part of signing in. */
export type CheckedServer = Pick<OutsideServer, 'service' | 'host' | 'port' | 'security' | 'exceptions'>;

export interface SignInWish {
  /** One form of the login name, or two in the order to try. */
  readonly logins: readonly string[];
  readonly kind: 'password' | 'oauth2';
  /** Password or access token. */
  readonly secret: string;
  /** Shared by all sign-ins of one set-up. */
  readonly budget: LoginBudget;
  /** For SMTP: the address that will send; asked for with MAIL and RCPT, never with DATA. Null: not asked. */
  readonly address: string | null;
}

export interface CheckParts {
  readonly connector: OutsideConnector;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Our name for EHLO; an address literal is fine. */
  readonly hostName: string;
  /** Milliseconds for each step; 8 s when missing. */
  readonly patience?: number;
  /** Milliseconds that one connection lives at most, however busily the server talks; six times the patience when missing. */
  readonly lifetime?: number;
  /** Aborted: nobody signs in any more. */
  readonly signal?: AbortSignal;
  /** Hears of each step as it is done. */
  readonly progress?: (step: CheckStep) => void;
}
