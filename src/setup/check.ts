// What is wrong with a set-up, in sentences. Knows the questions: Node, data folder, ports, certificate, DNS; changes nothing.
import { X509Certificate } from 'node:crypto';
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { silentLog } from '../base/log.ts';
import { Unavailable } from '../base/trouble.ts';
import type { Resolver } from '../protocol/dns/contract.ts';
import { checkApps } from './check-apps.ts';
import { openOfficeResolver } from './delivery.ts';
import { readListening, type Listening } from './listening.ts';
import { isSafeNode, safeNode } from './node-version.ts';
import { wantedListeners } from './ports.ts';
import type { PublishedListener } from './publish/model.ts';
import { formatSize } from './setting-kinds.ts';
import { type Settings } from './settings.ts';

export interface Finding {
  /** `bad`: something has to be done. `note`: worth knowing. */
  readonly how: 'good' | 'note' | 'bad';
  readonly what: string;
}

export interface CheckOptions {
  readonly dns: boolean;
  /** Another one than the net's, for tests. */
  readonly resolver?: Resolver;
}

const good = (what: string): Finding => ({ how: 'good', what });
const note = (what: string): Finding => ({ how: 'note', what });
const bad = (what: string): Finding => ({ how: 'bad', what });

export async function checkAll(settings: Settings, options: CheckOptions): Promise<Finding[]> {
  const running = await readListening(settings.data);
  const findings = [checkMode(settings), checkNode(process.versions.node)];
  findings.push(...(await checkFolder(settings.data)));
  findings.push(...(await checkKey(settings)));
  findings.push(...(await checkPorts(settings, running)));
  findings.push(...(await checkCertificate(settings)));
  if (settings.domain !== null && options.dns) {
    const resolver = options.resolver ?? (await openOfficeResolver({ settings, log: silentLog }));
    const { domain } = settings;
    const hostName = settings.hostname ?? `mail.${domain}`;
    findings.push(...(await checkDns(domain, hostName, resolver)));
    const listeners = running?.listeners ?? expectedListeners(settings);
    const covers = await coveredNames(settings);
    // Where the DNS is silent it has been said above.
    findings.push(...(await checkApps({ domain, hostName, covers, listeners }, resolver).catch(forgiveSilence)));
  }
  return findings;
}

/** The key that seals people's secrets at other providers. */
export async function checkKey(settings: Pick<Settings, 'data' | 'secretKey'>): Promise<Finding[]> {
  const [{ openVault }, { keyPathOf }, { readSealedSecrets }] = await Promise.all([
    import('../io/vault.ts'),
    import('./outside.ts'),
    import('../io/store/directory-schema.ts'),
  ]);
  const path = keyPathOf(settings);
  let sealed: Uint8Array[];
  try {
    sealed = readSealedSecrets(join(settings.data, 'directory.sqlite'));
  } catch (cause) {
    return [bad(`the accounts in ${settings.data} cannot be read: ${(cause as Error).message}`)];
  }
  const count = sealed.length === 1 ? 'the password of 1 account' : `the passwords of ${sealed.length} accounts`;
  switch (openVault({ path, sealed: () => sealed }).state()) {
    case 'unused':
      return [];
    case 'ready':
      return [good(`the key ${path} opens ${count} at other providers; it is in no backup: keep a copy of it in a safe place`)];
    case 'missing':
      return [bad(`the key ${path} is missing, without which ${count} at other providers cannot be opened; put the file back`)];
    case 'another':
      return [bad(`the key ${path} is not the one that sealed ${count} at other providers; put the right file back`)];
    case 'readable':
      return [bad(`the key ${path} can be read by others on this machine; chmod 600 ${path}`)];
    case 'broken':
      return [bad(`the key ${path} cannot be read or is no key; put the right file back`)];
  }
}

function checkMode(settings: Settings): Finding {
  return settings.domain === null
    ? note('no domain is set: this is the local demo; for a real one put domain = "example.com" into tayori.toml')
    : good(`the settings are well-formed; the domain is ${settings.domain}`);
}

export function checkNode(version: string): Finding {
  return isSafeNode(version)
    ? good(`Node ${version} has no known holes`)
    : note(`Node ${version} has known holes; install Node ${safeNode} or newer on this machine, which is then taken by itself`);
}

