// The settings: one table (name, kind, default, one sentence), and how a file and the environment fill it.
// Knows tayori.toml and TAYORI_* variables; knows nothing of what the settings are used for.
//
// From the table come the check at start, the commented example, `tayori settings` and the manual. An unknown name is an error
// that names the nearest known one.
import { parse, TomlError } from 'smol-toml';
import { nearestWord } from './nearest.ts';
import { protocolNames, type ListenerProtocol } from './ports.ts';

export type ChosenPorts = Readonly<Partial<Record<ListenerProtocol, number | null>>>;

export interface Settings {
  /** Null in demo mode. */
  readonly domain: string | null;
  readonly hostname: string | null;
  readonly data: string;
  readonly listen: readonly string[];
  readonly ports: ChosenPorts;
  readonly portBase: number | null;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly plaintextLogin: 'loopback' | 'never' | 'always';
  readonly proxyTrusted: readonly string[];
  readonly letterLimit: number;
  readonly recipientsLimit: number;
  readonly quota: number | null;
  readonly connections: number;
  readonly connectionsPerNetwork: number;
  readonly delivery: 'auto' | 'internet' | 'private' | 'off';
  readonly deliveryPort: number;
  readonly relay: Relay | null;
  readonly resolvers: readonly string[];
  readonly queueDays: number;
  readonly restDays: number;
  readonly suppressResend: boolean;
  readonly shards: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'auto' | 'json' | 'lines';
}

/** A server that takes all letters for others, as a provider's does where port 25 is closed. */
export interface Relay {
  readonly name: string;
  readonly port: number;
  readonly implicitTls: boolean;
  readonly login: { readonly name: string; readonly password: string } | null;
  readonly security: 'opportunistic' | 'verified';
}

/** What is wrong with a setting, in a sentence that names the setting and the next step. */
export class SettingsTrouble extends Error {
  override readonly name = 'SettingsTrouble';
}

type Read = (value: unknown) => unknown;

export interface SettingRow {
  /** As it stands in tayori.toml; the environment variable is TAYORI_ and this in capitals, `-` as `_`. */
  readonly name: string;
  readonly field: keyof Settings;
  /** For people: what may be written. */
  readonly kind: string;
  /** As it would be written in the file; null where there is none. */
  readonly standard: string | number | boolean | readonly string[] | null;
  readonly sentence: string;
  /** A value from the file, or text from the environment, as the field's. Throws a sentence without its name. */
  readonly read: Read;
}

export const settingsTable: readonly SettingRow[] = [
  row('domain', 'domain', 'a domain', null, 'The domain of the addresses here; without it the local demo starts.', readDomain),
  row('hostname', 'hostname', 'a host name', null, 'The name of this mail server; without it mail.DOMAIN.', readHostName),
  row('data', 'data', 'a folder', './data', 'Where letters, people and keys lie.', readText),
  row('listen', 'listen', 'addresses', [], 'Addresses to listen on; without any: 127.0.0.1 in the demo, all with a domain.', readAddresses),
  row('ports', 'ports', 'PROTOCOL = number or false', null, 'Ports other than the usual ones; false leaves a protocol out.', readPorts),
  row('port-base', 'portBase', 'a port', null, 'All ports in a row from this one on, in a fixed order; for tests.', readPort(65_516)),
  row('certificate', 'certificate', 'a PEM file', null, 'Certificate with its chain; without it our own authority makes one.', readText),
  row('key', 'key', 'a PEM file', null, 'Private key of the certificate.', readText),
  row(
    'plaintext-login',
    'plaintextLogin',
    'loopback, never or always',
    'loopback',
    'Where a password is taken without TLS: from this machine only, nowhere, or everywhere.',
    readChoice('loopback', 'never', 'always'),
  ),
  row(
    'proxy-trusted',
    'proxyTrusted',
    'addresses',
    [],
    'Proxies in front of us whose PROXY header is believed, and demanded.',
    readAddresses,
  ),
  row('letter-limit', 'letterLimit', 'a size', '50 MB', 'The largest letter that is taken.', readSize(1024 * 64, 1024 ** 3)),
  row('recipients-limit', 'recipientsLimit', 'a number', 1000, 'Recipients of one letter.', readNumber(100, 10_000)),
  row('quota', 'quota', 'a size, or none', 'none', 'Room for each new account; `tayori account quota` changes one.', readQuota),
  row('connections', 'connections', 'a number', 10_000, 'Connections of one listener at a time.', readNumber(1, 1_000_000)),
  row(
    'connections-per-network',
    'connectionsPerNetwork',
    'a number',
    100,
    'Connections of one network (IPv4 /24, IPv6 /64) to one listener; this machine is not counted.',
    readNumber(1, 1_000_000),
  ),
  row(
    'delivery',
    'delivery',
    'auto, internet, private or off',
    'auto',
    'Whether letters for other domains go out: auto is internet with a domain and off in the demo; private also goes to private addresses.',
    readChoice('auto', 'internet', 'private', 'off'),
  ),
  row('delivery-port', 'deliveryPort', 'a port', 25, 'The port of other servers; another one only in closed networks.', readPort(65_535)),
  row(
    'relay',
    'relay',
    'smtps://USER:PASSWORD@HOST or smtp://…',
    null,
    'A server to which all letters for other domains are handed, where port 25 is closed (OP25B).',
    readRelay,
  ),
  row('resolvers', 'resolvers', 'addresses', [], 'DNS servers to ask; without any those of this machine.', readServers),
  row('queue-days', 'queueDays', 'days', 5, 'How long a letter that cannot be delivered is tried.', readNumber(1, 30)),
  row('rest-days', 'restDays', 'days', 30, 'How long removed letters can come back.', readNumber(1, 365)),
  row(
    'suppress-resend',
    'suppressResend',
    'true or false',
    true,
    'Whether a letter that comes again because its sender did not hear our yes is kept only once.',
    readFlag,
  ),
  row('shards', 'shards', 'a number', 1, 'Parts into which a new data folder divides its accounts.', readNumber(1, 64)),
  row(
    'log-level',
    'logLevel',
    'debug, info, warn or error',
    'info',
    'The least level that is logged.',
    readChoice('debug', 'info', 'warn', 'error'),
  ),
  row(
    'log-format',
    'logFormat',
    'auto, json or lines',
    'auto',
    'Lines for people, JSON for machines; auto looks for a terminal.',
    readChoice('auto', 'json', 'lines'),
  ),
];

