// B-113 … B-124 as tables: what a hostile letter holds, and what is left of it; test/pages/letter.test.ts plays the same letters in Chromium.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'parse5';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import { effort } from '../../../test/support/effort.ts';
import { cleanHtml, readAgain, settle } from './clean.ts';
import { cleanDeclarations, cleanSheet } from './css.ts';
import { darkColour } from './colours.ts';
import { foldQuotes } from './fold.ts';
import { hostileMarkup } from './hostile-markup.ts';
import { letterDocument } from './letter-document.ts';
import { safeLink } from './links.ts';
import { linked, plainMarkup } from './plain.ts';
import { formatMarkup, textOf } from './tree.ts';
import { runs } from '../../../test/support/depth.ts';

const options = {
  ownPart: (id: string) => (id === 'logo@x' ? '/letter/A1/M1/part/2' : null),
  remotePicture: () => null,
  dark: false,
};

function clean(html: string): string {
  return settle(cleanHtml(html, options).body);
}

/** Everything that the written text holds when a browser reads it: names of elements, and all attributes. */
function seen(html: string): { readonly names: ReadonlySet<string>; readonly attributes: readonly (readonly [string, string])[] } {
  const names = new Set<string>();
  const attributes: [string, string][] = [];
  const visit = (node: { nodeName: string; attrs?: { name: string; value: string }[]; childNodes?: unknown[] }): void => {
    names.add(node.nodeName);
    for (const { name, value } of node.attrs ?? []) attributes.push([name, value]);
    for (const child of node.childNodes ?? []) visit(child as typeof node);
  };
  visit(parse(html) as unknown as Parameters<typeof visit>[0]);
  return { names, attributes };
}

const harmless = new Set([
  'href',
  'src',
  'style',
  'class',
  'id',
  'name',
  'title',
  'alt',
  'target',
  'rel',
  'type',
  'width',
  'height',
  'usemap',
  'align',
  'border',
  'open',
  'shape',
  'coords',
]);

