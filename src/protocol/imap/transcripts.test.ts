import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseTranscript, playAllCuts } from '../line/transcript.ts';
import { openPlayedWorld } from './played-world.ts';
import { stride } from '../../../test/support/depth.ts';

const folder = new URL('./transcripts/', import.meta.url);
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.imap'))
  .sort())
  test(`transcript ${file}`, () => {
    const transcript = parseTranscript(file, readFileSync(new URL(file, folder), 'utf8'));
    // A header `cuts: 7` cuts at every seventh place only, for dialogues with long lines.
    return playAllCuts(transcript, openPlayedWorld, stride(12, Number(transcript.header.get('cuts') ?? 1)));
  });
