// Many letters as a person gets them, Japanese and English, some answering others: the same ones for every measurement.
import { bytesFromUtf8, type Bytes } from '../../src/base/bytes.ts';
import type { MailStore } from '../../src/store/contract.ts';

const subjects = [
  '打ち合わせの日程について',
  'Invoice for November',
  'ご注文ありがとうございます',
  'Re: Travel plans',
  '資料の送付',
  'Weekly report',
];
const encoded = subjects.map((subject) => `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`);
const texts = [
  'お世話になっております。来週の会議の資料をお送りします。ご確認ください。',
  'Please find the numbers of this week below, and tell me what you think of them.',
  '商品を発送しました。到着まで今しばらくお待ちください。',
  'Shall we take the morning train to Kamakura and walk along the sea?',
];

export function letter(n: number): Bytes {
  // Of ten letters in a row, the last three are one conversation: a question and two answers.
  const place = n % 10;
  const subject = `${encoded[(place > 7 ? n - place + 7 : n) % 6]} ${(place > 7 ? n - place + 7 : n) % 1000}`;
  const answers = place > 7 ? `References: <bench.${n - place + 7}@example.org>\r\n` : '';
  return bytesFromUtf8(
    `Received: from mx.example.org by mail.example.com; Mon, 23 Nov 2026 04:00:00 +0000\r\n` +
      `From: =?utf-8?B?${Buffer.from(`差出人 ${n % 300}`).toString('base64')}?= <sender${n % 300}@example.org>\r\n` +
      `To: Hana <hana@example.com>, taro${n % 7}@example.com\r\nSubject: ${place > 7 ? 'Re: ' : ''}${subject}\r\n` +
      `Date: Mon, 23 Nov 2026 0${n % 10}:00:00 +0900\r\nMessage-ID: <bench.${n}@example.org>\r\n${answers}MIME-Version: 1.0\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${texts[n % 4]}\r\n${texts[(n * 7) % 4]}\r\n` +
      `${n % 5000 === 17 ? '珍しい言葉: 鎌倉彫\r\n' : ''}`,
  );
}

/** Puts the letters from `from` up to `to` into the account's inbox. */
export async function addLetters(store: MailStore, account: number, from: number, to: number): Promise<void> {
  const inbox = (await store.mailboxes(account)).find(({ name }) => name === 'INBOX')!.id;
  for (let first = from; first < to; first += 500) {
    const letters = [];
    for (let n = first; n < Math.min(to, first + 500); n++) {
      const spool = store.spool(1 << 20);
      await spool.add(letter(n));
      letters.push({ spool, flags: n % 4 === 0 ? [] : ['\\Seen'], receivedAt: Date.UTC(2024, 0, 1) + n * 600_000 });
    }
    await store.append(account, inbox, letters, null);
  }
}

/** `p50 …, p95 …` of some milliseconds. */
export function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): string => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!.toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}
