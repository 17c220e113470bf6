// Runs one command line: finds the command, reads its words, takes the road to the data, prints the answer. Knows the roads and the
// exit codes; knows no command.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { askControl, ControlTrouble, NobodyThere, type Json } from '../../io/control.ts';
import { SettingsTrouble, type Settings } from '../settings.ts';
import { readVersion } from '../version.ts';
import { readCommandLine, readInput } from './arguments.ts';
import { CommandTrouble, type Command, type ExitCode, type Globals, type Input, type Progress } from './command.ts';
import { readAllSettings } from './globals.ts';
import { formatGroup, formatHelp, formatOverview } from './help.ts';
import { loadCommand } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly terminal: Terminal;
}

export async function run(line: readonly string[], { environment, folder, terminal }: Surroundings): Promise<ExitCode> {
  try {
    const look = readCommandLine(line);
    if (look.version) {
      terminal.out(readVersion());
      return 0;
    }
    if (look.words === '' || look.isGroup) {
      for (const text of look.words === '' ? formatOverview() : formatGroup(look.words)) terminal.out(text);
      return look.help || look.words === '' ? 0 : 2;
    }
    const command = await loadCommand(look.words);
    if (look.help) {
      for (const text of formatHelp(command)) terminal.out(text);
      return 0;
    }
    const globals: Globals = { data: look.data, settings: look.settings, environment, folder };
    const input = readInput(command, look.rest, globals);
    return command.kind === 'local' ? await command.run(input, terminal) : await runOnData(command, input, terminal);
  } catch (trouble) {
    terminal.settle();
    if (trouble instanceof CommandTrouble) {
      terminal.err(`tayori: ${trouble.message}`);
      return trouble.exitCode;
    }
    if (trouble instanceof SettingsTrouble) {
      terminal.err(`tayori: ${trouble.message}`);
      return 2;
    }
    throw trouble;
  }
}

async function runOnData(command: Command & { kind: 'office' }, input: Input, terminal: Terminal): Promise<ExitCode> {
  const { settings } = await readAllSettings(input.globals);
  if (!(await isFolder(settings.data)) && !command.makesData)
    throw new CommandTrouble(
      `there are no data in ${settings.data}; start the server once (tayori serve), or name the folder by --data DIR`,
      3,
    );
  const consult = (asked: unknown) => performSomewhere(command, 'consult', asked as Json, settings, terminal);
  const question = (await command.ask(input, terminal, consult)) as Json;
  const answer = await performSomewhere(command, 'perform', question, settings, terminal);
  terminal.settle();
  if (!input.json) return (await command.show(answer, terminal, input)) ?? 0;
  terminal.out(JSON.stringify(answer, null, 2));
  return command.exitCode?.(answer) ?? 0;
}

/** In the running server, or here under the lock. */
async function performSomewhere(
  command: Command & { kind: 'office' },
  part: 'perform' | 'consult',
  question: Json,
  settings: Settings,
  terminal: Terminal,
): Promise<unknown> {
  const leave = () => {
    terminal.settle();
    terminal.err('tayori: stopped; the server ends this command at its next step');
    process.exit(1);
  };
  process.once('SIGINT', leave);
  try {
    return await askControl(
      join(settings.data, 'control.sock'),
      { words: command.words, version: readVersion(), part, ask: question },
      (progress) => terminal.progress(progress as unknown as Progress),
    );
  } catch (trouble) {
    if (trouble instanceof ControlTrouble)
      throw new CommandTrouble(trouble.message, trouble.failure.kind === 'usage' ? 2 : trouble.failure.kind === 'unavailable' ? 3 : 1);
    if (!(trouble instanceof NobodyThere)) throw new CommandTrouble(`cannot speak with the server: ${(trouble as Error).message}`, 3);
  } finally {
    process.off('SIGINT', leave);
  }
  const [{ openOffice }, { DataInUse }, { performCommand, consultCommand }] = await Promise.all([
    import('../office.ts'),
    import('../data.ts'),
    import('./transport.ts'),
  ]);
  let office;
  try {
    office = await openOffice(settings, silentLog, silentMeter);
  } catch (trouble) {
    if (trouble instanceof DataInUse)
      throw new CommandTrouble(`${trouble.message}; it does not answer yet or any more, try again in a moment`, 3);
    if (trouble instanceof Refusal) throw new CommandTrouble(trouble.message, 3);
    const fault = trouble instanceof Unavailable && trouble.code === 'disk-fault' ? trouble.cause : trouble;
    if (fault !== trouble || (trouble as NodeJS.ErrnoException).code === 'ERR_SQLITE_ERROR')
      throw new CommandTrouble(
        `the data in ${settings.data} are damaged and cannot be opened (${(fault as Error).message}); put a backup back into another folder by "tayori restore"`,
        3,
      );
    throw trouble;
  }
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once('SIGINT', stop);
  try {
    const work = { say: (progress: Progress) => terminal.progress(progress), signal: stopped.signal };
    const answer =
      part === 'perform'
        ? await performCommand(command.words, question, office, work)
        : await consultCommand(command.words, question, office);
    // As over the socket: what is shown has gone through JSON on both roads.
    return JSON.parse(JSON.stringify(answer ?? null));
  } finally {
    process.off('SIGINT', stop);
    await office.close();
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
