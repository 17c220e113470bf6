// Firewall scenes in network namespaces of their own: a traveller on one side, a town of servers on the other, rules of nftables between.
// The right verdict each time, the switch to another counter within three seconds, and never a letter twice.
// Touches nothing but the two namespaces that it makes.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { after, before, test } from 'node:test';
import { skipWithout } from '../../scripts/debian-packages.ts';
import type { CheckedServer } from '../../src/journey/outside/check-contract.ts';
import { makeAuthority } from '../support/certificates.ts';
import type { Errand, Returned } from './scenes/traveller.ts';
import type { TownPlan } from './scenes/town.ts';

const mark = `${process.pid}`;
const [near, far] = [`tayori-near-${mark}`, `tayori-far-${mark}`];
const host = 'mail.provider.test';
const login = 'taro@provider.test';
const password = 'right';
const places = { gate: '10.213.0.1', traveller: '10.213.0.2', mail: '10.213.1.10', other: '10.213.1.20', web: '10.213.1.80' } as const;

/** Namespaces need root; without it, or without the programs, the scenes say so. */
const skip = skipWithout('ip', 'nft') || (canMakeNamespaces() ? false : 'needs root and network namespaces');

function canMakeNamespaces(): boolean {
  try {
    execFileSync('unshare', ['-n', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'pipe' });
const inFar = (...words: string[]) => ip('netns', 'exec', far, ...words);

let town: { child: ChildProcessWithoutNullStreams; lines: AsyncIterator<string> };
let traveller: { child: ChildProcessWithoutNullStreams; lines: AsyncIterator<string> };
let authority = '';

function start(namespace: string, script: string) {
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, new URL(`scenes/${script}`, import.meta.url).pathname]);
  child.stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  const lines: Interface = createInterface({ input: child.stdout });
  return { child, lines: lines[Symbol.asyncIterator]() };
}

async function ask(one: typeof town, line: string): Promise<string> {
  one.child.stdin.write(`${line}\n`);
  const { value } = await one.lines.next();
  return value as string;
}

before(async () => {
  if (skip !== false) return;
  const made = await makeAuthority(host);
  const names = await makeNames();
  authority = names.root;
  ip('netns', 'add', near);
  ip('netns', 'add', far);
  ip('link', 'add', 'way0', 'netns', near, 'type', 'veth', 'peer', 'name', 'way1', 'netns', far);
  ip('-n', near, 'addr', 'add', `${places.traveller}/24`, 'dev', 'way0');
  ip('-n', far, 'addr', 'add', `${places.gate}/24`, 'dev', 'way1');
  for (const [namespace, device] of [
    [near, 'way0'],
    [far, 'way1'],
  ] as const) {
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'link', 'set', device, 'up');
  }
  for (const address of [places.mail, places.other, places.web]) ip('-n', far, 'addr', 'add', `${address}/32`, 'dev', 'lo');
  ip('-n', near, 'route', 'add', 'default', 'via', places.gate);
  town = start(far, 'town.ts');
  const plan: TownPlan = { ...names.leaf, portal: made.unknown, ...places, login, password };
  assert.equal(await ask(town, JSON.stringify(plan)), 'ready');
  traveller = start(near, 'traveller.ts');
});

after(async () => {
  if (skip !== false) return;
  for (const one of [town, traveller]) {
    if (one === undefined) continue;
    one.child.kill('SIGKILL');
    await once(one.child, 'exit');
  }
  for (const namespace of [near, far])
    try {
      ip('netns', 'del', namespace);
    } catch {
      // It was never made.
    }
});

async function makeNames() {
  const { makeLeaf, makeRoot } = await import('../../src/setup/ca-making.ts');
  const lasting = { from: new Date(Date.now() - 3600_000), to: new Date(Date.now() + 24 * 3600_000) };
  const root = await makeRoot('Scenes', lasting);
  return { root: root.certificate, leaf: await makeLeaf([host, 'mail.other.test'], lasting, root) };
}

const smtp25 = { service: 'smtp', host, port: 25, security: 'starttls', exceptions: [] } as const;
const smtp465 = { service: 'smtp', host, port: 465, security: 'tls', exceptions: [] } as const;
const imap993 = { service: 'imap', host, port: 993, security: 'tls', exceptions: [] } as const;
const pop995 = { service: 'pop3', host, port: 995, security: 'tls', exceptions: [] } as const;

