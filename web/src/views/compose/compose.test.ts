// What the writing part decides without a page: addresses, answers, the text beside the HTML, reminders, moments.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseFragment, type DefaultTreeAdapterTypes } from 'parse5';
import type { Draft, SourceView } from '../../engine/contract.ts';
import { draftOf, emailOf } from '../../engine/draft-email.ts';
import { oddityOf, readAddresses, readMailto } from './addresses.ts';
import { answerTo, type How } from './answer.ts';
import { doubtOf, type Doubt } from './before-sending.ts';
import { laterChoices, localValue } from './later.ts';
import { plainText, type TreeNode } from './plain-text.ts';
import { speaksOfAttachment } from './reminder.ts';

suite('addresses as they are typed and pasted', () => {
  const rows: readonly (readonly [text: string, read: readonly (readonly [string | null, string])[]])[] = [
    ['taro@example.jp', [[null, 'taro@example.jp']]],
    ['山田 太郎 <taro@example.jp>', [['山田 太郎', 'taro@example.jp']]],
    ['a@example.jp, b@example.jp; c@example.jp', [[null, 'a@example.jp'], [null, 'b@example.jp'], [null, 'c@example.jp']]],
    ['a@example.jp\nb@example.jp\r\n\tc@example.jp', [[null, 'a@example.jp'], [null, 'b@example.jp'], [null, 'c@example.jp']]],
    ['ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ', [[null, 'taro@example.jp']]],
    ['太郎＜taro@example.jp＞、花子＜hana@example.jp＞', [['太郎', 'taro@example.jp'], ['花子', 'hana@example.jp']]],
    ['"Yamada, Taro" <taro@example.jp>', [['Yamada, Taro', 'taro@example.jp']]],
    ['Yamada, Taro <taro@example.jp>', [['Yamada, Taro', 'taro@example.jp']]],
    ['taro', [[null, 'taro']]],
    ['Taro@Example.JP', [[null, 'Taro@example.jp']]],
    [' , ;', []],
  ]; // prettier-ignore
  for (const [text, read] of rows)
    test(JSON.stringify(text), () =>
      assert.deepEqual(
        readAddresses(text).map(({ name, email }) => [name, email]),
        read,
      ),
    );

  const odd: readonly (readonly [address: string, oddity: string | null])[] = [
    ['taro@example.jp', null],
    ['taro', 'malformed'],
    ['taro@', 'malformed'],
    ['@example.jp', 'malformed'],
    ['taro@example', 'malformed'],
    ['taro@example..jp', 'malformed'],
    ['ta ro@example.jp', 'malformed'],
    ['"ta ro"@example.jp', null],
    ['taro@[192.0.2.1]', null],
    ['taro.@docomo.ne.jp', null],
    ['taro@gmial.com', 'taro@gmail.com'],
    ['taro@gmail.co', 'taro@gmail.com'],
    ['taro@docmo.ne.jp', 'taro@docomo.ne.jp'],
    ['taro@yahooo.co.jp', 'taro@yahoo.co.jp'],
    ['taro@gmail.com', null],
    ['taro@mail.com', null],
    ['taro@日本語.jp', null],
  ];
  for (const [address, expected] of odd)
    test(`odd or not: ${address}`, () => {
      const oddity = oddityOf(address);
      assert.equal(oddity?.kind === 'near' ? oddity.meant : (oddity?.kind ?? null), expected);
    });

  test('mailto (RFC 6068)', () => {
    const read = readMailto(
      'mailto:taro@example.jp,hana%40example.jp?cc=ken@example.jp&subject=%E4%BB%B6%E5%90%8D+1&body=one%0D%0Atwo&attach=/etc/passwd',
    );
    assert.deepEqual(
      [read.to.map(({ email }) => email), read.cc.map(({ email }) => email), read.subject, read.body],
      [['taro@example.jp', 'hana@example.jp'], ['ken@example.jp'], '件名+1', 'one\ntwo'],
    );
    assert.deepEqual(Object.keys(read).toSorted(), ['bcc', 'body', 'cc', 'inReplyTo', 'subject', 'to']);
    assert.equal(readMailto('mailto:%ZZ').to.length, 1);
  });
});

