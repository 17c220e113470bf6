import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueRecipient } from '../../store/queue-contract.ts';
import { needsGlobal, recipientFields } from './fields.ts';

interface Told {
  readonly recipient?: string;
  readonly originalRecipient?: string | null;
  readonly host?: string | null;
  readonly words?: string;
}

function fieldsFor({ recipient = 'friend@remote.test', originalRecipient = null, host = 'mx.remote.test', words = '550 no' }: Told) {
  const row: QueueRecipient = {
    id: 1,
    letter: 'abcdefghijklmnop',
    recipient,
    domain: 'remote.test',
    dueAt: 0,
    expiresAt: 0,
    notify: [],
    originalRecipient,
    reversePath: 'hanako@local.test',
    envelopeId: null,
    returns: null,
    smtpUtf8: false,
    bodyType: '7bit',
    size: 1,
    createdAt: 0,
    attempts: 1,
    state: 'ready',
    lastReply: null,
    lastHost: null,
    delayTold: false,
    leaseEpoch: 0,
    via: null,
  };
  const one = { row, action: 'failed', status: '5.0.0', words, host, lastAttemptAt: 0 } as const;
  return new Map(recipientFields(one, needsGlobal([one])));
}

const cases: [name: string, told: Told, field: string, value: string | undefined][] = [
  ['the xtext of ORCPT is undone', { originalRecipient: 'rfc822;a+2Bb@c.test' }, 'Original-Recipient', 'rfc822; a+b@c.test'],
  ['a type of its own stays', { originalRecipient: 'x400;/a+3Db/' }, 'Original-Recipient', 'x400; /a=b/'],
  [
    'line ends in ORCPT write no field',
    { originalRecipient: 'rfc822;a+0D+0AStatus:2.0.0' },
    'Original-Recipient',
    'rfc822; a Status:2.0.0',
  ],
  ['utf-8 in a report of ASCII', { originalRecipient: 'utf-8;\u82b1@c.test' }, 'Original-Recipient', 'utf-8; \\x{82B1}@c.test'],
  [
    'utf-8 in a global report',
    { recipient: '\u82b1@c.test', originalRecipient: 'utf-8;\\x{82B1}+2Bx@c.test' },
    'Original-Recipient',
    'utf-8; \u82b1+x@c.test',
  ],
  [
    'escapes that are no character stay',
    { recipient: '\u82b1@c.test', originalRecipient: 'utf-8;\\x{D800}\\x{0A}@c.test' },
    'Original-Recipient',
    'utf-8; \\x{D800}\\x{0A}@c.test',
  ],
  ['what a server said', { words: '550 5.1.1 no such person' }, 'Diagnostic-Code', 'smtp; 550 5.1.1 no such person'],
  ['what we found', { words: 'no answer while connecting' }, 'Diagnostic-Code', 'x-tayori; no answer while connecting'],
  [
    'words that are not ASCII',
    { words: '550 \u5b9b\u5148\u4e0d\u660e\r\nAction: delivered' },
    'Diagnostic-Code',
    'smtp; 550 ???? Action: delivered',
  ],
  ['our own decision has no server', { host: null }, 'Remote-MTA', undefined],
];
for (const [name, told, field, value] of cases) test(`report fields: ${name}`, () => assert.equal(fieldsFor(told).get(field), value));
