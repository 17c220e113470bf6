import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../base/trouble.ts';
import type { OutsideAccountRow } from '../store/outside-contract.ts';
import type { SetUpServer } from './outside-setup.ts';
import { agreedServers } from './outside-switch.ts';

const row = { receive: { host: 'pop.far.example.co.jp' }, send: { host: 'smtp.house.example' } } as OutsideAccountRow;

function at(host: string, from = 'autoconfig'): SetUpServer {
  return { service: 'imap', host, port: 993, security: 'tls', logins: ['x'], exceptions: [], provenance: { host: from } };
}

for (const [hosts, wanted] of [
  [[at('imap.far.example.co.jp')], ['imap.far.example.co.jp']],
  [[at('imap.house.example'), at('imap.stranger.example')], ['imap.house.example']],
  [[at('imap.stranger.example', 'typed')], ['imap.stranger.example']],
  [[at('imap.other.co.jp')], null],
  [[at('far.example.co.jp.stranger.example')], null],
  [[], null],
] as const)
  test(`a kept password and ${hosts.map(({ host, provenance }) => `${host} (${provenance['host']})`).join(', ') || 'nothing'}`, async () => {
    if (wanted === null) await assert.rejects(() => agreedServers(row, hosts), Refusal);
    else
      assert.deepEqual(
        (await agreedServers(row, hosts)).map(({ host }) => host),
        wanted,
      );
  });
