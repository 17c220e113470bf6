// Our own capability as the page asks it (docs/jmap.md): one call, typed, and the shapes of what comes back. Knows names and shapes; keeps nothing.
import { EngineTrouble, tayoriCapability } from '../engine/contract.ts';
import type { Id, Json, JsonObject, PatchObject } from '../engine/jmap/objects.ts';
import { engine } from './link.ts';
import { live } from './live.svelte.ts';
import { settings } from './settings.svelte.ts';

export type MailService = 'imap' | 'pop3' | 'smtp';

/** A server as it is handed back to set an account up. */
export interface WishedServer {
  readonly service: MailService;
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls';
  readonly logins: readonly string[];
  readonly exceptions: readonly string[];
  readonly provenance: Readonly<Record<string, string>> | null;
}

export interface FoundServer {
  readonly title: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly remark: string | null;
  readonly trouble: string | null;
  readonly source: string;
  readonly confidence: string;
  readonly reachable: boolean | null;
  readonly weaknesses: readonly string[];
  readonly server: WishedServer;
}

export interface Discovery {
  readonly address: string;
  readonly domain: string;
  readonly suggestion: string | null;
  readonly provider: {
    readonly id: string;
    readonly name: string;
    readonly sentCopy: 'provider' | 'here';
    readonly notes: readonly string[];
  } | null;
  readonly displayName: string | null;
  readonly secret: {
    readonly kind: string;
    readonly name: string;
    readonly normalPasswordWorks: boolean | null;
    readonly explanation: string;
    readonly steps: readonly string[];
    readonly help: string | null;
  };
  readonly signIn: { readonly provider: string; readonly title: string; readonly isReady: boolean } | null;
  readonly wantsLogin: boolean;
  readonly imap: readonly FoundServer[];
  readonly pop3: readonly FoundServer[];
  readonly smtp: readonly FoundServer[];
  readonly source: string | null;
  /** Rows of cells: who was asked, what came of it, how long it took, where. */
  readonly sources: readonly (readonly string[])[];
  readonly networkAtFault: boolean;
  readonly help: string | null;
  readonly probed: boolean;
}

export interface TaskStep {
  readonly at: string;
  readonly mark: 'passed' | 'failed' | 'told' | 'open';
  readonly sentence: string;
  readonly side: string | null;
  readonly step: string | null;
  readonly words: string;
  readonly facts: JsonObject;
}

export interface TaskFailure {
  readonly cause: string;
  readonly sentence: string;
  readonly next: string;
  readonly whose: string;
  readonly whoseWords: string;
  readonly words: string;
  readonly side: string | null;
  readonly server: { readonly host: string; readonly port: number } | null;
  readonly needs: readonly string[];
}

export interface Task {
  readonly id: Id;
  readonly kind: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly steps: readonly TaskStep[];
  readonly openUrl: string | null;
  readonly result: JsonObject | null;
  readonly failure: TaskFailure | null;
}

export type Leaving = { readonly keep: 'forever' | 'none' } | { readonly keep: 'days'; readonly days: number };

export interface OutsideServer {
  readonly service: MailService;
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls';
  readonly login: string;
  readonly auth: 'password' | 'oauth2';
}

export interface OutsideAccount {
  readonly id: Id;
  readonly address: string;
  readonly name: string;
  readonly provider: string | null;
  readonly receive: OutsideServer;
  readonly send: OutsideServer;
  readonly signIn: Discovery['signIn'];
  readonly leaving: Leaving;
  readonly sentCopy: 'provider' | 'here';
  readonly provenance: Readonly<Record<string, string>>;
  readonly provenAt: string | null;
  readonly createdAt: string;
  readonly paused: boolean;
  readonly restsUntil: string | null;
  readonly appLogin: string;
  readonly health: {
    readonly state: 'good' | 'waits' | 'bad' | 'rests';
    readonly sentence: string;
    readonly next: string | null;
    readonly whose: string | null;
    readonly cause: string | null;
    readonly words: string;
    readonly since: string;
    readonly lastReceivedAt: string | null;
    readonly lastSentAt: string | null;
    readonly isProven: boolean;
    readonly seal: { readonly grade: 'strong' | 'weak'; readonly sentence: string; readonly exceptions: readonly string[] };
    readonly changed: readonly string[];
  };
  readonly collecting: { readonly mailbox: string; readonly done: number; readonly of: number } | null;
  readonly letters: number;
  readonly octets: number;
}