suite('hostile markup', () => {
  for (const [title, html] of hostileMarkup)
    test(title, () => {
      const written = clean(html);
      const { names, attributes } = seen(written);
      for (const name of names)
        assert.ok(
          !/^(?:script|iframe|object|embed|form|input|button|meta|base|link|svg|math|style|template|noscript|textarea|video|audio|frameset|portal)$/.test(
            name,
          ),
          `${name} in ${written}`,
        );
      for (const [name, value] of attributes) {
        assert.ok(harmless.has(name), `${name}="${value}"`);
        if (name === 'href') assert.match(value, /^(?:https?:|mailto:|tel:|#letter-)/);
        if (name === 'src') assert.match(value, /^(?:\/letter\/|data:image\/(?:png|gif|jpeg|webp);base64,)/);
        if (name === 'style') assert.doesNotMatch(value, /url\(|expression|fixed|sticky|behavio|import|\\/i);
        if (name === 'id' || name === 'name') assert.match(value, /^letter-/);
      }
    });
});

suite('what may stay', () => {
  const rows: readonly (readonly [title: string, html: string, written: string])[] = [
    ['text and its marks', '<p>a <b>b</b> &amp; <i>c</i></p>', '<p>a <b>b</b> &amp; <i>c</i></p>'],
    ['unknown elements leave their content', '<o:p>x</o:p><blink>y</blink>', 'xy'],
    [
      'a link leads out, and says nothing on the way',
      '<a href="https://a.test/?x=1&y">x</a>',
      '<a href="https://a.test/?x=1&amp;y" target="_blank" rel="noopener noreferrer nofollow">x</a>',
    ],
    ['a place in the same letter', '<a href="#top">x</a><p id="top">y</p>', '<a href="#letter-top">x</a><p id="letter-top">y</p>'],
    ['a picture of the letter', '<img src="cid:logo@x" alt="L">', '<img src="/letter/A1/M1/part/2" alt="L">'],
    ['a picture elsewhere leaves its words', '<img src="https://a.test/x.png" alt="Shop">', '<img alt="Shop">'],
    [
      'a picture elsewhere whose size is told keeps its room',
      '<img src="https://a.test/x.png" alt="Shop" width="160" height="90"><img src="https://a.test/y.png" style="width:100%;height:40px">',
      '<span class="tayori-picture" style="width:160px;height:90px">Shop</span><span class="tayori-picture" style="width:100%;height:40px"></span>',
    ],
    ['a picture that stands in the letter', '<img src="data:image/gif;base64,R0lG">', '<img src="data:image/gif;base64,R0lG">'],
    ['a tag that is not closed', '<div><p>a<div>b', '<div><p>a</p><div>b</div></div>'],
    ['a table out of order', '<table><td>a<p>b</table>', '<table><tbody><tr><td>a<p>b</p></td></tr></tbody></table>'],
    [
      'text in a table goes before it, as browsers have it',
      '<table>x<tr><td>y</table>',
      'x<table><tbody><tr><td>y</td></tr></tbody></table>',
    ],
    ["classes that are ours are not the letter's", '<p class="tayori-note big">x</p>', '<p class="big">x</p>'],
    ['colours of the body', '<body bgcolor="#ffeecc" text="navy">x', '<div style="background-color:#ffeecc;color:navy">x</div>'],
    ['a first line end in pre', '<pre>\n\nx</pre>', '<pre>\n\nx</pre>'],
    ['controls and halves of characters', 'a\0b\x08c\u{FFFE}d', 'abcd'],
    ['Japanese with ruby', '<ruby>便<rt>たよ</rt></ruby>り', '<ruby>便<rt>たよ</rt></ruby>り'],
  ];
  for (const [title, html, written] of rows) test(title, () => assert.equal(clean(html), written));

  test('remote pictures and trackers are counted, each address once', () => {
    const { remote, trackers } = cleanHtml(
      `<img src="https://a.test/1.png"><img src="https://a.test/1.png"><img src="//a.test/2.png"><td background="http://a.test/3.png">
      <img src="https://t.test/p" width="1" height="1"><img src="https://t.test/q" style="display:none"><div style="background:url(https://a.test/4.png)">`,
      options,
    );
    assert.deepEqual({ remote, trackers }, { remote: 5, trackers: 2 });
  });

  test('links lose what follows the reader, and those that show another place say theirs', () => {
    const { body, unmarked, doubtful } = cleanHtml(
      `<a href="https://shop.test/?id=1&utm_source=x&mc_eid=2">Books</a> <a class="tayori-place" href="https://evil.test/x"><b>www.bank</b>.co.jp</a>
      <a href="#top">bank.com</a> <a href="https://bank.com/">bank.com</a>`,
      { ...options, leadsTo: (place) => ` → ${place}` },
    );
    const out = ' target="_blank" rel="noopener noreferrer nofollow"';
    assert.equal(
      settle(body),
      `<a href="https://shop.test/?id=1"${out}>Books</a> <a href="https://evil.test/x" class="tayori-doubt"${out}><b>www.bank</b>.co.jp<span class="tayori-place"> → evil.test</span></a>
      <a href="#letter-top">bank.com</a> <a href="https://bank.com/"${out}>bank.com</a>`,
    );
    assert.deepEqual({ unmarked, doubtful }, { unmarked: 1, doubtful: 1 });
  });

  test('with pictures wanted they come by our address, trackers never', () => {
    const wanted = { ...options, remotePicture: (address: string) => `/image-proxy?u=${encodeURIComponent(address)}&s=x` };
    const cleaned = cleanHtml(
      '<img src="https://a.test/1.png"><img src="https://t.test/p" width=1 height=1><p style="background-image:url(\'https://a.test/2.png\')">x</p>',
      wanted,
    );
    const written = settle(cleaned.body);
    assert.equal(written.match(/image-proxy/g)?.length, 2);
    assert.doesNotMatch(written, /t\.test/);
  });
});

suite('style', () => {
  const rules = { picture: () => null, dark: false };
  const rows: readonly (readonly [css: string, clean: string])[] = [
    ['color:red;font-size:12px', 'color:red;font-size:12px'],
    ['COLOR : #Fff ; ;x', 'color:#Fff'],
    ['font-family:"MS Gothic", \'a"b\', serif', 'font-family:"MS Gothic", "a\\22 b", serif'],
    ['background:#fff url(https://a.test/x)', 'background:#fff none'],
    ['background:\\75\\72\\6c(https://a.test/x)', 'background:none'],
    ['list-style:url(https://a.test/x)', ''],
    ['background:image-set("https://a.test/x" 1x)', ''],
    ['color:var(--x,url(https://a.test/x))', ''],
    ['background:cross-fade(url(x),url(y))', ''],
    ['background:url(http://a.test/x', ''],
    ['background-image:src("https://a.test/x")', ''],
    ['cursor:url(https://a.test/x)', ''],
    ['position:fixed', ''],
    ['position:sticky!important', ''],
    ['position:relative !important', 'position:relative!important'],
    ['width:expression(alert(1))', ''],
    ['behavior:url(#x)', ''],
    ['-moz-binding:url(x)', ''],
    ['content:"x"', ''],
    ['animation:a 1s', ''],
    ['z-index:9999', ''],
    ['width:calc(100% - 2px)', 'width:calc(100% - 2px)'],
    ['color:red/*;x:y*/;margin:0', 'color:red;margin:0'],
    ['color:re\\64', 'color:red'],
    ['font-family:"</style><script>"', 'font-family:"\\3c /style\\3e \\3c script\\3e "'],
    ['color:red}body{color:blue', ''],
  ];
  for (const [css, wanted] of rows) test(css, () => assert.equal(cleanDeclarations(css, rules), wanted));

  const sheets: readonly (readonly [css: string, clean: string])[] = [
    ['p{color:red}', 'p{color:red}'],
    ['.a > b + #c{margin:0}', '.a > b + #letter-c{margin:0}'],
    ['a:visited{color:red}', ''],
    ['input[value^="a"]{background:url(x)}', ''],
    ['p,a:hover{color:red}', 'p{color:red}'],
    ['@import "https://a.test/x.css";p{margin:0}', 'p{margin:0}'],
    ['@font-face{src:url(https://a.test/x)}p{margin:0}', 'p{margin:0}'],
    ['@media screen and (max-width:600px){.m{width:100%}}', '@media screen and (max-width:600px){.m{width:100%}}'],
    ['@media (prefers-color-scheme:dark){p{color:#fff}}', ''],
    ['@keyframes x{from{color:red}}p{margin:0}', 'p{margin:0}'],
    ['.tayori-fold{display:none}', ''],
    ['<!-- p{color:red} -->', 'p{color:red}'],
    ['p{color:red', 'p{color:red}'],
    ['</style><script>alert(1)</script>', ''],
  ];
  for (const [css, wanted] of sheets) test(css, () => assert.equal(cleanSheet(css, rules), wanted));

  test('cleaned style is clean: a second time changes nothing', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(
              ...'url( ) " \' \\ ; : { } , color background font-family #fff red /* */ @media \\75 rgb( 1px 10% ! important'.split(' '),
            ),
            fc.string({ maxLength: 4 }),
          ),
          { maxLength: 30 },
        ),
        (pieces) => {
          const [once, sheet] = [cleanDeclarations(pieces.join(' '), rules), cleanSheet(pieces.join(' '), rules)];
          assert.equal(cleanDeclarations(once, rules), once);
          assert.equal(cleanSheet(sheet, rules), sheet);
          assert.doesNotMatch(sheet, /<|url\(/);
        },
      ),
      { numRuns: runs(500) },
    ));

  test('dark on white becomes light on dark and keeps its hue; what was light stays', () => {
    const light = (colour: string): number =>
      Number.parseInt(colour.slice(1, 3), 16) + Number.parseInt(colour.slice(3, 5), 16) + Number.parseInt(colour.slice(5, 7), 16);
    assert.ok(light(darkColour('black', 'ink')) > 600);
    assert.ok(light(darkColour('#fff', 'paper')) < 120);
    assert.ok(light(darkColour('rgb(255, 255, 255)', 'ink')) > 700);
    assert.ok(light(darkColour('hsl(0 0% 100% / 50%)', 'paper')) < 120);
    const blue = darkColour('#0000cc', 'ink');
    assert.ok(Number.parseInt(blue.slice(5, 7), 16) > Number.parseInt(blue.slice(1, 3), 16), blue);
    assert.equal(darkColour('inherit', 'ink'), 'inherit');
    assert.equal(cleanDeclarations('color:#000;background:white', { picture: () => null, dark: true }).includes('white'), false);
  });
});

