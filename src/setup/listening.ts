// What a started server tells: DATA/listening.json for programs, the table for people. Knows their shape; opens nothing.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from './ca.ts';
import type { DemoPerson } from './demo.ts';
import { portTable, type ListenerProtocol } from './ports.ts';
import { formatColumns } from './cli/terminal.ts';

export interface ListeningRow {
  readonly protocol: ListenerProtocol;
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'starttls' | 'tls';
}

export interface Listening {
  readonly listeners: readonly ListeningRow[];
  readonly domain: string;
  /** Path of the root certificate; null when the certificate is not of our own authority. */
  readonly ca: string | null;
  /** In demo mode only. */
  readonly people: readonly DemoPerson[];
}

function fileIn(folder: string): string {
  return join(folder, 'listening.json');
}

/** Written last, whole or not at all: who finds it may connect. Readable by the owner only, for it holds passwords. */
export function writeListening(folder: string, listening: Listening): Promise<void> {
  return writeWhole(fileIn(folder), `${JSON.stringify(listening, null, 2)}\n`, 0o600);
}

/** What the running server has told, or null when none runs or its note cannot be read. */
export async function readListening(folder: string): Promise<Listening | null> {
  try {
    return JSON.parse(await readFile(fileIn(folder), 'utf8')) as Listening;
  } catch {
    return null;
  }
}

export function removeListening(folder: string): Promise<void> {
  return rm(fileIn(folder), { force: true });
}

const sealWords = { none: 'not sealed', starttls: 'STARTTLS', tls: 'TLS' } as const;

/** The table of the start, in words. `hostName`: what to type into a mail app. */
export function formatListening(listening: Listening, hostName: string, folder: string): string[] {
  const find = (...protocols: ListenerProtocol[]) =>
    protocols.map((protocol) => listening.listeners.find((row) => row.protocol === protocol)).find((row) => row !== undefined);
  const lines = [`Tayori is open for ${listening.domain}.`, '', 'What listens:', ''];
  lines.push(
    ...indent(
      formatColumns(
        listening.listeners.map((row) => [
          row.protocol,
          row.host.includes(':') ? `[${row.host}]:${row.port}` : `${row.host}:${row.port}`,
          sealWords[row.security],
          portTable.find((known) => known.protocol === row.protocol)!.purpose,
        ]),
      ),
    ),
  );
  const apps: string[][] = [];
  const app = (what: string, row: ListeningRow | undefined) => {
    if (row) apps.push([what, hostName, `port ${row.port}`, row.security === 'tls' ? 'SSL/TLS' : 'STARTTLS']);
  };
  app('incoming, IMAP (letters stay on one shelf for all devices)', find('imaps', 'imap'));
  app('incoming, POP3 (letters are taken home)', find('pop3s', 'pop3'));
  app('outgoing, SMTP', find('submissions', 'submission'));
  if (apps.length > 0) lines.push('', 'What to type into a mail app:', '', ...indent(formatColumns(apps)));
  if (listening.people.length > 0) {
    lines.push('', 'People of this demo:', '');
    lines.push(
      ...indent(
        formatColumns([['address and user name', 'password'], ...listening.people.map((person) => [person.address, person.password])]),
      ),
    );
  }
  lines.push('');
  if (listening.ca !== null) lines.push(`The certificate is our own: let the mail app trust ${listening.ca}, or accept it once.`);
  // A demo is on this computer alone: there a browser takes the way in the clear for safe, and warns of a certificate that it does not know.
  const page = listening.people.length > 0 ? find('http', 'https') : find('https', 'http');
  if (page)
    lines.push(
      `The mail app: ${page.protocol}://${hostName}${page.port === (page.protocol === 'https' ? 443 : 80) ? '' : `:${page.port}`}/`,
    );
  lines.push(`Letters, people and keys lie in ${folder}. Ctrl-C ends the server.`);
  return lines;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
