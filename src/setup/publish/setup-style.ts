// The style and the small script of the set-up pages, with the policy that lets these two run and nothing else.
// Knows CSS and the few words of the script; the tokens are io/http/paper.ts.
import { createHash } from 'node:crypto';
import { paper } from '../../io/http/paper.ts';

export const style = `${paper}
.address{font-size:18px;color:var(--ink);margin:0 0 var(--s2)}
fieldset{border:0;padding:0;margin:var(--s8) 0 0;min-width:0}legend{padding:0;font-size:18px;font-weight:650;margin-bottom:var(--s3)}
.choices{display:grid;gap:var(--s3);grid-template-columns:repeat(auto-fit,minmax(124px,1fr))}
.ways{grid-template-columns:repeat(auto-fit,minmax(264px,1fr))}
.choice{position:relative;display:flex;flex-direction:column;background:var(--sheet);border:1px solid var(--line);border-radius:var(--round);padding:var(--s4) var(--s3) var(--s4) var(--s4);cursor:pointer;min-height:44px}
.choice:hover{border-color:var(--edge)}
.choice input{position:absolute;inset:0;opacity:0;margin:0;width:100%;height:100%;cursor:pointer}
.choice:has(:checked){border-color:var(--seal);box-shadow:inset 0 0 0 1px var(--seal)}
.choice:has(:focus-visible){outline:3px solid var(--seal);outline-offset:2px}
.choice .picture{width:44px;height:44px;margin:0 0 var(--s2) -2px}
.choice b{font-weight:600;line-height:1.4}.choice small{line-height:1.5}
.choice:has(:checked)::after{content:"";position:absolute;top:12px;inset-inline-end:12px;width:20px;height:20px;border-radius:50%;background:var(--press) url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E%3Cpath d='m6 10.5 3 3 5-6' fill='none' stroke='%23fff' stroke-width='2' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E")}
.ways .choice{display:grid;grid-template-columns:52px 1fr;column-gap:var(--s4);align-content:start;padding-inline-end:40px}.ways .picture{grid-row:1/4;width:52px;height:52px}
.badge{justify-self:start;font-size:12px;line-height:1.5;color:var(--good);background:var(--good-sheet);border-radius:6px;padding:0 var(--s2);margin-top:var(--s2)}
.go{margin:var(--s8) 0 var(--s3);display:flex;flex-wrap:wrap;align-items:center;gap:var(--s3) var(--s5)}
.press{font:inherit;font-weight:600;color:var(--on-press);background:var(--press);border:0;border-radius:var(--round);padding:var(--s3) var(--s8);min-height:48px;cursor:pointer;text-decoration:none;display:inline-flex;align-items:center;justify-content:center}
.press:hover{background:var(--pressed);color:#fff}
@media(prefers-color-scheme:dark){.press:hover{color:#161411}}
.quiet{font:inherit;font-size:14px;color:var(--ink);background:transparent;border:1px solid var(--edge);border-radius:10px;padding:var(--s2) var(--s4);min-height:44px;cursor:pointer}
.quiet:hover{background:var(--sheet)}
.scan{display:none;gap:var(--s5);align-items:center;margin-top:var(--s3);background:var(--sheet);border:1px solid var(--line);border-radius:var(--round);padding:var(--s4)}
.scan p{margin:0}.qr{width:176px;height:auto;flex:none;border-radius:8px;display:block}.qr.large{width:224px}.scan.here{display:flex;flex-wrap:wrap}.scan.here p{flex:1 1 200px}
@media(min-width:640px){form:has(#iphone:checked) .scan,.scan.always{display:flex}}
.key{display:grid;grid-template-columns:52px 1fr;gap:0 var(--s4)}.key>.picture{width:52px;height:52px}.key h2{margin:0;align-self:center}.key h2 small{font-weight:400;margin-inline-start:var(--s2)}
.secret{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:var(--s3);align-items:center;justify-content:space-between;background:var(--paper);border:1px dashed var(--edge);border-radius:10px;padding:var(--s3) var(--s4);margin:var(--s4) 0 var(--s3)}
code{font:600 17px/1.6 ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;overflow-wrap:anywhere;user-select:all}
td code{font-size:15px;font-weight:400}
.key p.soft{grid-column:1/-1;margin:0}
ol.steps{list-style:none;counter-reset:step;margin:0;padding:0}ol.steps li{counter-increment:step;display:grid;grid-template-columns:32px 1fr;gap:var(--s3);margin-bottom:var(--s3)}
ol.steps li::before{content:counter(step);width:28px;height:28px;border:1.5px solid var(--seal);color:var(--seal);border-radius:50%;font-size:14px;font-weight:600;line-height:25px;text-align:center}
.act{margin:var(--s4) 0 0}
.lamps{display:grid;gap:var(--s3);grid-template-columns:repeat(auto-fit,minmax(264px,1fr))}
.step{display:grid;grid-template-columns:32px 1fr;gap:0 var(--s3);align-items:center;transition:background-color .4s,border-color .4s}
.lamp{width:32px;height:32px;grid-row:1/3}.lamp .ring{stroke:var(--edge);stroke-dasharray:4 5}.lamp .tick{stroke:none}
.step b{font-weight:600;line-height:1.5}.step small{grid-column:2}
.step.done{background:var(--good-sheet);border-color:var(--good-line)}.step.done b{color:var(--good)}
.step.done .ring{stroke:var(--good);fill:var(--good);stroke-dasharray:none}.step.done .tick{stroke:var(--good-sheet)}
@media(prefers-reduced-motion:no-preference){.step:not(.done) .ring{animation:wait 6s linear infinite;transform-origin:center}@keyframes wait{to{transform:rotate(360deg)}}}
.done-all{color:var(--good);font-weight:600;margin:var(--s3) 0 0}.done-all:empty{display:none}
.back{margin-top:var(--s6);display:flex;flex-wrap:wrap;gap:var(--s3) var(--s5);align-items:center}.back p{margin:0;flex:1 1 264px}
.note{background:var(--warn-sheet);border:1px solid var(--warn-line);border-radius:var(--round);padding:var(--s3) var(--s4);margin:var(--s5) 0}
.note p{margin:0}.note a{color:var(--warn)}
h3{font-size:16px;font-weight:650;margin:var(--s6) 0 var(--s1)}
[class^=mark-]{display:inline-flex;vertical-align:middle;align-items:center;gap:var(--s2);font-size:14px}[class^=mark-] .lamp{width:20px;height:20px;flex:none}
.mark-good{color:var(--good)}.mark-good .ring{stroke:var(--good);fill:var(--good);stroke-dasharray:none}.mark-good .tick{stroke:var(--sheet);stroke-width:4}
.mark-partly,.mark-missing{color:var(--warn)}.mark-partly .ring,.mark-missing .ring{stroke:var(--warn);animation:none!important}.mark-partly .ring{stroke-dasharray:none}
.line{display:grid;grid-template-columns:1fr auto;gap:var(--s1) var(--s4);align-items:center;border-top:1px solid var(--line);padding:var(--s3) 0}.line code{font-size:14px;font-weight:400}.line small{grid-column:1}.line .quiet{grid-column:2;grid-row:1/3}.lines{margin-top:var(--s4)}.apps th,.apps td{vertical-align:middle}.apps th[scope=row]{color:var(--ink);font-size:16px}
.plain{display:grid;grid-template-columns:64px 1fr;gap:0 var(--s5);align-items:start}.plain>.picture{width:64px;height:64px;grid-row:1/3}.plain h1{font-size:24px}.plain p{margin:0}@media(max-width:480px){.plain{grid-template-columns:48px 1fr}.plain>.picture{width:48px;height:48px;grid-row:1}.plain h1{font-size:20px}.plain p{grid-column:1/-1;margin-top:var(--s2)}}
.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.login th{width:128px}ol.steps+.act,ol.steps+.scan{margin-top:var(--s4)}
@media(max-width:480px){.choices:not(.ways) .choice:last-child{grid-column:1/-1;display:grid;grid-template-columns:48px 1fr;column-gap:var(--s3)}.choices:not(.ways) .choice:last-child .picture{grid-row:1/3;margin:0}.narrow th{color:var(--ink);font-weight:600;font-size:16px}.narrow td{margin-top:var(--s1)}.press{width:100%}.key{grid-template-columns:44px 1fr}}`;

