// The account that Thunderbird for Android takes in by scanning a QR code: its "Export for Mobile" format, version 1 of 2025-02-06.
// Knows nested JSON arrays; knows no picture and holds no password: the phone asks for it.
import { SyntaxTrouble } from '../../base/trouble.ts';
import { fillLogin, type AccountSettings, type ServerSettings, type SignIn } from './contract.ts';

export interface ThunderbirdAccount {
  readonly incoming: ServerSettings & { readonly service: 'imap' | 'pop3' };
  readonly outgoing: ServerSettings & { readonly service: 'smtp' };
  readonly address: string;
  /** For From. */
  readonly name: string;
  /** In the list of accounts. */
  readonly accountName: string;
}

/** Null when nothing sealed listens for one of the two. The best that is offered is taken. */
export function thunderbirdAccountOf(
  settings: AccountSettings,
  person: { readonly address: string; readonly name: string; readonly receive: 'imap' | 'pop3' },
): ThunderbirdAccount | null {
  const best = (list: readonly ServerSettings[], service: string) =>
    list.find((server) => server.service === service && server.security !== 'plain');
  const [incoming, outgoing] = [best(settings.incoming, person.receive), best(settings.outgoing, 'smtp')];
  if (incoming === undefined || outgoing === undefined) return null;
  const filled = (server: ServerSettings): ServerSettings => ({
    ...server,
    login: fillLogin(server.login ?? '%EMAILADDRESS%', person.address),
    signIn: ['password'],
  });
  return {
    incoming: filled(incoming) as ThunderbirdAccount['incoming'],
    outgoing: filled(outgoing) as ThunderbirdAccount['outgoing'],
    address: person.address,
    name: person.name,
    accountName: person.address,
  };
}

const protocols = ['imap', 'pop3'] as const;
/** 1 is reserved and not to be used. */
const securities = ['plain', null, 'starttls', 'tls'] as const;
/** 3 to 5 (GSSAPI, NTLM, a certificate) are not ours. */
const ways: readonly (SignIn | null)[] = ['none', 'password', 'challenge', null, null, null, 'oauth2'];

/** Out: one account, the only one of its export, as JSON without spaces. The account name is left out where it is the address. */
export function formatThunderbirdQr({ incoming, outgoing, address, name, accountName }: ThunderbirdAccount): string {
  const line = (server: ServerSettings) => [
    server.host,
    server.port,
    securities.indexOf(server.security),
    ways.indexOf(server.signIn[0] ?? 'password'),
    server.login ?? address,
  ];
  return JSON.stringify([
    1,
    [1, 1],
    [protocols.indexOf(incoming.service), ...line(incoming), ...(accountName === address ? [] : [accountName])],
    [
      [
        [0, ...line(outgoing)],
        [address, name],
      ],
    ],
  ]);
}

const longest = 8192;

/**
 * The twin: the accounts of one code. What the format lets a reader skip is skipped (unknown protocols and values, more elements).
 * @throws SyntaxTrouble when it is not this format.
 */
export function parseThunderbirdQr(text: string): readonly ThunderbirdAccount[] {
  const root = readJson(text);
  if (!Array.isArray(root) || root[0] !== 1) throw new SyntaxTrouble('format version 1');
  const [, misc, ...rest] = root as unknown[];
  const [number, end] = list(misc);
  if (!isWhole(number) || !isWhole(end) || number < 1 || end < number) throw new SyntaxTrouble('a place in the sequence');
  if (rest.length === 0 || rest.length % 2 === 1) throw new SyntaxTrouble('pairs of incoming and outgoing servers');
  const accounts: ThunderbirdAccount[] = [];
  for (let at = 0; at < rest.length; at += 2) {
    const account = readAccount(list(rest[at]), list(rest[at + 1]));
    if (account !== null) accounts.push(account);
  }
  return accounts;
}

function readJson(text: string): unknown {
  if (text.length > longest) throw new SyntaxTrouble(`at most ${longest} characters`);
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxTrouble('JSON');
  }
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new SyntaxTrouble('an array');
  return value;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Null where the format tells a reader to skip. */
function readAccount(incoming: readonly unknown[], groups: readonly unknown[]): ThunderbirdAccount | null {
  const receive = readServer(protocols[Number(incoming[0])], incoming);
  if (receive === null) return null;
  for (const group of groups) {
    const [server, ...identities] = list(group);
    const fields = list(server);
    const send = readServer(fields[0] === 0 ? 'smtp' : undefined, fields);
    const identity = identities.map(list).find(([address, name]) => typeof address === 'string' && typeof name === 'string');
    if (send === null || identity === undefined) continue;
    const [address, name] = identity as [string, string];
    const given = incoming[6];
    return {
      incoming: receive as ThunderbirdAccount['incoming'],
      outgoing: send as ThunderbirdAccount['outgoing'],
      address,
      name,
      accountName: typeof given === 'string' && given !== '' ? given : address,
    };
  }
  return null;
}

function readServer(service: ServerSettings['service'] | undefined, fields: readonly unknown[]): ServerSettings | null {
  const [, host, port, sealed, how, login] = fields;
  const security = securities[Number(sealed)] ?? null;
  const way = ways[Number(how)] ?? null;
  if (service === undefined || security === null || way === null) return null;
  if (typeof host !== 'string' || !/^[\x21-\x7e]{1,253}$/.test(host) || typeof login !== 'string') return null;
  if (!isWhole(port) || port < 1 || port > 65_535) return null;
  return { service, host, port, security, login, signIn: [way] };
}
