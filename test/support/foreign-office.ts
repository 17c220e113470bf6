// Another provider as a whole: Debian's Dovecot for reading and Debian's Postfix for handing in, with one set of logins. Child processes with
// configurations, folders and ports of their own. Knows both programs.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureOwnCertificates } from '../../src/setup/ca.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/io/clock.ts';
import { dovecotMissing, foreignHost, foreignOtherHost, freePorts, startDovecot, type ForeignServer } from './dovecot.ts';

export const foreignOfficeMissing =
  dovecotMissing ||
  (existsSync('/usr/lib/postfix/sbin/master') && existsSync('/usr/lib/dovecot/lmtp')
    ? false
    : 'needs the Debian packages postfix and dovecot-lmtpd');

export interface ForeignOffice {
  readonly reading: ForeignServer;
  /** TLS from the first octet, with a login. */
  readonly submissions: number;
  /** The same by STARTTLS. */
  readonly submission: number;
  /** PEM of all authorities that its certificates lead to. */
  readonly authorities: string;
  /** What Postfix wrote. */
  log(): Promise<string>;
  close(): Promise<void>;
}

/** `introspection`: a URL to which a token is put behind, that says whose it is; with it people sign in by tokens too. */
export async function startForeignOffice(options: { readonly introspection?: string } = {}): Promise<ForeignOffice> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-postfix-'));
  await chmod(folder, 0o755);
  const [queue, conf, state] = ['queue', 'conf', 'state'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [queue, join(queue, 'private'), conf, state]) await mkdir(path);
  execFileSync('chown', ['postfix', state, join(queue, 'private')]);
  const { certificate, key, ca } = await ensureOwnCertificates(folder, [foreignHost, foreignOtherHost], systemClock, silentLog);
  const [submissions, submission] = (await freePorts(2)) as [number, number];
  const auth = join(queue, 'private', 'auth');
  const byToken =
    options.introspection === undefined
      ? ''
      : `
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${folder}/oauth2.conf
}`;
  await writeFile(
    join(folder, 'oauth2.conf'),
    `introspection_url = ${options.introspection}\nintrospection_mode = get\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n`,
  );
  const reading = await startDovecot({
    settings: `protocols = imap pop3 lmtp
auth_failure_delay = 0
service anvil {
  # No waiting after failures: the tests make some.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service lmtp {
  unix_listener ${join(queue, 'private', 'dovecot-lmtp')} {
    mode = 0666
  }
}
service auth {
  unix_listener ${auth} {
    mode = 0666
  }
}${byToken}`,
  });
  await writeFile(
    join(conf, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${queue}
data_directory = ${state}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = ${foreignHost}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
maillog_file = ${folder}/log
maillog_file_prefixes = /tmp, /var, ${tmpdir()}
alias_maps =
alias_database =
virtual_mailbox_domains = foreign.example
virtual_mailbox_maps = static:all
virtual_transport = lmtp:unix:private/dovecot-lmtp
smtpd_tls_cert_file = ${certificate}
smtpd_tls_key_file = ${key}
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sender_login_maps = regexp:${conf}/senders
`,
  );
  // Whoever signs in writes as themselves only, as with most providers.
  await writeFile(join(conf, 'senders'), '/^(.*)$/ $1\n');
  await writeFile(
    join(conf, 'master.cf'),
    `127.0.0.1:${submissions} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
127.0.0.1:${submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`,
  );
  const log = (): Promise<string> => readFile(join(folder, 'log'), 'utf8').catch(() => '');
  execFileSync('postfix', ['-c', conf, 'check'], { stdio: 'pipe' });
  const child: ChildProcess = spawn('/usr/lib/postfix/sbin/master', ['-c', conf, '-d'], {
    stdio: 'ignore',
    env: { ...process.env, MAIL_CONFIG: conf },
  });
  let exited = false;
  child.once('exit', () => (exited = true));
  while (!(await listens(submissions))) if (exited) throw new Error(`postfix did not start: ${await log()}`);
  return {
    reading: {
      ...reading,
      async restart() {
        await reading.restart();
        // Processes of Postfix that hold on to the Dovecot of before would refuse everybody.
        child.kill('SIGHUP');
      },
    },
    submissions,
    submission,
    authorities: `${reading.authority}\n${await readFile(ca, 'utf8')}`,
    log,
    async close() {
      if (!exited) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      }
      await reading.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // A moment for the other process: this loop is all we can know of it.
    socket.once('error', () => setTimeout(resolve, 10, false));
  });
}
