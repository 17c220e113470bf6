// The settings: one table (name, kind, default, one sentence), and how a file and the environment fill it.
// Knows tayori.toml and TAYORI_* variables; knows nothing of what the settings are used for.
//
// From the table come the check at start, the commented example, `tayori settings` and the manual. An unknown name is an error
// that names the nearest known one.
import { parse, TomlError } from 'smol-toml';
import { nearestWord } from './nearest.ts';
import {
  readAddresses,
  readChoice,
  readDomain,
  readFlag,
  readHostName,
  readNumber,
  readPort,
  readPorts,
  readQuota,
  readRelay,
  readServers,
  readSize,
  readText,
  type ChosenPorts,
  type Read,
  type Relay,
} from './setting-kinds.ts';

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
  readonly secretKey: string | null;
  readonly outsidePrivate: boolean | null;
  readonly outsideAuthority: string | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'auto' | 'json' | 'lines';
}

/** What is wrong with a setting, in a sentence that names the setting and the next step. */
export class SettingsTrouble extends Error {
  override readonly name = 'SettingsTrouble';
}

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
    'secret-key',
    'secretKey',
    'a file',
    null,
    'The key that seals passwords of accounts at other providers; without it DATA.key, beside the data folder and not in backups.',
    readText,
  ),
  row(
    'outside-private',
    'outsidePrivate',
    'true or false',
    null,
    'Whether accounts may be at servers with private addresses; without it in the demo alone.',
    readFlag,
  ),
  row('outside-authority', 'outsideAuthority', 'a PEM file', null, "An authority to believe at other providers' servers too.", readText),
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

/** Variables of ours that are no settings. TAYORI_FAULT lets the store break its promises, so that the crash tests can be seen to notice. */
const otherVariables = new Set(['TAYORI_SETTINGS', 'TAYORI_FAULT']);

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
    'secret-key': '"/etc/tayori/secret.key"',
    'outside-private': 'false',
    'outside-authority': '"/etc/ssl/company.pem"',
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
