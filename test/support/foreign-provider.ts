// Debian's Dovecot and Postfix as somebody else's mail provider: own configuration, folder and ports, child processes, never the system's.
// Knows both programs; serves IMAP, POP3 and submission for one host name, sealed by a given certificate.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MadeCertificate } from '../../src/setup/ca-making.ts';

export interface ForeignProvider {
  readonly ports: Readonly<Record<'imap' | 'imaps' | 'pop3' | 'pop3s' | 'submission' | 'submissions', number>>;
  close(): Promise<void>;
}

/** Why it cannot be started here, or false. */
export const foreignProviderMissing =
  process.getuid?.() !== 0
    ? 'needs root, as Dovecot and Postfix do'
    : existsSync('/usr/sbin/dovecot') && existsSync('/usr/sbin/postfix')
      ? false
      : 'needs the Debian packages dovecot-imapd, dovecot-pop3d and postfix';

export async function startForeignProvider(certificate: MadeCertificate, password: string): Promise<ForeignProvider> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-foreign-'));
  await chmod(folder, 0o755);
  const at = (name: string) => join(folder, name);
  const free = await freePorts(6);
  const [imap, imaps, pop3, pop3s, submission, submissions] = free as [number, number, number, number, number, number];
  for (const name of ['mail', 'run', 'state', 'queue', 'queue/private', 'data', 'postfix']) await mkdir(at(name));
  execFileSync('chown', ['mail:mail', at('mail')]);
  execFileSync('chown', ['postfix', at('data'), at('queue/private')]);
  await writeFile(at('certificate.pem'), certificate.certificate);
  await writeFile(at('key.pem'), certificate.key, { mode: 0o600 });
  await writeFile(
    at('dovecot.conf'),
    `protocols = imap pop3
base_dir = ${at('run')}
state_dir = ${at('state')}
instance_name = ${folder.split('-').at(-1)}
listen = 127.0.0.1
log_path = ${at('log')}
ssl = yes
ssl_cert = <${at('certificate.pem')}
ssl_key = <${at('key.pem')}
disable_plaintext_auth = yes
auth_mechanisms = plain login
mail_location = maildir:~/mail
first_valid_uid = 1
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${at('mail')}/%n
}
service imap-login {
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
service auth {
  unix_listener ${at('queue/private/auth')} {
    mode = 0666
  }
}
`,
  );
  await writeFile(
    at('postfix/main.cf'),
    `compatibility_level = 3.6
queue_directory = ${at('queue')}
data_directory = ${at('data')}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.own.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = ${at('mail.log')}
maillog_file_prefixes = /tmp, /var
alias_maps =
alias_database =
smtpd_tls_cert_file = ${at('certificate.pem')}
smtpd_tls_key_file = ${at('key.pem')}
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_auth_enable = yes
`,
  );
  await writeFile(
    at('postfix/master.cf'),
    `127.0.0.1:${submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
127.0.0.1:${submissions} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`,
  );
  // Makes the folders of the queue.
  execFileSync('postfix', ['-c', at('postfix'), 'check'], { stdio: 'pipe' });
  const children: ChildProcess[] = [];
  const log = async () => (await Promise.all([at('log'), at('mail.log')].map((file) => readFile(file, 'utf8').catch(() => '')))).join('\n');
  const start = async (program: string, words: readonly string[], port: number) => {
    // A process group of its own: Postfix ends its children by it.
    const child = spawn(program, words, { stdio: 'ignore', detached: true, env: { ...process.env, MAIL_CONFIG: at('postfix') } });
    children.push(child);
    while (!(await answers(port))) if (child.exitCode !== null) throw new Error(`${program} did not start: ${await log()}`);
  };
  const stop = async () => {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null) return;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      }),
    );
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // Dovecot first: Postfix asks it at once who may sign in, and waits a minute when nobody answers.
    await start('/usr/sbin/dovecot', ['-F', '-c', at('dovecot.conf')], imap);
    await start('/usr/lib/postfix/sbin/master', ['-d', '-c', at('postfix')], submission);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ports: { imap, imaps, pop3, pop3s, submission, submissions }, close: stop };
}

/** Ports that are free now: taken together, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
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
    // A moment for the other process: asking again is all we can know of it.
    const no = () => setTimeout(resolve, 10, false);
    socket.once('error', no);
    socket.once('end', no);
  });
}
