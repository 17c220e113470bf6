// What looking an address up has found, as an app shows it: four things with everyday names for each direction, the secret that is wanted and
// the steps to it, where each value came from, the address that may have been meant. Knows a Discovery and its words; looks nothing up.
import type { Json, JsonObject } from '../protocol/jmap/contract.ts';
import type { Language } from '../protocol/jmap/tayori/contract.ts';
import type { OAuthClients } from '../journey/outside/oauth-clients.ts';
import { serversOf, wantsLogin } from './cli/outside-servers.ts';
import type { Candidate, Discovery } from './discover/contract.ts';
import { bestSource, describeCandidate, describeSource, describeSources, isNetworkAtFault } from './discover/describe.ts';

export function showDiscovery(found: Discovery, language: Language, clients: Pick<OAuthClients, 'ofHost'>): JsonObject {
  const { provider, credential } = found;
  const best = bestSource(found);
  return {
    address: found.address,
    domain: found.domain,
    // A near miss, for a one-tap fix; never used by itself.
    suggestion: found.suggestion,
    provider:
      provider === null
        ? null
        : {
            id: provider.id,
            name: provider.name[language],
            sentCopy: provider.sentCopy,
            hasPop3: provider.pop3,
            notes: provider.notes.map((note) => note[language]),
            asOf: provider.asOf,
          },
    displayName: found.displayName,
    secret: {
      kind: credential.kind,
      name: credential.name[language],
      normalPasswordWorks: credential.normalPasswordWorks,
      explanation: credential.explanation[language],
      steps: credential.steps.map((step) => step[language]),
      help: credential.help,
    },
    signIn: signInOf(found, clients),
    wantsLogin: wantsLogin(found),
    imap: found.imap.map((one) => showCandidate(one, language)),
    pop3: found.pop3.map((one) => showCandidate(one, language)),
    smtp: found.smtp.map((one) => showCandidate(one, language)),
    source: best === null ? null : describeSource(best, language),
    sources: describeSources(found, language),
    networkAtFault: isNetworkAtFault(found),
    help: found.help,
    jmap: found.jmap,
    probed: found.probed,
    milliseconds: found.milliseconds,
  };
}

/** What a person sees of a server, and in `server` what is handed back to use it. */
function showCandidate(candidate: Candidate, language: Language): JsonObject {
  const { title, remark, trouble, facts } = describeCandidate(candidate, language);
  const [server] = serversOf([candidate], null, []);
  const { proof } = candidate;
  return {
    title,
    facts: facts.map(({ name, value }): JsonObject => ({ name, value })),
    remark,
    trouble,
    source: describeSource(candidate.source, language),
    confidence: candidate.confidence,
    reachable: proof === null ? null : proof.reachable,
    weaknesses: [...new Set([...candidate.knownWeaknesses, ...(proof?.reachable === true ? proof.exceptions : [])])],
    server: { ...server!, logins: [...server!.logins], exceptions: [...server!.exceptions], provenance: { ...server!.provenance } } as Json,
  };
}

/** The provider whose page one can sign in at, and whether the operator has entered a client id for it. */
function signInOf({ imap, pop3, smtp }: Discovery, clients: Pick<OAuthClients, 'ofHost'>): JsonObject | null {
  const candidate = imap[0] ?? pop3[0] ?? smtp[0];
  return candidate === undefined ? null : showSignIn(clients.ofHost(candidate.host));
}

/** As an app shows it. */
export function showSignIn(page: ReturnType<OAuthClients['ofHost']>): JsonObject | null {
  return page === null ? null : { provider: page.name, title: page.title, isReady: page.isReady };
}
