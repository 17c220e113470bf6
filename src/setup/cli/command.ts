// What a command of the command line is. Knows the shape and the exit codes; knows no command.
//
// A command that concerns the data is one function, `perform`, run where the data is open: in the running server, which is asked
// over its control socket, or, when none runs, in the command line itself under the lock. `ask` and `show` stay with the person.
import type { Office } from '../office.ts';
import type { Terminal } from './terminal.ts';

/** 0: done. 1: could not be done. 2: the command line was wrong. 3: the state of the server does not allow it. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Says why a command ends, in a sentence that names the next step. */
export class CommandTrouble extends Error {
  override readonly name = 'CommandTrouble';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Argument {
  readonly name: string;
  readonly sentence: string;
  readonly optional?: boolean;
  /** Takes all that follow; only the last argument. */
  readonly repeated?: boolean;
}

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands behind it, `N` or `DIR`; none for a switch. */
  readonly value?: string;
  readonly sentence: string;
}

export interface Example {
  readonly line: string;
  readonly sentence: string;
}

/** What help is made of. */
export interface CommandWords {
  /** `account app-password add`. */
  readonly words: string;
  /** One line for the list, and the first of its own help. */
  readonly sentence: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  readonly examples?: readonly Example[];
  /** More to know, in paragraphs. */
  readonly notes?: string;
}

/** The command line after reading: the data folder, arguments and options by name. */
export interface Input {
  readonly arguments: Readonly<Record<string, string>>;
  /** What a repeated argument took. */
  readonly rest: readonly string[];
  readonly options: Readonly<Record<string, string | true>>;
  /** Answers are wanted as JSON. */
  readonly json: boolean;
  readonly globals: Globals;
}

export interface Globals {
  readonly data: string | null;
  readonly settings: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

export interface Progress {
  readonly done: number;
  readonly of: number;
  /** Said in the place of `done of of`. */
  readonly words?: string;
  /** A line of its own that stays, such as a link to open; `done` and `of` do not matter then. */
  readonly line?: string;
}

export interface Work {
  say(progress: Progress): void;
  /** The person has gone, or pressed Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Ask and Answer travel as JSON: no undefined that matters, no Date, no Map. */
export interface OfficeCommand<Ask, Answer> extends CommandWords {
  /** It may make a data folder where there is none. */
  readonly makesData?: boolean;
  /** `consult` puts a question to this command's own `consult`, before the person is asked for more. */
  ask(input: Input, terminal: Terminal, consult: (question: unknown) => Promise<unknown>): Ask | Promise<Ask>;
  /** Where the data is open: whether what is wanted can be at all. @throws CommandTrouble, Refusal. */
  consult?(question: unknown, office: Office): unknown;
  perform(ask: Ask, office: Office, work: Work): Promise<Answer>;
  /** Returns how the command ends where that is not 0. */
  show(answer: Answer, terminal: Terminal, input: Input): ExitCode | void | Promise<ExitCode | void>;
  /** The same for an answer that is printed as JSON. */
  exitCode?(answer: Answer): ExitCode;
}

/** A command that needs no open data. */
export interface LocalCommand extends CommandWords {
  run(input: Input, terminal: Terminal): Promise<ExitCode>;
}

/** An OfficeCommand whose types are its own business. */
export type Command = (OfficeCommand<unknown, unknown> & { readonly kind: 'office' }) | (LocalCommand & { readonly kind: 'local' });

export function officeCommand<Ask, Answer>(command: OfficeCommand<Ask, Answer>): Command {
  return { kind: 'office', ...command } as unknown as Command;
}

export function localCommand(command: LocalCommand): Command {
  return { kind: 'local', ...command };
}
