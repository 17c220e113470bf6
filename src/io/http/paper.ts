// How pages look: paper, ink and one seal. The tokens that all pages share, as CSS. Knows colours, sizes and the few pieces that every
// page has; knows no page.
//
// All lengths are multiples of 4 px. Text on its ground has a contrast of 4.5 at least, light and dark (WCAG 2.2, 1.4.3).

/** Spaces: --s1 is 4 px. */
export const paper = `:root{color-scheme:light dark;--paper:#f8f4eb;--sheet:#fffdf8;--ink:#211d18;--soft:#625a4f;--line:#e0d8c8;--edge:#8d8474;
--seal:#b0301c;--press:#b0301c;--pressed:#8f2414;--on-press:#fff;--good:#22633f;--good-sheet:#e6f1e8;--good-line:#a9cdb3;--warn:#85520a;--warn-sheet:#faefd8;--warn-line:#e3c68d;
--s1:4px;--s2:8px;--s3:12px;--s4:16px;--s5:20px;--s6:24px;--s8:32px;--s12:48px;--round:12px}
@media(prefers-color-scheme:dark){:root{--paper:#161411;--sheet:#1f1c18;--ink:#ede8de;--soft:#aea698;--line:#38332b;--edge:#857c6d;
--seal:#f27b64;--press:#c23f29;--pressed:#d9543d;--good:#8fd0a8;--good-sheet:#18271e;--good-line:#31553f;--warn:#e6bd72;--warn-sheet:#2b2312;--warn-line:#5a4a26}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.75 system-ui,-apple-system,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP","Yu Gothic UI",sans-serif;-webkit-text-size-adjust:100%;overflow-wrap:anywhere}
:lang(en){line-height:1.6}
:lang(ja){word-break:auto-phrase;line-break:strict}
.page{max-width:840px;margin:0 auto;padding:var(--s5) var(--s5) var(--s12)}
.top{display:flex;align-items:center;justify-content:space-between;gap:var(--s4);margin-bottom:var(--s8)}
.mark{display:flex;align-items:center;gap:var(--s2);font-weight:600;letter-spacing:.02em;color:inherit;text-decoration:none}
.mark svg{width:28px;height:28px;flex:none}
h1{font-size:28px;line-height:1.4;font-weight:650;margin:0 0 var(--s2);letter-spacing:-.005em;text-wrap:balance}h1:lang(en){word-break:keep-all}
h2{font-size:18px;line-height:1.5;font-weight:650;margin:var(--s8) 0 var(--s3)}
p{margin:0 0 var(--s3)}small,.soft{color:var(--soft);font-size:14px}
a{color:var(--seal);text-underline-offset:3px}
:focus-visible{outline:3px solid var(--seal);outline-offset:2px;border-radius:4px}
.sheet{background:var(--sheet);border:1px solid var(--line);border-radius:var(--round);padding:var(--s5)}
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:baseline;padding:var(--s2) var(--s3) var(--s2) 0;border-bottom:1px solid var(--line)}
th{font-weight:400;color:var(--soft);font-size:14px}tr:last-child>*{border-bottom:0}td{font-variant-numeric:tabular-nums}
.words{display:flex;gap:var(--s1);font-size:14px}.words a,.words b{padding:var(--s1) var(--s2);border-radius:8px;color:var(--soft);text-decoration:none;font-weight:400;min-height:24px}
.words b{color:var(--ink);background:var(--sheet);box-shadow:inset 0 0 0 1px var(--line)}.words a:hover{text-decoration:underline}
th,td{overflow-wrap:normal}td code,td:last-child{overflow-wrap:anywhere}
@media(max-width:480px){.narrow,.narrow tbody,.narrow tr,.narrow td,.narrow th{display:block;border:0;padding:0}.narrow thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.narrow tr{padding:var(--s3) 0;border-bottom:1px solid var(--line)}.narrow tr:last-child{border:0}.narrow td{display:grid!important;grid-template-columns:112px 1fr;gap:var(--s3);align-items:baseline}.narrow td::before{content:attr(data-name);color:var(--soft);font-size:14px;line-height:1.4}
.page{padding:var(--s4) var(--s4) var(--s12)}h1{font-size:24px}.top{margin-bottom:var(--s6)}.sheet{padding:var(--s4)}}`;

/** The mark: a seal with a folded letter. Decoration: the word stands beside it. */
export const seal =
  '<svg viewBox="0 0 28 28" aria-hidden="true"><rect x="1" y="1" width="26" height="26" rx="6" fill="#b0301c"/><path d="M6.5 9.5h15v9.5h-15zm0 .5 7.5 5.5 7.5-5.5" fill="none" stroke="#fff" stroke-width="1.6" stroke-linejoin="round"/></svg>';
