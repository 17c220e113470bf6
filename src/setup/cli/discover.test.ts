import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import type { Candidate, Discovery, Language } from '../discover/contract.ts';
import { discover, type DiscoverParts } from '../discover/discover.ts';
import { providerRows } from '../discover/table.ts';
import { showDiscovery } from './discover.ts';
import { run } from './run.ts';
import { widthOf, type Terminal } from './terminal.ts';

/** No network at all: what is known is known, and all else says so. */
const alone: DiscoverParts = {
  resolver: { resolve: async () => ({ kind: 'none', reason: 'nxdomain', authentic: false, ttl: 0 }) },
  web: { fetch: async () => Promise.reject(new Error('no network')) },
  probe: null,
};

async function tayori(...line: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    interactive: false,
    colours: false,
    out: (text = '') => void out.push(text),
    err: (text) => void err.push(text),
    secret: async () => '',
    progress() {},
    settle() {},
  };
  const code = await run(line, { environment: { LANG: 'en_US.UTF-8' }, folder: tmpdir(), terminal });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('tayori discover', () => {
  test('four things for each direction, the secret and the steps, in Japanese', async () => {
    const { code, out } = await tayori('discover', 'ｔａｒｏ＠docomo.ne.jp', '--no-probe', '--language', 'ja');
    assert.equal(code, 0);
    const lines = out.split('\n');
    const at = lines.findIndex((line) => line.startsWith('受け取る：'));
    assert.deepEqual(
      lines.slice(at, at + 5).map((line) => line.trim().split(/ {2,}/)),
      [
        ['受け取る：置いたまま見る（IMAP）'],
        ['郵便局の役をする機械（サーバー）', 'imap.spmode.ne.jp'],
        ['窓口の番号（ポート）', '993'],
        ['封のしかた（暗号化）', 'はじめから封をする（SSL/TLS）'],
        ['窓口で名乗る名前（ユーザー名）', 'dアカウントのID（下の手順で確かめます）'],
      ],
    );
    assert.match(out, /必要なもの：IMAP専用パスワード/);
    assert.match(out, / 1\. ドコモの携帯電話で/);
  });
  test('and in English', async () => {
    const { code, out } = await tayori('discover', 'taro@gmail.com', '--no-probe');
    assert.equal(code, 0);
    assert.match(
      out,
      /Receiving: look at it there \(IMAP\)\n {2}post office \(server\) {7}imap.gmail.com\n {2}counter number \(port\) {6}993\n/,
    );
    assert.match(out, /app password/);
    assert.match(out, /No password was sent anywhere\.$/);
  });
  test('as JSON it is the whole value', async () => {
    const { out } = await tayori('discover', 'taro@i.softbank.jp', '--no-probe', '--json');
    const found = JSON.parse(out) as Discovery;
    assert.deepEqual([found.provider?.id, found.imap[0]?.logins.length, found.sources.length], ['softbank', 2, 10]);
  });
  test('a near miss is asked about', async () => {
    const found = await discover('taro@gamil.com', alone);
    assert.match(showDiscovery(found, 'en', false).join('\n'), /^Did you mean taro@gmail.com\?/);
    assert.match(showDiscovery(found, 'ja', false).join('\n'), /もしかして taro@gmail.com ですか/);
  });
  test('nothing found says what to do, and ends with 1', async () => {
    const found = await discover('taro@nowhere.test', alone);
    assert.match(showDiscovery(found, 'en', false).join(' '), /No settings were found for taro@nowhere.test/);
    assert.match(showDiscovery(found, 'ja', false).join(''), /見つかりませんでした/);
  });
  const wrong: readonly [readonly string[], RegExp][] = [
    [['discover', 'taro'], /no mail address.*taro@example.com/],
    [['discover', 'taro', '--language', 'ja'], /メールアドレスの形/],
    [['discover', 'taro@gmail.com', '--language', 'fr'], /--language is ja or en/],
    [['discover', 'taro@gmail.com', '--database', 'http://x.test/'], /https address or none/],
    [['discover'], /needs ADDRESS/],
  ];
  for (const [line, said] of wrong)
    test(line.join(' '), async () => {
      const { code, err } = await tayori(...line);
      assert.equal(code, 2);
      assert.match(err, said);
    });

  test('no line is wider than 80 columns, for any provider, in both languages', async () => {
    for (const row of providerRows) {
      const domain = row.domains[0] ?? `name.${row.below[0] ?? 'test'}`;
      const found = await discover(`taro.yamada@${domain}`, alone);
      const failed = (list: readonly Candidate[]) =>
        list.map((one): Candidate => ({
          ...one,
          proof: { reachable: false, cause: 'certificate-other-name', words: '', milliseconds: 1 },
        }));
      for (const shown of [found, { ...found, imap: failed(found.imap), smtp: failed(found.smtp) }])
        for (const language of ['ja', 'en'] satisfies Language[])
          for (const line of showDiscovery(shown, language, false))
            assert.ok(widthOf(line) <= 80 || /https:/.test(line), `${widthOf(line)}: ${line}`);
    }
  });
  test('what others said is shown without its control characters', async () => {
    const found = await discover('taro@gmail.com', alone);
    const evil = {
      ...found,
      sources: found.sources.map((one) => ({ ...one, outcome: 'failed' as const, remark: 'x\u001b[31my', where: null })),
    };
    assert.doesNotMatch(showDiscovery(evil, 'en', true).join('\n'), /\u001b/);
  });
});
