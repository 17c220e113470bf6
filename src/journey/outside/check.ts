// The live check of one server: name, way, seal, certificate, kind, login, use, each with its verdict; the first failure stops.
// Knows what to ask and in which order; the dialogues are dialogue-*.ts, what a no means is replies.ts.
import { Unavailable } from '../../base/trouble.ts';
import { CauseTrouble, type Cause } from './causes.ts';
import type {
  CheckedServer,
  CheckFacts,
  CheckParts,
  CheckStep,
  CheckStepName,
  ServerAbilities,
  ServerCheck,
  SignInWish,
} from './check-contract.ts';
import type { Dialogue } from './dialogue.ts';
import { ImapDialogue } from './dialogue-imap.ts';
import { Pop3Dialogue } from './dialogue-pop3.ts';
import { SmtpDialogue } from './dialogue-smtp.ts';
import { Overhearing } from './overhearing.ts';
import { signInWithin } from './sign-in.ts';
import { SealTrouble } from './tls-trouble.ts';
import { hideSecret } from '../../base/without-secret.ts';

const defaultPatience = 8000;

/** A server whose greeting was heard and that is sealed: ready to sign in. */
export interface OpenedServer {
  readonly connection: Overhearing;
  readonly dialogue: Dialogue;
  readonly abilities: ServerAbilities;
}

/** Checks one server, and signs in when that is wished. Never rejects for what a server does. */
export async function checkServer(server: CheckedServer, parts: CheckParts, wish: SignInWish | null = null): Promise<ServerCheck> {
  const book = new StepBook(server, parts);
  let opened: OpenedServer | null = null;
  try {
    opened = await openServer(server, parts, book);
    if (wish === null) return book.close(opened.abilities, null);
    if (parts.signal?.aborted === true) throw new CauseTrouble('timeout', 'nobody waits for this check any more');
    book.begin('login');
    const signedIn = await signInWithin(opened, wish, server, parts, () => openServer(server, parts, null));
    opened = signedIn.opened;
    book.passed('login', { login: signedIn.login, mechanism: signedIn.mechanism, tries: signedIn.tries });
    book.begin('use');
    book.passed('use', await opened.dialogue.use(wish.address));
    return book.close(opened.abilities, { login: signedIn.login, mechanism: signedIn.mechanism });
  } catch (trouble) {
    if (wish) hideSecret(trouble, wish.secret);
    book.failed(trouble);
    return book.close(opened?.abilities ?? null, null);
  } finally {
    opened?.dialogue.end();
  }
}

/** Opens a server up to where one may sign in. @throws CauseTrouble; what was opened is closed then. */
export async function openServer(server: CheckedServer, parts: CheckParts, book: StepBook | null): Promise<OpenedServer> {
  const patience = parts.patience ?? defaultPatience;
  book?.begin('name');
  const { clock, lifetime = patience * 6 } = parts;
  const connection = new Overhearing(await parts.connector.connect(server, patience), server.host, { clock, lifetime });
  try {
    book?.passed('name', { host: server.host });
    book?.passed('reach', { address: connection.remote.address, port: server.port });
    if (server.security === 'tls') book?.sealed(connection);
    const dialogue = dialogueOf(server.service, connection, patience, parts.hostName);
    book?.begin('kind');
    await dialogue.greet();
    let abilities = await dialogue.learn();
    book?.passed('kind', { greeting: abilities.greeting, mechanisms: abilities.mechanisms });
    if (server.security !== 'tls') {
      book?.begin('seal');
      // Settings without a seal are never used with a secret, whatever the server would take.
      if (server.security === 'plain') {
        const words = abilities.startTls === true ? 'STARTTLS is offered' : '';
        throw new CauseTrouble('starttls-missing', 'these settings have no seal', words);
      }
      await dialogue.startTls();
      abilities = await dialogue.learn();
      book?.sealed(connection);
    }
    return { connection, dialogue, abilities };
  } catch (trouble) {
    connection.close();
    throw trouble;
  }
}

