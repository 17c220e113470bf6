// Debian's Dovecot as another provider's server: a child process with a configuration, a folder and ports of its own. Knows Dovecot.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/io/clock.ts';
import { ensureOwnCertificates } from '../../src/setup/ca.ts';

export interface ForeignServer {
  readonly host: string;
  readonly ports: { readonly imap: number; readonly imaps: number; readonly pop3: number; readonly pop3s: number };
  readonly login: string;
  readonly password: string;
  /** PEM of the authority that its certificate leads to. */
  readonly authority: string;
  readonly folder: string;
  /** Where the letters of one login lie. */
  home(login: string): string;
  /** A command of Dovecot's own administration. */
  doveadm(...words: string[]): string;
  /** The same data, other processes. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const foreignHost = 'imap.foreign.example';
/** In the certificates too, for tests that lead it elsewhere. */
export const foreignOtherHost = 'mail.foreign.example';
export const dovecotMissing: string | false = skipWithout('dovecot');

/** `settings`: further lines of dovecot.conf. `mail`: the value of mail_location. */
export async function startDovecot(options: { readonly mail?: string; readonly settings?: string } = {}): Promise<ForeignServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-dovecot-'));
  await chmod(folder, 0o755);
  const { certificate, key, ca } = await ensureOwnCertificates(
    folder,
    [foreignHost, foreignOtherHost, 'localhost'],
    systemClock,
    silentLog,
  );
  const [imap, imaps, pop3, pop3s] = (await freePorts(4)) as [number, number, number, number];
  for (const name of ['mail', 'run', 'state']) await mkdir(join(folder, name));
  execFileSync('chown', ['mail:mail', join(folder, 'mail')]);
  const conf = join(folder, 'dovecot.conf');
  await writeFile(
    conf,
    `protocols = imap pop3
base_dir = ${folder}/run
state_dir = ${folder}/state
instance_name = ${folder.split('-').at(-1)}
listen = 127.0.0.1
log_path = ${folder}/log
ssl = yes
ssl_cert = <${certificate}
ssl_key = <${key}
disable_plaintext_auth = yes
auth_mechanisms = plain login
mail_location = ${options.mail ?? 'sdbox:~/mail'}
first_valid_uid = 1
mail_max_userip_connections = 0
mailbox_list_index = yes
passdb {
  # Everybody who knows the password: each test takes a login of its own.
  driver = static
  args = password=taros-own
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/mail/%n
}
namespace inbox {
  inbox = yes
  mailbox Drafts {
    auto = subscribe
    special_use = \\Drafts
  }
  mailbox Sent {
    auto = subscribe
    special_use = \\Sent
  }
  mailbox Trash {
    auto = subscribe
    special_use = \\Trash
  }
  mailbox Junk {
    auto = subscribe
    special_use = \\Junk
  }
}
service imap-login {
  process_min_avail = 1
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = ${pop3s}
    ssl = yes
  }
}
${options.settings ?? ''}
`,
  );
  let child: ChildProcess | null = null;
  const start = async () => {
    child = spawn('/usr/sbin/dovecot', ['-F', '-c', conf], { stdio: 'ignore' });
    let exited = false;
    child.once('exit', () => (exited = true));
    while (!(await answers(imap))) {
      if (exited) throw new Error(`dovecot did not start: ${await readFile(join(folder, 'log'), 'utf8').catch(() => '')}`);
    }
  };
  const stop = async () => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGTERM');
    await ended;
  };
  await start();
  return {
    host: foreignHost,
    ports: { imap, imaps, pop3, pop3s },
    login: 'taro@foreign.example',
    password: 'taros-own',
    authority: await readFile(ca, 'utf8'),
    folder,
    home: (login) => join(folder, 'mail', login.split('@')[0]!),
    doveadm: (...words) => execFileSync('doveadm', ['-c', conf, ...words], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' }),
    async restart() {
      await stop();
      await start();
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that are free now: taken together, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Whether a server greets there. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    // A moment for the other process: this loop is all we can know of it.
    const no = () => setTimeout(resolve, 10, false);
    socket.once('error', no);
    socket.once('end', no);
  });
}
