// The near side of the firewall scenes: asks the network doctor for a way, and where there is one sends the letter to oneself by it.
// Run by network-scenes.test.ts in a network namespace of its own; a line of JSON in, a line of JSON out, for each scene.
import { createInterface } from 'node:readline';
import { systemChance, systemClock } from '../../../src/io/clock.ts';
import { openWebClient } from '../../../src/io/http/web-client.ts';
import { openOutsideConnector } from '../../../src/io/outside-connector.ts';
import { CauseTrouble } from '../../../src/journey/outside/causes.ts';
import type { CheckedServer, CheckStep } from '../../../src/journey/outside/check-contract.ts';
import { LoginBudget } from '../../../src/journey/outside/login-budget.ts';
import { checkWithDoctor } from '../../../src/journey/outside/check-with-doctor.ts';
import { proveAccount } from '../../../src/journey/outside/proof.ts';

export interface Errand {
  readonly names: Readonly<Record<string, string>>;
  readonly authority: string;
  readonly server: CheckedServer;
  readonly login: string;
  readonly password: string;
  /** Sends a letter where a way to send was found. */
  readonly prove: boolean;
  /** Null: as people have it. */
  readonly patience: number | null;
}

export interface Returned {
  readonly cause: string | null;
  readonly switchTo: number | null;
  /** Milliseconds until a counter was reached, the other one after a switch; without one until the verdict. */
  readonly took: number;
  readonly proven: boolean | null;
  readonly messageId: string | null;
  readonly evidence: string;
}

for await (const line of createInterface({ input: process.stdin })) {
  const errand = JSON.parse(line) as Errand;
  const guard = {
    async addressesOf(host: string) {
      const address = errand.names[host];
      if (address === undefined) throw new CauseTrouble('name-not-found', host);
      return [address];
    },
  };
  const connector = openOutsideConnector({ guard, authorities: [errand.authority] });
  const references = (
    [
      [25, 'starttls'],
      [465, 'tls'],
      [587, 'starttls'],
      [993, 'tls'],
      [995, 'tls'],
    ] as const
  ).map(([port, security]) => ({
    host: 'mail.other.test',
    port,
    security,
  }));
  const page = { web: openWebClient({ guard }), url: 'http://page.test/', holds: 'the page that was expected' };
  const { server } = errand;
  const doctor = { references, page, ...(errand.patience === null ? {} : { patience: errand.patience }) };
  const parts = { connector, clock: systemClock, chance: systemChance, hostName: '[127.0.0.1]', patience: 1500 };
  let begun = performance.now();
  let reachedAfter: number | null = null;
  const onStep = ({ step, verdict }: CheckStep) => {
    if (step === 'reach' && verdict === 'passed') reachedAfter ??= performance.now() - begun;
  };
  const errandOf = async () => {
    if (!errand.prove) {
      const done = await checkWithDoctor(server, { ...parts, progress: onStep }, doctor);
      return { used: done, failure: done.check.failure, proof: null };
    }
    const signIn = { logins: [errand.login], kind: 'password', secret: errand.password, budget: new LoginBudget() } as const;
    const receive = { service: 'imap', host: server.host, port: 993, security: 'tls', exceptions: [] } as const;
    const wish = { address: errand.login, name: null, tidy: false, patience: 5000, doctor } as const;
    const proof = await proveAccount({ ...wish, receive: { server: receive, signIn }, send: { server, signIn } }, parts, (told) => {
      if (told.kind === 'step' && told.side === 'send') onStep(told.step);
      // The way out is looked for from here on.
      if (told.kind === 'step' && told.side === 'receive') begun = performance.now();
    });
    return { used: proof.used.send, failure: proof.receive.failure ?? proof.send?.failure ?? null, proof };
  };
  const { used, failure, proof } = await errandOf();
  const took = reachedAfter ?? performance.now() - begun;
  const returned: Returned = {
    cause: used.switched ?? failure?.cause ?? null,
    switchTo: used.switched === null ? null : used.server.port,
    took,
    proven: proof === null || failure !== null ? null : proof.proven,
    messageId: (proof?.letter.facts['messageId'] as string | undefined) ?? null,
    evidence: JSON.stringify(failure),
  };
  console.log(JSON.stringify(returned));
}
