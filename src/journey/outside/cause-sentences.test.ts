import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeSides, type Cause } from './causes.ts';
import { sentenceOf, type SentenceLanguage } from './cause-sentences.ts';

const causes = Object.keys(causeSides) as Cause[];
const languages: readonly SentenceLanguage[] = ['en', 'ja'];

/** Terms that may stand small, in brackets, beside their everyday word; each is in the word list. */
const terms = new Set(['TLS', 'STARTTLS', 'DNS', 'OP25B', 'IMAP', 'POP3', 'SMTP']);
/** Words that are foreign to who only wants mail. */
const jargon: Readonly<Record<SentenceLanguage, RegExp>> = {
  en: /\b(?:protocol|handshake|authentication|authenticate|credential|host ?name|socket|timeout|token|server error|client|mechanism|session|cipher|invalid)\b/i,
  ja: /プロトコル|ハンドシェイク|認証|ホスト|ソケット|タイムアウト|トークン|クライアント|セッション|エラー|アクセス|プロバイダ|リクエスト|コネクション|ドメイン|サーバ(?!ー)/,
};

for (const cause of causes)
  for (const language of languages)
    test(`sentenceOf ${cause}, ${language}`, () => {
      const full = sentenceOf(cause, language, { server: 'imap.example.jp', port: 993, provider: 'Example' });
      const bare = sentenceOf(cause, language);
      for (const text of [full.wrong, full.next, bare.wrong, bare.next]) {
        assert.ok(text.length >= 8 && text.length <= 220, text);
        assert.ok(!/[{}]/.test(text), text);
        assert.match(text, language === 'ja' ? /。$/ : /\.$/);
        assert.equal(/[ぁ-んァ-ヶ一-龠]/.test(text), language === 'ja', text);
        assert.ok(!jargon[language].test(text), `${jargon[language].exec(text)?.[0]} in: ${text}`);
        const outside = text.replaceAll(/[（(][^）)]*[）)]/g, '');
        assert.deepEqual(outside.match(/\b[A-Z][A-Z0-9]{1,}\b/g), null, `an acronym without its everyday word: ${text}`);
        for (const [, inside = ''] of text.matchAll(/[（(]([^）)]*)[）)]/g))
          for (const term of inside.match(/\b[A-Z][A-Z0-9]{1,}\b/g) ?? []) assert.ok(terms.has(term), term);
      }
      assert.equal(full.side, causeSides[cause]);
      assert.ok(full.sideWords.length > 0);
      // One step: no list of things to do.
      assert.ok((full.next.match(language === 'ja' ? /。/g : /\.(?: |$)/g) ?? []).length <= 3, full.next);
    });

test('sentenceOf: names of servers and providers stand in their places; what could deceive is left out', () => {
  assert.match(sentenceOf('refused', 'en', { server: 'imap.example.jp', port: 993 }).wrong, /^imap\.example\.jp is there/);
  assert.match(sentenceOf('refused', 'ja', { server: 'imap.example.jp', port: 993 }).wrong, /^imap\.example\.jp はありますが、993 番/);
  assert.match(sentenceOf('app-password-needed', 'ja', { provider: 'Gmail' }).wrong, /^Gmail では/);
  assert.match(sentenceOf('app-password-needed', 'ja').wrong, /^メール会社では/);
  assert.match(sentenceOf('refused', 'en').wrong, /^The mail server is there/);
  assert.ok(!/[\u202e\n]/.test(sentenceOf('refused', 'en', { server: 'a\u202eb\n' }).wrong));
  assert.ok(sentenceOf('refused', 'en', { server: 'x'.repeat(5000) }).wrong.length < 300);
});

test('the sentences that tell a password was not sent belong to causes found before one is', () => {
  for (const cause of causes)
    if (/was not sent|did not send/.test(sentenceOf(cause, 'en').next + sentenceOf(cause, 'en').wrong))
      assert.match(cause, /^(?:certificate|starttls|tls)/);
});
