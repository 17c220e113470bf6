// Python's smtplib, imaplib and poplib against the running program: the talk itself is in python-mail.py, which compares octets on its own
// side; here it is looked at by the other protocols.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { assertSame, lettersByImap, lettersByPop, runWell, withSubject } from '../support/mail-apps.ts';
import { tayori } from '../support/program.ts';
import { needsDebian, startTayori, type Person } from '../support/tayori.ts';

const skip = needsDebian('python3', 'python3');
const server = await startTayori();
after(() => server.stop());
const [hanako, taro] = server.people as [Person, Person];

async function python(part: string): Promise<Record<string, string>> {
  const facts = { part, ca: server.ca, ports: server.ports, hanako, taro };
  const { out } = await runWell('/usr/bin/env', ['python3', '-W', 'error', join(import.meta.dirname, 'python-mail.py')], {
    input: JSON.stringify(facts),
  });
  return JSON.parse(out.toString()) as Record<string, string>;
}

test(
  'smtplib: 465 and 587, SMTPUTF8, several recipients, refusals; the same octets by POP3 and IMAP',
  { skip, timeout: 240_000 },
  async () => {
    const sent = await python('smtp');
    assert.equal(Object.keys(sent).length, 4);
    const byPop = await lettersByPop(server, taro);
    const byImap = await lettersByImap(server, taro);
    for (const [subject, text] of Object.entries(sent)) {
      const octets = Buffer.from(text, 'base64');
      assertSame(withSubject(byPop, subject).octets, octets);
      assertSame(withSubject(byImap, subject).octets, octets);
    }
  },
);

test('poplib: what smtplib has sent, TOP, UIDL, DELE and RSET', { skip, timeout: 240_000 }, async () => {
  const before = await lettersByPop(server, taro);
  const { deleted } = await python('pop');
  assert.deepEqual(
    (await lettersByImap(server, taro)).map(({ octets }) => octets.toString('base64')),
    before.filter(({ uidl }) => uidl !== deleted).map(({ octets }) => octets.toString('base64')),
  );
});

test('imaplib: append, search, fetch, copy, move, expunge, quota, IDLE, names of the world', { skip, timeout: 240_000 }, async () => {
  const { code, err } = await tayori(['--data', server.data, 'account', 'quota', 'taro', '100MB']);
  assert.equal(code, 0, err);
  const { mailbox, octets } = await python('imap');
  const [found, ...more] = await lettersByImap(server, taro, mailbox!);
  assert.deepEqual(more, []);
  assert.equal(found!.octets.toString('base64'), octets);
  assert.deepEqual(found!.flags, ['$Python', '\\Flagged']);
});
