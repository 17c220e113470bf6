// One command, two roads: asked of the running server over its socket, or performed here on the opened data. Knows both roads;
// knows no command.
import { ControlTrouble, type Json } from '../../io/control.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { Office } from '../office.ts';
import { CommandTrouble, type Command, type Work } from './command.ts';
import { commandTable, loadCommand } from './table.ts';

/** The server's end of the socket. */
export async function answerControl(
  ask: Json,
  office: Office,
  version: string,
  say: (progress: Json) => void,
  signal: AbortSignal,
): Promise<Json> {
  const { words, version: theirs, part, ask: question } = (ask ?? {}) as Partial<Record<'words' | 'version' | 'part' | 'ask', unknown>>;
  if (theirs !== version)
    throw new ControlTrouble({
      kind: 'unavailable',
      message: `the server runs version ${version} and this command is of version ${String(theirs)}; restart the server`,
    });
  if (typeof words !== 'string' || !commandTable.some((row) => row.words === words))
    throw new ControlTrouble({ kind: 'usage', message: 'the server knows no such command' });
  try {
    if (part === 'consult') return ((await consultCommand(words, question, office)) ?? null) as Json;
    office.log.info('command', { words });
    return (await performCommand(words, question, office, { say: (progress) => say({ ...progress }), signal })) as Json;
  } catch (trouble) {
    if (trouble instanceof CommandTrouble)
      throw new ControlTrouble({ kind: trouble.exitCode === 2 ? 'usage' : 'refused', message: trouble.message });
    throw trouble;
  }
}

/** Runs a command where the data is open. @throws CommandTrouble for all that a person can mend. */
export function performCommand(words: string, question: unknown, office: Office, work: Work): Promise<unknown> {
  return onOffice(words, (command) => command.perform(question, office, work));
}

/** The same for what it asks beforehand. */
export function consultCommand(words: string, question: unknown, office: Office): Promise<unknown> {
  return onOffice(words, async (command) => command.consult?.(question, office));
}

async function onOffice(words: string, run: (command: Command & { kind: 'office' }) => Promise<unknown>): Promise<unknown> {
  const command = await loadCommand(words);
  if (command.kind !== 'office') throw new CommandTrouble(`"tayori ${words}" is not for the server`, 2);
  try {
    return await run(command);
  } catch (trouble) {
    if (trouble instanceof Refusal || trouble instanceof Unavailable) throw new CommandTrouble(trouble.message);
    throw trouble;
  }
}