/** Copies, and asks every two seconds how far it is; slower when all is well or ten minutes have passed, and not at all while nobody looks. */
export const script = `(()=>{const live=document.querySelector('[data-live]'),said=document.querySelector('[data-said]');
addEventListener('click',e=>{const b=e.target.closest('[data-copy]');if(!b)return;
const t=document.getElementById(b.dataset.copy).textContent.trim(),done=()=>{b.textContent=b.dataset.done;if(said)said.textContent=b.dataset.done;setTimeout(()=>b.textContent=b.dataset.label,2500)};
const mark=()=>getSelection().selectAllChildren(document.getElementById(b.dataset.copy));
navigator.clipboard?navigator.clipboard.writeText(t).then(done,mark):mark()});
if(!live)return;const show=(name,part)=>{const s=live.querySelector('[data-step='+name+']');if(!s)return;
s.classList.toggle('done',part.done);s.querySelector('b').textContent=part.words;s.querySelector('small').textContent=part.seen};
let all=false,asked=0;const look=async()=>{if(!document.hidden)try{const r=await fetch(live.dataset.live,{cache:'no-store'});
if(r.ok){const n=await r.json();if(n.gone)return location.replace(live.dataset.here);show('receive',n.receive);show('send',n.send);
const w=live.querySelector('.done-all');if(w.textContent!==n.all)w.textContent=n.all;all=n.all!==''}}catch{}
setTimeout(look,all||++asked>300?10000:2000)};setTimeout(look,2000)})();`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** CSP 3: one style and one script, known by what they are. */
export const policy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
