// "Please find attached" without anything attached. Knows the words of both languages; looks only at what the person has written themselves.

const words = [
  /(?:を|も|にて)?添付(?!ファイルなし|なし|不要|は(?:あり|ござい)ません|しません|せず|できません)/,
  /同封(?!しません|せず|はありません)/,
  /(?:ファイル|資料|書類|写真|画像|請求書|見積書?|領収書|議事録|原稿|PDF|エクセル|Excel)(?:を|も)(?:お送り|ご送付|送付|送信|送り|送る)(?:いた|致)?(?:し)?ます/i,
  /別添|添付ファイル(?:を|の)ご(?:確認|覧)/,
  /\b(?:attached|attaching|enclosed|enclosing)\b/i,
  /\b(?:see|find|in|with|have)\s+(?:the|my|an?|this|our)?\s*attachments?\b/i,
  /\bI(?:'ve| have)?\s+attach(?:ed)?\b/i,
];
const denied = /\b(?:not|no longer|isn't|aren't|un)\s*(?:attached|enclosed)\b/gi;

/** `text`: without what is quoted, and without the signature. */
export function speaksOfAttachment(text: string): boolean {
  const own = text
    .split('\n')
    .filter((line) => !/^\s*[>＞]/.test(line))
    .join('\n')
    .replace(denied, '');
  return words.some((word) => word.test(own));
}