suite('links', () => {
  const good = ['https://a.test/', 'http://a.test/?a=b#c', 'mailto:a@b.test?subject=x', 'tel:+81-3-1234', 'HTTPS://A.test'];
  const bad = [
    'javascript:alert(1)',
    ' java\nscript:alert(1)',
    'JaVaScRiPt:x',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://a.test/x',
    'filesystem:https://a.test/',
    '//evil.test',
    '\\\\evil.test',
    '/x',
    'x',
    'file:///etc',
    'cid:x',
    'https://',
    '\u0001javascript:x',
    'view-source:https://a.test',
    'intent://x',
    'ftp://a.test',
  ];
  for (const href of good) test(href, () => assert.notEqual(safeLink(href), null));
  for (const href of bad) test(JSON.stringify(href), () => assert.equal(safeLink(href), null));
});

suite('quotations', () => {
  const folded = (html: string): string => formatMarkup(foldQuotes(cleanHtml(html, options).body, '…'));
  const quotations: readonly (readonly [title: string, html: string, inside: string])[] = [
    [
      'Gmail',
      '<div>Yes.</div><div class="gmail_quote"><div class="gmail_attr">On Mon, A wrote:</div><blockquote>Old</blockquote></div>',
      'Old',
    ],
    ['Apple Mail', '<div>Yes.</div><blockquote type="cite">Old</blockquote>', 'Old'],
    ['Thunderbird', '<p>Yes.</p><div class="moz-cite-prefix">On 1/2/26, A wrote:<br></div><blockquote type="cite">Old</blockquote>', 'Old'],
    ['Outlook on the web', '<div>Yes.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: A</div><div>Old</div>', 'Old'],
    [
      'Outlook for Windows',
      '<p>Yes.</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>From: A<br>Sent: Monday<br>Subject: x</p></div></div><p>Old</p>',
      'Old',
    ],
    ['Yahoo', '<div>Yes.</div><div class="yahoo_quoted">Old</div>', 'Old'],
    ['a Japanese app', '<div>はい。</div><div>2026年11月27日(金) 10:00 花子 &lt;h@x.test&gt;:</div><blockquote>Old</blockquote>', 'Old'],
  ];
  for (const [title, html, inside] of quotations)
    test(title, () => {
      const [, fold = ''] = /<details[^>]*>(.*)<\/details>/s.exec(folded(html)) ?? [];
      assert.ok(fold.includes(inside), folded(html));
      assert.doesNotMatch(fold, /Yes|はい/);
    });
  test('a letter that is all quotation stays open, and so does what is passed on', () => {
    assert.doesNotMatch(folded('<div class="gmail_quote"><blockquote>All there is</blockquote></div>'), /details/);
    assert.doesNotMatch(
      folded('<div>See below</div><div class="gmail_quote">---------- Forwarded message ---------<br>x</div>'),
      /details/,
    );
  });
  test('text: marks, and the line above them', () => {
    const html = formatMarkup(
      plainMarkup('Yes.\n\nOn Mon, 1 Jan 2026, A <a@x.test> wrote:\n> Old\n>> Older\n', { flowed: false, delSp: false, summary: '…' }),
    );
    const [, before = '', fold = ''] = /^(.*)<details[^>]*>(.*)<\/details>/s.exec(html) ?? [];
    assert.equal(textOf(readAgain(before)).trim(), 'Yes.');
    assert.match(fold, /wrote:.*<blockquote class="tayori-cited">.*Old.*<blockquote.*Older/s);
  });
  test('text: flowed lines are joined, with and without DelSp, and a signature is not', () => {
    const read = (content: string, delSp: boolean): string => textOf(plainMarkup(content, { flowed: true, delSp, summary: '…' }));
    assert.equal(read('one \ntwo\n-- \nme', false), 'one two\n-- \nme');
    assert.equal(read('日本 \n語', true), '日本語');
    assert.equal(read(' >no quote', false), '>no quote');
  });
});

