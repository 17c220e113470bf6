// Where the wizard stands: the address, what was found, what the person has chosen, the proof under way. Knows the order of things; draws nothing.
import { EngineTrouble } from '../../../engine/contract.ts';
import type { Json, JsonObject } from '../../../engine/jmap/objects.ts';
import { engine } from '../../../state/link.ts';
import { live } from '../../../state/live.svelte.ts';
import { settings } from '../../../state/settings.svelte.ts';
import { TaskRun } from '../../../state/task.svelte.ts';
import { asJson, call, ownAccount, type Discovery, type Leaving, type WishedServer } from '../../../state/tayori.ts';
import { prefill, readTyped, tidy, wish, type Fault, type TypedServer } from './servers.ts';

export const stages = ['address', 'found', 'secret', 'proof'] as const;
export type Stage = (typeof stages)[number];

export type AddressProblem = 'notAddress' | 'already' | 'limit' | 'away';

export class WizardModel {
  stage = $state<Stage>('address');
  address = $state('');
  problem = $state<AddressProblem | null>(null);
  isAsking = $state(false);
  /** A near miss that the person has been asked about and has said no to. */
  meant = $state('');
  /** How one receives; null: as is recommended. */
  chosenService = $state<'imap' | 'pop3' | null>(null);
  leaving = $state.raw<Leaving>({ keep: 'forever' });
  login = $state('');
  password = $state('');
  name = $state('');
  isManual = $state(false);
  typedReceive = $state<TypedServer>(prefill(null, 'imap', ''));
  typedSend = $state<TypedServer>(prefill(null, 'smtp', ''));
  fault = $state<{ readonly side: 'receive' | 'send'; readonly fault: Fault } | null>(null);
  readonly look = new TaskRun();
  readonly proof = new TaskRun();
  #known = $state.raw<Discovery | null>(null);
  #allowed = $state.raw<readonly string[]>([]);
  #signsIn = $state(false);

