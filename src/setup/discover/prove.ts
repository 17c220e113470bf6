// Tries candidates, all at once within one time box, and keeps those that answer sealed. Knows a probe by its contract; signs nobody in.
import type { Candidate, Probe, Proof } from './contract.ts';

/**
 * Candidates with what trying them showed, in their order. Dropped is what did not answer: guesses and sealed stand-ins for plain rows
 * always, others when another server of the same service did answer; so that a blocked network does not make a known server disappear.
 */
export async function proveCandidates(candidates: readonly Candidate[], probe: Probe, patience: number): Promise<Candidate[]> {
  const tried = await Promise.all(
    candidates.map(async (candidate): Promise<Candidate> => {
      const proof = await tryOne(candidate, probe, patience);
      // What the server offers counts more than what was told of it, where the two have nothing in common.
      const offered = proof.reachable ? candidate.signIn.filter((method) => proof.signIn.includes(method)) : [];
      const signIn = !proof.reachable || proof.signIn.length === 0 ? candidate.signIn : offered.length > 0 ? offered : proof.signIn;
      return { ...candidate, signIn, proof };
    }),
  );
  return tried.filter((one) => {
    if (one.proof?.reachable) return true;
    if (one.upgraded || one.source === 'guess') return false;
    return !tried.some((other) => other.service === one.service && other.proof?.reachable);
  });
}

/** As strict as with everybody first; with the weaknesses that the server is known for only when that failed. */
async function tryOne({ service, host, port, security, knownWeaknesses }: Candidate, probe: Probe, patience: number): Promise<Proof> {
  const begun = performance.now();
  const ask = async (exceptions: Candidate['knownWeaknesses']): Promise<Proof> => {
    const left = Math.max(1, patience - (performance.now() - begun));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Proof>((resolve) => {
      timer = setTimeout(
        () => resolve({ reachable: false, cause: 'timeout', words: '', milliseconds: Math.round(performance.now() - begun) }),
        left,
      );
    });
    try {
      return await Promise.race([probe({ service, host, port, security, exceptions }, left), late]);
    } finally {
      clearTimeout(timer);
    }
  };
  const strict = await ask([]);
  const aboutTls = !strict.reachable && ['tls-legacy-renegotiation', 'tls-too-old', 'tls-failed'].includes(strict.cause);
  return aboutTls && knownWeaknesses.length > 0 ? ask(knownWeaknesses) : strict;
}
