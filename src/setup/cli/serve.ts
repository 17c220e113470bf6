// `tayori serve`: the server from the command line, with its signals. Knows the process; knows no part of the server.
import { closeSync, openSync } from 'node:fs';
import { Refusal } from '../../base/trouble.ts';
import { openLog, type OpenLog } from '../../io/log.ts';
import { Metrics } from '../../io/metrics.ts';
import { DataInUse } from '../data.ts';
import { formatListening } from '../listening.ts';
import { ModeTrouble, serve, type Running } from '../serve.ts';
import { PortTrouble } from '../open-port.ts';
import type { Settings } from '../settings.ts';
import { readVersion } from '../version.ts';
import { CommandTrouble, localCommand, type ExitCode, type Input } from './command.ts';
import { readAllSettings } from './globals.ts';
import type { Terminal } from './terminal.ts';
import { warnOfNode } from '../node-version.ts';

export const commands = [
  localCommand({
    words: 'serve',
    sentence: 'Start the server; without settings a complete local demo.',
    options: [
      { name: 'host', value: 'ADDRESS', sentence: 'Listen on this address: 127.0.0.1 in the demo, all with a domain, unless said.' },
      {
        name: 'port-base',
        value: 'N',
        sentence:
          'Listen on N (smtp), N+1 (submission), N+2 (submissions), N+3 (pop3), N+4 (pop3s), N+5 (imap), N+6 (imaps), N+7 (http), N+8 (https), N+9 (metrics).',
      },
      { name: 'quiet', short: 'q', sentence: 'Print no table.' },
    ],
    notes: `
Without a domain in the settings the demo starts: the domain tayori.test, two people (hanako and taro) whose passwords the table
shows, a certificate of our own authority (DATA/ca.pem), on this computer only, and nothing goes out to the Internet.
When everything accepts, DATA/listening.json tells programs what the table tells people; it goes when the server ends.
Ctrl-C or SIGTERM: listeners stop, sessions say goodbye within five seconds, the data are closed; a second time ends at once.
SIGHUP reads certificates again; when it says that the terminal was closed, the server ends like by Ctrl-C. The log goes to the standard error output.`,
    examples: [
      { line: 'tayori serve', sentence: 'The demo, data in ./data.' },
      { line: 'tayori serve --data /tmp/try --port-base 20000', sentence: 'A second one beside it, on the ports from 20000 on.' },
      { line: 'tayori serve --settings /etc/tayori.toml', sentence: 'A real domain.' },
    ],
    run,
  }),
];

/** A store that has stopped may keep sessions waiting: the process ends within five seconds (reliability D-5). */
const lastMs = 4_500;

/** Under npm, one Ctrl-C comes twice: from the terminal, and passed on by npm. What comes so soon after is the same one. */
const sameSignalMs = 1_000;

async function run(input: Input, terminal: Terminal): Promise<ExitCode> {
  const more: Record<string, string> = {};
  if (typeof input.options['host'] === 'string') more['listen'] = input.options['host'];
  if (typeof input.options['port-base'] === 'string') more['port-base'] = input.options['port-base'];
  const { settings } = await readAllSettings(input.globals, more);
  const logging = openLog({
    level: settings.logLevel,
    format: settings.logFormat === 'auto' ? (process.stderr.isTTY ? 'lines' : 'json') : settings.logFormat,
    output: process.stderr,
    colours: process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
  });
  const metrics = new Metrics();
  metrics.gauge('tayori_log_lines_dropped', () => logging.dropped());
  catchDefects(logging, metrics);
  // From here on a signal ends the server in order, also in the middle of its start.
  const ending = Promise.withResolvers<void>();
  let askedAt: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (askedAt !== null && performance.now() - askedAt > sameSignalMs) process.exit(1);
      askedAt ??= performance.now();
      ending.resolve();
    });

  let running: Running | null = null;
  const hasTerminal = process.stdin.isTTY || process.stderr.isTTY;
  process.on('SIGHUP', () => {
    if (hasTerminal && isTerminalGone()) return ending.resolve();
    running?.reload().catch((error: unknown) => logging.log.error('cannot read certificates again; the old ones stay in use', {}, error));
  });

  let failed = false;
  const stopped = (reason: string) => {
    logging.log.error('the store has stopped; the server ends', { reason });
    failed = true;
    setTimeout(() => process.exit(74), lastMs).unref();
    ending.resolve();
  };
  running = await start(settings, logging, metrics, stopped);
  warnOfNode(process.versions.node, logging.log);
  if (input.options['quiet'] !== true)
    for (const line of formatListening(running.listening, running.hostName, running.folder)) terminal.out(line);
  await ending.promise;
  logging.log.info('tayori is closing');
  await running.close();
  logging.log.info('tayori is closed');
  logging.flush();
  return failed ? 1 : 0;
}

/** The window in which the server was started has been closed: nobody is left to end it. */
function isTerminalGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}

/** @throws CommandTrouble: what a person can mend, in one line. */
async function start(settings: Settings, logging: OpenLog, metrics: Metrics, stopped: (reason: string) => void): Promise<Running> {
  try {
    return await serve({ settings, version: readVersion(), log: logging.log, metrics, stopped });
  } catch (trouble) {
    logging.flush();
    if (trouble instanceof DataInUse) throw new CommandTrouble(`${trouble.message}; stop it, or take another folder by --data DIR`, 3);
    if (trouble instanceof PortTrouble) throw new CommandTrouble(trouble.message, 3);
    if (trouble instanceof ModeTrouble || trouble instanceof Refusal) throw new CommandTrouble(trouble.message, 3);
    throw trouble;
  }
}

/** A defect that nobody caught: logged, counted, and the process ends, for what it holds in memory cannot be trusted (reliability D-15). */
function catchDefects(logging: OpenLog, metrics: Metrics): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (defect: unknown) => {
      metrics.count('tayori_unhandled_total', { event });
      logging.log.error(event, {}, defect);
      logging.flush();
      process.exit(70);
    });
}
