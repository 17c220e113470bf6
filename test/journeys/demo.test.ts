// The demo as two people use it with a mail app: they reach each other, and nobody outside.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { inFolder, start, type Started } from '../support/program.ts';

async function send(server: Started, from: string, to: string, subject: string, secret: string): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port: server.portOf('submissions'),
    secure: true,
    auth: { user: from, pass: secret },
    tls: { ca: await readFile(server.listening.ca!), servername: 'localhost' },
  });
  await transport.sendMail({ from, to, subject, text: `${subject}\n` });
  transport.close();
}

/** Waits for a letter in the inbox and gives its text. */
async function receive(server: Started, login: string, subject: RegExp, secret: string): Promise<string> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.portOf('imaps'),
    secure: true,
    auth: { user: login, pass: secret },
    tls: { ca: await readFile(server.listening.ca!), servername: 'localhost' },
    logger: false,
  });
  await client.connect();
  try {
    await client.mailboxOpen('INBOX');
    for (;;) {
      for await (const letter of client.fetch('1:*', { envelope: true, source: true }))
        if (subject.test(letter.envelope?.subject ?? '')) return letter.source!.toString();
      await pause(100);
      await client.noop();
    }
  } finally {
    await client.logout();
  }
}

test('the demo sends nothing out: the writer hears it at once, and the two people reach each other', { timeout: 240_000 }, () =>
  inFolder(async (folder) => {
    const server = await start(join(folder, 'data'));
    try {
      const [hanako, taro] = server.listening.people;
      await send(server, hanako!.login, taro!.address, 'to Taro', hanako!.password);
      assert.match(await receive(server, taro!.login, /^to Taro$/, taro!.password), /^To: taro@tayori\.test\r$/m);
      await send(server, hanako!.login, 'anybody@a.example', 'far away', hanako!.password);
      const report = await receive(server, hanako!.login, /could not be delivered/, hanako!.password);
      assert.match(report, /^Status: 5\.7\.1\r$/m);
    } finally {
      await server.stop();
    }
  }),
);
