// A letter's road in sentences, Japanese or English: the same events that operators read as a log.
// Knows events and words; knows no store.
import type { TraceEvent } from '../../store/trace-contract.ts';

export type Language = 'en' | 'ja';

export interface DescribedStep {
  readonly at: number;
  /** What happened, for anybody. */
  readonly sentence: string;
  /** Its proof, a fact a line: host, TLS, the server's words. */
  readonly proof: readonly string[];
  readonly result: TraceEvent['result'];
}

type Facts = TraceEvent['facts'];
type Sentence = (facts: Facts, recipient: string | null) => string;

const fact = (facts: Facts, name: string): string | null => (facts[name] === undefined || facts[name] === '' ? null : String(facts[name]));
const peerOf = (facts: Facts): string => fact(facts, 'peer') ?? fact(facts, 'peerAddress') ?? '?';

/** Sentences by station and result; `done` stands in where a result has none of its own. */
const sentences: Readonly<Record<Language, Readonly<Record<TraceEvent['station'], Partial<Record<TraceEvent['result'], Sentence>>>>>> = {
  en: {
    submission: {
      done: (facts) => `${fact(facts, 'login') ?? 'A mail app'} handed the letter in at the counter (submission).`,
      failed: () => 'The letter was refused at the counter (submission).',
    },
    reception: {
      done: (facts) => `${peerOf(facts)} brought the letter to our door (reception).`,
      failed: (facts) => `A letter from ${peerOf(facts)} was refused at our door (reception).`,
    },
    queue: {
      done: (facts, to) =>
        `The letter${about(to)} waits to be sent${fact(facts, 'via') ? ` by way of ${fact(facts, 'via')}` : ''} (queue).`,
      later: (facts, to) =>
        `Not delivered${about(to)} yet; attempt ${fact(facts, 'attempt') ?? '?'} failed and another follows${when(facts, 'en')} (queue).`,
      failed: (_facts, to) => `Given up${about(to)}: the letter cannot be delivered (queue).`,
    },
    routing: {
      done: (facts) =>
        fact(facts, 'via') !== null
          ? `It goes through the provider of ${fact(facts, 'via')}: ${fact(facts, 'peer') ?? '?'} (routing).`
          : `The address book of the net (DNS) names the mail servers of ${fact(facts, 'domain') ?? 'the domain'}: ${fact(facts, 'mx') ?? 'none'} (routing).`,
      later: (facts) =>
        `The address book of the net (DNS) gives no answer about ${fact(facts, 'domain') ?? 'the domain'} just now (routing).`,
      failed: (facts) => `No way leads to ${fact(facts, 'domain') ?? 'the domain'} (routing).`,
    },
    delivery: {
      done: (facts, to) => `${peerOf(facts)} took the letter${about(to)} (delivery).`,
      later: (facts, to) => `${peerOf(facts)} did not take the letter${about(to)} for now (delivery).`,
      failed: (facts, to) => `${peerOf(facts)} refused the letter${about(to)} (delivery).`,
    },
    mailbox: { done: (facts, to) => `The letter lies in the mailbox ${fact(facts, 'mailbox') ?? ''}${to ? ` of ${to}` : ''} (delivered).` },
    collection: { done: (facts) => `The letter was fetched from ${peerOf(facts)} (collection).` },
    read: {
      done: (facts) =>
        `A mail app of ${fact(facts, 'login') ?? 'its owner'} has fetched the letter (${String(fact(facts, 'protocol') ?? 'app').toUpperCase()}).`,
    },
    report: {
      done: (facts, to) =>
        fact(facts, 'about') !== null
          ? 'This office wrote this letter itself, to tell what became of another one (report).'
          : `A report${about(to)} went back to the sender ${fact(facts, 'reply') ?? ''} (report).`,
    },
  },
  ja: {
    submission: {
      done: (facts) => `${fact(facts, 'login') ?? 'メールアプリ'} さんが窓口に手紙を出しました（送信・サブミッション）。`,
      failed: () => '窓口で手紙を受け付けられませんでした（送信・サブミッション）。',
    },
    reception: {
      done: (facts) => `${peerOf(facts)} から手紙が届きました（受信）。`,
      failed: (facts) => `${peerOf(facts)} からの手紙をお断りしました（受信）。`,
    },
    queue: {
      done: (facts, to) =>
        `${to ? `${to} あての` : ''}手紙が${fact(facts, 'via') ? `、${fact(facts, 'via')} の会社を通す` : ''}発送を待っています（キュー）。`,
      later: (facts, to) =>
        `${to ? `${to} あての手紙は` : ''}まだ届けられていません。${fact(facts, 'attempt') ?? '?'} 回目は届かず、${when(facts, 'ja')}もう一度試します（キュー）。`,
      failed: (_facts, to) => `${to ? `${to} あての` : ''}手紙は届けられませんでした（キュー）。`,
    },
    routing: {
      done: (facts) =>
        fact(facts, 'via') !== null
          ? `${fact(facts, 'via')} の会社（${fact(facts, 'peer') ?? '?'}）を通して送ります（経路）。`
          : `ネットの住所録（DNS）によると、${fact(facts, 'domain') ?? '宛先'} の郵便局は ${fact(facts, 'mx') ?? 'なし'} です（経路）。`,
      later: (facts) => `ネットの住所録（DNS）から ${fact(facts, 'domain') ?? '宛先'} について今は返事がありません（経路）。`,
      failed: (facts) => `${fact(facts, 'domain') ?? '宛先'} への道がありません（経路）。`,
    },
    delivery: {
      done: (facts, to) => `${peerOf(facts)} が${to ? ` ${to} あての` : ''}手紙を受け取りました（配達）。`,
      later: (facts, to) => `${peerOf(facts)} は今は${to ? ` ${to} あての` : ''}手紙を受け取れません（配達）。`,
      failed: (facts, to) => `${peerOf(facts)} が${to ? ` ${to} あての` : ''}手紙を断りました（配達）。`,
    },
    mailbox: { done: (facts, to) => `手紙は${to ? ` ${to} さんの` : ''}郵便受け「${fact(facts, 'mailbox') ?? ''}」に入りました（到着）。` },
    collection: { done: (facts) => `手紙を ${peerOf(facts)} から取ってきました（回収）。` },
    read: {
      done: (facts) =>
        `${fact(facts, 'login') ?? '持ち主'} さんのメールアプリが手紙を受け取りました（${String(fact(facts, 'protocol') ?? 'app').toUpperCase()}）。`,
    },
    report: {
      done: (facts, to) =>
        fact(facts, 'about') !== null
          ? '別の手紙がどうなったかを知らせるため、この局が書いた手紙です（通知）。'
          : `${to ? `${to} あての手紙についての` : ''}お知らせを差出人 ${fact(facts, 'reply') ?? ''} に返しました（通知）。`,
    },
  },
};

