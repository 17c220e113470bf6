// The journey of a letter as one of the people in it may see it: its stations in sentences, each with its proof. Knows events and who may see
// which; the sentences are journey/trace's.
//
// Who has sent a letter sees its whole road, but not whether others have opened it nor where it lies with them. Who has got it sees how it came, not who
// else got it (blind copies) nor from which network it was handed in.
import type { AccountId, LetterId } from '../store/contract.ts';
import type { Station, TraceEvent } from '../store/trace-contract.ts';
import { describeStep } from '../journey/trace/describe.ts';
import { formatUtcDate } from '../protocol/jmap/arguments.ts';
import type { Json, JsonObject } from '../protocol/jmap/contract.ts';
import type { JourneyDesk, Language } from '../protocol/jmap/tayori/contract.ts';
import type { Office } from './office.ts';
import { failureOf, isCause } from './own-capability-words.ts';

type Parts = Pick<Office, 'store' | 'addresses' | 'directory'>;

const rowsMax = 10_000;
const stationsMax = 300;
/** Letters with one Message-ID: anybody may write one that is there already. */
const namedMax = 5;

/** The everyday word of a station, its term, and what it is at a post office. */
const stations: Readonly<
  Record<Station, Readonly<Record<Language, { readonly word: string; readonly term: string; readonly picture: string }>>>
> = {
  submission: {
    ja: { word: '差し出し', term: '送信', picture: '窓口で手紙を渡す' },
    en: { word: 'handed in', term: 'submission', picture: 'the counter where letters are handed in' },
  },
  reception: {
    ja: { word: '受け入れ', term: '受信', picture: 'よその局の便が着く入口' },
    en: { word: 'taken in', term: 'reception', picture: "the door where other offices' vans arrive" },
  },
  queue: {
    ja: { word: '発送待ち', term: 'キュー', picture: '発送を待つ棚' },
    en: { word: 'waiting', term: 'queue', picture: 'the shelf where letters wait to go out' },
  },
  routing: {
    ja: { word: '行き先調べ', term: 'DNS', picture: '住所録で相手の局を引く' },
    en: { word: 'looked up', term: 'DNS', picture: 'the address book that names the other office' },
  },
  delivery: {
    ja: { word: '引き渡し', term: '配達', picture: '相手の局に手渡す' },
    en: { word: 'handed over', term: 'delivery', picture: 'handed to the other office' },
  },
  mailbox: {
    ja: { word: '到着', term: '郵便受け', picture: '郵便受けに入る' },
    en: { word: 'delivered', term: 'mailbox', picture: 'put into the letter box' },
  },
  collection: {
    ja: { word: '受け取りに行く', term: '回収', picture: 'よその局へ取りに行く' },
    en: { word: 'fetched', term: 'collection', picture: 'fetched from another office' },
  },
  read: {
    ja: { word: 'アプリが受け取る', term: 'IMAP・POP3', picture: '郵便受けから取り出す' },
    en: { word: 'fetched by an app', term: 'IMAP, POP3', picture: 'taken out of the letter box' },
  },
  report: {
    ja: { word: 'お知らせ', term: 'DSN', picture: '差出人へのお知らせ' },
    en: { word: 'report', term: 'DSN', picture: 'a note back to the sender' },
  },
};

export function openJourneyDesk(parts: Parts): JourneyDesk {
  const { store, addresses, directory } = parts;
  return {
    async lettersOf(account, message) {
      const [[own = ''], { messageId }] = await Promise.all([
        store.readLetterIds(account, [message]),
        store.readFacts(account, [message], ['messageId']),
      ]);
      if (own === '' && messageId[0] === undefined) return null;
      const named = messageId[0] === undefined || messageId[0] === '' ? [] : await store.trace.find(messageId[0], namedMax);
      return [...new Set([own, ...named])].filter((letter) => letter !== '');
    },

    async look(accounts, letter, language) {
      const events = await store.trace.ofLetter(letter);
      const visible = visibleTo(events, new Set(accounts));
      return visible === null ? null : showJourney(parts, letter, visible, language);
    },

    async underWay(account, limit) {
      const outside = directory.outsideAccount(account);
      const own = outside === null ? { from: (path: string): boolean => path !== '' && addresses.owns(account, path) } : { via: account };
      const rows = await store.queue.list({ ...own, limit: rowsMax });
      const letters = new Set(rows.toSorted((a, b) => b.createdAt - a.createdAt).map(({ letter }) => letter));
      const senders = new Set([account, outside?.owner ?? account]);
      const found: LetterId[] = [];
      for (const letter of letters) {
        if (found.length >= limit) break;
        // What `look` shows to nobody or as another's is none of theirs: held until its hour, or sent by the other one of two who share an address.
        if (visibleTo(await store.trace.ofLetter(letter), senders)?.isSender === true) found.push(letter);
      }
      return found;
    },
  };
}

interface Visible {
  readonly events: readonly TraceEvent[];
  readonly isSender: boolean;
}

/** Null: it is no letter of theirs. */
function visibleTo(events: readonly TraceEvent[], accounts: ReadonlySet<AccountId>): Visible | null {
  const isTheirs = ({ account }: TraceEvent): boolean => account !== null && accounts.has(account);
  if (!events.some(isTheirs)) return null;
  const isSender = events.some((event) => event.station === 'submission' && isTheirs(event));
  const visible = events.flatMap((event): TraceEvent[] => {
    if (isTheirs(event)) return [event];
    if (isSender) {
      if (event.station === 'read') return [];
      // That it arrived, and no more: into which folder is the owner's affair.
      return event.station === 'mailbox' ? [{ ...event, facts: { mailbox: 'INBOX' } }] : [event];
    }
    if (event.recipient !== null || event.station === 'read') return [];
    if (event.account === null) return [event];
    // Another person here has sent it: who, but not from where.
    if (event.station !== 'submission') return [];
    const { peer: _peer, peerAddress: _address, login: _login, ...facts } = event.facts;
    return [{ ...event, facts: { ...facts, login: String(facts['from'] ?? '') } }];
  });
  return { events: visible, isSender };
}

async function showJourney({ store }: Parts, letter: LetterId, { events, isSender }: Visible, language: Language): Promise<JsonObject> {
  const waiting = isSender ? await store.queue.list({ letter, limit: rowsMax }) : [];
  const failed = events.some(({ station, result }) => station === 'queue' && result === 'failed');
  return {
    letterId: letter,
    direction: isSender ? 'sent' : 'received',
    state: waiting.length > 0 ? 'underWay' : failed ? 'returned' : 'arrived',
    waitsFor: waiting.slice(0, stationsMax).map((row): Json => ({
      recipient: row.recipient,
      attempts: row.attempts,
      nextAt: formatUtcDate(row.dueAt),
      lastReply: row.lastReply,
      isHeld: row.state === 'held',
    })),
    stations: events.slice(0, stationsMax).map((event): Json => showStation(event, language)),
  };
}

function showStation(event: TraceEvent, language: Language): JsonObject {
  const { sentence, proof } = describeStep(event, language);
  const { cause } = event.facts;
  const name = typeof cause === 'string' && isCause(cause) ? cause : null;
  const why = name === null ? null : failureOf(name, language);
  return {
    at: formatUtcDate(event.at),
    station: event.station,
    result: event.result,
    ...stations[event.station][language],
    recipient: event.recipient,
    sentence,
    proof: [...proof],
    facts: { ...event.facts },
    why: why === null ? null : { sentence: why.sentence, next: why.next, whose: why.whoseWords },
  };
}
