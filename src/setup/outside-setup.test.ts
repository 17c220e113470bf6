// Setting up against servers that are played: how much one person may set in motion, and what is shown to whom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../test/support/clock.ts';
import { bytesFromLatin1, latin1FromBytes, type Bytes } from '../base/bytes.ts';
import { Refusal } from '../base/trouble.ts';
import { Allowance } from '../journey/outside/allowance.ts';
import { CauseTrouble } from '../journey/outside/causes.ts';
import type { OutsideConnector } from '../journey/outside/contract.ts';
import { SealTrouble } from '../journey/outside/tls-trouble.ts';
import type { LineConnection } from '../protocol/line/connection.ts';
import type { Office } from './office.ts';
import { proveSides, type SetUpServer } from './outside-setup.ts';

const limited = (trouble: unknown): boolean => trouble instanceof Refusal && trouble.code === 'limit';

function at(service: 'imap' | 'smtp', host: string, exceptions: SetUpServer['exceptions'] = []): SetUpServer {
  const port = service === 'imap' ? 993 : 465;
  return { service, host, port, security: 'tls', logins: ['taro@far.example'], exceptions, provenance: {} };
}

function open(connect: OutsideConnector['connect']) {
  const clock = new FalseClock();
  const chance = { bytes: (length: number) => new Uint8Array(length), fraction: () => 0.5 };
  const clients = { find: () => null };
  const outside = { allowance: new Allowance(clock), clients, roads: async () => ({ connector: { connect } }) };
  const office = { clock, chance, outside, settings: { hostname: 'mail.here.example', domain: 'here.example' } } as unknown as Office;
  const prove = (receive: SetUpServer, send: SetUpServer, secret: Parameters<typeof proveSides>[1]['secret'] = password) =>
    proveSides(
      office,
      { owner: 1, address: 'taro@far.example', name: '', receive: [receive], send: [send], secret, proof: false },
      () => {},
      new AbortController().signal,
    );
  return { prove };
}

const password = { kind: 'password', receive: 'hunter22', send: 'hunter22' } as const;

/** Speaks IMAP, knows nobody, and repeats what it did not like. */
function imapPeer(): LineConnection {
  const said: string[] = ['* OK here\r\n'];
  const end = { address: '192.0.2.1', port: 993 };
  return {
    remote: end,
    local: end,
    tls: { version: 'TLSv1.3', cipher: '', verified: 'certificate', fault: null, certificate: null, exporter: () => null },
    async read(): Promise<Bytes | null> {
      const next = said.shift();
      return next === undefined ? null : bytesFromLatin1(next);
    },
    write(data) {
      const line = typeof data === 'string' ? data : latin1FromBytes(data);
      const [tag = '', command = ''] = line.split(' ');
      said.push(command.startsWith('CAPABILITY') ? `* CAPABILITY IMAP4rev1\r\n${tag} OK\r\n` : `${tag} NO wrong password: ${line}`);
    },
    async drained() {},
    startTls: () => Promise.reject(new Error('sealed already')),
    close() {},
  };
}

const refuses = (): Promise<never> => Promise.reject(new CauseTrouble('refused', 'nobody there'));

test('counters that a person types are counted, so that nobody scans a network by way of us', async () => {
  const { prove } = open(refuses);
  for (let i = 0; i < 15; i++) assert.equal((await prove(at('imap', 'a.example'), at('smtp', 'b.example'))).failure?.cause, 'refused');
  await assert.rejects(prove(at('imap', 'a.example'), at('smtp', 'b.example')), limited);
});

test('of many set-ups at once only so many begin as may fail', async () => {
  const { prove } = open(() => new Promise(() => {}));
  for (let i = 0; i < 4; i++) void prove(at('imap', 'a.example'), at('smtp', 'b.example'));
  await assert.rejects(prove(at('imap', 'a.example'), at('smtp', 'b.example')), limited);
});

test('a weakness that was allowed is used for the server that needs it, and for no other', async () => {
  const asked: string[] = [];
  const { prove } = open(async ({ host, exceptions }) => {
    asked.push(`${host} ${exceptions.join()}`);
    if (host === 'old.example' && exceptions.length === 0) throw new SealTrouble('tls-too-old', 'too old', '', ['tls-1.0']);
    return imapPeer();
  });
  const allowed = ['tls-1.0'] as const;
  const { servers, failure } = await prove(at('imap', 'old.example', allowed), at('imap', 'new.example', allowed));
  assert.equal(failure?.cause, 'wrong-password');
  assert.match(failure!.words, /LOGIN "taro@far\.example" "…"/);
  assert.deepEqual([servers.receive.exceptions, servers.send.exceptions], [['tls-1.0'], []]);
  assert.ok(!asked.includes('new.example tls-1.0'), asked.join('; '));
});

test('a token is shown to no server of another company than gave it', async () => {
  const { prove } = open(() => assert.fail('nobody is asked'));
  const token = { kind: 'oauth2', issuer: 'https://accounts.google.com', refreshToken: 'r', accessToken: 'a', expiresAt: 0 } as const;
  await assert.rejects(
    prove(at('imap', 'imap.gmail.com'), at('smtp', 'smtp.far.example'), token),
    (trouble) => trouble instanceof Refusal && trouble.code === 'cannot',
  );
});
