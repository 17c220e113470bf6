// An account is proven only when the same letter came back by the chosen protocol: with our own server and with Debian's Dovecot as the
// provider. The letter goes out once, whatever happens; it is found in the junk folder too, and taken away without touching another.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openOutsideConnector } from '../../src/io/outside-connector.ts';
import { checkServer } from '../../src/journey/outside/check.ts';
import type { CheckParts } from '../../src/journey/outside/check-contract.ts';
import { LoginBudget } from '../../src/journey/outside/login-budget.ts';
import { proveAccount, type ProofProgress, type ProofWish } from '../../src/journey/outside/proof.ts';
import { dovecotMissing, foreignHost, startDovecot, type ForeignServer } from '../support/dovecot.ts';
import { makeAuthority, type TestAuthority } from '../support/certificates.ts';
import { openProvider, type Provider, type Script } from '../support/scripted-provider.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';

const host = 'mail.provider.test';
let authority: TestAuthority;
before(async () => {
  authority = await makeAuthority(host);
});

function partsWith(...authorities: readonly string[]): CheckParts {
  const guard = { addressesOf: async () => ['127.0.0.1'] };
  const connector = openOutsideConnector({ guard, authorities: [authority.root, ...authorities] });
  return { connector, clock: systemClock, chance: systemChance, hostName: '[127.0.0.1]', patience: 5000 };
}

async function prove(wish: ProofWish, parts: CheckParts) {
  const told: ProofProgress[] = [];
  const result = await proveAccount(wish, parts, (progress) => told.push(progress));
  return { result, told };
}

// --- with our own server as the provider ------------------------------------------------------------------------------------------

test('proof: our own server as the provider, received by IMAP and by POP3', async (t) => {
  const tayori: Tayori = await startTayori();
  t.after(() => tayori.stop());
  const person = tayori.people[0]!;
  const parts = partsWith(readFileSync(tayori.ca, 'utf8'));
  const budget = new LoginBudget();
  const signIn = { logins: [person.address], kind: 'password', secret: person.password, budget } as const;
  const at = (service: 'imap' | 'pop3' | 'smtp', port: number, security: 'tls' | 'starttls') =>
    ({ server: { service, host: 'localhost', port, security, exceptions: [] }, signIn }) as const;
  const { ports } = tayori;
  for (const [receive, send] of [
    [at('imap', ports.imaps, 'tls'), at('smtp', ports.submissions, 'tls')],
    [at('pop3', ports.pop3s, 'tls'), at('smtp', ports.submission, 'starttls')],
    [at('imap', ports.imap, 'starttls'), at('smtp', ports.submission, 'starttls')],
    [at('pop3', ports.pop3, 'starttls'), at('smtp', ports.submissions, 'tls')],
  ] as const) {
    const { result, told } = await prove({ address: person.address, name: '花子', receive, send, tidy: true }, parts);
    assert.ok(result.proven, JSON.stringify(result));
    assert.equal(result.letter.facts['place'], 'inbox');
    assert.equal(result.letter.facts['tidied'], true);
    assert.equal(told.filter(({ kind }) => kind === 'sent').length, 1);
    assert.equal(told.filter(({ kind }) => kind === 'step').length, 14);
  }
  assert.equal(budget.spent, 0);
});

// --- with Dovecot behind a scripted counter for sending ---------------------------------------------------------------------------

let dovecot: ForeignServer;
before(async () => {
  if (dovecotMissing === false) dovecot = await startDovecot();
});
after(async () => {
  await dovecot?.close();
});

interface Trial {
  readonly name: string;
  readonly service: 'imap' | 'pop3';
  /** Where the letter is put: a mailbox, or null for nowhere. */
  readonly mailbox: string | null;
  /** Milliseconds until it arrives. */
  readonly delay?: number;
  readonly send?: Partial<Script>;
  readonly patience?: number;
  readonly proven: boolean;
  readonly place?: string;
  readonly cause?: string;
  readonly sent: number;
}
const trials: readonly Trial[] = [
  { name: 'imap', service: 'imap', mailbox: 'INBOX', proven: true, place: 'inbox', sent: 1 },
  { name: 'pop3', service: 'pop3', mailbox: 'INBOX', proven: true, place: 'inbox', sent: 1 },
  { name: 'imap-late', service: 'imap', mailbox: 'INBOX', delay: 700, proven: true, place: 'inbox', sent: 1 },
  { name: 'pop3-late', service: 'pop3', mailbox: 'INBOX', delay: 700, proven: true, place: 'inbox', sent: 1 },
  { name: 'imap-junk', service: 'imap', mailbox: 'Spam', proven: true, place: 'junk', sent: 1 },
  { name: 'imap-never', service: 'imap', mailbox: null, patience: 2500, proven: false, cause: 'letter-not-back', sent: 1 },
  { name: 'pop3-never', service: 'pop3', mailbox: null, patience: 2500, proven: false, cause: 'letter-not-back', sent: 1 },
  {
    name: 'refused',
    service: 'imap',
    mailbox: 'INBOX',
    send: { answers: { DATA: '554 5.7.1 Message rejected' } },
    proven: false,
    cause: 'letter-refused',
    sent: 0,
  },
  {
    // The letter was taken, the answer got lost: it is looked for, and not sent again.
    name: 'unheard',
    service: 'imap',
    mailbox: 'INBOX',
    send: { unheard: true },
    proven: true,
    place: 'inbox',
    sent: 1,
  },
];

