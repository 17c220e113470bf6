// Letters for the office in memory: a handful that look like a person's mail, and as many as wanted that fill a list. Knows no protocol.
import type { Draft } from '../src/engine/contract.ts';
import type { Letter, Office } from './office.ts';

const senders = [
  ['田中 美咲', 'misaki.tanaka@example.jp'],
  ['Anna Lindqvist', 'anna@example.se'],
  ['佐藤 健', 'ken.sato@example.co.jp'],
  ['みどり書店', 'shop@midori-books.example.jp'],
  ['David Okafor', 'david.okafor@example.org'],
  ['区役所 窓口サービス課', 'madoguchi@city.example.jp'],
  ['Priya Raman', 'priya@example.in'],
  ['鈴木 一郎', 'ichiro.suzuki@example.ne.jp'],
] as const;

const subjects = [
  ['土曜日の件', '週末は晴れそうですね。駅の東口に10時でどうでしょうか。お弁当はこちらで用意します。'],
  [
    'Minutes of Tuesday’s meeting',
    'Attached are the minutes. Two things are still open: the room for May, and who writes to the printers.',
  ],
  ['ご注文の本が入荷しました', 'お取り置きの『活版印刷の手引き』が届きました。ご都合のよいときにお立ち寄りください。'],
  ['Re: the garden wall', 'The mason can come on the 14th. He thinks the lower part can stay as it is, which would save us a good deal.'],
  ['転入手続きのご案内', '必要な書類は本人確認書類と転出証明書です。混雑状況はこちらのページでご確認いただけます。'],
  ['Photos from Uppsala', 'Here are a few from last week. The one by the river is my favourite; print it if you like.'],
  ['見積書をお送りします', 'いつもお世話になっております。ご依頼の件、見積書を添付いたします。ご確認のほどお願いいたします。'],
  ['A small question about the recipe', 'How long do you leave the dough? Mine was flat again, and I would like to know before Sunday.'],
] as const;

const end = Date.UTC(2026, 10, 27, 12, 40);

export function letterOf(number: number, mailboxId: string, over: Partial<Letter> = {}): Letter {
  const [name, email] = senders[number % senders.length]!;
  const [subject, text] = subjects[(number * 5 + Math.floor(number / 8)) % subjects.length]!;
  const age = number < 12 ? number * 47 * 60_000 : 12 * 47 * 60_000 + (number - 12) * 83 * 60_000;
  return {
    id: `M${number + 1}`,
    threadId: `T${number + 1}`,
    mailboxIds: { [mailboxId]: true },
    keywords: number % 5 < 2 && number < 40 ? {} : number % 11 === 3 ? { $seen: true, $flagged: true } : { $seen: true },
    from: [{ name, email }],
    to: [{ name: null, email: 'hana@example.jp' }],
    subject,
    receivedAt: new Date(end - age).toISOString(),
    size: 4_000,
    preview: text,
    hasAttachment: number % 7 === 1,
    text: `${text}\n\n${text}\n\n${name}`,
    html: null,
    messageId: `${number}@example.jp`,
    attachments:
      number % 7 === 1
        ? [
            {
              partId: '3',
              blobId: `B${number}-3`,
              size: 482_113,
              name: number % 2 ? 'minutes.pdf' : '見積書.pdf',
              type: 'application/pdf',
              charset: null,
              disposition: 'attachment',
              cid: null,
            },
          ]
        : [],
    ...over,
  };
}

/** `count` letters in the inbox; the first ones make conversations. */
export function fill(office: Office, count: number): void {
  for (let number = count - 1; number >= 0; number--) office.add(letterOf(number, 'F1'));
  for (const [index, thread] of [0, 3].entries())
    for (let reply = 0; reply < 3; reply++)
      office.add(
        letterOf(thread, reply % 2 === 0 ? 'F3' : 'F1', {
          id: `M${count + 10 + index * 10 + reply}`,
          threadId: `T${thread + 1}`,
          keywords: { $seen: true },
          receivedAt: new Date(end - thread * 47 * 60_000 - (reply + 1) * 3_600_000).toISOString(),
          messageId: `r${index}-${reply}@example.jp`,
          ...(reply % 2 === 0 ? { from: [{ name: '花', email: 'hana@example.jp' }] } : {}),
        }),
      );
  office.addMailbox('F7', '旅行 · Travel', null, null);
  office.addMailbox('F8', 'Kyoto 2027', null, 'F7');
  office.addMailbox('F9', '領収書', null, null);
  office.forgetPast();
}

/** A letter being written, before anything is known of it. */
export const draft: Draft = {
  key: 'd1',
  accountId: 'A1',
  identityId: 'I1',
  from: { name: '花', email: 'hana@example.jp' },
  to: [{ name: null, email: 'ken@example.co.jp' }],
  cc: [],
  bcc: [],
  replyTo: [],
  subject: '土曜日',
  text: '10時に。',
  html: null,
  attachments: [],
  quote: null,
  inReplyTo: [],
  references: [],
  about: null,
  wantsReceipt: false,
};
