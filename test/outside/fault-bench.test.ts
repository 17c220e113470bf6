// The fault bench: servers of other providers with one fault each, over real sockets and real TLS. In each the cause is named rightly, at
// the step where it belongs; no server gets an octet of the secret before a verified seal; failed logins are counted.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openOutsideConnector } from '../../src/io/outside-connector.ts';
import { CauseTrouble, causeSides, type Cause } from '../../src/journey/outside/causes.ts';
import { checkServer } from '../../src/journey/outside/check.ts';
import type { CheckParts, CheckStepName, ServerCheck } from '../../src/journey/outside/check-contract.ts';
import type { OutsideGuard } from '../../src/journey/outside/contract.ts';
import { openGuard } from '../../src/journey/outside/guard.ts';
import { LoginBudget } from '../../src/journey/outside/login-budget.ts';
import { makeAuthority, makeSelfSigned, type TestAuthority } from '../support/certificates.ts';
import { holdsSecret, openProvider, type Script, type Service } from '../support/scripted-provider.ts';
import { Unavailable } from '../../src/base/trouble.ts';

const host = 'mail.provider.test';
const login = 'taro@provider.test';
const secret = 'S3cret-Octets-42';

let authority: TestAuthority;
let rsa: { certificate: string; key: string };
before(async () => {
  authority = await makeAuthority(host);
  rsa = makeSelfSigned(host);
});

type Row = readonly [
  name: string,
  change: Partial<Script> & { readonly service: Service; readonly security: Script['security'] },
  step: CheckStepName,
  cause: Cause,
  /** Failed logins that the server saw. */
  wasted?: number,
];
type Certificates = Exclude<keyof TestAuthority, 'root'>;
const services: readonly Service[] = ['imap', 'pop3', 'smtp'];

/** Words of each service for the same no. */
function inWords(service: Service, words: { imap: string; pop3: string; smtp: string }): string {
  return words[service];
}
const noStartTls = { imap: 'STARTTLS', pop3: 'STLS', smtp: 'STARTTLS' } as const;