suite('addresses in text', () => {
  const rows: readonly (readonly [text: string, ...links: string[]])[] = [
    ['see https://a.test/x, and http://b.test.', 'https://a.test/x', 'http://b.test'],
    ['(https://a.test/x_(y))', 'https://a.test/x_(y)'],
    ['「https://a.test/道」へ。', 'https://a.test/道'],
    ['hanako@x.test。', 'hanako@x.test'],
    ['javascript:alert(1) "><img src=x onerror=1>'],
    ['https://a.test/"><script>', 'https://a.test/'],
  ];
  for (const [content, ...links] of rows)
    test(content, () => {
      const markup = linked(content);
      assert.deepEqual(
        markup.flatMap((node) => (node.kind === 'element' ? [textOf([node])] : [])),
        links,
      );
      assert.equal(textOf(readAgain(formatMarkup(markup))), content);
    });
});

suite('whatever comes', () => {
  const piece = fc.oneof(
    fc.constantFrom(...hostileMarkup.map(([, html]) => html)),
    fc.constantFrom(
      '<a href=x>',
      '</a>',
      '<p>',
      '</p>',
      '<table>',
      '<tr>',
      '<td>',
      '</table>',
      '<b>',
      '</b>',
      '<pre>\n',
      '</pre>',
      '<div>',
      '</div>',
      '<h1>',
      '<li>',
      '<ul>',
      '<dd>',
      '<font color=red>',
      '<svg>',
      '<math><mtext>',
      '<style>',
      '</style>',
      '<!--',
      '-->',
      '<select>',
      '<option>',
      '<details>',
      '<summary>',
      '<ruby><rt>',
      '<caption>',
      '<colgroup><col>',
      '<nobr>',
      '<button>',
      '<center>',
      '<img src=cid:logo@x>',
      '<a><a>',
      '<template>',
    ),
    fc.string({ maxLength: 8 }),
  );
  test('what is written is read as the same tree', () =>
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        let written: string;
        try {
          written = settle(foldQuotes(cleanHtml(pieces.join(''), options).body, '…'));
        } catch (trouble) {
          assert.ok(trouble instanceof Refusal);
          return;
        }
        assert.equal(formatMarkup(readAgain(written)), written);
      }),
      { numRuns: runs(500) },
    ));

  const bombs: readonly (readonly [title: string, make: (n: number) => string])[] = [
    ['deep', (n) => '<div>'.repeat(n)],
    [
      'formatting that is opened again and again',
      (n) => Array.from({ length: n }, (_, i) => `<b class=c${i}>`).join('') + '<p>x'.repeat(n),
    ],
    ['attributes', (n) => `<p ${Array.from({ length: n }, (_, i) => `a${i}`).join(' ')}>x`],
    ['rules of style', (n) => `<style>${'a{'.repeat(n)}</style>x`],
    ['brackets of style', (n) => `<p style="color:${'rgb('.repeat(n)}">x`],
    ['semicolons of style', (n) => `<style>${';'.repeat(n)}</style>x`],
    ['open comments', (n) => '<!--'.repeat(n)],
    ['tables in tables', (n) => '<table><td>'.repeat(n)],
    ['links in links', (n) => '<a href="https://a.test/">x'.repeat(n)],
    ['quotations in quotations', (n) => 'x<blockquote type=cite>'.repeat(n)],
    ['marks of text', (n) => '>'.repeat(n)],
  ];
  for (const [title, make] of bombs)
    test(`the work for a bomb is bounded: ${title}`, () => {
      const letter = bytesFromUtf8(`Content-Type: text/html; charset=utf-8\r\n\r\n${make(20_000)}`);
      const before = effort();
      letterDocument(letter, { partAddress: (part) => part, remotePicture: () => null, theme: 'dark', plain: false, language: 'en' });
      const work = effort() - before;
      assert.ok(work < 2_000, `${Math.round(work)} ms of work`);
    });
});
