// `tayori account setup-link`: a one-time link by which a person sets a device up. Knows what is asked and shown.
import { openSetupLinks } from '../../journey/account/setup-links.ts';
import { readListening } from '../listening.ts';
import { pageUrl } from '../publish/model.ts';
import { jsonOption, personArgument } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { formatTime, safe } from './terminal.ts';

const standardDays = 3;

const setupLink = officeCommand<
  { person: string; device: string | null; days: number },
  { address: string; url: string; expiresAt: number; demo: boolean }
>({
  words: 'account setup-link',
  sentence: 'Make a one-time link by which a person sets up a phone or computer.',
  arguments: [personArgument],
  options: [
    { name: 'device', value: 'NAME', sentence: 'What its app password will be called; without it by the kind of device that is chosen.' },
    { name: 'days', value: 'N', sentence: `How long the link waits, 1 to 30; ${standardDays} unless said.` },
    jsonOption,
  ],
  notes: `
The page behind the link makes an app password for that device alone and shows it once, gives an iPhone a signed settings file and
Thunderbird for Android a QR code, and turns green when the device has signed in. Give the link to nobody but its person: who opens it
first can read their mail. A link that was used or is too old opens nothing any more.`,
  examples: [
    { line: 'tayori account setup-link hanako@example.com', sentence: 'Prints the link and its QR code.' },
    { line: 'tayori account setup-link hanako --device "Hanako\'s phone" --days 1', sentence: 'For one day, with a name of its own.' },
  ],
  ask(input) {
    const { device, days } = input.options;
    const number = typeof days === 'string' ? Number(days) : standardDays;
    if (!Number.isInteger(number)) throw new CommandTrouble('--days is a number of days', 2);
    return { person: input.arguments['PERSON']!, device: typeof device === 'string' ? device : null, days: number };
  },
  async perform({ person, device, days }, office) {
    const { settings } = office;
    const demo = settings.domain === null;
    const { token, person: owner, expiresAt } = await openSetupLinks(office).make(person, device, days);
    const domain = settings.domain ?? '';
    // Where no server runs on these data yet, it will be found on the usual port.
    const listeners = (await readListening(office.folder))?.listeners ?? [{ protocol: 'https', port: 443, security: 'tls' as const }];
    const at = { hostName: demo ? 'localhost' : (settings.hostname ?? `mail.${domain}`), listeners };
    const path = `/setup/${token}`;
    // The demo's own certificate is trusted by no browser, and nothing leaves this computer.
    const url = demo ? (pageUrl(at, 'http', path) ?? pageUrl(at, 'https', path)) : pageUrl(at, 'https', path);
    if (url === null) throw new CommandTrouble('the pages are switched off: let the server listen for https (setting "ports")', 3);
    return { address: owner.address, url, expiresAt, demo };
  },
  async show({ address, url, expiresAt, demo }, terminal) {
    const { qrLines } = await import('../publish/qr.ts');
    terminal.out(`A link for ${safe(address)}, for one device, until ${formatTime(expiresAt)}:`);
    terminal.out();
    terminal.out(`  ${url}`);
    terminal.out();
    if (demo) return terminal.out('It opens on this computer: the demo listens nowhere else.');
    for (const line of qrLines(url, terminal.colours)) terminal.out(`  ${line}`);
    terminal.out();
    terminal.out('Who opens it first can read this mail: give it to nobody else. It is not shown again.');
  },
});

export const commands = [setupLink];
