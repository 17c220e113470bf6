// Kanji of names that are written one way on the register and another on the keyboard: 髙橋 is looked for as 高橋. Knows the pairs that families bear;
// knows no search.

/** Each group reads and means the same; the first is the one that is typed. */
const groups = [
  '高髙', '崎﨑嵜', '辺邊邉', '斉斎齊齋', '沢澤', '浜濱濵', '桜櫻', '広廣', '国國', '島嶋嶌', '富冨', '吉𠮷', '柳栁', '徳德', '恵惠', '真眞', '滝瀧', '竜龍', '条條', '関關', '峰峯', '桑桒', '黒黑', '宝寳', '館舘',
].map((group) => [...new Set(group)]); // prettier-ignore
const others = new Map(groups.flatMap((group) => group.map((sign) => [sign, group] as const)));
/** So many ways are looked for; each is a search of its own at the server. */
const most = 6;

/** The text itself first, then as it may be written besides. */
export function waysToWrite(text: string): readonly string[] {
  let ways = [''];
  for (const sign of text) {
    const group = others.get(sign);
    const signs = group ? [sign, ...group.filter((other) => other !== sign)] : [sign];
    // Too many ways: from here on as it was typed.
    ways = ways.length * signs.length > most ? ways.map((way) => way + sign) : signs.flatMap((one) => ways.map((way) => way + one));
  }
  return ways;
}

/** For comparing on this device. */
export function plainKanji(text: string): string {
  return text.replace(/\p{sc=Han}/gu, (sign) => others.get(sign)?.[0] ?? sign);
}
