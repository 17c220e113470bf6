// Our own certificate authority, for the demo and for a domain that has no certificate yet: one root, one server certificate.
// Knows X.509 (RFC 5280) by way of pkijs, and the files under DATA/tls; knows no listener and no mail.
//
// pkijs is loaded only when something must be made, so that an ordinary start does not pay for it.
import { X509Certificate } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';

export interface OwnCertificates {
  /** The root to be trusted by mail apps; PEM. */
  readonly ca: string;
  /** The server's certificate and key; PEM. */
  readonly certificate: string;
  readonly key: string;
}

const dayMs = 24 * 3600 * 1000;
/** Ten years: it is put into trust stores by hand. */
const rootDays = 3650;
/** What Apple and browsers accept at most is 398 days. */
const leafDays = 397;
const renewDays = 30;
/** A little in the past, for clocks that are behind. */
const backdateMs = 3600 * 1000;

/** Names and addresses that a person on this machine, or beside it, may type into a mail app. */
export function machineNames(listen: readonly string[], interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): string[] {
  const names = ['localhost', '127.0.0.1', '::1'];
  const own = hostname().toLowerCase();
  names.push(own, own.split('.')[0]!);
  for (const address of listen) {
    if (address !== '0.0.0.0' && address !== '::') names.push(address);
    else
      for (const entry of Object.values(interfaces).flatMap((list) => list ?? []))
        if (!entry.address.startsWith('fe80')) names.push(entry.address);
  }
  return [...new Set(names)].filter((name) => isIP(name) !== 0 || isHostName(name));
}

/** In front of a domain, where mail apps look for settings and for servers when nobody has told them. */
const published = ['autoconfig', 'autodiscover', 'ua-auto-config', 'imap', 'smtp', 'pop', 'mail'];
/** A certificate with all names of more domains would grow beyond what clients like to read. */
const mostDomains = 50;

/** The bare domains, and the names under them by which apps come. */
export function publishedNames(domains: readonly string[]): string[] {
  return [...new Set(domains)].slice(0, mostDomains).flatMap((domain) => [domain, ...published.map((label) => `${label}.${domain}`)]);
}

function isHostName(name: string): boolean {
  return name.length <= 253 && /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/.test(name);
}

/** Makes what is missing, ends within 30 days, or lacks a name; leaves the rest alone. The first name is the certificate's subject. */
export async function ensureOwnCertificates(data: string, names: readonly string[], clock: Clock, log: Log): Promise<OwnCertificates> {
  const files = {
    ca: join(data, 'ca.pem'),
    rootKey: join(data, 'tls', 'ca-key.pem'),
    certificate: join(data, 'tls', 'server.pem'),
    key: join(data, 'tls', 'server-key.pem'),
  };
  await mkdir(join(data, 'tls'), { recursive: true, mode: 0o700 });
  const root = await readCertificate(files.ca);
  const leaf = await readCertificate(files.certificate);
  const rootGood = root !== null && lives(root, clock) && (await readable(files.rootKey));
  const missing = names.filter((name) => leaf === null || !covers(leaf, name));
  const leafGood =
    rootGood && leaf !== null && lives(leaf, clock) && missing.length === 0 && leaf.checkIssued(root) && (await readable(files.key));
  if (leafGood) return files;

  const making = await import('./ca-making.ts');
  const now = clock.now();
  const validity = (days: number) => ({ from: new Date(now - backdateMs), to: new Date(now + days * dayMs) });
  let issuer: { readonly certificate: string; readonly key: string };
  if (rootGood) issuer = { certificate: await readFile(files.ca, 'utf8'), key: await readFile(files.rootKey, 'utf8') };
  else {
    issuer = await making.makeRoot(`Tayori on ${hostname()}`, validity(rootDays));
    await writeWhole(files.rootKey, issuer.key, 0o600);
    await writeWhole(files.ca, issuer.certificate, 0o644);
    log.info('certificate authority made', { file: files.ca });
  }
  const made = await making.makeLeaf(names, validity(leafDays), issuer);
  await writeWhole(files.key, made.key, 0o600);
  await writeWhole(files.certificate, made.certificate + issuer.certificate, 0o644);
  log.info('server certificate made', { file: files.certificate, names });
  return files;
}

function lives(certificate: X509Certificate, clock: Clock): boolean {
  const now = clock.now();
  return Date.parse(certificate.validFrom) <= now && Date.parse(certificate.validTo) > now + renewDays * dayMs;
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

async function readCertificate(file: string): Promise<X509Certificate | null> {
  try {
    return new X509Certificate(await readFile(file));
  } catch {
    return null; // Missing or damaged: made again.
  }
}

async function readable(file: string): Promise<boolean> {
  return readFile(file).then(
    (octets) => octets.length > 0,
    () => false,
  );
}

/** Whole or not at all, also after a power cut. */
export async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
