import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { parseTranscript, playAllCuts, sentLength } from '../line/transcript.ts';
import { openSmtpWorld } from './smtp-world-suite.ts';

for (const file of globSync(join(import.meta.dirname, 'transcripts/*.smtp')).sort())
  test(`transcript ${basename(file)}`, async () => {
    const transcript = parseTranscript(basename(file), readFileSync(file, 'utf8'));
    await playAllCuts(transcript, (header) => openSmtpWorld(header), Math.ceil(sentLength(transcript) / 400));
  });
