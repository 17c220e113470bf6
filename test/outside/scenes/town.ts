// The far side of the firewall scenes: a provider, another provider, and a web server, each on addresses of its own in this network
// namespace. Run by network-scenes.test.ts; told what to do by one line of JSON, ended by the end of its input.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openProvider, type Provider, type Script } from '../../support/scripted-provider.ts';

export interface TownPlan {
  readonly certificate: string;
  readonly key: string;
  /** Of the portal, when there is one: for a name of its own. */
  readonly portal: { readonly certificate: string; readonly key: string };
  readonly mail: string;
  readonly other: string;
  readonly web: string;
  readonly login: string;
  readonly password: string;
}

const letters: string[] = [];
const lines = createInterface({ input: process.stdin });
const [first] = (await once(lines, 'line')) as [string];
const plan = JSON.parse(first) as TownPlan;
const tls = { cert: plan.certificate, key: plan.key };
const portal = { cert: plan.portal.certificate, key: plan.portal.key };
const opened: Provider[] = [];
const servers: Server[] = [];

async function open(
  address: string,
  port: number,
  script: Omit<Script, 'listen' | 'tls'> & { readonly tls?: Script['tls'] },
): Promise<void> {
  opened.push(
    await openProvider({
      tls,
      login: plan.login,
      password: plan.password,
      letters,
      onLetter: (letter) => letters.push(letter),
      ...script,
      listen: { address, port },
    }),
  );
}

for (const address of [plan.mail, plan.other]) {
  await open(address, 25, { service: 'smtp', security: 'starttls' });
  await open(address, 465, { service: 'smtp', security: 'tls' });
  await open(address, 587, { service: 'smtp', security: 'starttls' });
  await open(address, 993, { service: 'imap', security: 'tls' });
  await open(address, 143, { service: 'imap', security: 'starttls' });
  await open(address, 995, { service: 'pop3', security: 'tls' });
}
// Counters to which the scenes lead what was meant for others.
const hangsUp = (socket: { resetAndDestroy(): void }) => setTimeout(() => socket.resetAndDestroy(), 30);
await open(plan.web, 9001, { service: 'smtp', security: 'tls', instead: hangsUp });
await open(plan.web, 9002, { service: 'imap', security: 'tls', tls: portal });
await open(plan.web, 9003, { service: 'smtp', security: 'starttls', greeting: '554 5.7.1 Client host rejected: Incorrect country code' });
await open(plan.web, 9004, { service: 'smtp', security: 'tls', greeting: '554 5.7.1 Client host rejected: Incorrect country code' });
for (const [port, says] of [
  [80, 'the page that was expected\n'],
  [8080, '<html><a href="http://portal.test/">Please agree</a></html>'],
] as const) {
  const server = createServer((_request, response) => {
    if (port === 80) response.end(says);
    else response.writeHead(302, { location: 'http://portal.test/' }).end(says);
  });
  server.listen(port, plan.web);
  await once(server, 'listening');
  servers.push(server);
}
console.log('ready');
for await (const line of lines) {
  // `letters`: what has arrived since the last time it was asked.
  if (line === 'letters') console.log(JSON.stringify(letters.splice(0).map((letter) => /^Message-ID: *(\S+)/im.exec(letter)?.[1] ?? '')));
}
await Promise.all(opened.map((one) => one.close()));
for (const server of servers) {
  server.closeAllConnections();
  server.close();
}