export interface Device {
  readonly id: Id;
  readonly name: string;
  readonly protocols: readonly string[];
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly lastUsedFrom: string | null;
  readonly uses: Readonly<Record<string, { readonly at: string; readonly from: string | null }>>;
}

export interface SetupLink {
  readonly id: Id;
  readonly device: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly usedAt: string | null;
  readonly deviceId: Id | null;
}

export interface Term {
  readonly id: string;
  readonly term: string;
  readonly word: string;
  readonly sentence: string;
  readonly picture: string;
}

/** The person's own account, to which the objects of our capability belong; null: the server has it not, or has not been heard. */
export function ownAccount(): Id | null {
  return live.ownAccountId;
}

export type CallName = `${string}/${string}`;

/** One method; the capability may be another than ours. @throws EngineTrouble, `refused` for a method error with its type. */
export async function call<T = JsonObject>(name: CallName, args: JsonObject, capability = tayoriCapability): Promise<T> {
  const [answer] = await engine.ask('call', { using: [capability], calls: [[name, args, 'c']] });
  if (!answer) throw new EngineTrouble({ kind: 'defect', type: 'noAnswer', description: name });
  const [said, response] = answer;
  if (said === 'error')
    throw new EngineTrouble({ kind: 'refused', type: String(response['type']), description: String(response['description'] ?? '') });
  return response as T;
}

/** Those of a kind that the server tells in a language are told in the person's. */
const worded = new Set(['OutsideAccount', 'Task', 'Glossary']);

export async function getAll<T>(type: string, ids: readonly Id[] | null = null): Promise<readonly T[]> {
  const language = worded.has(type) && type !== 'Task' ? { language: settings.language } : {};
  const { list } = await call<{ list: readonly T[] }>(`${type}/get`, {
    accountId: ownAccount(),
    ids: ids === null ? null : [...ids],
    ...language,
  });
  return list;
}

interface Outcome {
  readonly created?: Readonly<Record<string, JsonObject>> | null;
  readonly notCreated?: Readonly<Record<string, SetProblem>> | null;
  readonly notUpdated?: Readonly<Record<string, SetProblem>> | null;
  readonly notDestroyed?: Readonly<Record<string, SetProblem>> | null;
}
interface SetProblem {
  readonly type: string;
  readonly description?: string;
}

function checked(outcome: Outcome): Outcome {
  const [problem] = Object.values({ ...outcome.notCreated, ...outcome.notUpdated, ...outcome.notDestroyed });
  if (problem) throw new EngineTrouble({ kind: 'refused', type: problem.type, description: problem.description ?? '' });
  return outcome;
}

/** One method of ours, as it is. @throws EngineTrouble, also for what a /set refused. */
export async function own(name: CallName, args: JsonObject): Promise<JsonObject> {
  const answer = await call(name, args);
  checked(answer as Outcome);
  return answer;
}

/** @throws EngineTrouble `refused` with the type of the SetError. */
export async function create<T>(type: string, object: JsonObject): Promise<T> {
  const outcome = checked(await call<Outcome>(`${type}/set`, { accountId: ownAccount(), create: { n: object } }));
  return outcome.created!['n'] as unknown as T;
}
/** @throws EngineTrouble. */
export async function update(type: string, id: Id, patch: PatchObject): Promise<void> {
  checked(await call<Outcome>(`${type}/set`, { accountId: ownAccount(), update: { [id]: patch } }));
}
/** @throws EngineTrouble. */
export async function destroy(type: string, id: Id): Promise<void> {
  checked(await call<Outcome>(`${type}/set`, { accountId: ownAccount(), destroy: [id] }));
}

/** The sentence of an error for a person: the server's own where it has one. */
export function troubleType(error: unknown): string {
  return error instanceof EngineTrouble ? (error.trouble.kind === 'refused' ? error.trouble.type : error.trouble.kind) : 'defect';
}

export function asJson(value: object): Json {
  return value as unknown as Json;
}
