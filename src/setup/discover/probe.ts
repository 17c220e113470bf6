// Trying a server for discovery: the live check without a sign-in, told as a Proof. Knows both shapes; the dialogue is journey/outside/check.ts.
import type { Chance, Clock } from '../../base/clock.ts';
import { checkServer } from '../../journey/outside/check.ts';
import type { ServerCheck } from '../../journey/outside/check-contract.ts';
import type { OutsideConnector } from '../../journey/outside/contract.ts';
import type { SignIn } from '../../protocol/autoconfig/contract.ts';
import type { Probe, Proof } from './contract.ts';

export interface ProbeParts {
  readonly connector: OutsideConnector;
  readonly clock: Clock;
  readonly chance: Chance;
}

export function openProbe({ connector, clock, chance }: ProbeParts): Probe {
  return async (server, patience) => {
    const begun = clock.monotonic();
    // RFC 5321 §4.1.4: an address literal, for who has no name.
    const check = await checkServer(server, { connector, clock, chance, hostName: '[127.0.0.1]', patience });
    return proofOf(check, server.exceptions, Math.round(clock.monotonic() - begun));
  };
}

function proofOf({ failure, steps, abilities }: ServerCheck, exceptions: Parameters<Probe>[0]['exceptions'], milliseconds: number): Proof {
  if (failure) return { reachable: false, cause: failure.cause ?? 'protocol', words: failure.words, milliseconds };
  const version = steps.find(({ step }) => step === 'seal')?.facts['version'];
  return { reachable: true, tls: String(version ?? ''), signIn: signInOf(abilities?.mechanisms ?? []), exceptions, milliseconds };
}

const kinds: readonly [RegExp, SignIn][] = [
  [/^(XOAUTH2|OAUTHBEARER)$/, 'oauth2'],
  [/^(PLAIN|LOGIN|LOGIN-COMMAND|USER)$/, 'password'],
  [/^(SCRAM-|CRAM-MD5$)/, 'challenge'],
];

/** SASL mechanisms as ways to sign in; those that nobody here speaks are left out. */
function signInOf(mechanisms: readonly string[]): SignIn[] {
  return kinds.filter(([form]) => mechanisms.some((mechanism) => form.test(mechanism))).map(([, kind]) => kind);
}
