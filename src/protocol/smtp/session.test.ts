import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { bytesFromLatin1, latin1FromBytes } from '../../base/bytes.ts';
import { MemoryWire, parseTranscript, playAllCuts, sentLength } from '../line/transcript.ts';
import { openSmtpWorld } from './smtp-world-suite.ts';
import { stride } from '../../../test/support/depth.ts';

test('a line of 100 kB ends the connection and is never held (B-019); a shorter one is an error', async () => {
  const world = await openSmtpWorld(new Map());
  const wire = new MemoryWire('c', null);
  await wire.start(world.make);
  await wire.send(bytesFromLatin1(`EHLO ${'x'.repeat(5000)}\r\nRCPT ${'x'.repeat(20_000)}\r\n`));
  assert.match(latin1FromBytes(wire.takeOutput()), /^220 .*\r\n501 5\.5\.4 .*\r\n500 5\.5\.2 .*\r\n$/);
  for (let part = 0; part < 100; part++) await wire.send(bytesFromLatin1('y'.repeat(1000)));
  await wire.send(bytesFromLatin1('\r\nNOOP\r\n'));
  assert.match(latin1FromBytes(wire.takeOutput()), /^500 5\.5\.2 .*\r\n$/);
  assert.ok(wire.closed);
  await world.end();
});

test('the 1,001st recipient is put off, the first thousand get the letter (B-036)', async () => {
  const world = await openSmtpWorld(new Map());
  const wire = new MemoryWire('c', null);
  await wire.start(world.make);
  const recipients = 'RCPT TO:<hanako@local.test>\r\n'.repeat(1001);
  await wire.send(bytesFromLatin1(`HELO a\r\nMAIL FROM:<>\r\n${recipients}DATA\r\n\r\n.\r\n`));
  const replies = latin1FromBytes(wire.takeOutput()).split('\r\n');
  assert.equal(replies.filter((line) => line.startsWith('250 2.1.5')).length, 1000);
  assert.match(replies.at(-4)!, /^452 4\.5\.3/);
  assert.match(replies.at(-2)!, /^250 2\.6\.0/);
  assert.equal((await world.inbox('hanako')).length, 1);
  wire.gone();
  await world.end();
});

for (const file of globSync(join(import.meta.dirname, 'transcripts/*.smtp')).sort())
  test(`transcript ${basename(file)}`, async () => {
    const transcript = parseTranscript(basename(file), readFileSync(file, 'utf8'));
    await playAllCuts(transcript, (header) => openSmtpWorld(header), stride(12, Math.ceil(sentLength(transcript) / 400)));
  });
