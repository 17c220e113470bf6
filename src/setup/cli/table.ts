// All commands: their words, their sentence for the list, and where they are written. Knows no more, so that --help loads nothing.
// A new command is a row here and a file that exports `commands`.
import type { Command } from './command.ts';

export interface CommandRow {
  readonly words: string;
  readonly sentence: string;
  readonly load: () => Promise<{ readonly commands: readonly Command[] }>;
}

const account = () => import('./account.ts');
const appPassword = () => import('./app-password.ts');
const sessions = () => import('./sessions.ts');
const alias = () => import('./alias.ts');
const removedLetters = () => import('./removed-letters.ts');
const domain = () => import('./domain.ts');
const queue = () => import('./queue.ts');
const outsideLook = () => import('./outside-look.ts');
const outsideLogin = () => import('./outside-login.ts');
const outsideRest = () => import('./outside-rest.ts');
const oauth = () => import('./oauth.ts');

export const commandTable: readonly CommandRow[] = [
  { words: 'serve', sentence: 'Start the server; without settings a complete local demo.', load: () => import('./serve.ts') },
  { words: 'check', sentence: 'Say what is wrong with settings, data, ports, certificates and DNS.', load: () => import('./check.ts') },
  { words: 'settings', sentence: 'Show the settings, those changed, or an example file.', load: () => import('./settings.ts') },
  { words: 'domain list', sentence: 'List the domains whose letters are ours.', load: domain },
  { words: 'domain add', sentence: 'Take a domain in.', load: domain },
  { words: 'domain remove', sentence: 'Give a domain up.', load: domain },
  { words: 'domain catch-all', sentence: 'Say where letters for unknown people of a domain go.', load: domain },
  { words: 'account list', sentence: 'List the people.', load: account },
  { words: 'account add', sentence: 'Take a person in.', load: account },
  { words: 'account password', sentence: 'Set a new password.', load: account },
  { words: 'account quota', sentence: 'Set how much room a person has.', load: account },
  { words: 'account close', sentence: 'Close an account; its letters rest and can come back.', load: account },
  { words: 'account reopen', sentence: 'Open a closed account again.', load: account },
  { words: 'account app-password list', sentence: "List the passwords of a person's apps.", load: appPassword },
  { words: 'account app-password add', sentence: 'Make a password for one app.', load: appPassword },
  { words: 'account app-password remove', sentence: "Take an app's password away.", load: appPassword },
  {
    words: 'account setup-link',
    sentence: 'Make a one-time link by which a person sets up a phone or computer.',
    load: () => import('./setup-link.ts'),
  },
  { words: 'account sessions list', sentence: 'List the browsers in which a person is signed in.', load: sessions },
  { words: 'account sessions end', sentence: 'Sign a person out in one browser, or in all.', load: sessions },
  { words: 'account second-factor list', sentence: 'List what a person is asked for besides the password.', load: sessions },
  { words: 'account second-factor remove', sentence: 'Take a lost phone or key away from a person, or all of them.', load: sessions },
  { words: 'account alias list', sentence: 'List addresses that stand for others.', load: alias },
  { words: 'account alias add', sentence: 'Let an address stand for others.', load: alias },
  { words: 'account alias remove', sentence: 'Take such an address away, or one target of it.', load: alias },
  {
    words: 'account removed-letters list',
    sentence: 'List letters that a person has removed and that can still come back.',
    load: removedLetters,
  },
  { words: 'account removed-letters restore', sentence: 'Bring removed letters back.', load: removedLetters },
  {
    words: 'outside add',
    sentence: "Add a person's account at another provider: find it, prove it, keep it.",
    load: () => import('./outside-add.ts'),
  },
  { words: 'outside list', sentence: "List people's accounts at other providers, with their health.", load: outsideLook },
  {
    words: 'outside show',
    sentence: 'Show one account: its health in a sentence, its servers, and where each value came from.',
    load: outsideLook,
  },
  { words: 'outside test', sentence: 'Look now whether an account works, and what has changed since it was proven.', load: outsideLook },
  { words: 'outside password', sentence: 'Give a new password for an account; it is kept when both logins work.', load: outsideLogin },
  { words: 'outside sign-in', sentence: "Sign in again at the provider's page (OAuth 2).", load: outsideLogin },
  {
    words: 'outside switch',
    sentence: 'Receive by IMAP instead of POP3, or the other way round; every letter stays.',
    load: () => import('./outside-switch.ts'),
  },
  { words: 'outside pause', sentence: 'Let an account rest: nothing is fetched until it is resumed.', load: outsideRest },
  { words: 'outside resume', sentence: 'Fetch letters of an account again.', load: outsideRest },
  { words: 'outside remove', sentence: 'Take an account away; its letters here rest and can come back.', load: outsideRest },
  { words: 'outside restore', sentence: 'Bring an account back that was taken away.', load: outsideRest },
  {
    words: 'outside forget-secrets',
    sentence: 'When the key file is lost for good: let all sealed passwords go, so that a new key can be made.',
    load: outsideLogin,
  },
  { words: 'oauth guide', sentence: 'Tell what to do at a provider so that people can sign in at its page.', load: oauth },
  { words: 'oauth client add', sentence: 'Enter the client id that a provider gave to this server.', load: oauth },
  { words: 'oauth client list', sentence: 'List the client ids.', load: oauth },
  { words: 'oauth client remove', sentence: 'Take a client id away.', load: oauth },
  { words: 'queue list', sentence: 'List letters that wait to go out.', load: queue },
  { words: 'queue show', sentence: 'Show one waiting letter with its last answer.', load: queue },
  { words: 'queue retry', sentence: 'Try letters again now.', load: queue },
  { words: 'queue hold', sentence: 'Keep letters back until they are released.', load: queue },
  { words: 'queue release', sentence: 'Let held letters go again.', load: queue },
  { words: 'queue remove', sentence: 'Take letters out of the queue for good.', load: queue },
  { words: 'import', sentence: "Take letters of other programs into a person's mailboxes.", load: () => import('./import.ts') },
  { words: 'export', sentence: "Write a person's letters out as mbox files or a Maildir.", load: () => import('./export.ts') },
  { words: 'backup', sentence: 'Copy everything into a folder, while the server works.', load: () => import('./backup.ts') },
  { words: 'restore', sentence: 'Make a data folder from a backup.', load: () => import('./restore.ts') },
  { words: 'verify', sentence: 'Check every letter and every counter of the data.', load: () => import('./verify.ts') },
  { words: 'discover', sentence: 'Find the settings of a mail address at any provider.', load: () => import('./discover.ts') },
  { words: 'trace', sentence: "Tell a letter's journey in words.", load: () => import('./trace.ts') },
];

/** Loads the command of these words. */
export async function loadCommand(words: string): Promise<Command> {
  const row = commandTable.find((candidate) => candidate.words === words);
  const command = (await row?.load())?.commands.find((candidate) => candidate.words === words);
  if (!command) throw new Error(`no command "${words}"`);
  return command;
}
