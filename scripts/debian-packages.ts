// Programs of Debian that the tests with real mail apps need: which command, which package, what is tested with it. One list for
// test:setup, for npm test, and for the suites themselves.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface DebianProgram {
  readonly command: string;
  readonly package: string;
  readonly tests: string;
  /** Where the package brings no command of its own: words that succeed when it is there, run by `command`. */
  readonly probe?: readonly string[];
}

export const debianPrograms: readonly DebianProgram[] = [
  { command: 'curl', package: 'curl', tests: 'sending and reading by curl' },
  { command: 'swaks', package: 'swaks', tests: 'sending by swaks' },
  { command: 'perl', package: 'libnet-ssleay-perl', tests: 'sending by swaks over TLS', probe: ['-MNet::SSLeay', '-e', '1'] },
  { command: 'msmtp', package: 'msmtp', tests: 'sending by msmtp' },
  { command: 'mpop', package: 'mpop', tests: 'fetching by mpop' },
  { command: 'fetchmail', package: 'fetchmail', tests: 'fetching by fetchmail' },
  { command: 'getmail', package: 'getmail6', tests: 'fetching by getmail' },
  { command: 'mbsync', package: 'isync', tests: 'two-way synchronising by mbsync' },
  {
    command: 'sh',
    package: 'libsasl2-modules',
    tests: 'SCRAM by mbsync',
    probe: ['-c', 'ls /usr/lib/*/sasl2/libscram.so /usr/lib/sasl2/libscram.so 2>/dev/null | grep -q .'],
  },
  { command: 'neomutt', package: 'neomutt', tests: 'reading and sending by NeoMutt' },
  { command: 'dovecot', package: 'dovecot-imapd', tests: 'collection from Dovecot by IMAP' },
  {
    command: 'sh',
    package: 'dovecot-pop3d',
    tests: 'collection from Dovecot by POP3',
    probe: ['-c', 'test -x /usr/lib/dovecot/pop3'],
  },
  { command: 'tmux', package: 'tmux', tests: 'reading by NeoMutt on a screen' },
  { command: 'python3', package: 'python3', tests: "Python's smtplib, imaplib and poplib" },
  { command: 'dovecot', package: 'dovecot-imapd', tests: 'another provider whose letters are read by IMAP' },
  {
    command: 'sh',
    package: 'dovecot-pop3d',
    tests: 'another provider whose letters are read by POP3',
    probe: ['-c', 'ls /usr/lib/dovecot/pop3-login 2>/dev/null | grep -q .'],
  },
  { command: 'postfix', package: 'postfix', tests: 'another provider through which letters are sent' },
  { command: 'gnutls-serv', package: 'gnutls-bin', tests: 'servers that cannot do RFC 5746' },
  { command: 'ip', package: 'iproute2', tests: 'scenes of blocked networks' },
  { command: 'nft', package: 'nftables', tests: 'scenes of blocked networks' },
  { command: 'chromium', package: 'chromium', tests: 'the pages as people see them' },
  { command: 'thunderbird', package: 'thunderbird', tests: 'an account of ours taken in by Thunderbird' },
  { command: 'openssl', package: 'openssl', tests: 'TLS as OpenSSL speaks it' },
];

export function isInstalled(command: string): boolean {
  // Administrators' folders are not in everybody's PATH.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export function isThere({ command, probe }: DebianProgram): boolean {
  return isInstalled(command) && (probe === undefined || spawnSync(command, probe, { stdio: 'ignore' }).status === 0);
}

export function missingPrograms(): DebianProgram[] {
  return debianPrograms.filter((program) => !isThere(program));
}

/** Nothing may be left out: what is missing is a failure. Set by .ci/run. */
export const everythingMustRun = process.env['TAYORI_TEST_ALL'] === '1';

/**
 * For a test that needs these commands: the `skip` of its options. False when all are there; else the sentence that says what is missing.
 * Where everything must run it is always false, so that the test fails by what it lacks.
 */
export function skipWithout(...commands: readonly string[]): string | false {
  if (everythingMustRun) return false;
  const missing = commands
    .filter((command) => !isInstalled(command))
    .map((command) => debianPrograms.find((program) => program.command === command)?.package ?? command);
  return missing.length === 0 ? false : `needs the Debian package ${missing.join(', ')} (npm run test:setup)`;
}