for (const { name, service, mailbox, delay = 0, send: script, patience, proven, place, cause, sent } of trials)
  test(`proof: Dovecot as the provider, ${name}`, { skip: dovecotMissing, concurrency: true }, async () => {
    const login = `${name}@foreign.example`;
    let letters = 0;
    const save = (folder: string, letter: string) =>
      execFileSync('doveadm', ['-c', `${dovecot.folder}/dovecot.conf`, 'save', '-u', login, '-m', folder], { input: letter });
    if (mailbox !== null && mailbox !== 'INBOX') dovecot.doveadm('mailbox', 'create', '-u', login, mailbox);
    // Letters of somebody else, which must all still be there afterwards; one of them marked for removal by another app.
    for (let at = 1; at <= 3; at++) save('INBOX', `From: a@b.test\r\nMessage-ID: <old-${at}@b.test>\r\n\r\n${at}\r\n`);
    dovecot.doveadm('flags', 'add', '-u', login, '\\Deleted', 'mailbox', 'INBOX', 'HEADER', 'Message-ID', 'old-2@b.test');
    const provider: Provider = await openProvider({
      service: 'smtp',
      security: 'tls',
      tls: { cert: authority.good.certificate, key: authority.good.key },
      login,
      password: 'taros-own',
      onLetter: (letter) => {
        letters++;
        if (mailbox !== null) setTimeout(() => save(mailbox, letter), delay);
      },
      ...script,
    });
    const signIn = { logins: [login], kind: 'password', secret: 'taros-own', budget: new LoginBudget() } as const;
    const port = service === 'imap' ? dovecot.ports.imaps : dovecot.ports.pop3s;
    try {
      const { result } = await prove(
        {
          address: login,
          name: null,
          receive: { server: { service, host: foreignHost, port, security: 'tls', exceptions: [] }, signIn },
          send: { server: { service: 'smtp', host, port: provider.port, security: 'tls', exceptions: [] }, signIn },
          tidy: true,
          ...(patience === undefined ? {} : { patience }),
        },
        partsWith(dovecot.authority),
      );
      assert.equal(result.proven, proven, JSON.stringify(result.letter));
      assert.equal(letters, sent);
      if (proven) assert.deepEqual([result.letter.facts['place'], result.letter.facts['tidied']], [place, true]);
      else assert.equal(result.letter.cause, cause);
      const left = dovecot.doveadm('fetch', '-u', login, 'hdr.message-id', 'mailbox', 'INBOX');
      assert.equal((left.match(/old-\d@b\.test/g) ?? []).length, 3, left);
      assert.ok(!left.includes('tayori.'), left);
    } finally {
      await provider.close();
    }
  });

test('proof: a server that repeats the secret in its refusal is not believed to keep it to itself', async () => {
  const secret = 'tell-nobody-7';
  const login = 'x@foreign.example';
  const plain = Buffer.from(`\0${login}\0${secret}`).toString('base64');
  for (const [service, refusal] of [
    ['imap', `NO [AUTHENTICATIONFAILED] not with ${secret} nor ${plain}`],
    ['pop3', `-ERR [AUTH] not with ${secret} nor ${plain}`],
    ['smtp', `535 5.7.8 not with ${secret} nor ${plain}`],
  ] as const) {
    const provider = await openProvider({
      service,
      security: 'tls',
      tls: { cert: authority.good.certificate, key: authority.good.key },
      refusal,
    });
    const server = { service, host, port: provider.port, security: 'tls', exceptions: [] } as const;
    const heard: unknown[] = [];
    const parts = { ...partsWith(), progress: (step: unknown) => heard.push(step) };
    const check = await checkServer(server, parts, { logins: [login], kind: 'password', secret, budget: new LoginBudget(), address: null });
    assert.equal(check.failure?.cause, 'wrong-password');
    assert.match(check.failure!.words, /not with … nor …/);
    for (const text of [JSON.stringify(check), JSON.stringify(heard)]) assert.ok(!text.includes(secret) && !text.includes(plain), text);
    await provider.close();
  }
});

test('proof: a wrong password for receiving is tried once, and sending not at all', { skip: dovecotMissing }, async () => {
  const provider = await openProvider({
    service: 'smtp',
    security: 'tls',
    tls: { cert: authority.good.certificate, key: authority.good.key },
  });
  const budget = new LoginBudget();
  const signIn = { logins: ['x@foreign.example'], kind: 'password', secret: 'wrong', budget } as const;
  const { result } = await prove(
    {
      address: 'x@foreign.example',
      name: null,
      receive: { server: { service: 'imap', host: foreignHost, port: dovecot.ports.imaps, security: 'tls', exceptions: [] }, signIn },
      send: { server: { service: 'smtp', host, port: provider.port, security: 'tls', exceptions: [] }, signIn },
      tidy: false,
    },
    partsWith(dovecot.authority),
  );
  assert.deepEqual([result.receive.failure?.cause, result.send, result.letter.verdict], ['wrong-password', null, 'skipped']);
  assert.deepEqual([budget.spent, provider.connections.count], [1, 0]);
  await provider.close();
});