const { mail, web } = places;
const from = 'iifname "way1" tcp dport';
interface Scene {
  readonly name: string;
  /** Rules of nftables at the gate: before names are changed (`nat`), and for what goes in (`in`). */
  readonly nat?: readonly string[];
  readonly in?: readonly string[];
  /** A route of the traveller that leads nowhere. */
  readonly route?: readonly ['blackhole' | 'prohibit' | 'unreachable', string];
  readonly server: CheckedServer;
  readonly cause: string | null;
  readonly switchTo: number | null;
}
const scenes: readonly Scene[] = [
  { name: 'an open network', server: smtp465, cause: null, switchTo: null },
  { name: '25 swallowed, 465 and 587 open', in: [`${from} 25 drop`], server: smtp25, cause: 'op25b', switchTo: 465 },
  {
    name: '25 refused, 587 open, 465 swallowed',
    in: [`${from} 25 reject with tcp reset`, `${from} 465 drop`],
    server: smtp25,
    cause: 'op25b',
    switchTo: 587,
  },
  { name: '465 swallowed, 587 open', in: [`${from} 465 drop`], server: smtp465, cause: 'port-blocked', switchTo: 587 },
  {
    name: 'all mail swallowed, the web open',
    in: [`${from} { 25, 110, 143, 465, 587, 993, 995 } drop`],
    server: smtp465,
    cause: 'all-blocked',
    switchTo: null,
  },
  {
    name: 'all mail refused, the web open',
    in: [`${from} { 25, 110, 143, 465, 587, 993, 995 } reject with tcp reset`],
    server: imap993,
    cause: 'all-blocked',
    switchTo: null,
  },
  {
    name: 'a portal that answers for the web',
    in: [`${from} { 25, 110, 143, 465, 587, 993, 995 } drop`],
    nat: [`${from} 80 dnat ip to ${web}:8080`],
    server: imap993,
    cause: 'captive-portal',
    switchTo: null,
  },
  {
    name: 'a portal that answers for everything sealed',
    nat: [`${from} { 465, 993, 995 } dnat ip to ${web}:9002`, `${from} 80 dnat ip to ${web}:8080`],
    in: [`${from} { 25, 143, 587 } drop`],
    server: imap993,
    cause: 'captive-portal',
    switchTo: null,
  },
  {
    name: 'foreign block: reset right after connecting',
    nat: [`ip daddr ${mail} ${from} { 25, 143, 465, 587, 993, 995 } dnat ip to ${web}:9001`],
    server: smtp465,
    cause: 'blocked-country',
    switchTo: null,
  },
  {
    name: 'foreign block in words',
    nat: [`ip daddr ${mail} ${from} 465 dnat ip to ${web}:9004`, `ip daddr ${mail} ${from} 587 dnat ip to ${web}:9003`],
    server: smtp465,
    cause: 'blocked-country',
    switchTo: null,
  },
  { name: 'the provider is down', in: [`ip daddr ${mail} drop`], server: imap993, cause: 'timeout', switchTo: null },
  {
    name: 'the provider has closed its counter',
    in: [`ip daddr ${mail} ${from} 995 reject with tcp reset`],
    server: pop995,
    cause: 'refused',
    switchTo: null,
  },
  { name: 'no way at all', route: ['unreachable', 'default'], server: imap993, cause: 'unreachable', switchTo: null },
  {
    name: 'the way to the provider is forbidden',
    in: [`ip daddr ${mail} reject with icmp admin-prohibited`],
    server: imap993,
    cause: 'unreachable',
    switchTo: null,
  },
  { name: 'the name is not known', server: { ...imap993, host: 'nowhere.test' }, cause: 'name-not-found', switchTo: null },
];

for (const { name, nat = [], in: filters = [], route, server, cause, switchTo } of scenes)
  test(`network scene: ${name}`, { skip }, async () => {
    const rules = `table inet gate {
      chain before { type nat hook prerouting priority dstnat; ${nat.map((rule) => `${rule};`).join(' ')} }
      chain in { type filter hook input priority filter; ${filters.map((rule) => `${rule};`).join(' ')} }
    }`;
    inFar('nft', rules);
    if (route) ip('-n', near, 'route', 'replace', ...route);
    try {
      const errand: Errand = {
        names: { [host]: mail, 'mail.other.test': places.other, 'page.test': web },
        authority,
        server,
        login,
        password,
        prove: server.service === 'smtp',
        // What people have where it comes to a switch; shorter where nothing more is to come.
        patience: switchTo === null ? 900 : null,
      };
      const returned = JSON.parse(await ask(traveller, JSON.stringify(errand))) as Returned;
      assert.deepEqual([returned.cause, returned.switchTo], [cause, switchTo], returned.evidence);
      assert.ok(returned.took <= (switchTo === null ? 4000 : 3000), `${returned.took} ms`);
      if (switchTo !== null) console.log(`network scene: ${name}: switched after ${Math.round(returned.took)} ms`);
      const arrived = JSON.parse(await ask(town, 'letters')) as string[];
      const goesOut = server.service === 'smtp' && (cause === null || switchTo !== null);
      assert.deepEqual(arrived, goesOut ? [`<${returned.messageId}>`] : []);
      assert.equal(returned.proven, goesOut ? true : null);
    } finally {
      inFar('nft', 'delete table inet gate');
      if (route) ip('-n', near, 'route', 'replace', 'default', 'via', places.gate);
    }
  });
