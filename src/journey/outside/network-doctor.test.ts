import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailService } from '../../store/outside-contract.ts';
import { diagnoseNetwork, type Knock, type NetworkEvidence } from './network-doctor.ts';

/** `host:port outcome words`, such as `m:25 timeout`. */
function knock(text: string): Knock {
  const [, host = '', port = '', outcome = '', words = ''] = /^(\w+):(\d+) (\S+) ?(.*)$/.exec(text) ?? [];
  return { host, port: Number(port), security: 'tls', outcome: outcome as Knock['outcome'], words, took: 1 };
}

type Row = [
  name: string,
  service: MailService,
  wanted: string,
  same: string[],
  others: string[],
  web: NetworkEvidence['web'],
  verdict: string,
];
const rows: Row[] = [
  ['all is well', 'imap', 'm:993 greets', [], [], null, 'null'],
  [
    '25 closed, 465 and 587 open',
    'smtp',
    'm:25 timeout',
    ['m:465 greets', 'm:587 greets'],
    ['o:25 timeout', 'o:465 greets'],
    'as-expected',
    'op25b → 465',
  ],
  [
    '25 refused by the network, 587 open',
    'smtp',
    'm:25 refused',
    ['m:465 refused', 'm:587 greets'],
    ['o:25 refused', 'o:465 greets'],
    'as-expected',
    'op25b → 587',
  ],
  ['25 closed, nobody else known', 'smtp', 'm:25 timeout', ['m:465 greets', 'm:587 timeout'], [], null, 'op25b → 465'],
  ['25 closed at this host alone', 'smtp', 'm:25 refused', ['m:465 greets', 'm:587 greets'], ['o:25 greets'], null, 'refused → 465'],
  [
    '465 closed by the network',
    'smtp',
    'm:465 timeout',
    ['m:587 greets'],
    ['o:465 timeout', 'o:993 greets'],
    'as-expected',
    'port-blocked → 587',
  ],
  [
    '465 is not there, and no other host has a name here',
    'smtp',
    'm:465 refused',
    ['m:587 greets'],
    ['o:465 name-not-found', 'o:993 dns-unavailable'],
    'nothing',
    'refused → 587',
  ],
  ['465 is not there at this provider', 'smtp', 'm:465 refused', ['m:587 greets'], ['o:465 greets'], null, 'refused → 587'],
  [
    '993 closed by the network',
    'imap',
    'm:993 timeout',
    ['m:143 timeout'],
    ['o:993 timeout', 'o:465 greets'],
    'as-expected',
    'port-blocked',
  ],
  ['993 closed, 143 open', 'imap', 'm:993 timeout', ['m:143 greets'], [], null, 'port-blocked → 143'],
  ['all mail closed', 'imap', 'm:993 timeout', ['m:143 timeout'], ['o:993 timeout', 'o:465 timeout'], 'as-expected', 'all-blocked'],
  ['all mail refused', 'smtp', 'm:465 refused', ['m:587 refused'], ['o:993 refused', 'o:465 refused'], 'as-expected', 'all-blocked'],
  [
    'refused by a server nearby, in a network without a way out',
    'imap',
    'm:993 refused',
    ['m:143 refused'],
    ['o:993 timeout'],
    'nothing',
    'refused',
  ],
  ['no network at all', 'imap', 'm:993 timeout', [], ['o:993 timeout'], 'nothing', 'unreachable'],
  ['a portal by its page', 'imap', 'm:993 timeout', [], ['o:993 timeout'], 'something-else', 'captive-portal'],
  [
    'a portal by one certificate for all',
    'imap',
    'm:993 certificate-other-name',
    ['m:143 refused'],
    ['o:993 certificate-other-name'],
    null,
    'captive-portal',
  ],
  [
    'one server with a wrong certificate is no portal',
    'imap',
    'm:993 certificate-other-name',
    [],
    ['o:993 greets'],
    'as-expected',
    'certificate-other-name',
  ],
  ['the provider is down', 'imap', 'm:993 timeout', ['m:143 timeout'], ['o:993 greets'], 'as-expected', 'timeout'],
  ['the provider refuses', 'pop3', 'm:995 refused', ['m:110 refused'], ['o:995 greets'], 'as-expected', 'refused'],
  [
    'reset right after connecting, others talk',
    'smtp',
    'm:465 connection-lost',
    ['m:587 connection-lost'],
    ['o:465 greets'],
    'as-expected',
    'blocked-country',
  ],
  [
    'hung up on everywhere at this host',
    'imap',
    'm:993 turned-away',
    ['m:143 turned-away'],
    ['o:993 greets'],
    'as-expected',
    'blocked-country',
  ],
  [
    'said in words',
    'smtp',
    'm:465 turns-away 554 5.7.1 Access from your country denied',
    ['m:587 greets'],
    [],
    null,
    'blocked-country → 587',
  ],
  ['busy in words', 'smtp', 'm:465 turns-away 421 4.3.2 try later', [], [], null, 'busy'],
  [
    'reset everywhere: the network',
    'imap',
    'm:993 connection-lost',
    ['m:143 connection-lost'],
    ['o:993 connection-lost', 'o:465 greets'],
    'as-expected',
    'port-blocked',
  ],
  ['no name', 'imap', 'm:993 name-not-found', ['m:143 name-not-found'], ['o:993 greets'], 'as-expected', 'name-not-found'],
  ['no directory', 'imap', 'm:993 dns-unavailable', [], ['o:993 dns-unavailable'], 'nothing', 'dns-unavailable'],
  ['a private address', 'imap', 'm:993 private-address', [], [], null, 'private-address'],
  ['a server that takes its time', 'smtp', 'm:25 silent', ['m:465 timeout'], ['o:25 timeout'], null, 'silent'],
  ['nothing known but a time-out', 'imap', 'm:993 timeout', ['m:143 timeout'], [], 'as-expected', 'timeout'],
];

for (const [name, service, wanted, same, others, web, expected] of rows)
  test(`diagnoseNetwork: ${name}: ${expected}`, () => {
    const evidence = { wanted: knock(wanted), sameHost: same.map(knock), others: others.map(knock), web };
    const { cause, switchTo } = diagnoseNetwork(service, evidence);
    assert.equal(`${cause}${switchTo === null ? '' : ` → ${switchTo.port}`}`, expected);
  });
