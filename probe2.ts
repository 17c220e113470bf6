import { openBrowser } from './test/pages/browser.ts';
import { signedInPage } from './test/app/app-page.ts';
import { start } from './test/support/program.ts';
const server = await start(process.argv[2] ?? '/tmp/bench-notes/small/data');
const mode = process.argv[3] ?? 'cold';
const origin = `http://localhost:${server.portOf('http')}`;
const browser = await openBrowser();
try {
  const { page } = await signedInPage(browser, origin, server.listening.people[0]!);
  if (mode === 'warm') { await page.goto(origin); await page.waitForSelector('[role=row] .who'); await page.evaluate('navigator.serviceWorker.ready.then(() => null)'); await page.waitForTimeout(1500); }
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'v8', 'disabled-by-default-v8.compile', '__metadata', 'blink.user_timing','loading'] });
  if (mode === 'warm') await page.reload({ waitUntil: 'commit' }); else await page.goto(origin, { waitUntil: 'commit' });
  await page.waitForSelector('[role=row] .who');
  const { traceEvents: ev } = JSON.parse((await browser.stopTracing()).toString());
  const names = new Map<string,string>();
  for (const e of ev) if (e.name === 'thread_name' || e.name === 'process_name') names.set(e.name === 'process_name' ? `${e.pid}` : `${e.pid}/${e.tid}`, e.args.name);
  const per = new Map<string, number>();
  for (const e of ev) if (e.ph === 'X' && /RunTask$/.test(e.name)) { const k = `${names.get(`${e.pid}`)} ${names.get(`${e.pid}/${e.tid}`)}`; per.set(k, (per.get(k) ?? 0) + (e.tdur ?? 0) / 1000); }
  console.log([...per].sort((a, b) => b[1] - a[1]).slice(0, 14).map(([k, v]) => `${v.toFixed(0)} ms ${k}`).join('\n'));
  for (const th of ['CrRendererMain', 'DedicatedWorker thread']) {
    // self time by name
    const list = ev.filter((e: any) => e.ph === 'X' && names.get(`${e.pid}/${e.tid}`) === th && e.tdur !== undefined);
    const byThread = Map.groupBy(list, (e: any) => `${e.pid}/${e.tid}`);
    const self = new Map<string, number>();
    for (const l of byThread.values()) { (l as any[]).sort((a, b) => a.ts - b.ts || b.dur - a.dur); const stack: any[] = [];
      for (const e of l as any[]) { while (stack.length && stack.at(-1).ts + stack.at(-1).dur <= e.ts) stack.pop(); const parent = stack.at(-1); if (parent) self.set(parent.name, (self.get(parent.name) ?? 0) - e.tdur / 1000); self.set(e.name, (self.get(e.name) ?? 0) + e.tdur / 1000); stack.push(e); } }
    console.log('---', th, '\n' + [...self].sort((a, b) => b[1] - a[1]).slice(0, 18).map(([k, v]) => `${v.toFixed(1)} ${k}`).join('\n'));
  }
} finally { await browser.close(); await server.stop(); }
