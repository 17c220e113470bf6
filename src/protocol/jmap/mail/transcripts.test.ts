// The dialogues in transcripts/, each in a world of its own with the letters that are written here.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseTranscript, playTranscript } from '../transcript.ts';
import { openMailWorld, type MailWorld } from './mail-world-suite.ts';

const folder = new URL('transcripts/', import.meta.url);

/** M1 to M7, a day after the other from the 1st of February 2026; the states lead from 1 to 10. */
async function fillWorld(world: MailWorld): Promise<void> {
  const day = (number: number): number => Date.UTC(2026, 1, number);
  await world.append(
    'INBOX',
    '\
From: "花子" <hana@example.org>\nTo: taro@example.net\nSubject: =?utf-8?B?5Lya6K2w?=\nMessage-ID: <1@x.example>\n\
Date: Mon, 2 Jan 2006 15:04:05 +0900\n\n来週の会議は明日です。\n',
    [],
    day(1),
  );
  await world.append(
    'INBOX',
    '\
From: taro@example.net\nTo: hana@example.org\nSubject: Re: =?utf-8?B?5Lya6K2w?=\nMessage-ID: <2@x.example>\nReferences: <1@x.example>\n\
Sender: desk@example.net\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n\
--c\nContent-Type: text/plain; charset=utf-8\n\nhello & <bye>\n--c\nContent-Type: text/html; charset=utf-8\n\n<p class="a">hello &amp; &lt;bye&gt;</p>\n--c--\n\
--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nAAAA\n\
--b\nContent-Type: message/rfc822\n\nFrom: c@x.example\nSubject: inner\n\ninside\n--b--\n',
    ['\\Seen', '$Forwarded'],
    day(2),
  );
  await world.append(
    'INBOX',
    'From: lists@example.com\nSubject: News\nSubject: News of today\nList-Post: <mailto:lists@example.com>\nList-Unsubscribe: <https://example.com/u>\n\nnothing new\n',
    ['\\Flagged'],
    day(3),
  );
  await world.append(
    'Archive',
    'From: Ann <ann@example.com>\nTo: a: b@x.example;\nSubject: lunch\n\nShall we have ラーメン?\n',
    ['\\Seen'],
    day(4),
  );
  await world.append('Drafts', 'From: hana@example.org\nSubject: a draft\n\n', ['\\Draft'], day(5));
  await world.append('INBOX', 'From: gone@example.com\nSubject: out of sight\n\nx\n', ['\\Deleted'], day(6));
  await world.append('Trash', 'From: Bob <bob@example.com>\nSubject: Zebra\n\nlast one\n', [], day(7));
}

for (const file of readdirSync(folder)) {
  test(`transcript ${file}`, async () => {
    const world = await openMailWorld({ readOnly: file.includes('read-only') });
    await fillWorld(world);
    const faults = await playTranscript(parseTranscript(file, readFileSync(new URL(file, folder), 'utf8')), world.dispatcher, world.who);
    assert.deepEqual(faults.map(({ line, wanted, got }) => `${file}:${line}\nwanted ${wanted}\ngot ${got}`).join('\n'), '');
  });
}
