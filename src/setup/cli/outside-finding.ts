// The servers of an account that is set up from the command line: typed, or looked up from the address alone. Knows the options for it.
import type { Pop3Leaving, TlsException } from '../../store/outside-contract.ts';
import type { Discovery } from '../discover/contract.ts';
import { outsidePrivate } from '../outside.ts';
import type { SetUpServer } from '../outside-setup.ts';
import { CommandTrouble, type Input, type Option } from './command.ts';
import { readAllSettings } from './globals.ts';
import type { Language } from './language.ts';
import { textOf } from './outside-common.ts';
import { ofShownHost, readExceptions, readServer, serversOf, wantsLogin } from './outside-servers.ts';
import { safe, type Terminal } from './terminal.ts';

export const serverOptions: readonly Option[] = [
  { name: 'receive', value: 'HOW', sentence: 'imap or pop3; without it imap where there is one.' },
  { name: 'imap', value: 'HOST:PORT', sentence: 'The server for receiving, typed instead of looked up (port 993 unless said).' },
  { name: 'pop3', value: 'HOST:PORT', sentence: 'The same by POP3 (port 995 unless said).' },
  {
    name: 'smtp',
    value: 'HOST:PORT',
    sentence: 'The server for sending, typed (ports 465 and 587 unless said); /starttls or /tls may follow.',
  },
  { name: 'login', value: 'NAME', sentence: 'The login name, where it is not the address.' },
  { name: 'send-login', value: 'NAME', sentence: 'The login name for sending, where it is another one.' },
  { name: 'allow', value: 'LIST', sentence: 'Weaknesses of TLS that are allowed for these servers alone, as a refusal names them.' },
];

export function readLeaving(value: string | true | undefined): Pop3Leaving {
  if (value === undefined || value === 'forever') return { keep: 'forever' };
  if (value === 'none') return { keep: 'none' };
  const days = Number(value);
  if (!Number.isInteger(days) || days < 1 || days > 3650)
    throw new CommandTrouble(`--leave is forever, none or a number of days, not ${value}`, 2);
  return { keep: 'days', days };
}

interface Found {
  readonly receive: readonly SetUpServer[];
  readonly send: readonly SetUpServer[];
  readonly discovery: Discovery | null;
}

/** What is asked of those who hold the data before anything is looked up. Travels as JSON. */
export interface Consulted {
  readonly person: string;
  readonly address: string;
  readonly looksUp: boolean;
}

/**
 * By what was typed, and for the rest by looking up; shows what was found. `allowed` is asked first, and told whether anything is to be
 * looked up. @throws CommandTrouble.
 */
export async function findServers(
  input: Input,
  terminal: Terminal,
  address: string,
  language: Language,
  allowed: (looksUp: boolean) => Promise<unknown>,
): Promise<Found> {
  const how = textOf(input, 'receive') ?? (textOf(input, 'pop3') !== null && textOf(input, 'imap') === null ? 'pop3' : null);
  if (how !== null && how !== 'imap' && how !== 'pop3') throw new CommandTrouble(`--receive is imap or pop3, not ${how}`, 2);
  const login = textOf(input, 'login');
  const sendLogin = textOf(input, 'send-login') ?? login;
  const exceptions: readonly TlsException[] = readExceptions(input.options['allow']);
  const typed = (service: 'imap' | 'pop3' | 'smtp', name: string | null): SetUpServer[] | null => {
    const text = textOf(input, service);
    const logins = name === null ? [address, address.slice(0, address.lastIndexOf('@'))] : [name];
    return text === null ? null : readServer(service, text, logins, exceptions, (remark) => terminal.err(remark[language]));
  };
  const receiving = how === 'pop3' ? typed('pop3', login) : (typed('imap', login) ?? (how === null ? typed('pop3', login) : null));
  const sending = typed('smtp', sendLogin);
  const isTyped = receiving !== null && sending !== null;
  await allowed(!isTyped);
  if (isTyped) return { receive: receiving, send: sending, discovery: null };

  const [{ discover }, { openDiscovery }, { showDiscovery }, { settings }, { readFile }] = await Promise.all([
    import('../discover/discover.ts'),
    import('../discover/open.ts'),
    import('./discover.ts'),
    readAllSettings(input.globals),
    import('node:fs/promises'),
  ]);
  const authorities = settings.outsideAuthority === null ? [] : [await readFile(settings.outsideAuthority, 'latin1')];
  const privateAllowed = outsidePrivate(settings);
  const parts = openDiscovery({
    resolvers: settings.resolvers,
    privateAllowed,
    probing: true,
    authorities,
    webPorts: webPortsOf(input),
    options: { anyPort: privateAllowed, ...(webPortsOf(input).https === undefined ? {} : { ispdb: null }) },
  });
  const found = await discover(address, parts);
  if (!input.json) for (const line of showDiscovery(found, language, false)) terminal.err(safe(line));
  if (login === null && wantsLogin(found))
    throw new CommandTrouble(
      language === 'ja'
        ? `この会社のログイン名はアドレスと別のものです。--login で入れてください(${found.credential.explanation.ja})`
        : `this provider's login name is not the address; give it by --login (${found.credential.explanation.en})`,
      2,
    );
  const [imap, pop3] = [serversOf(found.imap, login, exceptions), serversOf(found.pop3, login, exceptions)];
  const receive = receiving ?? (how === 'pop3' ? pop3 : how === 'imap' ? imap : imap.length > 0 ? imap : pop3);
  const send = sending ?? serversOf(found.smtp, sendLogin, exceptions);
  if (receive.length === 0 || send.length === 0)
    throw new CommandTrouble(
      language === 'ja'
        ? 'サーバーが見つかりませんでした。--imap(または --pop3)と --smtp で入れることができます'
        : 'no servers were found; they can be typed by --imap (or --pop3) and --smtp',
    );
  return { receive: ofShownHost(receive), send: ofShownHost(send), discovery: found };
}

/** Other ports than 443 and 80 for looking up: closed networks and tests. */
function webPortsOf(input: Input): { readonly https?: number; readonly http?: number; readonly others?: boolean } {
  const text = input.globals.environment['TAYORI_TEST_WEB_PORTS'];
  const [https, http] = (text ?? '').split(',').map(Number);
  return https && http ? { https, http, others: true } : {};
}