suite('forgotten attachments', () => {
  const rows: readonly (readonly [text: string, speaks: boolean])[] = [
    ['資料を添付します。', true],
    ['添付の通りです。', true],
    ['見積書を同封いたします。', true],
    ['添付はありません。', false],
    ['写真を撮りました。', false],
    ['Please find attached the report.', true],
    ['I have attached the file', true],
    ['See the attachment.', true],
    ['The file is not attached', false],
    ['> Please find attached the report.\nThanks!', false],
    ['Let us meet on Saturday.', false],
    ['資料をお送りします。', true],
    ['写真を送ります', true],
    ['請求書を送付いたします。', true],
    ['明日ご連絡をお送りします', false],
  ];
  for (const [text, speaks] of rows) test(text, () => assert.equal(speaksOfAttachment(text), speaks));
});

suite('later', () => {
  const rows: readonly (readonly [now: string, choices: readonly string[]])[] = [
    ['2026-11-27T10:00', ['tonight 2026-11-27T20:00', 'tomorrow 2026-11-28T08:00', 'monday 2026-11-30T08:00']],
    ['2026-11-27T19:30', ['tomorrow 2026-11-28T08:00', 'monday 2026-11-30T08:00']],
    ['2026-11-29T10:00', ['tonight 2026-11-29T20:00', 'tomorrow 2026-11-30T08:00']],
    ['2026-11-30T23:00', ['tomorrow 2026-12-01T08:00', 'monday 2026-12-07T08:00']],
  ];
  for (const [now, choices] of rows)
    test(now, () =>
      assert.deepEqual(
        laterChoices(new Date(now)).map(({ name, at }) => `${name} ${localValue(at)}`),
        choices,
      ),
    );
});

suite('plain text of what is written with looks', () => {
  const rows: readonly (readonly [html: string, text: string])[] = [
    ['<div>one</div><div>two</div>', 'one\ntwo'],
    ['<div>one</div><div><br></div><div>two</div>', 'one\n\ntwo'],
    ['<div>one<br>two<br></div><div>three</div>', 'one\ntwo\nthree'],
    ['<p>a  b\n c</p><p>d</p>', 'a b c\n\nd'],
    ['<div>花子&nbsp;様</div>', '花子 様'],
    ['<div>a</div><ul><li>x</li><li>y<ul><li>z</li></ul></li></ul>', 'a\n\n- x\n- y\n\n  - z'],
    ['<ol><li>x</li><li>y</li></ol>', '1. x\n2. y'],
    ['<blockquote><div>q</div><blockquote><div>r</div></blockquote></blockquote><div>a</div>', '> q\n> > r\na'],
    [
      '<div>see <a href="https://example.jp/x">here</a> and <a href="https://example.jp/">example.jp</a></div>',
      'see here <https://example.jp/x> and example.jp',
    ],
    ['<pre>a\n  b</pre>', 'a\n  b'],
    ['<style>p{}</style><div>x<img src="cid:1" alt="猫"></div>', 'x[猫]'],
    ['<table><tr><td>a</td><td>b</td></tr></table>', 'a b'],
  ];
  for (const [html, text] of rows) test(html, () => assert.equal(plainText(treeOf(html)), text));
});

/** The part of a DOM that is asked for, from the standard's own reader. */
function treeOf(html: string): TreeNode {
  const convert = (node: DefaultTreeAdapterTypes.Node): TreeNode => ({
    nodeType: node.nodeName === '#text' ? 3 : node.nodeName.startsWith('#') && node.nodeName !== '#document-fragment' ? 8 : 1,
    nodeName: node.nodeName,
    nodeValue: 'value' in node ? node.value : null,
    childNodes: 'childNodes' in node ? node.childNodes.map(convert) : [],
    getAttribute: (name) => ('attrs' in node ? (node.attrs.find((attribute) => attribute.name === name)?.value ?? null) : null),
  });
  return convert(parseFragment(html));
}