export interface SettingSource {
  readonly row: SettingRow;
  /** As it was written. */
  readonly written: unknown;
  /** `tayori.toml`, `TAYORI_DOMAIN`, `--data`. */
  readonly from: string;
}

export interface ReadSettings {
  readonly settings: Settings;
  /** Those that differ from the standard, in the order of the table. */
  readonly changed: readonly SettingSource[];
}

/** Lowest first: the file, the environment, the command line. @throws SettingsTrouble. */
export function readSettings(
  file: { readonly name: string; readonly text: string } | null,
  environment: Readonly<Record<string, string | undefined>>,
  commandLine: Readonly<Record<string, string>>,
): ReadSettings {
  const sources = new Map<string, SettingSource>();
  if (file) for (const [name, written] of Object.entries(parseFile(file))) put(name, written, file.name, file.name);
  for (const setting of settingsTable) {
    const variable = variableOf(setting.name);
    const written = environment[variable];
    if (written !== undefined && written !== '') put(setting.name, written, variable, variable);
  }
  for (const [variable, value] of Object.entries(environment))
    if (variable.startsWith('TAYORI_') && value !== undefined && !isKnownVariable(variable)) {
      const near = nearestWord(
        variable,
        settingsTable.map((setting) => variableOf(setting.name)),
      );
      throw new SettingsTrouble(`the environment variable ${variable} names no setting${near === null ? '' : `; did you mean ${near}?`}`);
    }
  for (const [name, written] of Object.entries(commandLine)) put(name, written, `--${name}`, 'command line');

  function put(name: string, written: unknown, from: string, where: string): void {
    const setting = settingsTable.find((candidate) => candidate.name === name);
    if (!setting) {
      const near = nearestWord(
        name,
        settingsTable.map((candidate) => candidate.name),
      );
      throw new SettingsTrouble(`${where}: there is no setting "${name}"${near === null ? '' : `; did you mean "${near}"?`}`);
    }
    sources.set(name, { row: setting, written, from });
  }

  const values: Record<string, unknown> = {};
  const changed: SettingSource[] = [];
  for (const setting of settingsTable) {
    const source = sources.get(setting.name);
    const standard = setting.standard === null ? emptyOf(setting) : setting.read(setting.standard);
    if (!source) {
      values[setting.field] = standard;
      continue;
    }
    try {
      values[setting.field] = setting.read(source.written);
    } catch (cause) {
      throw new SettingsTrouble(`${source.from}: the setting "${setting.name}" ${(cause as Error).message}`);
    }
    if (JSON.stringify(values[setting.field]) !== JSON.stringify(standard)) changed.push(source);
  }
  const settings = values as unknown as Settings;
  checkTogether(settings);
  return { settings, changed };
}

