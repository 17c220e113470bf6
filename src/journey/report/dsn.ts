// Delivery status notifications (RFC 3464 in RFC 6522): the letter that tells a sender what became of theirs, in Japanese and
// English for people and in fields for machines. Knows the report; when one is due is the queue's matter.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Bytes } from '../../base/bytes.ts';
import { bytesFromUtf8, noBytes } from '../../base/bytes.ts';
import { parseAddressList, type Address } from '../../message/address/address-list.ts';
import { reportBody, type MessageBody } from '../../message/build/body.ts';
import { buildLetter } from '../../message/build/letter.ts';
import { headerFieldRanges } from '../../message/header/fields.ts';
import { formatReturnPath } from '../../protocol/smtp/trace-fields.ts';
import type { AcceptLetter, AccountId } from '../../store/contract.ts';
import { makeLetterId } from '../../store/letter-id.ts';
import type { RecipientLists } from '../account/contract.ts';
import type { ReportAction, ReportedRecipient, Reporter } from './contract.ts';
import { deliveredRecipients } from './delivered.ts';
import { messageFields, needsGlobal, plain, recipientFields } from './fields.ts';

export interface ReporterParts {
  readonly hostName: string;
  /** The domain of the postmaster who signs. */
  readonly domain: string;
  readonly recipients: RecipientLists;
  /**
   * Whose INBOX takes reports about letters of an account at another provider: its own, or that of its owner when nobody reads the account
   * any more; null when there is none.
   */
  readonly inboxOf?: (account: AccountId) => AccountId | null;
  /** A cause as a sentence with the next step; null when there is none. */
  readonly explain?: (cause: string, language: 'ja' | 'en') => string | null;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** RFC 3461 §5.3: with RET=FULL the letter comes along, but a large one only by its header. */
const returnMax = 1024 * 1024;

interface Words {
  readonly subject: string;
  readonly ja: string;
  readonly en: string;
}

const wordsByAction: Readonly<Record<ReportAction, Words>> = {
  failed: {
    subject: 'Your letter could not be delivered / お手紙を届けられませんでした',
    ja: 'お手紙を次の宛先に届けることができませんでした。もう一度送る前に、宛先をお確かめください。',
    en: 'Your letter could not be delivered to the following addresses. Please check the address before you send it again.',
  },
  delayed: {
    subject: 'Your letter is still on its way / お手紙はまだ配達の途中です',
    ja: 'お手紙は次の宛先にまだ届いていません。引き続き配達を試みますので、何もなさる必要はありません。',
    en: 'Your letter has not yet reached the following addresses. We go on trying; there is nothing you need to do.',
  },
  relayed: {
    subject: 'Your letter has been handed on / お手紙を次の郵便局に渡しました',
    ja: 'お手紙を次の宛先の郵便局に渡しました。その先の配達の知らせは、相手の郵便局からは届きません。',
    en: 'Your letter was handed to the mail servers of the following addresses. They will not report how it goes on from there.',
  },
  delivered: {
    subject: 'Your letter has been delivered / お手紙が届きました',
    ja: 'お手紙は次の宛先の郵便受けに入りました。',
    en: 'Your letter lies in the mailboxes of the following addresses.',
  },
};

/** About letters that an account's own provider is to carry: what stands in the way is seldom the recipient's address. */
const wordsOfProvider: Readonly<Record<'failed' | 'delayed', Words>> = {
  failed: {
    subject: 'Your letter could not be sent / お手紙を送れませんでした',
    ja: 'お使いのメールの会社を通して、次の宛先にお手紙を送ることができませんでした。ほかの道で送ることはしていません。',
    en: 'Your letter could not be sent through your mail provider to the following addresses. It was not sent in any other way.',
  },
  delayed: {
    subject: 'Your letter still waits to be sent / お手紙はまだ送れていません',
    ja: 'メールの会社にまだお手紙を渡せていません。引き続き試みます。',
    en: 'Your mail provider has not yet taken your letter to the following addresses. We go on trying.',
  },
};

export function openReporter(parts: ReporterParts): Reporter {
  return {
    delivered(letter, store) {
      return this.report(deliveredRecipients(letter), letter.octets, store);
    },

    async report(recipients, octets, store) {
      const first = recipients[0];
      if (!first || first.row.reversePath === '') return null;
      const { placements, queue } = await roadBack(parts, first.row);
      if (placements.length === 0 && queue.length === 0) return null;
      const at = parts.clock.now();
      const letter = makeLetterId(parts.chance, at);
      const spool = store.spool(Number.MAX_SAFE_INTEGER);
      await spool.add(buildReport(parts, recipients, octets, letter, at));
      const accepted: AcceptLetter = {
        letter,
        // RFC 5321 §4.4, RFC 3464 §2: in a mailbox here it says that nobody is to be answered.
        prefix: queue.length === 0 ? bytesFromUtf8(formatReturnPath('')) : noBytes(),
        spool,
        receivedAt: at,
        reversePath: '',
        placements,
        queue,
        bodyType: '8bitmime',
        smtpUtf8: first.row.smtpUtf8,
      };
      return accepted;
    },
  };
}

async function roadBack(
  parts: ReporterParts,
  { reversePath, via }: ReportedRecipient['row'],
): Promise<Pick<AcceptLetter, 'placements' | 'queue'>> {
  // The address is not ours, the mailbox is; by the DNS the report would go to the provider, from a server that it has no reason to believe.
  if (via !== null) {
    const account = parts.inboxOf?.(via) ?? null;
    return { placements: account === null ? [] : [{ account, mailbox: 'inbox', flags: [] }], queue: [] };
  }
  // A full mailbox is no reason to let a letter disappear without a word.
  const list = parts.recipients.open({ onlyOurs: false, pastQuota: true });
  // A report is never reported about (RFC 3461 §5.2.7).
  await list.add({ address: reversePath, notify: ['never'], originalRecipient: null }, 0);
  return { placements: list.placements(), queue: list.queueRows() };
}

function buildReport(
  parts: ReporterParts,
  recipients: readonly ReportedRecipient[],
  octets: Bytes | null,
  letter: string,
  at: number,
): Bytes {
  const { row, action } = recipients[0]!;
  const words = row.via === null || (action !== 'failed' && action !== 'delayed') ? wordsByAction[action] : wordsOfProvider[action];
  const tells = recipients.map(describe).join('\n\n');
  const why = [...new Set(recipients.flatMap(({ cause }) => cause ?? []))];
  const said = (language: 'ja' | 'en'): string => why.map((cause) => `\n${parts.explain?.(cause, language) ?? ''}`.trimEnd()).join('');
  const text = `${words.ja}${said('ja')}\n\n${words.en}${said('en')}\n\n${tells}\n\n-- \n便り ${parts.hostName}\n`;
  const global = needsGlobal(recipients);
  return buildLetter({
    // RFC 3834 §5: no machine answers this.
    fields: [['Auto-Submitted', 'auto-replied']],
    date: { time: at },
    from: address(`Mail Delivery System <postmaster@${parts.domain}>`),
    to: address(`<${row.reversePath}>`),
    subject: words.subject,
    messageId: `${letter}@${parts.hostName}`,
    body: reportBody({
      reportType: 'delivery-status',
      text,
      groups: [messageFields(parts.hostName, recipients), ...recipients.map((one) => recipientFields(one, global))],
      // RFC 6522 §3 (3): the part may be missing.
      ...(octets !== null && { original: originalOf(octets, action === 'failed' && row.returns !== 'headers') }),
      global,
    }),
  });
}

function originalOf(octets: Bytes, full: boolean): MessageBody {
  if (full && octets.length <= returnMax) return { kind: 'message', bytes: octets };
  return { kind: 'message', bytes: octets.subarray(0, headerFieldRanges(octets).blankEnd), headersOnly: true };
}

function address(text: string): Address[] {
  return parseAddressList(text);
}

function describe(one: ReportedRecipient): string {
  const who = one.host === null ? '' : `\n  ${one.host}:`;
  const words = plain(one.words);
  return `  <${one.row.recipient}>${who}\n  ${words}${words.includes(one.status) ? '' : ` (${one.status})`}`;
}