suite('answers', () => {
  const identity = (id: string, email: string) => ({
    id,
    name: '',
    email,
    replyTo: null,
    bcc: null,
    textSignature: '',
    htmlSignature: '',
    mayDelete: false,
  });
  const authors = [
    { accountId: 'A1', identity: identity('I1', 'hanako@local.test') },
    { accountId: 'A1', identity: identity('I2', 'info@local.test') },
    { accountId: 'A2', identity: identity('I9', 'hana@elsewhere.test') },
  ];
  const person = (email: string) => ({ name: null, email });
  const source = (more: object): SourceView =>
    ({
      head: {
        id: 'M5',
        threadId: 'T5',
        mailboxIds: {},
        keywords: {},
        from: [person('taro@local.test')],
        to: [person('info@local.test'), person('ken@local.test')],
        subject: 'Hello',
        receivedAt: '',
        size: 0,
        preview: '',
        hasAttachment: false,
        ...(more as { head?: object }).head,
      },
      body: {
        id: 'M5',
        blobId: 'B5',
        cc: [person('mei@local.test')],
        bcc: null,
        replyTo: null,
        sentAt: null,
        messageId: ['m5@x'],
        inReplyTo: null,
        references: ['m1@x', 'm3@x'],
        textBody: [],
        htmlBody: [],
        attachments: [],
        bodyValues: {},
        ...(more as { body?: object }).body,
      },
      text: 'hi',
      html: null,
    }) as SourceView;
  const words = {
    wrote: (who: string, when: string) => `${when}, ${who}:`,
    forwarded: '--',
    from: 'From',
    to: 'To',
    cc: 'Cc',
    date: 'Date',
    subject: 'Subject',
  };
  let last = 0;
  const answer = (how: How, more: object = {}, html: string | null = null) =>
    answerTo(how, 'A1', source(more), authors, html, 'now', words, () => `n${++last}`);
  const emails = (people: readonly { readonly email: string }[]) => people.map(({ email }) => email);

  test('reply: to who wrote, as the one it was written to, in the conversation', () => {
    const made = answer('reply');
    assert.deepEqual([emails(made.to), made.cc, made.subject, made.author?.identity.id], [['taro@local.test'], [], 'Re: Hello', 'I2']);
    assert.deepEqual([made.inReplyTo, made.references], [['m5@x'], ['m1@x', 'm3@x', 'm5@x']]);
    assert.deepEqual(made.about, { accountId: 'A1', emailId: 'M5', keyword: '$answered' });
  });
  test('reply to all: everybody but oneself, each once', () => {
    const made = answer('reply-all', { body: { cc: [person('mei@local.test'), person('HANAKO@local.test'), person('taro@local.test')] } });
    assert.deepEqual([emails(made.to), emails(made.cc)], [['taro@local.test'], ['ken@local.test', 'mei@local.test']]);
  });
  test('Reply-To goes before From', () =>
    assert.deepEqual(emails(answer('reply', { body: { replyTo: [person('list@local.test')] } }).to), ['list@local.test']));
  test('one’s own letter is answered to those it went to', () =>
    assert.deepEqual(emails(answer('reply', { head: { from: [person('hanako@local.test')], to: [person('ken@local.test')] } }).to), [
      'ken@local.test',
    ]));
  const subjects: readonly (readonly [How, string, string])[] = [
    ['reply', 'Re: RE: Re[2]: Hello', 'Re: Hello'],
    ['reply', '返信：件名', 'Re: 件名'],
    ['reply', 'Regarding', 'Re: Regarding'],
    ['forward', 'Fwd: Fw: Hello', 'Fwd: Hello'],
    ['forward', 'Re: Hello', 'Fwd: Re: Hello'],
  ];
  for (const [how, before, after] of subjects)
    test(`${how}: ${before}`, () => assert.equal(answer(how, { head: { subject: before } }).subject, after));
  test('pictures of the text go along by their Content-ID, files only when forwarded', () => {
    const part = (blobId: string, cid: string | null, disposition: string) => ({
      partId: '2',
      blobId,
      size: 3,
      name: 'x',
      type: 'image/png',
      charset: null,
      disposition,
      cid,
    });
    const body = { attachments: [part('B5-2', 'a@x', 'inline'), part('B5-3', 'b@x', 'inline'), part('B5-4', null, 'attachment')] };
    const shown = (how: How) =>
      answer(how, { body }, '<img src="cid:a@x">').attachments.map(({ blobId, cid, from }) => [blobId, cid, from]);
    assert.deepEqual(shown('reply'), [['B5-2', 'a@x', 'A1']]);
    assert.deepEqual(shown('forward'), [['B5-2', 'a@x', 'A1'], ['B5-3', null, 'A1'], ['B5-4', null, 'A1']]); // prettier-ignore
  });
});

