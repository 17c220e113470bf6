// Kinds of settings: how a value of the file, or a text of the environment, becomes a value of ours. Knows sizes, domains, addresses,
// ports; knows no setting by name. Each function throws the rest of the sentence "the setting x …".
import { nearestWord } from './nearest.ts';
import { protocolNames, type ListenerProtocol } from './ports.ts';

export type Read = (value: unknown) => unknown;

export type ChosenPorts = Readonly<Partial<Record<ListenerProtocol, number | null>>>;

/** A server that takes all letters for others, as a provider's does where port 25 is closed. */
export interface Relay {
  readonly name: string;
  readonly port: number;
  readonly implicitTls: boolean;
  readonly login: { readonly name: string; readonly password: string } | null;
  readonly security: 'opportunistic' | 'verified';
}

export function readText(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Error('must be a text in quotes');
  if (value.includes('\0')) throw new Error('must not hold a NUL');
  return value;
}

/** RFC 5890 §2.3.1: letters, digits and hyphens; Unicode names become A-labels. */
export function readDomain(value: unknown): string {
  const text = readText(value).replace(/\.$/, '');
  const ascii = domainToAscii(text);
  if (ascii === null || ascii.length > 253 || !/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/.test(ascii))
    throw new Error(`must be a domain such as "example.com", not ${JSON.stringify(value)}`);
  if (/^[\d.]+$/.test(ascii)) throw new Error('must be a domain, not an IP address');
  return ascii;
}

/** As a domain, but one label alone will do, such as localhost. */
export function readHostName(value: unknown): string {
  const text = readText(value).toLowerCase();
  return /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(text) && !/^\d+$/.test(text) ? text : readDomain(value);
}

function domainToAscii(text: string): string | null {
  if (!/^[^\s/:@?#\\[\]]+$/.test(text)) return null;
  try {
    return new URL(`http://${text}`).hostname;
  } catch {
    return null;
  }
}

export function readChoice(...choices: readonly string[]): Read {
  return (value) => {
    if (typeof value === 'string' && choices.includes(value)) return value;
    const near = typeof value === 'string' ? nearestWord(value, choices) : null;
    throw new Error(`must be ${listWords(choices)}, not ${JSON.stringify(value)}${near === null ? '' : `; did you mean "${near}"?`}`);
  };
}

function listWords(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

export function readNumber(least: number, most: number): Read {
  return (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most)
      throw new Error(`must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`);
    return number;
  };
}

export function readPort(most: number): Read {
  return readNumber(1, most);
}

export function readFlag(value: unknown): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Error(`must be true or false, not ${JSON.stringify(value)}`);
}

const sizeUnits: Readonly<Record<string, number>> = { '': 1, B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

/** `50 MB`, `1.5GB`, `2000`: octets, in powers of 1024. Null when it is no size. */
export function parseSize(text: string): number | null {
  const found = /^(\d{1,12}(?:\.\d{1,6})?) ?([KMGT]?)(i?)(B?)$/i.exec(text.trim());
  if (!found) return null;
  const unit = `${found[2]!.toUpperCase()}${found[2] === '' ? found[4]!.toUpperCase() : 'B'}`;
  const octets = Math.round(Number(found[1]) * sizeUnits[unit]!);
  return Number.isSafeInteger(octets) ? octets : null;
}

/** The twin of `parseSize`, for people. */
export function formatSize(octets: number): string {
  let value = octets;
  for (const unit of ['B', 'KB', 'MB', 'GB', 'TB']) {
    if (value < 1024 || unit === 'TB') return `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${octets} B`;
}

export function readSize(least: number, most: number): Read {
  return (value) => {
    const octets = typeof value === 'number' ? value : typeof value === 'string' ? parseSize(value) : null;
    if (octets === null || !Number.isSafeInteger(octets) || octets < least || octets > most)
      throw new Error(`must be a size from ${formatSize(least)} to ${formatSize(most)}, such as "50 MB", not ${JSON.stringify(value)}`);
    return octets;
  };
}

export function readQuota(value: unknown): number | null {
  return value === 'none' ? null : (readSize(1024 * 1024, 1024 ** 5)(value) as number);
}

function readList(value: unknown): string[] {
  const items = typeof value === 'string' ? value.split(/[\s,]+/).filter((item) => item !== '') : value;
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string'))
    throw new Error('must be a list of texts such as ["127.0.0.1"]');
  return items;
}

export function readAddresses(value: unknown): readonly string[] {
  const items = readList(value);
  for (const item of items)
    if (!isAddress(item)) throw new Error(`must hold IP addresses such as "127.0.0.1" or "::1", not ${JSON.stringify(item)}`);
  return items;
}

/** Addresses, with a port where it is not the usual one: `192.0.2.53`, `127.0.0.1:5353`, `[::1]:5353`. */
export function readServers(value: unknown): readonly string[] {
  const items = readList(value);
  for (const item of items) {
    const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(item) ?? [];
    const good = isAddress(item) || (isAddress(bracketed ?? plain ?? '') && Number(port ?? 53) <= 65_535);
    if (!good) throw new Error(`must hold addresses such as "192.0.2.53" or "127.0.0.1:5353", not ${JSON.stringify(item)}`);
  }
  return items;
}

function isAddress(text: string): boolean {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text.split('.').every((part) => Number(part) <= 255);
  return text.includes(':') && URL.canParse(`http://[${text}]/`);
}

/** RFC 8314 §3.3: 465 with TLS from the start, 587 with STARTTLS; a login is only sent over proven TLS. `?` in a password is written %3F. */
export function readRelay(value: unknown): Relay {
  const url = URL.parse(readText(value));
  if (
    url === null ||
    (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') ||
    url.hostname === '' ||
    url.pathname.length > 1 ||
    url.search !== ''
  )
    throw new Error('must be such as "smtps://USER:PASSWORD@smtp.example.net" (or smtp:// for STARTTLS; special characters as %XX)');
  const implicitTls = url.protocol === 'smtps:';
  const login = url.username === '' ? null : { name: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return {
    name: url.hostname,
    port: url.port === '' ? (implicitTls ? 465 : 587) : Number(url.port),
    implicitTls,
    login,
    security: login !== null || implicitTls ? 'verified' : 'opportunistic',
  };
}

/** A value as it was written, without its secret. */
export function withoutSecret(written: unknown): unknown {
  return typeof written === 'string' ? written.replace(/^(smtps?:\/\/[^:@/]*):[^@]*@/, '$1:***@') : written;
}

/** From the file a table; from the environment `smtp=25,pop3=off`. */
export function readPorts(value: unknown): ChosenPorts {
  const entries =
    typeof value === 'string'
      ? value
          .split(/[\s,]+/)
          .filter((item) => item !== '')
          .map((item) => item.split('=', 2) as [string, string])
      : value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(value as Record<string, unknown>)
        : null;
  if (!entries) throw new Error('must be a table such as { smtp = 25, pop3 = false }');
  const chosen: Partial<Record<ListenerProtocol, number | null>> = {};
  for (const [name, port] of entries) {
    const protocol = protocolNames.find((known) => known === name);
    if (!protocol) {
      const near = nearestWord(name, protocolNames);
      throw new Error(
        `knows no protocol "${name}"${near === null ? `; there are ${protocolNames.join(', ')}` : `; did you mean "${near}"?`}`,
      );
    }
    if (port === false || port === 'off' || port === 'false') {
      chosen[protocol] = null;
      continue;
    }
    const number = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 65_535)
      throw new Error(`needs a port from 1 to 65535 or false for ${name}, not ${JSON.stringify(port)}`);
    chosen[protocol] = number;
  }
  return chosen;
}
