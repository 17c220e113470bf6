// Writing and sending as dialogues: transcripts/*.jmap, each in an office of its own.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { Json } from '../contract.ts';
import { parseTranscript, playTranscript } from '../transcript.ts';
import { openPost } from './office-suite.ts';

const letter =
  'From: taro@local.test\r\nTo: hanako@local.test\r\nMessage-ID: <1@local.test>\r\nDisposition-Notification-To: taro@local.test\r\n\r\nx\r\n';

for (const file of globSync(join(import.meta.dirname, 'transcripts', '*.jmap')).toSorted())
  test(basename(file), async () => {
    const post = await openPost();
    const known = new Map<string, Json>([
      ...[...post.accounts].map(([name, { id }]) => [name, id] as const),
      ['letter', await post.upload('hanako', letter)],
      ['picture', await post.upload('hanako', '\x89PNG\r\n')],
      ['tarosInbox', await post.mailbox('taro', 'inbox')],
    ]);
    for (const role of ['drafts', 'sent', 'archive']) known.set(role, await post.mailbox('hanako', role));
    const faults = await playTranscript(parseTranscript(file, readFileSync(file, 'utf8')), post.dispatcher, post.who('hanako'), known);
    assert.deepEqual(faults, []);
  });
