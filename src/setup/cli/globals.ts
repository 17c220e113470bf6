// Settings as the command line, the environment and the file give them together. Knows where the file lies; knows no command.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readSettings, SettingsTrouble, type ReadSettings } from '../settings.ts';
import type { Globals } from './command.ts';

const standardFile = 'tayori.toml';

/** @throws SettingsTrouble. */
export async function readAllSettings(globals: Globals, more: Readonly<Record<string, string>> = {}): Promise<ReadSettings> {
  const named = globals.settings ?? globals.environment['TAYORI_SETTINGS'] ?? null;
  const path = named ?? join(globals.folder, standardFile);
  let text: string | null = null;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (named !== null || !missing)
      throw new SettingsTrouble(`cannot read the settings file ${path}: ${missing ? 'there is none' : (cause as Error).message}`);
  }
  const line = { ...more, ...(globals.data !== null && { data: globals.data }) };
  const read = readSettings(text === null ? null : { name: named ?? standardFile, text }, globals.environment, line);
  return { ...read, settings: { ...read.settings, data: resolve(globals.folder, read.settings.data) } };
}