function dialogueOf(service: CheckedServer['service'], connection: Overhearing, patience: number, hostName: string): Dialogue {
  if (service === 'imap') return new ImapDialogue(connection, patience);
  return service === 'pop3' ? new Pop3Dialogue(connection, patience) : new SmtpDialogue(connection, patience, hostName);
}

const orders = {
  tls: ['name', 'reach', 'seal', 'certificate', 'kind', 'login', 'use'],
  starttls: ['name', 'reach', 'kind', 'seal', 'certificate', 'login', 'use'],
  plain: ['name', 'reach', 'kind', 'seal', 'certificate', 'login', 'use'],
} as const satisfies Record<CheckedServer['security'], readonly CheckStepName[]>;

const nameCauses: ReadonlySet<Cause> = new Set(['not-an-address', 'name-not-found', 'dns-unavailable', 'private-address']);

/** Keeps what has passed and finds out which step a trouble belongs to. */
class StepBook {
  readonly #parts: CheckParts;
  readonly #order: readonly CheckStepName[];
  readonly #steps: CheckStep[] = [];
  #current: CheckStepName = 'name';
  #since: number;
  #failure: CheckStep | null = null;
  #needs: ServerCheck['needs'] = [];

  constructor({ security }: CheckedServer, parts: CheckParts) {
    this.#parts = parts;
    this.#order = orders[security];
    this.#since = parts.clock.monotonic();
  }

  begin(step: CheckStepName): void {
    this.#current = step;
    this.#since = this.#parts.clock.monotonic();
  }

  passed(step: CheckStepName, facts: CheckFacts): void {
    this.#add({ step, verdict: 'passed', cause: null, words: '', facts, took: this.#took() });
  }

  sealed({ tls }: Overhearing): void {
    if (tls === null || tls.verified !== 'certificate') throw new CauseTrouble('tls-failed', 'the connection is not sealed');
    this.passed('seal', { version: tls.version, cipher: tls.cipher });
    const { certificate } = tls;
    this.passed('certificate', certificate ? { names: certificate.names, issuer: certificate.issuer, validTo: certificate.validTo } : {});
  }

  failed(trouble: unknown): void {
    const cause = asCause(trouble);
    const step = this.#stepOf(cause);
    const before = this.#order.slice(0, this.#order.indexOf(step));
    // A trouble of the connector tells by its cause how far it came.
    for (const name of before) if (!this.#steps.some((done) => done.step === name)) this.passed(name, {});
    if (cause instanceof SealTrouble) this.#needs = cause.needs;
    this.#failure = { step, verdict: 'failed', cause: cause.why, words: cause.words, facts: {}, took: this.#took() };
    this.#add(this.#failure);
  }

  close(abilities: ServerAbilities | null, signedIn: ServerCheck['signedIn']): ServerCheck {
    for (const step of this.#order)
      if (!this.#steps.some((done) => done.step === step))
        this.#steps.push({ step, verdict: 'skipped', cause: null, words: '', facts: {}, took: 0 });
    return { steps: this.#steps, failure: this.#failure, needs: this.#needs, abilities, signedIn };
  }

  #stepOf(cause: CauseTrouble): CheckStepName {
    if (cause.why.startsWith('certificate-')) return 'certificate';
    if (cause instanceof SealTrouble) return 'seal';
    if (this.#current !== 'name') return this.#current;
    return nameCauses.has(cause.why) ? 'name' : 'reach';
  }

  #add(step: CheckStep): void {
    this.#steps.push(step);
    this.#parts.progress?.(step);
    this.#since = this.#parts.clock.monotonic();
  }

  #took(): number {
    return Math.max(0, Math.round(this.#parts.clock.monotonic() - this.#since));
  }
}

export type { StepBook };

/** What is no trouble of the outside is told as one of the protocol; a defect of ours too, so that a person is not left without a sentence. */
function asCause(trouble: unknown): CauseTrouble {
  if (trouble instanceof CauseTrouble) return trouble;
  if (trouble instanceof Unavailable) return new CauseTrouble('connection-lost', trouble.message, trouble.message, trouble);
  return new CauseTrouble('protocol', trouble instanceof Error ? trouble.message : 'unknown', '', trouble);
}