/** What a start would listen on. */
function expectedListeners(settings: Settings): PublishedListener[] {
  return wantedListeners(settings.portBase, settings.ports, settings.domain === null).flatMap(({ row, ports: [port] }) =>
    port === undefined ? [] : [{ protocol: row.protocol, port, security: row.security }],
  );
}

/** The names in the certificate; our own authority makes one that holds them all. */
async function coveredNames(settings: Settings): Promise<(name: string) => boolean> {
  if (settings.certificate === null) return () => true;
  const text = await readFile(settings.certificate, 'utf8').catch(() => null);
  // One that cannot be read has been told of already.
  return (name) => text === null || new X509Certificate(text).checkHost(name) !== undefined;
}

function forgiveSilence(trouble: unknown): Finding[] {
  if (trouble instanceof Unavailable) return [];
  throw trouble;
}

const leastFree = 512 * 1024 ** 2;

async function checkFolder(folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  let existing = folder;
  const found = await stat(folder).catch(() => null);
  if (found === null) {
    findings.push(note(`the data folder ${folder} is not there yet; the first start makes it`));
    while (!(await stat(existing).catch(() => null)) && dirname(existing) !== existing) existing = dirname(existing);
  } else if (!found.isDirectory()) return [bad(`${folder} is not a folder; choose another by the setting "data" or --data DIR`)];
  else if ((found.mode & 0o077) !== 0) findings.push(bad(`others on this machine can look into ${folder}; chmod 700 ${folder}`));
  if (
    !(await access(existing, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    ))
  )
    return [...findings, bad(`this user cannot write into ${existing}; give it to the user that runs Tayori (chown)`)];
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  findings.push(
    free < leastFree
      ? bad(`only ${formatSize(free)} are free where the data lie; letters are refused below ${formatSize(leastFree)}`)
      : good(`the data lie in ${folder}, with ${formatSize(free)} free`),
  );
  return findings;
}

async function checkPorts(settings: Settings, running: Listening | null): Promise<Finding[]> {
  const demo = settings.domain === null;
  const findings: Finding[] = [];
  const hosts = settings.listen.length > 0 ? settings.listen : demo ? ['127.0.0.1'] : ['::'];
  for (const { row, ports } of wantedListeners(settings.portBase, settings.ports, demo)) {
    const served = running?.listeners.find((listener) => listener.protocol === row.protocol);
    if (ports.length === 0) findings.push(note(`${row.protocol} is switched off`));
    else if (served) findings.push(good(`${row.protocol} is served on port ${served.port} by the running server`));
    else findings.push(await checkPort(row.protocol, row.protocol === 'metrics' ? ['127.0.0.1'] : hosts, ports));
  }
  return findings;
}

async function checkPort(protocol: string, hosts: readonly string[], ports: readonly number[]): Promise<Finding> {
  let reason = '';
  for (const port of ports) {
    const faults = (await Promise.all(hosts.map((host) => tryPort(host, port)))).filter((fault) => fault !== null);
    if (faults.length === 0) return good(`${protocol} can listen on port ${port}`);
    reason =
      faults[0] === 'EADDRINUSE'
        ? `port ${port} is taken by another program`
        : faults[0] === 'EACCES'
          ? `this user may not open port ${port}`
          : `port ${port}: ${faults[0]}`;
  }
  return bad(`${protocol} cannot listen: ${reason}; choose another by the setting ports = { ${protocol} = N }, or end what is there`);
}

function tryPort(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAFNOSUPPORT' ? null : (error.code ?? error.message)));
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}

const dayMs = 86_400_000;