  /** What is known now: at once from the table, then with the servers tried. */
  get found(): Discovery | null {
    return (this.look.task?.result as unknown as Discovery | null | undefined) ?? this.#known;
  }
  /** The address as it was understood. */
  get cleaned(): string {
    return this.found?.address ?? tidy(this.address);
  }
  get isEmpty(): boolean {
    const { found } = this;
    return found === null || (found.imap.length === 0 && found.pop3.length === 0) || found.smtp.length === 0;
  }
  get services(): readonly ('imap' | 'pop3')[] {
    return (['imap', 'pop3'] as const).filter((service) => (this.found?.[service].length ?? 0) > 0);
  }
  get service(): 'imap' | 'pop3' {
    if (this.chosenService !== null && (this.isManual || this.services.includes(this.chosenService))) return this.chosenService;
    return this.services[0] ?? 'imap';
  }
  get providerName(): string {
    return this.found?.provider?.name ?? this.found?.displayName ?? this.found?.domain ?? this.cleaned.split('@')[1] ?? '';
  }
  /** The host that hears the secret first. */
  get host(): string {
    return this.receive[0]?.host ?? '';
  }
  get receive(): readonly WishedServer[] {
    if (!this.isManual) return wish(this.found?.[this.service] ?? [], this.login, this.#allowed);
    return allow(readTyped(this.typedReceive, this.service, this.cleaned), this.#allowed);
  }
  get send(): readonly WishedServer[] {
    if (!this.isManual) return wish(this.found?.smtp ?? [], this.login, this.#allowed);
    return allow(readTyped(this.typedSend, 'smtp', this.cleaned), this.#allowed);
  }
  get signsIn(): boolean {
    return this.#signsIn;
  }

  async lookUp(address = this.address): Promise<void> {
    if (this.isAsking) return;
    this.address = address;
    this.problem = null;
    if (live.status.accounts.some(({ name }) => name.toLowerCase() === tidy(address).toLowerCase())) {
      this.problem = 'already';
      return;
    }
    this.isAsking = true;
    try {
      const { known, taskId } = await call<{ known: Json; taskId: string }>('Discovery/look', {
        accountId: ownAccount(),
        address,
        language: settings.language,
      });
      this.#known = known as unknown as Discovery | null;
      this.isManual = false;
      this.chosenService = null;
      this.#allowed = [];
      this.look.follow(taskId);
      this.stage = 'found';
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.isAsking = false;
    }
  }

  typeOneself(): void {
    this.typedReceive = prefill(this.found, this.service, this.cleaned);
    this.typedSend = prefill(this.found, 'smtp', this.cleaned);
    this.isManual = true;
    this.stage = 'found';
  }

  /** For how one receives, in the fields: only what nobody has touched is filled anew. */
  typeService(service: 'imap' | 'pop3'): void {
    const before = prefill(this.found, this.service, this.cleaned);
    const isUntouched = JSON.stringify(before) === JSON.stringify($state.snapshot(this.typedReceive));
    this.chosenService = service;
    if (isUntouched) this.typedReceive = prefill(this.found, service, this.cleaned);
  }

  /** On to the secret, when all that is typed can be read. */
  toSecret(): void {
    this.fault = null;
    if (this.isManual) {
      const [receive, send] = [readTyped(this.typedReceive, this.service, this.cleaned), readTyped(this.typedSend, 'smtp', this.cleaned)];
      if (typeof receive === 'string') this.fault = { side: 'receive', fault: receive };
      else if (typeof send === 'string') this.fault = { side: 'send', fault: send };
      if (this.fault) return;
    }
    this.stage = 'secret';
  }

  /** @throws EngineTrouble. */
  async prove(how: 'password' | 'signIn'): Promise<void> {
    this.#signsIn = how === 'signIn';
    const secret: JsonObject = how === 'signIn' ? { signIn: this.found?.signIn?.provider ?? true } : { password: this.password };
    await this.proof.begin({
      kind: 'setUp',
      address: this.cleaned,
      name: this.name.trim(),
      provider: this.isManual ? null : (this.found?.provider?.id ?? null),
      receive: this.receive.map(asJson),
      send: this.send.map(asJson),
      secret,
      leaving: this.service === 'pop3' ? asJson(this.leaving) : { keep: 'forever' },
      sentCopy: this.found?.provider?.sentCopy ?? 'here',
      proof: true,
    });
    this.stage = 'proof';
  }

  /** It is there: the secret is of no use here any more, and the app has one account more. */
  settle(): void {
    this.password = '';
    void engine.ask('refresh', null).catch(() => undefined);
  }

  async allow(needs: readonly string[]): Promise<void> {
    this.#allowed = [...new Set([...this.#allowed, ...needs])];
    await this.prove(this.#signsIn ? 'signIn' : 'password');
  }

  back(): void {
    this.proof.end();
    if (this.stage === 'found' && this.isManual && !this.isEmpty) this.isManual = false;
    else this.stage = stages[Math.max(0, stages.indexOf(this.stage) - 1)]!;
    if (this.stage === 'address') this.look.end();
  }

  restart(): void {
    this.look.end();
    this.proof.end();
    this.#known = null;
    this.#allowed = [];
    this.address = '';
    this.password = '';
    this.login = '';
    this.meant = '';
    this.isManual = false;
    this.stage = 'address';
  }

  close(): void {
    this.look.end();
    // A proof that has begun goes on; the card tells what came of it.
    this.password = '';
  }
}

function allow(servers: readonly WishedServer[] | Fault, allowed: readonly string[]): readonly WishedServer[] {
  return typeof servers === 'string' ? [] : servers.map((server) => ({ ...server, exceptions: [...allowed] }));
}

function problemOf(error: unknown): AddressProblem {
  if (!(error instanceof EngineTrouble)) return 'away';
  const { kind, type } = error.trouble;
  if (kind !== 'refused') return 'away';
  return type === 'invalidArguments' ? 'notAddress' : type === 'rateLimit' || type === 'tooManyRequests' ? 'limit' : 'away';
}
