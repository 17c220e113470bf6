// Many letters in an account's INBOX, written into the store of a data folder on which nothing runs: as bench/jmap.ts fills it. One letter in three
// answers another.
import { bytesFromUtf8, type Bytes } from '../../src/base/bytes.ts';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { systemChance as chance, systemClock as clock } from '../../src/io/clock.ts';
import { openEmbeddedStore } from '../../src/io/store/embedded.ts';
import { openSearchIndex } from '../../src/io/store/search.ts';

const subjects = [
  '打ち合わせの日程について',
  'Invoice for November',
  'ご注文ありがとうございます',
  'Travel plans',
  '資料の送付',
  'Weekly report',
];
const encoded = subjects.map((subject) => `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`);
const texts = [
  'お世話になっております。来週の会議の資料をお送りします。ご確認ください。',
  'Please find the numbers of this week below.',
  '商品を発送しました。到着まで今しばらくお待ちください。',
];

export function manyLetter(n: number): Bytes {
  const answers = n % 3 === 2 && n > 40 ? `References: <many.${n - 2}@example.org>\r\n` : '';
  return bytesFromUtf8(
    `From: =?utf-8?B?${Buffer.from(`差出人 ${n % 300}`).toString('base64')}?= <sender${n % 300}@example.org>\r\nTo: hanako@example.test\r\n` +
      `Subject: ${encoded[n % 6]} ${n}\r\nDate: Mon, 23 Nov 2026 0${n % 10}:00:00 +0900\r\nMessage-ID: <many.${n}@example.org>\r\n${answers}` +
      `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${texts[n % 3]}\r\n` +
      `${n % 5000 === 17 ? '珍しい言葉: 鎌倉彫\r\n' : ''}`,
  );
}

/** `account`: the number of it. The first letter is the oldest. */
export async function fillInbox(dir: string, account: number, count: number): Promise<void> {
  const search = openSearchIndex({ dir, log: silentLog });
  const store = await openEmbeddedStore({ dir, shards: 1, clock, chance, log: silentLog, meter: silentMeter, search });
  try {
    const inbox = (await store.mailboxes(account)).find(({ name }) => name === 'INBOX')!.id;
    for (let from = 0; from < count; from += 1000) {
      const letters = [];
      for (let n = from; n < Math.min(count, from + 1000); n++) {
        const spool = store.spool(1 << 20);
        await spool.add(manyLetter(n));
        letters.push({ spool, flags: n % 4 === 0 ? [] : ['\\Seen'], receivedAt: Date.UTC(2024, 0, 1) + n * 600_000 });
      }
      await store.append(account, inbox, letters, null);
    }
    while (await store.upkeep());
  } finally {
    await store.close();
  }
}
