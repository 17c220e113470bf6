// Receipts (RFC 9007): MDN/send writes one for a letter whose sender asked for it, MDN/parse reads one. Knows the two methods and the fields of
// RFC 8098; sends nothing itself.
import { Refusal } from '../../../base/trouble.ts';
import { formatAddrSpec, mailboxesOf, parseAddressList, type Address } from '../../../message/address/address-list.ts';
import { reportBody } from '../../../message/build/body.ts';
import { buildLetter } from '../../../message/build/letter.ts';
import { decodeRawHeader } from '../../../message/charset/decode.ts';
import { decodeHeaderText } from '../../../message/header/encoded-word.ts';
import { firstField, readHeader } from '../../../message/header/fields.ts';
import { parseMessageId } from '../../../message/header/message-id.ts';
import { fieldOf, readReport } from '../../../message/report.ts';
import { partText } from '../../../message/text.ts';
import type { AccountId } from '../../../store/contract.ts';
import { makeLetterId } from '../../../store/letter-id.ts';
import { anId, anIdOrReference, anObject, isObject, listOf, mapOf, nullable, readArguments } from '../arguments.ts';
import type { Asker, Id, JmapAccount, Json, JsonObject, Method, SetError } from '../contract.ts';
import { formatSetError, invalidArguments, invalidProperties, requestTooLarge, setError } from '../errors.ts';
import { parseId } from '../ids.ts';
import { coreLimits } from '../limits.ts';
import { impliedSet } from '../mail/email-import.ts';
import { setEmails } from '../mail/email-set.ts';
import type { WriteParts } from '../mail/write-parts.ts';
import { aWritableAccount, anAccount, resolveId } from '../standard.ts';
import type { SendingDesk } from './contract.ts';
import type { Identities, IdentityValue } from './identity.ts';
import { errorOf, senderOf } from './submission-set.ts';

export interface MdnParts {
  readonly write: WriteParts;
  readonly desk: SendingDesk;
  readonly identities: Identities;
}

export function mdnMethods(parts: MdnParts): Readonly<Record<string, Method>> {
  return { 'MDN/send': mdnSend(parts, new Answered()), 'MDN/parse': mdnParse(parts) };
}

/** Letters whose receipt goes or has gone while this program runs: the keyword is the client's to set, and it comes only afterwards. */
class Answered {
  readonly #letters = new Set<string>();

