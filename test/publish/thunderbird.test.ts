// Debian's Thunderbird takes an account of ours in from the address and the password alone: its own discovery, its own check of the login,
// its own saving, over IMAP and over POP3. Only the screens are left out.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { freeBase, launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { startThunderbird, type Thunderbird } from './marionette.ts';

const address = 'hanako@example.test';
const found = `
  const { FindConfig } = ChromeUtils.importESModule('resource:///modules/accountcreation/FindConfig.sys.mjs');
  const { AccountConfig } = ChromeUtils.importESModule('resource:///modules/accountcreation/AccountConfig.sys.mjs');
  const [address, password, way] = given;
  const [domain, discover] = [address.split('@')[1], FindConfig.parallelAutoDiscovery];
  let config;
  // Newer ones tell by steps, older ones at the end.
  if (discover.constructor.name === 'AsyncGeneratorFunction') {
    const discovery = discover(domain, address, new AbortController().signal);
    let step = await discovery.next();
    while (!step.done) step = await discovery.next(false);
    config = step.value;
  } else config = await discover({ current: null }, domain, address);
  if (!config) throw new Error('nothing was found');
  if (config.incoming.type !== way) config.incoming = config.incomingAlternatives.find((one) => one.type === way);
  AccountConfig.replaceVariables(config, 'Hanako', address, password);`;

suite('Thunderbird of Debian', { skip: skipWithout('thunderbird') }, () => {
  let tayori: Tayori;
  let thunderbird: Thunderbird;
  let password: string;

  before(async () => {
    tayori = await startTayori({ settings: 'domain = "example.test"\nlisten = ["127.0.0.1"]\ndelivery = "off"\n' });
    const made = execFileSync(
      launcher,
      [
        'account',
        'add',
        address,
        '--name',
        'Hanako',
        '--generate',
        '--json',
        '--data',
        tayori.data,
        '--settings',
        join(tayori.folder, 'tayori.toml'),
      ],
      { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    );
    ({ password } = JSON.parse(made) as { password: string });
    thunderbird = await startThunderbird({
      folder: tayori.folder,
      port: await freeBase(),
      prefs: {
        // The names of the domain lead here, and the ports of the web to ours; nothing else is to be asked.
        'network.dns.localDomains': 'example.test,autoconfig.example.test,autodiscover.example.test,mail.example.test',
        'network.socket.forcePort': `443=${tayori.ports.https};80=${tayori.ports.http}`,
        'mailnews.auto_config_url': 'http://127.0.0.1:9/',
        'mail.provider.suppress_dialog_on_startup': true,
      },
    });
    await thunderbird.run(
      `Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB).addCertFromBase64(given[0], 'C,,');`,
      readFileSync(tayori.ca, 'utf8').replaceAll(/-----[A-Z ]+-----|\s/g, ''),
    );
  });
  after(async () => {
    await thunderbird?.close();
    await tayori?.stop();
  });

  for (const way of ['imap', 'pop3'] as const)
    test(`${way}: found, signed in, saved`, async () => {
      const saved = (await thunderbird.run(
        `${found}
        const { ConfigVerifier } = ChromeUtils.importESModule('resource:///modules/accountcreation/ConfigVerifier.sys.mjs');
        const { CreateInBackend } = ChromeUtils.importESModule('resource:///modules/accountcreation/CreateInBackend.sys.mjs');
        const verified = await new ConfigVerifier(null, new AbortController().signal).verifyConfig(config, true);
        const account = await CreateInBackend.createAccountInBackend(verified);
        const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
        const { incomingServer, defaultIdentity } = account;
        const out = MailServices.outgoingServer.getServerByKey(defaultIdentity.smtpServerKey).QueryInterface(Ci.nsISmtpServer);
        return { source: config.source, type: incomingServer.type, host: incomingServer.hostName ?? incomingServer.hostname, port: incomingServer.port,
          socket: incomingServer.socketType, login: incomingServer.username, email: defaultIdentity.email,
          outHost: out.hostname, outPort: out.port, outSocket: out.socketType, outLogin: out.username };`,
        address,
        password,
        way,
      )) as Record<string, unknown>;
      const { source, ...rest } = saved;
      // 3 is nsMsgSocketType.SSL.
      assert.deepEqual(rest, {
        type: way,
        host: 'mail.example.test',
        port: way === 'imap' ? tayori.ports.imaps : tayori.ports.pop3s,
        socket: 3,
        login: address,
        email: address,
        outHost: 'mail.example.test',
        outPort: tayori.ports.submissions,
        outSocket: 3,
        outLogin: address,
      });
      // From our XML; what is guessed by trying ports says so.
      assert.equal(source, 'xml');
      const signedIn = new RegExp(`"protocol":"${way}".*"login":"${address}"|"login":"${address}".*"protocol":"${way}"`);
      // The log is written a moment later.
      for (let look = 0; look < 100 && !signedIn.test(tayori.log()); look++) await new Promise((resolve) => setTimeout(resolve, 50));
      assert.match(tayori.log(), signedIn);
    });

  test('a wrong password is refused', async () => {
    await assert.rejects(
      thunderbird.run(
        `${found}
        const { ConfigVerifier } = ChromeUtils.importESModule('resource:///modules/accountcreation/ConfigVerifier.sys.mjs');
        config.incoming.username = config.outgoing.username = 'taro@' + address.split('@')[1];
        await new ConfigVerifier(null, new AbortController().signal).verifyConfig(config, false);`,
        address,
        'not the password',
        'imap',
      ),
      /Unable to log in at server/,
    );
  });
});
