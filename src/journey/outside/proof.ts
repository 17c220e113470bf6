// The proof of an account: sign in to receive and to send, then one letter to oneself that must come back by the protocol that was chosen.
// Knows the order and the time box; the checks, the letter and the looking are files beside this one. Sends one letter, never two.
import { base64FromBytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { PeerFailure } from '../../protocol/smtp/client-contract.ts';
import { openSmtpClient } from '../../protocol/smtp/client.ts';
import { CauseTrouble, type Cause } from './causes.ts';
import { checkServer, openServer, type OpenedServer } from './check.ts';
import type { CheckedServer, CheckParts, CheckStep, ServerCheck, SignInWish } from './check-contract.ts';
import { checkWithDoctor, type DoctoredCheck } from './check-with-doctor.ts';
import type { DoctorParts } from './network-doctor.ts';
import { openImapFinder, openPop3Finder, type FoundLetter, type LetterFinder } from './proof-finders.ts';
import { proofLetter } from './proof-letter.ts';
import { Overhearing } from './overhearing.ts';
import { signInWithin } from './sign-in.ts';
import { causeOfFailure } from './smtp-failures.ts';
import { outsideDemand } from './tls-trouble.ts';
import { hideSecret } from '../../base/without-secret.ts';

export interface ProvenServer {
  readonly server: CheckedServer;
  readonly signIn: Omit<SignInWish, 'address'>;
}

export interface ProofWish {
  /** From whom and to whom; domain in A-labels. */
  readonly address: string;
  readonly name: string | null;
  readonly receive: ProvenServer;
  readonly send: ProvenServer;
  /** Takes the letter away again when it was found. */
  readonly tidy: boolean;
  /** How long the letter may take, milliseconds; 90 s when missing. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  /** Called where a counter does not answer, and switches to another one by itself; null: nobody is called. */
  readonly doctor?: Omit<DoctorParts, 'connector' | 'clock'> | null;
}

export type ProofProgress =
  | { readonly kind: 'step'; readonly side: 'receive' | 'send'; readonly step: CheckStep }
  | { readonly kind: 'sent'; readonly messageId: string }
  /** Looked so often, for so many milliseconds, and it has not come yet. */
  | { readonly kind: 'waiting'; readonly looks: number; readonly waited: number }
  | { readonly kind: 'found'; readonly place: FoundLetter['place'] };

export interface ProofResult {
  readonly receive: ServerCheck;
  /** Null when receiving failed already: no try is wasted then. */
  readonly send: ServerCheck | null;
  /** The last tick. Facts: `messageId`, `place` (`inbox`, `junk`), `looks`, `tidied`. */
  readonly letter: CheckStep;
  /** The servers as they were used in the end, to be kept, and why one is another than wanted. */
  readonly used: { readonly receive: Way; readonly send: Way };
  /** True only when the same Message-ID came back. */
  readonly proven: boolean;
}

const defaultPatience = 90_000;

export interface Way {
  readonly server: CheckedServer;
  readonly switched: Cause | null;
}

/** Milliseconds between looks; the last one goes on. */
const pauses = [1000, 2000, 3000, 5000, 8000] as const;

export interface BothChecks {
  readonly receive: ServerCheck;
  /** Null when receiving failed already: no try is wasted then. */
  readonly send: ServerCheck | null;
  readonly used: ProofResult['used'];
}

/** Signs in to receive, and when that works to send. Never rejects for what servers do. */
export async function checkBothSides(
  wish: Omit<ProofWish, 'name' | 'tidy' | 'patience'>,
  parts: CheckParts,
  progress: (told: ProofProgress) => void = () => {},
): Promise<BothChecks> {
  const check = (side: 'receive' | 'send', address: SignInWish['address']): Promise<DoctoredCheck> => {
    const { server, signIn } = wish[side];
    const own = {
      ...parts,
      ...(wish.signal === undefined ? {} : { signal: wish.signal }),
      progress: (step: CheckStep) => progress({ kind: 'step', side, step }),
    };
    const full = { ...signIn, address };
    if (wish.doctor) return checkWithDoctor(server, own, wish.doctor, full);
    return checkServer(server, own, full).then((checked) => ({ check: checked, server, switched: null }));
  };
  const way = ({ server, switched }: Way): Way => ({ server, switched });
  const received = await check('receive', null);
  const unused = { server: wish.send.server, switched: null };
  if (!isOpen(received.check)) return { receive: received.check, send: null, used: { receive: way(received), send: unused } };
  const sent = await check('send', wish.address);
  return { receive: received.check, send: sent.check, used: { receive: way(received), send: way(sent) } };
}

const isOpen = (check: ServerCheck | null): check is ServerCheck & { signedIn: object } =>
  check !== null && check.signedIn !== null && check.failure === null;

/** Never rejects for what servers do. */
export async function proveAccount(
  wish: ProofWish,
  parts: CheckParts,
  progress: (told: ProofProgress) => void = () => {},
): Promise<ProofResult> {
  const { address } = wish;
  const told = await checkBothSides(wish, parts, progress);
  if (!isOpen(told.receive) || !isOpen(told.send)) return { ...told, letter: skipped, proven: false };
  const receive = { server: told.used.receive.server, signIn: wish.receive.signIn };
  const send = { server: told.used.send.server, signIn: wish.send.signIn };
  const logins = { receive: told.receive.signedIn.login, send: told.send.signedIn.login };
  const begun = parts.clock.monotonic();
  const step = (rest: Partial<CheckStep>): CheckStep => ({ ...skipped, took: Math.round(parts.clock.monotonic() - begun), ...rest });
  let finder: LetterFinder | null = null;
  const id = newId(address, parts);
  try {
    const lifetime = (wish.patience ?? defaultPatience) + 60_000;
    const open = () => openSignedIn(receive, logins.receive, { ...parts, lifetime });
    finder = await (receive.server.service === 'imap' ? openImapFinder(open, id) : openPop3Finder(open, id));
    if (wish.signal?.aborted === true) throw new CauseTrouble('timeout', 'nobody waits for this proof any more');
    await sendLetter({ ...wish, send }, logins.send, id, parts);
    progress({ kind: 'sent', messageId: id });
    const { found, looks } = await waitFor(finder, wish, parts, progress);
    progress({ kind: 'found', place: found.place });
    // The proof is there; what tidying up brings changes nothing of it.
    const tidied = wish.tidy ? await found.remove().catch(() => false) : false;
    const letter = step({ verdict: 'passed', facts: { messageId: id, place: found.place, looks, tidied } });
    return { ...told, letter, proven: true };
  } catch (trouble) {
    for (const side of ['receive', 'send'] as const) hideSecret(trouble, wish[side].signIn.secret);
    const cause = asCause(trouble);
    return { ...told, letter: step({ verdict: 'failed', cause: cause.why, words: cause.words, facts: { messageId: id } }), proven: false };
  } finally {
    finder?.end();
  }
}

const skipped: CheckStep = { step: 'letter', verdict: 'skipped', cause: null, words: '', facts: {}, took: 0 };

/** RFC 5322 §3.6.4: nobody else's, not to be guessed. */
function newId(address: string, { chance }: CheckParts): string {
  const unique = base64FromBytes(chance.bytes(18)).replaceAll('+', '-').replaceAll('/', '_');
  return `tayori.${unique}@${address.slice(address.lastIndexOf('@') + 1)}`;
}

async function openSignedIn({ server, signIn }: ProvenServer, login: string, parts: CheckParts): Promise<OpenedServer> {
  const open = () => openServer(server, parts, null);
  const { opened } = await signInWithin(await open(), { ...signIn, logins: [login], address: null }, server, parts, open);
  return opened;
}

/** @throws CauseTrouble. When nobody knows whether the letter was taken it is looked for all the same, and not sent again. */
async function sendLetter({ address, name, send }: ProofWish, login: string, id: string, parts: CheckParts): Promise<void> {
  const { server, signIn } = send;
  const patience = parts.patience ?? 15_000;
  const connection = new Overhearing(await parts.connector.connect(server, patience), server.host, {
    clock: parts.clock,
    lifetime: 180_000,
  });
  const each = { greeting: patience, hello: patience, tls: patience, auth: patience, mail: patience, recipient: patience };
  const client = openSmtpClient(connection, {
    hostName: parts.hostName,
    demand: outsideDemand(server.host),
    login: { name: login, password: signIn.secret, kind: signIn.kind },
    chance: parts.chance,
    protocol: 'smtp',
    patience: { ...each, dataStart: patience, dataBlock: patience, dataEnd: 60_000 },
  });
  try {
    const host = await client.begin();
    if (!host.ready) throw failureTrouble(host.failure, connection);
    const outcome = await client.send({
      reversePath: address,
      recipients: [{ address, notify: [], originalRecipient: null }],
      octets: proofLetter({ address, name, id, time: parts.clock.now() }),
      bodyType: '8bitmime',
      smtpUtf8: false,
      envelopeId: null,
      returns: null,
    });
    const [first] = outcome.recipients;
    if (outcome.unknown || first?.outcome === 'taken') return;
    if (first?.outcome === 'refused' || first?.outcome === 'stopped') throw failureTrouble(first.failure, connection);
    throw new CauseTrouble('letter-refused', 'the letter was not handed over');
  } catch (trouble) {
    throw hideSecret(trouble, signIn.secret);
  } finally {
    await client.end();
  }
}

function failureTrouble(failure: PeerFailure, { trouble }: Overhearing): CauseTrouble {
  if (trouble !== null && failure.kind !== 'reply' && failure.kind !== 'missing') return trouble;
  const cause = causeOfFailure(failure);
  if (failure.kind === 'missing') return new CauseTrouble(cause, `the server lacks ${failure.capability}`, failure.capability);
  if (failure.kind !== 'reply') return new CauseTrouble(cause, `${failure.kind} at ${failure.phase}`);
  const { code, enhanced, text } = failure.reply;
  const words = [code, enhanced, text].filter((part) => part !== null).join(' ');
  return new CauseTrouble(cause, `${failure.phase} refused: ${words}`, words);
}

/** Looks again and again until the time is over. A server that cannot be looked at for a moment is looked at again. */
async function waitFor(
  finder: LetterFinder,
  { patience = defaultPatience, signal }: ProofWish,
  { clock }: CheckParts,
  progress: (told: ProofProgress) => void,
): Promise<{ readonly found: FoundLetter; readonly looks: number }> {
  const begun = clock.monotonic();
  let last: CauseTrouble | null = null;
  for (let looks = 1; ; looks++) {
    try {
      const found = await finder.look();
      last = null;
      if (found !== null) return { found, looks };
    } catch (trouble) {
      last = asCause(trouble);
      if (!passing.has(last.why)) throw last;
    }
    const waited = clock.monotonic() - begun;
    progress({ kind: 'waiting', looks, waited: Math.round(waited) });
    const pause = pauses[Math.min(looks, pauses.length) - 1]!;
    if (signal?.aborted === true || waited + pause > patience)
      throw last ?? new CauseTrouble('letter-not-back', `the letter did not come back in ${Math.round(waited / 1000)} s`);
    await new Promise<void>((resolve) => {
      const cancel = clock.after(pause, resolve);
      signal?.addEventListener('abort', () => (cancel(), resolve()), { once: true });
    });
  }
}

/** What may be over at the next look. */
const passing: ReadonlySet<string> = new Set([
  'busy',
  'connection-lost',
  'silent',
  'timeout',
  'too-many-connections',
  'login-unavailable',
  'refused',
]);

function asCause(trouble: unknown): CauseTrouble {
  if (trouble instanceof CauseTrouble) return trouble;
  if (trouble instanceof Unavailable) return new CauseTrouble('connection-lost', trouble.message, trouble.message, trouble);
  return new CauseTrouble('protocol', trouble instanceof Error ? trouble.message : 'unknown', '', trouble);
}