  /** Null: of another call. Else the way back, for a receipt that does not go after all. */
  begin(account: AccountId, emailId: Id): (() => void) | null {
    const letter = `${account} ${emailId}`;
    if (this.#letters.has(letter)) return null;
    this.#letters.add(letter);
    if (this.#letters.size > answeredMax) this.#letters.delete(this.#letters.values().next().value!);
    return () => void this.#letters.delete(letter);
  }
}

/** By then the keyword of the first of them has been set for long. */
const answeredMax = 10_000;

/** The keyword of a letter whose receipt has gone (RFC 3503). */
const sentKeyword = '$mdnsent';

function mdnSend(parts: MdnParts, answered: Answered): Method {
  return async (args, asker) => {
    const call = readArguments(args, {
      accountId: aWritableAccount(asker),
      identityId: anIdOrReference,
      send: mapOf(anObject),
      onSuccessUpdateEmail: nullable(mapOf(anObject, true)),
    });
    const account = call.accountId;
    if (call.send.size > coreLimits.maxObjectsInSet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInSet} at once.`);
    const number = parseId('I', resolveId(asker, call.identityId) ?? '');
    const identity = number === null ? undefined : (await parts.identities.of(account)).get(number);
    // RFC 9007 §2.1.
    if (identity === undefined) throw invalidArguments('There is no such identity.', ['identityId']);
    const sent = new Map<Id, JsonObject>();
    const notSent = new Map<Id, JsonObject>();
    const letters = new Map<Id, Id>();
    for (const [creationId, mdn] of call.send) {
      // oxlint-disable-next-line no-await-in-loop -- each is a letter of its own
      const made = await sendOne({ ...parts, answered }, account, asker, identity, mdn);
      if ('type' in made) notSent.set(creationId, formatSetError(made));
      else {
        sent.set(creationId, made.told);
        letters.set(creationId, made.emailId);
      }
    }
    const response = {
      accountId: account.id,
      sent: sent.size === 0 ? null : Object.fromEntries(sent),
      notSent: notSent.size === 0 ? null : Object.fromEntries(notSent),
    };
    const update = new Map<Id, JsonObject>();
    for (const [key, patch] of call.onSuccessUpdateEmail ?? []) {
      const email = letters.get(key.startsWith('#') ? key.slice(1) : key);
      if (email !== undefined) update.set(email, patch);
    }
    if (update.size === 0) return { response };
    const implied = { account, ifInState: null, create: new Map<Id, JsonObject>(), update, destroy: [] };
    return { response, also: [await impliedSet(() => setEmails(parts.write, implied, asker))] };
  };
}

const settable = new Set(
  'forEmailId subject textBody includeOriginalMessage reportingUA disposition finalRecipient extensionFields'.split(' '),
);
const actionModes = new Map([
  ['manual-action', 'manual-action'],
  ['automatic-action', 'automatic-action'],
]);
const sendingModes = new Map([
  ['mdn-sent-manually', 'MDN-sent-manually'],
  ['mdn-sent-automatically', 'MDN-sent-automatically'],
]);
const dispositionTypes = new Set(['deleted', 'dispatched', 'displayed', 'processed']);
/** Octets of an original that go back with a receipt. */
const originalMax = 1024 * 1024;

type Told = { readonly told: JsonObject; readonly emailId: Id };

/** RFC 8098 §2.1: not more than one receipt for a letter on behalf of its recipient. */
async function sendOne(
  parts: MdnParts & { readonly answered: Answered },
  account: JmapAccount,
  asker: Asker,
  identity: IdentityValue,
  mdn: JsonObject,
): Promise<Told | SetError> {
  const wrong = wrongProperties(mdn);
  const emailId = typeof mdn['forEmailId'] === 'string' ? resolveId(asker, mdn['forEmailId']) : null;
  if (emailId === null) wrong.push('forEmailId');
  if (wrong.length > 0 || emailId === null) return invalidProperties([...new Set(wrong)]);
  const giveBack = parts.answered.begin(account.account, emailId);
  if (giveBack === null) return alreadySent();
  let sent: Told | SetError | null = null;
  try {
    return (sent = await writeAndPost(parts, account, asker, identity, mdn, emailId));
  } finally {
    if (sent === null || 'type' in sent) giveBack();
  }
}

function alreadySent(): SetError {
  return setError('mdnAlreadySent', 'A receipt has gone for this letter.');
}

async function writeAndPost(
  parts: MdnParts,
  account: JmapAccount,
  asker: Asker,
  identity: IdentityValue,
  mdn: JsonObject,
  emailId: Id,
): Promise<Told | SetError> {
  const { clock, chance, hostName } = parts.write;
  const octets = await readOriginal(parts, account, emailId);
  if (octets === 'sent') return alreadySent();
  const header = octets === null ? null : readHeader(octets, 0, octets.length);
  const asked = header === null ? null : firstField(header, 'disposition-notification-to');
  // RFC 8098 §2.1: nobody asked, or a receipt of a receipt. The letter "is not valid for sending an MDN".
  if (octets === null || header === null || asked === null || isReceipt(header))
    return setError('notFound', 'No receipt was asked for by such a letter.');
  const to = mailboxesOf(parseAddressList(decodeRawHeader(asked, 'utf-8')));
  if (to.length === 0) return setError('notFound', 'The letter does not say who wants the receipt.');
  const finalRecipient = finalRecipientOf(mdn['finalRecipient'] ?? null, identity.email);
  if (!parts.desk.owns(account.account, finalRecipient)) return setError('forbiddenFrom', 'This address does not belong to the account.');
  const messageId = parseMessageId(firstField(header, 'message-id') ?? '');
  const originalRecipient = firstField(header, 'original-recipient');
  const { actionMode, sendingMode, type } = mdn['disposition'] as { readonly [name: string]: string };
  const extension = Object.entries((mdn['extensionFields'] as JsonObject | undefined | null) ?? {}) as [string, string][];
  const groups = [
    [
      ...(typeof mdn['reportingUA'] === 'string' ? [['Reporting-UA', mdn['reportingUA']] as const] : []),
      ...(originalRecipient === null ? [] : [['Original-Recipient', originalRecipient] as const]),
      ['Final-Recipient', `rfc822; ${finalRecipient}`] as const,
      ...(messageId === '' ? [] : [['Original-Message-ID', `<${messageId}>`] as const]),
      [
        'Disposition',
        `${actionModes.get(actionMode!.toLowerCase())}/${sendingModes.get(sendingMode!.toLowerCase())}; ${type!.toLowerCase()}`,
      ] as const,
      ...extension,
    ],
  ];
  const at = clock.now();
  const subject = decodeHeaderText(firstField(header, 'subject') ?? '');
  const letter = buildLetter({
    fields: [['Auto-Submitted', 'auto-replied']],
    date: { time: at },
    from: [authorOf(identity)],
    to,
    subject: typeof mdn['subject'] === 'string' ? mdn['subject'] : `開封のお知らせ / Read: ${subject}`.slice(0, 500),
    messageId: `${makeLetterId(chance, at)}@${hostName}`,
    ...(messageId === '' ? {} : { inReplyTo: [messageId], references: [messageId] }),
    body: reportBody({
      reportType: 'disposition-notification',
      text: typeof mdn['textBody'] === 'string' ? mdn['textBody'] : usualWords(finalRecipient, subject),
      groups,
      ...(mdn['includeOriginalMessage'] === true
        ? { original: { kind: 'message' as const, bytes: octets, ...(octets.length > originalMax ? { headersOnly: true } : {}) } }
        : {}),
    }),
  });
  const recipients = to.map((mailbox) => ({ address: formatAddrSpec(mailbox), notify: ['never'] as const, originalRecipient: null }));
  const sender = senderOf(parts.desk, account, asker);
  const objection = await parts.desk.post(sender, { reversePath: '', envelopeId: null, returns: null, recipients }, letter, identity.email);
  if (objection !== null) return errorOf(objection);
  return {
    emailId,
    told: {
      finalRecipient: `rfc822; ${finalRecipient}`,
      ...(messageId === '' ? {} : { originalMessageId: `<${messageId}>` }),
      ...(originalRecipient === null ? {} : { originalRecipient }),
    },
  };
}

function authorOf({ name, email }: IdentityValue): Address {
  const at = email.lastIndexOf('@');
  return { kind: 'mailbox', name: name === '' ? null : name, route: null, local: email.slice(0, at), domain: email.slice(at + 1) };
}

function usualWords(recipient: string, subject: string): string {
  return (
    `${recipient} 宛のお手紙「${subject}」が画面に表示されました。内容が読まれ、理解されたことを示すものではありません。\n\n` +
    `Your letter "${subject}" to ${recipient} has been displayed. This does not say that it was read or understood.\n`
  );
}

/** RFC 8098 §2.1: a receipt asks for none, and nobody answers a report. */
function isReceipt(header: ReturnType<typeof readHeader>): boolean {
  return /^multipart\/report/i.test(firstField(header, 'content-type') ?? '');
}

async function readOriginal({ write: { store } }: MdnParts, account: JmapAccount, emailId: Id): Promise<Uint8Array | 'sent' | null> {
  const message = parseId('M', emailId);
  if (message === null) return null;
  const shelf = await store.openShelf(account.account);
  const index = shelf.indexOf(message);
  const sent = index >= 0 && shelf.flagsAt(index).keywords.some((keyword) => keyword.toLowerCase() === sentKeyword);
  shelf.release();
  if (index < 0) return null;
  if (sent) return 'sent';
  try {
    const letter = await store.openLetter(account.account, message);
    return await letter.read(0, letter.length);
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return null;
    throw trouble;
  }
}

function finalRecipientOf(value: Json, own: string): string {
  return typeof value === 'string' ? value.replace(/^\s*rfc822\s*;\s*/i, '').trim() : own;
}

function wrongProperties(mdn: JsonObject): string[] {
  const wrong = Object.keys(mdn).filter((name) => !settable.has(name) && mdn[name] !== null);
  const text = (name: string, most: number, line: boolean): void => {
    const value = mdn[name] ?? null;
    if (value !== null && (typeof value !== 'string' || value.length > most || /\0/.test(value) || (line && /[\r\n]/.test(value))))
      wrong.push(name);
  };
  text('subject', 500, true);
  text('textBody', 100_000, false);
  text('reportingUA', 500, true);
  text('finalRecipient', 400, true);
  const { disposition, includeOriginalMessage = false, extensionFields = null } = mdn;
  if (typeof includeOriginalMessage !== 'boolean') wrong.push('includeOriginalMessage');
  const word = (name: string): string => {
    const value = isObject(disposition) ? disposition[name] : null;
    return typeof value === 'string' ? value.toLowerCase() : '';
  };
  if (!actionModes.has(word('actionMode')) || !sendingModes.has(word('sendingMode')) || !dispositionTypes.has(word('type')))
    wrong.push('disposition');
  if (extensionFields !== null && !isExtension(extensionFields)) wrong.push('extensionFields');
  return wrong;
}

/** RFC 8098 §3.3: none of the names that have a meaning. */
function isExtension(value: Json): boolean {
  return (
    isObject(value) &&
    Object.keys(value).length <= 50 &&
    Object.entries(value).every(
      ([name, text]) =>
        /^[!-9;-~]{1,76}$/.test(name) &&
        !knownFields.has(name.toLowerCase()) &&
        typeof text === 'string' &&
        text.length <= 900 &&
        /^[\x20-\x7e]*$/.test(text),
    )
  );
}

const knownFields = new Set(
  'reporting-ua mdn-gateway original-recipient final-recipient original-message-id disposition error failure warning'.split(' '),
);

// --- MDN/parse --------------------------------------------------------------------------------------------------------

/** Octets of a receipt that are read. */
const receiptMax = 8 * 1024 * 1024;

function mdnParse({ write: { blobs } }: MdnParts): Method {
  return async (args, asker) => {
    const { accountId: account, blobIds } = readArguments(args, { accountId: anAccount(asker), blobIds: listOf(anId) });
    if (blobIds.length > coreLimits.maxObjectsInGet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInGet} at once.`);
    const parsed = new Map<Id, JsonObject>();
    const notParsable: Id[] = [];
    const notFound: Id[] = [];
    for (const id of new Set(blobIds)) {
      // oxlint-disable-next-line no-await-in-loop -- one in memory at a time
      const source = await blobs.find(account, id);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const mdn = source === null || source.size > receiptMax ? null : readMdn(await source.read(0, source.size));
      if (source === null) notFound.push(id);
      else if (mdn === null) notParsable.push(id);
      else parsed.set(id, mdn);
    }
    return {
      response: {
        accountId: account.id,
        parsed: parsed.size === 0 ? null : Object.fromEntries(parsed),
        notParsable: notParsable.length === 0 ? null : notParsable,
        notFound: notFound.length === 0 ? null : notFound,
      },
    };
  };
}

/** RFC 8098 §3. Null for what is no receipt. */
function readMdn(octets: Uint8Array): JsonObject | null {
  const report = readReport(octets);
  const [fields] = report?.groups ?? [];
  if (report?.kind !== 'disposition-notification' || fields === undefined) return null;
  const first = (name: string): string | null => fieldOf(fields, name) ?? null;
  const disposition = /^([A-Za-z-]+)\s*\/\s*([A-Za-z-]+)\s*;\s*([A-Za-z-]+)/.exec(first('disposition') ?? '');
  const finalRecipient = first('final-recipient');
  // RFC 8098 §3.2.4, §3.2.6: both must be there.
  if (disposition === null || finalRecipient === null) return null;
  const [actionMode, sendingMode, type] = disposition.slice(1).map((word) => word.toLowerCase());
  const { children, header } = report.tree;
  const words = children.find((part) => part.type === 'text');
  const subject = firstField(header, 'subject');
  const errors = fields.filter(({ name }) => name.toLowerCase() === 'error').map(({ value }) => value);
  const extension = fields.filter(({ name }) => !knownFields.has(name.toLowerCase()));
  return {
    forEmailId: null,
    subject: subject === null ? null : decodeHeaderText(subject),
    textBody: words === undefined ? null : partText(octets, words, 100_000),
    includeOriginalMessage: children.some((part) => part.type === 'message' && part.subtype === 'rfc822'),
    reportingUA: first('reporting-ua'),
    disposition: { actionMode: actionMode!, sendingMode: sendingMode!, type: type! },
    mdnGateway: first('mdn-gateway'),
    originalRecipient: first('original-recipient'),
    finalRecipient,
    originalMessageId: first('original-message-id'),
    error: errors.length === 0 ? null : errors,
    extensionFields: extension.length === 0 ? null : Object.fromEntries(extension.map(({ name, value }) => [name, value])),
  };
}