suite('a draft as it is stored, and read again', () => {
  const quote = {
    head: 'On Friday <taro@x> wrote:',
    text: 'a\nb',
    html: '<p style="color:red">a</p><p>b</p>',
    isForward: false,
    source: null,
  };
  const draft: Draft = {
    key: 'k', accountId: 'A1', identityId: 'I1', from: { name: '花', email: 'hana@local.test' }, to: [], cc: [], bcc: [], replyTo: [], subject: 's', text: 'mine\n', html: '<div>mine</div>',
    attachments: [], quote, inReplyTo: [], references: [], about: null, wantsReceipt: false,
  }; // prettier-ignore
  for (const isForward of [false, true])
    test(isForward ? 'forwarded' : 'answered', () => {
      const stored = emailOf(
        { ...draft, quote: { ...quote, isForward, head: isForward ? '--\nFrom: a <b@c>' : quote.head } },
        'F2',
        'm@x',
        new Map(),
      );
      const values = stored['bodyValues'] as { text: { value: string }; html: { value: string } };
      assert.ok(values.html.value.includes(quote.html), 'the foreign HTML is whole');
      assert.equal(values.text.value.includes('> a'), !isForward);
      const head = { id: 'M1', from: [draft.from], to: [], subject: 's' };
      const body = { cc: [], bcc: [], replyTo: [], inReplyTo: [], references: [], attachments: [], messageId: ['m@x'] };
      const { draft: again } = draftOf(
        { head, body, text: values.text.value, html: values.html.value, receiptTo: null } as never,
        'k2',
        'A1',
        () => 'n',
      );
      assert.deepEqual(
        [again.html, again.text, again.quote?.html, again.quote?.isForward],
        ['<div>mine</div>', 'mine', quote.html, isForward],
      );
      assert.equal(again.quote?.text.trim(), 'a\nb');
      assert.equal(again.quote?.head, isForward ? '--\nFrom: a <b@c>' : quote.head);
    });
});

suite('before a letter goes', () => {
  const draft = {
    to: [{ name: null, email: 'taro@example.jp' }],
    cc: [],
    bcc: [],
    subject: '件',
    text: 'では。',
    attachments: [],
  } as unknown as Draft;
  const file = { id: 'a', blobId: null, from: 'A1', type: 'text/plain', name: 'a', size: 60, cid: null };
  const ways = { reminds: true, signature: '-- \n添付の花子', forwardHead: '---- 転送 ----', most: 100 };
  const rows: readonly (readonly [name: string, over: Partial<Draft>, kind: Doubt['kind'] | null])[] = [
    ['nothing', {}, null],
    ['for nobody', { to: [] }, 'nobody'],
    ['an address that is none', { cc: [{ name: null, email: 'taro' }] }, 'malformed'],
    ['more than one letter may carry', { attachments: [file, file] }, 'too-large'],
    ['no subject', { subject: ' ' }, 'subject'],
    ['forgotten', { text: '添付しました。' }, 'attachment'],
    ['only a picture in the text', { text: '添付しました。', attachments: [{ ...file, cid: 'x' }] }, 'attachment'],
    ['attached', { text: '添付しました。', attachments: [file] }, null],
    ['a signature speaks of it', { text: 'では。\n\n-- \n添付の花子' }, null],
    ['the forwarded letter speaks of it', { text: '見て\n\n---- 転送 ----\n添付しました' }, null],
  ];
  for (const [name, over, kind] of rows)
    test(name, () => assert.equal(doubtOf({ ...draft, ...over }, new Set(), ways)?.kind ?? null, kind));
  test('a yes is taken, but not for what cannot go', () => {
    const all = new Set<Doubt['kind']>(['subject', 'attachment', 'malformed', 'nobody']);
    assert.equal(doubtOf({ ...draft, subject: '', text: '添付しました' }, all, ways), null);
    assert.equal(doubtOf({ ...draft, to: [] }, all, ways)?.kind, 'nobody');
  });
});