async function checkCertificate(settings: Settings): Promise<Finding[]> {
  const file = settings.certificate ?? join(settings.data, 'tls', 'server.pem');
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(await readFile(file));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (settings.certificate === null && missing)
      return [note('there is no certificate yet; the first start makes one of our own authority')];
    return [bad(`cannot read the certificate ${file}: ${(cause as Error).message}`)];
  }
  const findings: Finding[] = [];
  const days = Math.floor((Date.parse(certificate.validTo) - Date.now()) / dayMs);
  if (days < 0) findings.push(bad(`the certificate ${file} ended ${-days} days ago; renew it`));
  else if (settings.certificate !== null && days < 14) findings.push(bad(`the certificate ${file} ends in ${days} days; renew it`));
  else findings.push(good(`the certificate ${file} is good for ${days} days`));
  const hostName = settings.hostname ?? (settings.domain === null ? 'localhost' : `mail.${settings.domain}`);
  if (certificate.checkHost(hostName) === undefined)
    findings.push(
      settings.certificate === null
        ? note(`our own certificate does not hold the name ${hostName} yet; the next start makes one that does`)
        : bad(`the certificate ${file} does not hold the name ${hostName}; mail apps will refuse it`),
    );
  if (settings.key !== null) {
    try {
      const { createPrivateKey } = await import('node:crypto');
      if (!certificate.checkPrivateKey(createPrivateKey(await readFile(settings.key))))
        findings.push(bad(`the key ${settings.key} does not belong to the certificate ${file}`));
    } catch (cause) {
      findings.push(bad(`cannot read the key ${settings.key}: ${(cause as Error).message}`));
    }
  }
  if (settings.certificate === null && settings.domain !== null)
    findings.push(note('the certificate is of our own authority, which other people do not trust; for them set "certificate" and "key"'));
  return findings;
}

/** RFC 5321 §5.1 (MX), RFC 1912 §2.1 (the name of an address leads back), RFC 7208 §3 (SPF), RFC 7489 §6.1 (DMARC). */
async function checkDns(domain: string, hostName: string, resolver: Resolver): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const mx = await resolver.resolve(domain, 'MX');
    if (mx.kind === 'none')
      findings.push(bad(`${domain} has no MX record, so nobody finds this server; add: ${domain}. MX 10 ${hostName}.`));
    else if (!mx.records.some((record) => record.exchange.toLowerCase() === hostName))
      findings.push(
        bad(
          `the MX of ${domain} is ${mx.records.map((record) => record.exchange).join(', ')}, not ${hostName}; add: ${domain}. MX 10 ${hostName}.`,
        ),
      );
    else findings.push(good(`the MX of ${domain} leads to ${hostName}`));

    const [a, aaaa] = await Promise.all([resolver.resolve(hostName, 'A'), resolver.resolve(hostName, 'AAAA')]);
    const addresses = [a, aaaa].flatMap((answer) => (answer.kind === 'found' ? answer.records.map((record) => record.address) : []));
    if (addresses.length === 0) findings.push(bad(`${hostName} has no address; add an A or AAAA record with the address of this machine`));
    for (const address of addresses) findings.push(await checkReverse(address, hostName, resolver));

    const spf = await resolver.resolve(domain, 'TXT');
    const hasSpf = spf.kind === 'found' && spf.records.some((record) => /^v=spf1( |$)/i.test(record.text));
    findings.push(
      hasSpf
        ? good(`${domain} says who may send for it (SPF)`)
        : note(`${domain} does not say who may send for it; add: ${domain}. TXT "v=spf1 mx -all"`),
    );
    const dmarc = await resolver.resolve(`_dmarc.${domain}`, 'TXT');
    const hasDmarc = dmarc.kind === 'found' && dmarc.records.some((record) => /^v=DMARC1/i.test(record.text));
    findings.push(
      hasDmarc
        ? good(`${domain} has a DMARC record`)
        : note(`${domain} has no DMARC record; large providers ask for one: _dmarc.${domain}. TXT "v=DMARC1; p=none"`),
    );
  } catch (cause) {
    findings.push(bad(`the DNS does not answer: ${(cause as Error).message}; check the network, or the setting "resolvers"`));
  }
  return findings;
}

async function checkReverse(address: string, hostName: string, resolver: Resolver): Promise<Finding> {
  const answer = await resolver.resolve(await reverseName(address), 'PTR');
  const names = answer.kind === 'found' ? answer.records.map((record) => record.target.toLowerCase()) : [];
  return names.includes(hostName)
    ? good(`${address} and ${hostName} lead to each other`)
    : note(
        `the address ${address} is called ${names.length > 0 ? names.join(', ') : 'nothing'} in the DNS, not ${hostName}; many servers refuse letters from it: ask whoever gave you the address to set it`,
      );
}

/** RFC 1035 §3.5, RFC 3596 §2.5. */
export async function reverseName(address: string): Promise<string> {
  if (!address.includes(':')) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
  const { addressOctets } = await import('./ca-making.ts');
  const nibbles = [...addressOctets(address)].flatMap((octet) => [octet >> 4, octet & 15]);
  return `${nibbles
    .toReversed()
    .map((nibble) => nibble.toString(16))
    .join('.')}.ip6.arpa`;
}