export function variableOf(name: string): string {
  return `TAYORI_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** Variables of ours that are no settings. */
const otherVariables = new Set(['TAYORI_SETTINGS']);

function isKnownVariable(variable: string): boolean {
  return (
    otherVariables.has(variable) ||
    variable.startsWith('TAYORI_TEST_') ||
    settingsTable.some((setting) => variableOf(setting.name) === variable)
  );
}

function checkTogether(settings: Settings): void {
  if ((settings.certificate === null) !== (settings.key === null)) {
    const [there, missing] = settings.certificate === null ? ['key', 'certificate'] : ['certificate', 'key'];
    throw new SettingsTrouble(`the setting "${there}" needs the setting "${missing}" beside it`);
  }
  if (settings.hostname !== null && settings.domain === null)
    throw new SettingsTrouble('the setting "hostname" needs the setting "domain" beside it');
}

function parseFile(file: { readonly name: string; readonly text: string }): Record<string, unknown> {
  try {
    return parse(file.text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const first = cause.message.replace(/^Invalid TOML document: /, '').split('\n')[0];
    throw new SettingsTrouble(`${file.name}, line ${cause.line}: ${first}`);
  }
}

/** The whole file with every setting commented out: what `tayori settings --example` prints. */
export function exampleFile(): string {
  const lines = ['# Tayori: all settings with what holds without them. Only the domain is needed for a real one.', ''];
  for (const setting of settingsTable) {
    lines.push(`# ${setting.sentence} (${setting.kind})`);
    lines.push(`# ${setting.name} = ${setting.standard === null ? exampleOf(setting.name) : formatToml(setting.standard)}`, '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function exampleOf(name: string): string {
  const examples: Readonly<Record<string, string>> = {
    domain: '"example.com"',
    hostname: '"mail.example.com"',
    ports: '{ smtp = 25, pop3 = false }',
    'port-base': '20000',
    certificate: '"/etc/ssl/mail.pem"',
    key: '"/etc/ssl/mail.key"',
    relay: '"smtps://hanako:secret@smtp.example.net"',
  };
  return examples[name] ?? '""';
}

export function formatToml(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(formatToml).join(', ')}]`;
  if (value !== null && typeof value === 'object')
    return `{ ${Object.entries(value)
      .map(([name, item]) => `${name} = ${formatToml(item)}`)
      .join(', ')} }`;
  return String(value);
}

function row(
  name: string,
  field: keyof Settings,
  kind: string,
  standard: SettingRow['standard'],
  sentence: string,
  read: Read,
): SettingRow {
  return { name, field, kind, standard, sentence, read };
}

function emptyOf(setting: SettingRow): unknown {
  return setting.field === 'ports' ? {} : null;
}

// --- kinds of values ----------------------------------------------------------------------------------------------------
// Each takes what the file gives or text from the environment, and throws the rest of the sentence "the setting x …".

function readText(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Error('must be a text in quotes');
  if (value.includes('\0')) throw new Error('must not hold a NUL');
  return value;
}

/** RFC 5890 §2.3.1: letters, digits and hyphens; Unicode names become A-labels. */
function readDomain(value: unknown): string {
  const text = readText(value).replace(/\.$/, '');
  const ascii = domainToAscii(text);
  if (ascii === null || ascii.length > 253 || !/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/.test(ascii))
    throw new Error(`must be a domain such as "example.com", not ${JSON.stringify(value)}`);
  if (/^[\d.]+$/.test(ascii)) throw new Error('must be a domain, not an IP address');
  return ascii;
}

/** As a domain, but one label alone will do, such as localhost. */
function readHostName(value: unknown): string {
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

function readChoice(...choices: readonly string[]): Read {
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

function readNumber(least: number, most: number): Read {
  return (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most)
      throw new Error(`must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`);
    return number;
  };
}

function readPort(most: number): Read {
  return readNumber(1, most);
}

function readFlag(value: unknown): boolean {
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

function readSize(least: number, most: number): Read {
  return (value) => {
    const octets = typeof value === 'number' ? value : typeof value === 'string' ? parseSize(value) : null;
    if (octets === null || !Number.isSafeInteger(octets) || octets < least || octets > most)
      throw new Error(`must be a size from ${formatSize(least)} to ${formatSize(most)}, such as "50 MB", not ${JSON.stringify(value)}`);
    return octets;
  };
}

function readQuota(value: unknown): number | null {
  return value === 'none' ? null : (readSize(1024 * 1024, 1024 ** 5)(value) as number);
}

function readList(value: unknown): string[] {
  const items = typeof value === 'string' ? value.split(/[\s,]+/).filter((item) => item !== '') : value;
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string'))
    throw new Error('must be a list of texts such as ["127.0.0.1"]');
  return items;
}

function readAddresses(value: unknown): readonly string[] {
  const items = readList(value);
  for (const item of items)
    if (!isAddress(item)) throw new Error(`must hold IP addresses such as "127.0.0.1" or "::1", not ${JSON.stringify(item)}`);
  return items;
}

/** Addresses, with a port where it is not the usual one: `192.0.2.53`, `127.0.0.1:5353`, `[::1]:5353`. */
function readServers(value: unknown): readonly string[] {
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
function readRelay(value: unknown): Relay {
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
function readPorts(value: unknown): ChosenPorts {
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
