// A mailbox as a file, from the memory store: what our own reader of mbox finds in it, and whose turn it is how long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import { bytesFromUtf8, concatBytes, utf8FromBytes } from '../../base/bytes.ts';
import { MboxReader } from '../../message/mbox.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { systemChance } from '../clock.ts';
import { mailboxFile } from './mailbox-file.ts';

async function filled(letters: readonly (readonly [text: string, flags: readonly string[]])[]) {
  const store = openMemoryStore({ clock: new FalseClock(), chance: systemChance });
  await store.createAccount(1, [{ name: 'INBOX', role: 'inbox' }]);
  const [inbox] = await store.mailboxes(1);
  for (const [text, flags] of letters) {
    const spool = store.spool(1_000_000);
    await spool.add(bytesFromUtf8(text));
    await store.addLetters(1, [{ spool, mailboxes: [inbox!.id], flags: [...flags], receivedAt: 1_700_000_000_000 }], null);
    spool.discard();
  }
  return { store, mailbox: inbox!.id };
}

test('every letter with its flags, in order, as it came', async () => {
  const texts = ['Subject: one\r\n\r\nFrom here on\r\n>From there\r\n', 'Subject: 二\r\n\r\nno end of line', 'Subject: three\r\n\r\n'];
  const { store, mailbox } = await filled(texts.map((text, index) => [text, index === 0 ? ['\\Seen', '\\Flagged', 'Kyoto'] : []]));
  let ends = 0;
  const answer = await mailboxFile(store, 1, mailbox, '受信箱/2026', () => ends++);
  assert.match(answer.headers.get('content-disposition')!, /^attachment; .*filename\*=UTF-8''%E5%8F%97/);
  assert.equal(ends, 0);
  const octets = new Uint8Array(await answer.arrayBuffer());
  assert.equal(ends, 1);
  const reader = new MboxReader('rd');
  const found: { text: string; status: string }[] = [];
  let pieces: Uint8Array[] = [];
  for (const piece of [...reader.read(octets), ...reader.end()]) {
    if (piece.kind === 'begin') pieces = [];
    else if (piece.kind === 'data') pieces.push(piece.bytes.slice());
    else found.push({ text: utf8FromBytes(concatBytes(pieces)), status: piece.status.join(' | ') });
  }
  assert.deepEqual(
    found.map(({ text }) => text.replaceAll(/\r?\n/g, '\r\n').trimEnd()),
    texts.map((text) => text.trimEnd()),
  );
  assert.match(found[0]!.status, /Status: RO \| X-Status: F \| X-Keywords: kyoto/i);
});

test('who goes away in the middle gives the turn back; an empty mailbox is an empty file', async () => {
  const { store, mailbox } = await filled(Array.from({ length: 5 }, (_, index) => [`Subject: ${index}\r\n\r\n`, []] as const));
  let ends = 0;
  const answer = await mailboxFile(store, 1, mailbox, '', () => ends++);
  const reader = answer.body!.getReader();
  await reader.read();
  await reader.cancel();
  assert.equal(ends, 1);
  const none = await filled([]);
  assert.equal((await (await mailboxFile(none.store, 1, none.mailbox, 'x', () => ends++)).arrayBuffer()).byteLength, 0);
  assert.equal(ends, 2);
  await assert.rejects(
    mailboxFile(store, 1, 99 as typeof mailbox, '', () => undefined),
    { code: 'nonexistent' },
  );
});
