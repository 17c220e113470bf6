import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SetUpServer } from '../outside-setup.ts';
import { ofShownHost } from './outside-servers.ts';

test('only counters of the host that was shown are tried with the password', () => {
  const at = (host: string, port: number): SetUpServer => ({
    service: 'smtp',
    host,
    port,
    security: 'tls',
    logins: ['a@b.example'],
    exceptions: [],
    provenance: {},
  });
  const kept = ofShownHost([at('smtp.b.example', 465), at('smtp.b.example', 587), at('mail.elsewhere.example', 465)]);
  assert.deepEqual(
    kept.map(({ host, port }) => `${host}:${port}`),
    ['smtp.b.example:465', 'smtp.b.example:587'],
  );
  assert.deepEqual(ofShownHost([]), []);
});