const proofNames: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {
    peerAddress: 'address',
    reply: 'in words',
    tls: 'encryption',
    tlsVerified: 'identity proven',
    protocol: 'protocol',
    messageId: 'Message-ID',
    from: 'from',
    size: 'size in octets',
    uid: 'number in the mailbox (UID)',
    dnssec: 'signed answer (DNSSEC)',
    reportLetter: 'the report',
    login: 'login',
  },
  ja: {
    peerAddress: 'アドレス',
    reply: '言葉',
    tls: '暗号化',
    tlsVerified: '相手の証明',
    protocol: 'プロトコル',
    messageId: 'Message-ID',
    from: '差出人',
    size: '大きさ（オクテット）',
    uid: '郵便受けでの番号（UID）',
    dnssec: '署名つきの答え（DNSSEC）',
    reportLetter: 'お知らせの手紙',
    login: 'ログイン名',
  },
};

function about(recipient: string | null): string {
  return recipient === null ? '' : ` for ${recipient}`;
}

function when(facts: Facts, language: Language): string {
  const at = Number(facts['nextAt']);
  if (!Number.isFinite(at)) return '';
  return language === 'en' ? ` at ${formatTime(at)}` : `${formatTime(at)} に`;
}

/** Local time is the reader's matter; UTC is the same for both ends of a telephone. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').slice(0, 19) + ' UTC';
}

export function describeStep(event: TraceEvent, language: Language): DescribedStep {
  const ofStation = sentences[language][event.station];
  const sentence = (ofStation[event.result] ?? ofStation.done!)(event.facts, event.recipient);
  const names = proofNames[language];
  const proof = Object.entries(event.facts)
    .filter(([name, value]) => names[name] !== undefined && value !== '')
    .map(([name, value]) => `${names[name]}: ${String(value).replace(/\s*\n\s*/g, ' / ')}`);
  return { at: event.at, sentence, proof, result: event.result };
}

/** A line per step, its proof indented below it. Empty for a letter of which nothing is known. */
export function describeJourney(events: readonly TraceEvent[], language: Language): string[] {
  const marks = { done: '●', later: '○', failed: '×' } as const;
  return events.flatMap((event) => {
    const step = describeStep(event, language);
    return [`${marks[step.result]} ${formatTime(step.at)}  ${step.sentence}`, ...step.proof.map((line) => `      ${line}`)];
  });
}