function rowsOf(service: Service): Row[] {
  const tls = { service, security: 'tls' } as const;
  const starttls = { service, security: 'starttls' } as const;
  const other: Service = service === 'imap' ? 'pop3' : service === 'pop3' ? 'smtp' : 'imap';
  const greetings = { imap: '* OK IMAP4rev1 here', pop3: '+OK POP3 here', smtp: '220 mail.provider.test ESMTP here' };
  const refused = (words: { imap: string; pop3: string; smtp: string }) => ({ ...tls, refusal: inWords(service, words) });
  const verb = noStartTls[service];
  return [
    ['another kind of server', { ...tls, greeting: greetings[other] }, 'kind', 'wrong-kind-of-server'],
    [
      'a plain server on the sealed port',
      { ...tls, instead: (socket) => socket.write(`${greetings[service]}\r\n`) },
      'seal',
      'tls-not-spoken',
    ],
    [
      'a web server',
      { ...tls, instead: (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')) },
      'seal',
      'not-a-mail-server',
    ],
    ['SSH', { ...starttls, greeting: 'SSH-2.0-OpenSSH_9.2' }, 'kind', 'not-a-mail-server'],
    ['silent', { ...tls, greeting: '' }, 'kind', 'silent'],
    [
      'silent but for an octet now and then',
      {
        ...starttls,
        instead: (socket) => {
          const drip = setInterval(() => socket.write('*'), 50);
          socket.on('close', () => clearInterval(drip));
        },
      },
      'kind',
      'silent',
    ],
    ['silent before the seal', { ...tls, instead: () => {} }, 'seal', 'timeout'],
    ['closes at once', { ...starttls, instead: (socket) => socket.end() }, 'kind', 'turned-away'],
    ['closes at once on the sealed port', { ...tls, instead: (socket) => socket.end() }, 'seal', 'turned-away'],
    ['reset at once', { ...tls, instead: (socket) => socket.once('data', () => socket.resetAndDestroy()) }, 'seal', 'connection-lost'],
    [
      'busy',
      {
        ...tls,
        greeting: inWords(service, {
          imap: '* BYE Server busy, too many connections, try again later',
          pop3: '-ERR Too many simultaneous connections',
          smtp: '421 4.7.0 Too many concurrent SMTP connections; please try again later.',
        }),
      },
      'kind',
      'too-many-connections',
    ],
    [
      'turns us away',
      { ...tls, greeting: inWords(service, { imap: '* BYE no', pop3: '-ERR no', smtp: '554 5.7.1 no' }) },
      'kind',
      'turned-away',
    ],
    [
      'other countries are blocked',
      {
        ...tls,
        greeting: inWords(service, {
          imap: '* BYE Access from your country is not allowed',
          pop3: '-ERR Access from foreign countries denied',
          smtp: '554 5.7.1 Client host rejected: Incorrect country code',
        }),
      },
      'kind',
      'blocked-country',
    ],
    ['an endless line', { ...tls, greeting: `${greetings[service]} ${'x'.repeat(200_000)}` }, 'kind', 'protocol'],
    ['nonsense', { ...tls, greeting: '\u0000\u0001 hello there' }, 'kind', 'protocol'],
    [
      'dies in the middle',
      {
        ...tls,
        answers: { [service === 'imap' ? 'CAPABILITY' : service === 'pop3' ? 'CAPA' : 'EHLO']: (talk) => talk.socket().destroy() },
      },
      'kind',
      'connection-lost',
    ],
    [
      'dies while signing in',
      { ...tls, answers: { AUTHENTICATE: (talk) => talk.socket().destroy(), AUTH: (talk) => talk.socket().destroy() } },
      'login',
      'connection-lost',
    ],
    ...(
      [
        ['expired', 'certificate-expired'],
        ['notYet', 'certificate-not-yet-valid'],
        ['otherName', 'certificate-other-name'],
        ['unknown', 'certificate-unknown-authority'],
      ] as const
    ).flatMap(([kind, cause]): Row[] => [
      [`certificate: ${kind}`, { ...tls, tls: certificate(kind) }, 'certificate', cause],
      [`certificate after STARTTLS: ${kind}`, { ...starttls, tls: certificate(kind) }, 'certificate', cause],
    ]),
    ['STARTTLS missing', { ...starttls, offersStartTls: false }, 'seal', 'starttls-missing'],
    [
      'STARTTLS refused',
      {
        ...starttls,
        answers: {
          [verb]: inWords(service, { imap: 'NO TLS not available', pop3: '-ERR TLS not available', smtp: '502 5.5.1 TLS not available' }),
        },
      },
      'seal',
      'starttls-missing',
    ],
    [
      'octets in the clear behind STARTTLS',
      {
        ...starttls,
        answers: {
          [verb]: (talk) =>
            talk.raw(
              inWords(service, {
                imap: `${talk.tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n`,
                pop3: '+OK go\r\n+OK evil\r\n',
                smtp: '220 go\r\n250-EVIL\r\n',
              }),
            ),
        },
      },
      'seal',
      'protocol',
    ],
    [
      'no TLS behind STARTTLS',
      {
        ...starttls,
        answers: {
          [verb]: (talk) => {
            talk.say(inWords(service, { imap: 'OK go', pop3: '+OK go', smtp: '220 go' }));
            talk
              .socket()
              .removeAllListeners('data')
              .on('data', () => talk.raw('500 what?\r\n'));
          },
        },
      },
      'seal',
      'tls-not-spoken',
    ],
    ['settings without a seal', { service, security: 'plain' }, 'seal', 'starttls-missing'],
    ['wrong password', tls, 'login', 'wrong-password', 1],
    ['wrong password after STARTTLS', starttls, 'login', 'wrong-password', 1],
    [
      'app password needed',
      refused({
        imap: 'NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)',
        pop3: '-ERR [AUTH] Application-specific password required',
        smtp: '534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor',
      }),
      'login',
      'app-password-needed',
      1,
    ],
    [
      'web sign-in needed',
      refused({
        imap: 'NO [WEBALERT https://accounts.example.test/] Web login required.',
        pop3: '-ERR [SYS/PERM] Web login required',
        smtp: '534-5.7.14 <https://accounts.example.test/> Please log in via your web browser and\n534 5.7.14 then try again.',
      }),
      'login',
      'web-sign-in-needed',
      1,
    ],
    [
      'service off',
      refused({
        imap: 'NO [ALERT] Your account is not enabled for IMAP use. Please visit your settings page.',
        pop3: '-ERR [SYS/PERM] Your account is not enabled for POP access. Please visit your settings page.',
        smtp: '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.',
      }),
      'login',
      'service-off',
      1,
    ],
    [
      'locked',
      refused({
        imap: 'NO [ALERT] Too many failed login attempts, account temporarily locked',
        pop3: '-ERR Too many bad auth attempts',
        smtp: '535 5.7.0 (#AUTH005) Too many bad auth attempts.',
      }),
      'login',
      'locked',
      1,
    ],
    [
      'disabled',
      refused({
        imap: 'NO [CONTACTADMIN] Account is disabled',
        pop3: '-ERR Account is disabled',
        smtp: '525 5.7.13 User account disabled',
      }),
      'login',
      'account-disabled',
      1,
    ],
    [
      'passwords no longer taken',
      refused({
        imap: 'NO LOGIN failed: BasicAuthBlocked',
        pop3: '-ERR LogonDenied-BasicAuthBlocked',
        smtp: '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
      }),
      'login',
      'oauth-needed',
      1,
    ],
    [
      'the provider cannot check passwords now',
      refused({
        imap: 'NO [UNAVAILABLE] Temporary authentication failure.',
        pop3: '-ERR [SYS/TEMP] Temporary authentication failure.',
        smtp: '454 4.7.0 Temporary authentication failure',
      }),
      'login',
      'login-unavailable',
      1,
    ],
    [
      'no common mechanism',
      { ...tls, mechanisms: ['GSSAPI', 'NTLM'], ...(service === 'smtp' ? {} : { answers: noCommands(service, false) }) },
      'login',
      'no-common-mechanism',
      0,
    ],
    [
      'only access tokens are taken',
      { ...tls, mechanisms: ['XOAUTH2'], ...(service === 'smtp' ? {} : { answers: noCommands(service, true) }) },
      'login',
      'oauth-needed',
      0,
    ],
  ];
}

/** A server that tells of no command for signing in. */
function noCommands(service: 'imap' | 'pop3', offersTokens: boolean): NonNullable<Script['answers']> {
  if (service === 'imap')
    return {
      CAPABILITY: (talk) => {
        talk.say(`* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=GSSAPI${offersTokens ? ' AUTH=XOAUTH2' : ''}`);
        talk.say('OK done');
      },
    };
  return { CAPA: (talk) => talk.raw(`+OK\r\nUIDL\r\nSASL GSSAPI${offersTokens ? ' XOAUTH2' : ''}\r\n.\r\n`) };
}

function certificate(kind: Certificates): { readonly cert: string; readonly key: string } {
  // Made before the tests run, asked for when they do.
  return {
    get cert() {
      return authority[kind].certificate;
    },
    get key() {
      return authority[kind].key;
    },
  };
}

const smtpRows: Row[] = [
  [
    'greylisting',
    { service: 'smtp', security: 'tls', password: secret, answers: { RCPT: '450 4.7.1 Greylisted, please try again in 300 seconds' } },
    'use',
    'busy',
    0,
  ],
  [
    'the address may not send',
    {
      service: 'smtp',
      security: 'tls',
      password: secret,
      answers: { MAIL: '553 5.7.1 <taro@provider.test>: Sender address rejected: not owned by user' },
    },
    'use',
    'sender-not-allowed',
    0,
  ],
  [
    'quota of sending',
    { service: 'smtp', security: 'tls', password: secret, answers: { RCPT: '550 5.4.5 Daily user sending limit exceeded.' } },
    'use',
    'sending-quota',
    0,
  ],
  [
    'the own mailbox is full',
    { service: 'smtp', security: 'tls', password: secret, answers: { RCPT: '552 5.2.2 Mailbox full' } },
    'use',
    'mailbox-full',
    0,
  ],
  [
    'another country when sending',
    {
      service: 'smtp',
      security: 'tls',
      password: secret,
      answers: { RCPT: '554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Incorrect country code' },
    },
    'use',
    'blocked-country',
    0,
  ],
  ['FTP', { service: 'smtp', security: 'starttls', greeting: '220 ProFTPD Server ready' }, 'kind', 'not-a-mail-server'],
  [
    'EHLO is put off',
    { service: 'smtp', security: 'tls', answers: { EHLO: '421 4.3.2 System not accepting network messages' } },
    'kind',
    'busy',
  ],
  [
    'a reply of endless lines',
    { service: 'smtp', security: 'tls', answers: { EHLO: (talk) => talk.raw('250-x\r\n'.repeat(5000)) } },
    'kind',
    'protocol',
  ],
  [
    'nothing newer than TLS 1.0',
    {
      service: 'smtp',
      security: 'tls',
      tls: {
        get cert() {
          return rsa.certificate;
        },
        get key() {
          return rsa.key;
        },
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1',
        ciphers: 'ALL@SECLEVEL=0',
      },
    },
    'seal',
    'tls-too-old',
  ],
];
const imapRows: Row[] = [
  [
    'signed in, but IMAP is off',
    { service: 'imap', security: 'tls', password: secret, answers: { EXAMINE: 'BAD User is authenticated but not connected.' } },
    'use',
    'service-off',
    0,
  ],
  [
    'no forward secrecy',
    {
      service: 'imap',
      security: 'tls',
      tls: {
        get cert() {
          return rsa.certificate;
        },
        get key() {
          return rsa.key;
        },
        maxVersion: 'TLSv1.2',
        ciphers: 'kRSA+AES',
      },
    },
    'seal',
    'tls-too-old',
  ],
];
const pop3Rows: Row[] = [
  [
    'the maildrop is held by another',
    { service: 'pop3', security: 'tls', refusal: '-ERR [IN-USE] Unable to get exclusive lock on mailbox' },
    'login',
    'busy',
    1,
  ],
];

const loopback: OutsideGuard = { addressesOf: async () => ['127.0.0.1'] };
const parts = (guard: OutsideGuard = loopback, patience = 5000): CheckParts => ({
  connector: openOutsideConnector({ guard, authorities: [authority.root, rsa.certificate] }),
  clock: systemClock,
  chance: systemChance,
  hostName: '[127.0.0.1]',
  patience,
  lifetime: patience + 1000,
});

let rightly = 0;
let wasted = 0;
let signIns = 0;
const all: Row[] = [...services.flatMap(rowsOf), ...smtpRows, ...imapRows, ...pop3Rows];

// Side by side: most of the time is waiting.
describe('fault bench', { concurrency: 6 }, () => {
  for (const [name, change, step, cause, expected] of all)
    test(`fault bench: ${change.service}, ${name}: ${cause} at ${step}`, async () => {
      const provider = await openProvider({ tls: certificate('good'), ...change });
      try {
        const budget = new LoginBudget();
        const check = await checkServer(
          { service: change.service, host, port: provider.port, security: change.security, exceptions: [] },
          parts(loopback, name.startsWith('silent') ? 1500 : 8000),
          { logins: [login], kind: 'password', secret, budget, address: login },
        );
        assert.deepEqual([check.failure?.step, check.failure?.cause], [step, cause], JSON.stringify(check.failure));
        assertSteps(check, step);
        assert.ok(!holdsSecret(provider.clear(), secret), 'the secret came in the clear');
        assert.ok(!JSON.stringify(check).includes(secret), 'the secret is told');
        if (expected !== undefined) assert.equal(provider.failures.count, expected);
        assert.ok(provider.failures.count <= 3);
        assert.equal(budget.spent >= provider.failures.count, true);
        if (provider.failures.count === 0 && cause !== 'connection-lost') assert.equal(budget.spent, 0);
        rightly++;
        if (step === 'login' || step === 'use') signIns++;
        wasted += Math.max(0, provider.failures.count - 1);
      } finally {
        await provider.close();
      }
    });
});

/** What comes before the failure has passed, what comes after was not tried; each step is told once. */
function assertSteps({ steps }: ServerCheck, failed: CheckStepName): void {
  const at = steps.findIndex(({ step }) => step === failed);
  assert.equal(new Set(steps.map(({ step }) => step)).size, 7);
  assert.deepEqual(
    steps.map(({ verdict }) => verdict),
    steps.map((_step, index) => (index < at ? 'passed' : index === at ? 'failed' : 'skipped')),
  );
}

const names: [name: string, guard: OutsideGuard, step: CheckStepName, cause: Cause][] = [
  ['name not found', { addressesOf: async (name) => Promise.reject(new CauseTrouble('name-not-found', name)) }, 'name', 'name-not-found'],
  ['the DNS does not answer', { addressesOf: async (name) => Promise.reject(new Unavailable('dns', name)) }, 'name', 'dns-unavailable'],
  [
    'a private address',
    openGuard({
      resolver: { resolve: async () => ({ kind: 'found', records: [{ address: '192.168.1.1' }], authentic: false, ttl: 1 }) as never },
      privateAllowed: false,
    }),
    'name',
    'private-address',
  ],
  ['nobody listens', { addressesOf: async () => ['127.0.0.1'] }, 'reach', 'refused'],
];
for (const [name, guard, step, cause] of names)
  for (const service of services)
    test(`fault bench: ${service}, ${name}`, async () => {
      // Port 1 of the loopback: nobody listens there on any machine we know.
      const check = await checkServer({ service, host, port: 1, security: 'tls', exceptions: [] }, parts(guard), null);
      assert.deepEqual([check.failure?.step, check.failure?.cause], [step, cause]);
      rightly++;
    });

test('fault bench: a good server passes all steps, with either manner, and tells what it can', async () => {
  for (const service of services)
    for (const security of ['tls', 'starttls'] as const)
      for (const mechanisms of [['PLAIN', 'LOGIN'], ['LOGIN'], ['PLAIN'], ...(service === 'smtp' ? [] : [[]])]) {
        const provider = await openProvider({ tls: certificate('good'), service, security, mechanisms, password: secret });
        const wish = { logins: [login], kind: 'password', secret, budget: new LoginBudget(), address: login } as const;
        const check = await checkServer({ service, host, port: provider.port, security, exceptions: [] }, parts(), wish);
        assert.equal(check.failure, null, JSON.stringify(check.failure));
        assert.ok(check.steps.every(({ verdict }) => verdict === 'passed'));
        assert.equal(check.signedIn?.mechanism, mechanisms[0] ?? 'COMMAND');
        assert.equal(check.abilities?.startTls, security === 'starttls' ? true : null);
        assert.ok(!holdsSecret(provider.clear(), secret));
        assert.equal(wish.budget.spent, 0);
        await provider.close();
      }
});

test('fault bench: access tokens by OAUTHBEARER and XOAUTH2; a stale one is told', async () => {
  for (const service of services)
    for (const mechanism of ['OAUTHBEARER', 'XOAUTH2']) {
      const provider = await openProvider({
        tls: certificate('good'),
        service,
        security: 'tls',
        mechanisms: ['PLAIN', mechanism],
        token: 'fresh',
      });
      const server = { service, host, port: provider.port, security: 'tls', exceptions: [] } as const;
      const wish = { logins: [login], kind: 'oauth2', budget: new LoginBudget(), address: null } as const;
      const good = await checkServer(server, parts(), { ...wish, secret: 'fresh' });
      assert.equal(good.signedIn?.mechanism, mechanism, JSON.stringify(good.failure));
      const stale = await checkServer(server, parts(), { ...wish, secret: 'stale' });
      assert.equal(stale.failure?.cause, 'sign-in-expired');
      await provider.close();
    }
});

test('fault bench: a mechanism that is offered and does not work is left for the other one', async () => {
  for (const service of services)
    for (const [broken, other] of [
      ['PLAIN', 'LOGIN'],
      ['LOGIN', 'PLAIN'],
    ] as const) {
      const no = inWords(service, {
        imap: 'BAD unknown',
        pop3: '-ERR unsupported mechanism',
        smtp: '504 5.5.4 Unrecognized authentication type',
      });
      const provider = await openProvider({
        tls: certificate('good'),
        service,
        security: 'tls',
        password: secret,
        mechanisms: broken === 'PLAIN' ? ['PLAIN', 'LOGIN'] : ['LOGIN'],
        answers: { [`${service === 'imap' ? 'AUTHENTICATE' : 'AUTH'} ${broken}`]: no },
      });
      const wish = { logins: [login], kind: 'password', secret, budget: new LoginBudget(), address: null } as const;
      const check = await checkServer({ service, host, port: provider.port, security: 'tls', exceptions: [] }, parts(), wish);
      assert.equal(check.failure, null, JSON.stringify(check.failure));
      assert.equal(check.signedIn?.mechanism, broken === 'LOGIN' && service !== 'smtp' ? 'COMMAND' : other);
      assert.deepEqual([provider.failures.count, wish.budget.spent], [0, 0]);
      await provider.close();
    }
});

test('fault bench: two forms of the name at most, three failures in all for one set-up', async () => {
  const budget = new LoginBudget();
  const providers = await Promise.all(
    services.map((service) =>
      openProvider({ tls: certificate('good'), service, security: 'tls', login: 'somebody-else', password: secret }),
    ),
  );
  for (const [at, service] of services.entries()) {
    const check = await checkServer({ service, host, port: providers[at]!.port, security: 'tls', exceptions: [] }, parts(), {
      logins: [login, 'taro', 'third'],
      kind: 'password',
      secret,
      budget,
      address: null,
    });
    assert.equal(check.failure?.cause, at < 2 ? 'wrong-password' : 'tries-used-up');
  }
  assert.deepEqual(
    providers.map(({ failures }) => failures.count),
    [2, 1, 0],
  );
  await Promise.all(providers.map((provider) => provider.close()));
});

test('fault bench: the second form of the name is found', async () => {
  for (const service of services) {
    const provider = await openProvider({ tls: certificate('good'), service, security: 'tls', login: 'taro', password: secret });
    const wish = { logins: [login, 'taro'], kind: 'password', secret, budget: new LoginBudget(), address: null } as const;
    const check = await checkServer({ service, host, port: provider.port, security: 'tls', exceptions: [] }, parts(), wish);
    assert.equal(check.signedIn?.login, 'taro');
    assert.equal(provider.failures.count, 1);
    await provider.close();
  }
});

after(() => {
  console.log(
    `fault bench: ${rightly} of ${all.length + names.length * 3} causes named rightly; wasted logins ${wasted} in ${signIns} sign-ins`,
  );
  assert.ok(Object.keys(causeSides).length > 30);
});
