// What a server may say without an end, and how much of it is heard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import { bytesFromLatin1, type Bytes } from '../../base/bytes.ts';
import type { LineConnection } from '../../protocol/line/connection.ts';
import { CauseTrouble } from './causes.ts';
import { ImapDialogue } from './dialogue-imap.ts';
import { Pop3Dialogue } from './dialogue-pop3.ts';
import { Overhearing } from './overhearing.ts';

const mebi = 1024 * 1024;

/** Says `first`, and then `more` as often as it is read. */
function talker(first: string, more: string): { readonly connection: Overhearing; heard(): number } {
  let heard = 0;
  const [once, always] = [bytesFromLatin1(first), bytesFromLatin1(more)];
  const end = { address: '192.0.2.1', port: 993 };
  const inner: LineConnection = {
    remote: end,
    local: end,
    tls: null,
    async read(): Promise<Bytes> {
      const said = heard === 0 ? once : always;
      heard += said.length;
      // More than any bound: it would go on for as long as it is listened to.
      if (heard > 100 * mebi) throw new Error('listened to for too long');
      return said;
    },
    write() {},
    async drained() {},
    startTls: () => Promise.reject(new Error('not here')),
    close() {},
  };
  return { connection: new Overhearing(inner, 'mail.example', { clock: new FalseClock(), lifetime: 60_000 }), heard: () => heard };
}

const tooMuch = (trouble: unknown): boolean => trouble instanceof CauseTrouble && trouble.why === 'protocol';

test('an IMAP server that sends literals without an end is not listened to for ever', async () => {
  const { connection, heard } = talker('* OK here\r\n', `* LIST {262144}\r\n${'x'.repeat(262_144)}\r\n`);
  const dialogue = new ImapDialogue(connection, 1000);
  await dialogue.greet();
  await assert.rejects(dialogue.ask('LIST "" "*"', 'use'), tooMuch);
  assert.ok(heard() < 50 * mebi, String(heard()));
});

test('nor a POP3 server whose listing has long rows without an end', async () => {
  const { connection, heard } = talker('+OK here\r\n', `+OK ${'x'.repeat(16_000)}\r\n`);
  const dialogue = new Pop3Dialogue(connection, 1000);
  await dialogue.greet();
  await assert.rejects(dialogue.list('UIDL'), tooMuch);
  assert.ok(heard() < 50 * mebi, String(heard()));
});
