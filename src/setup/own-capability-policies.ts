// SPF, DMARC and MTA-STS records in plain words. Knows the records as far as a person wants to know them; judges no letter.
import type { JsonObject } from '../protocol/jmap/contract.ts';
import type { Language } from '../protocol/jmap/tayori/contract.ts';

/** RFC 7208 §4.5: one record, or it counts for nothing. */
export function describeSpf(texts: readonly string[], language: Language): JsonObject {
  const records = texts.filter((text) => /^v=spf1(?: |$)/i.test(text));
  const [raw] = records;
  if (raw === undefined)
    return said(
      null,
      { ja: '書いてありません。だれでもこの名前で出せてしまいます。', en: 'Nothing is written: anybody can send in its name.' },
      language,
    );
  if (records.length > 1)
    return said(
      raw,
      { ja: '二つ以上書いてあるので、無いのと同じです。一つにします。', en: 'There are several, which counts as none; there may be one.' },
      language,
    );
  const words = raw.split(/\s+/).slice(1);
  const includes = words.flatMap((word) => /^[+?~-]?include:(.+)$/i.exec(word)?.[1] ?? []);
  const redirect = words.flatMap((word) => /^redirect=(.+)$/i.exec(word)?.[1] ?? [])[0];
  const all = words.flatMap((word) => /^([+?~-]?)all$/i.exec(word)?.[1] ?? [])[0];
  const who = [
    ...(words.some((word) => /^\+?mx(?:[:/]|$)/i.test(word))
      ? [{ ja: '手紙を受け取る局', en: 'the offices that take its letters in' }]
      : []),
    ...(words.some((word) => /^\+?(?:a|ip4|ip6)(?:[:/]|$)/i.test(word))
      ? [{ ja: '書いてある番地', en: 'the addresses that are written' }]
      : []),
    ...includes.slice(0, 10).map((name) => ({ ja: `${name} が認める局`, en: `those that ${name} allows` })),
    ...(redirect === undefined ? [] : [{ ja: `${redirect} に書いてあるとおりの局`, en: `those that ${redirect} says` }]),
  ].map((one) => one[language]);
  const others = {
    '-': { ja: 'ほかの局からの手紙は断ってほしい、と書いてあります。', en: 'Letters from elsewhere are to be refused.' },
    '~': { ja: 'ほかの局からの手紙は疑ってほしい、と書いてあります。', en: 'Letters from elsewhere are to be suspected.' },
    '?': { ja: 'ほかの局については、何も言っていません。', en: 'It says nothing about others.' },
    '+': { ja: 'ほかのどの局からでもよい、と書いてあります。何も守られません。', en: 'Anybody else may, too: this protects nothing.' },
  }[all === undefined ? (redirect === undefined ? '?' : '-') : all === '' ? '+' : (all as '-')];
  const first =
    who.length === 0
      ? { ja: 'この名前で出す局はありません。', en: 'Nobody sends in its name.' }
      : { ja: `この名前で出してよいのは、${who.join('、')}です。`, en: `Allowed to send in its name: ${who.join(', ')}.` };
  return said(raw, { ja: `${first.ja}${others.ja}`, en: `${first.en} ${others.en}` }, language);
}

/** RFC 7489 §6.3. */
export function describeDmarc(texts: readonly string[], language: Language): JsonObject {
  const raw = texts.find((text) => /^v=DMARC1\s*(?:;|$)/i.test(text));
  if (raw === undefined)
    return said(
      null,
      {
        ja: '書いてありません。にせものの扱いは、受け取る局しだいです。',
        en: 'Nothing is written: each office does with forgeries as it likes.',
      },
      language,
    );
  const tags = new Map(
    raw.split(';').map((tag): [string, string] => {
      const [name = '', value = ''] = tag.split('=', 2);
      return [name.trim().toLowerCase(), value.trim().toLowerCase()];
    }),
  );
  const policy = tags.get('p') ?? 'none';
  const share = Number(tags.get('pct') ?? '100');
  const sentences =
    policy === 'reject'
      ? { ja: 'にせものは断ってほしい、と書いてあります。', en: 'Forgeries are to be refused.' }
      : policy === 'quarantine'
        ? { ja: 'にせものは迷惑メールに入れてほしい、と書いてあります。', en: 'Forgeries are to go to junk.' }
        : {
            ja: 'にせものも届けてよい、数だけ知らせてほしい、と書いてあります。',
            en: 'Forgeries may be delivered; it only wants to be told.',
          };
  const part =
    policy !== 'none' && Number.isFinite(share) && share < 100
      ? { ja: `(${share}% にだけ)`, en: ` (for ${share}% of them)` }
      : { ja: '', en: '' };
  return said(raw, { ja: `${sentences.ja}${part.ja}`, en: `${sentences.en}${part.en}` }, language);
}

/** RFC 8461 §3.1. The policy itself lies on a web server, which is not asked here. */
export function describeMtaSts(texts: readonly string[], language: Language): JsonObject {
  const raw = texts.find((text) => /^v=STSv1\s*;/i.test(text));
  return raw === undefined
    ? said(
        null,
        { ja: '書いてありません。封ができない相手にも届けられます。', en: 'Nothing is written: letters may come unsealed, too.' },
        language,
      )
    : said(raw, { ja: '封をして届けるための約束を公開しています。', en: 'It publishes a promise about sealed delivery.' }, language);
}

function said(raw: string | null, words: Readonly<Record<Language, string>>, language: Language): JsonObject {
  return { raw, sentence: words[language] };
}
