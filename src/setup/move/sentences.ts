// Why a letter or a folder was not taken over, or a whole import, export, backup or restore cannot go on: each in one plain sentence that
// names the next step. Knows words only; docs/moving-mail.md explains them.
import { formatSize } from '../setting-kinds.ts';

/** Why a single letter stays where it was; counted by these words. */
export const refusedLetter = {
  tooLarge: (limit: number) => `larger than a letter may be (${formatSize(limit)}; the setting letter-limit)`,
  empty: 'empty: it has no octets',
  expunged: 'removed in Thunderbird already (X-Mozilla-Status), only not compacted yet',
  bookkeeping: "no letter, but another mail server's note of its folder",
  unreadable: (code: string) => `its file cannot be read (${code})`,
} as const;

export const passedOver = {
  noDate: 'begins with "From ", but without the date that an mbox has there',
  noLetters: 'neither an mbox, nor a Maildir, nor an .eml file',
  link: 'a link to another place; name that place itself to have it imported',
  tooDeep: 'a folder too deep below the one you named',
  unreadable: (code: string) => `cannot be read (${code})`,
} as const;

export const importTrouble = {
  nothing: (path: string) => `there is nothing at ${path}; check the spelling`,
  unreadable: (path: string, code: string) =>
    `${path} cannot be read (${code}); the server reads it as the user it runs as, so let that user read it`,
  noLetters: (path: string) => `there are no letters in ${path}: no mbox, no Maildir and no .eml file`,
  onlyThis: (path: string, reason: string) => `${path} was not imported: ${reason}`,
  format: (word: string) => `"${word}" is not a format; use mbox, mboxo, maildir or eml`,
  notFormat: (path: string, format: string) => `there are no letters of the format ${format} in ${path}`,
  underWay: (path: string) => `${path} is being imported already; wait for its end`,
  unfinished: (path: string, letters: number) =>
    `an import of ${path} has begun and not ended (${letters} letters are in); add --resume to go on, or --again to begin anew and have these letters twice`,
  finished: (path: string, when: string, letters: number) =>
    `${path} was imported on ${when} (${letters} letters); add --resume to import only what has come since, or --again to have all of it a second time`,
  changed: (path: string) =>
    `${path} is not the file any more whose import had begun: no letter begins where it stopped; import it with --again, and remove what is then there twice`,
  stopped: (letters: number) => `stopped; ${letters} letters are in, and the same line with --resume goes on from there`,
  quota: (address: string, quota: number, letters: number) =>
    `${address} has no room left (its quota is ${formatSize(quota)}); ${letters} letters are in; give more room by "tayori account quota ${address} SIZE" and go on with --resume`,
  full: (letters: number) => `the disk is full; ${letters} letters are in; make room and go on with --resume`,
  unknown: (letters: number) =>
    `the store did not say whether the last letters are in; ${letters} letters are in for certain, and --resume finds out about the others`,
  closed: (address: string) => `the account ${address} is closed; open it again by "tayori account reopen ${address}"`,
  count: (found: number, imported: number, refused: number) =>
    `the counts do not agree: ${found} letters were found, ${imported} imported and ${refused} refused; please report this, with the program that wrote the letters`,
} as const;

export const exportTrouble = {
  noMailbox: (address: string, name: string, there: readonly string[]) =>
    `${address} has no mailbox "${name}"; there are: ${there.slice(0, 20).join(', ')}${there.length > 20 ? ' …' : ''}`,
  count: (mailbox: string, wanted: number, written: number) =>
    `the counts do not agree: mailbox ${mailbox} held ${wanted} letters and ${written} were written; nothing was exported, please report this`,
  damaged: (mailbox: string, uid: number) => `mailbox ${mailbox}, UID ${uid}: its octets cannot be read; "tayori verify" tells more`,
  stopped: 'stopped; nothing was exported',
} as const;

export const folderTrouble = {
  notEmpty: (path: string) => `${path} is not empty; name an empty or a new folder`,
  notEmptyForce: (path: string) => `${path} is not empty; name an empty or a new folder, or add --force to replace the backup in it`,
  notBackup: (path: string) => `${path} is not empty and holds no backup of Tayori; --force replaces backups only, so name another folder`,
  inData: (path: string) => `${path} lies in the data folder or around it; name a place of its own, best on another disk`,
  isFile: (path: string) => `${path} is a file; name a folder`,
  unwritable: (path: string, code: string) => `${path} cannot be written (${code}); the server writes it as the user it runs as`,
  full: (path: string) => `there is no room left where ${path} lies; make room and begin again`,
  underWay: (path: string) => `something is being written to ${path} already; wait for its end`,
} as const;

export const backupTrouble = {
  engine: 'these data lie in an engine that has its own backups; use those',
  stopped: 'stopped; no backup was made',
  none: (path: string) => `${path} holds no backup, or one that did not end: its manifest.json is missing`,
  damaged: (path: string) => `the manifest of ${path} cannot be read; take another backup`,
  newer: (path: string, version: string) => `the backup in ${path} is of a newer version (${version}); install that version first`,
  fileGone: (file: string) => `the file ${file} of the backup is missing; take another backup`,
  fileChanged: (file: string) =>
    `the file ${file} of the backup is not the one that was written (its SHA-256 differs); take another backup`,
  letters: (wanted: number, found: number) => `the backup tells of ${wanted} letters, but ${found} came back`,
} as const;

export const verifyTrouble = {
  directory: (words: string) => `the list of people (directory.sqlite) is damaged: ${words}`,
  ledger: (words: string) => `the ledger of letters fetched from other providers (collection.sqlite) is damaged: ${words}`,
  noMail: (address: string) => `${address} is known, but has no mailboxes; "tayori account add ${address}" completes them`,
  stopped: 'stopped; not everything was checked',
} as const;
