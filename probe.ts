import { openBrowser } from './test/pages/browser.ts';
import { signedInPage, shoot } from './test/app/app-page.ts';
import { start } from './test/support/program.ts';
const server = await start('/tmp/bench-notes/small/data');
const origin = `http://localhost:${server.portOf('http')}`;
const browser = await openBrowser();
try {
  const { page, faults } = await signedInPage(browser, origin, server.listening.people[0]!);
  page.on('request', (r) => console.log(Date.now() % 100000, r.method(), r.url().slice(origin.length), r.resourceType(), (r.postData() ?? '').slice(0, 300)));
  page.on('websocket', (w) => { console.log(Date.now() % 100000, 'ws'); w.on('framesent', (f) => console.log(Date.now() % 100000, '>', String(f.payload).slice(0, 200))); w.on('framereceived', (f) => console.log(Date.now() % 100000, '<', String(f.payload).length)); });
  await page.goto(origin, { waitUntil: 'commit' });
  await page.waitForSelector('[role=row] .who');
  console.log(Date.now() % 100000, 'row');
  await page.waitForTimeout(1500);
  await shoot(page, 'probe1');
  await page.click('[aria-rowindex="2"]');
  console.log(Date.now() % 100000, 'click');
  await page.waitForTimeout(600); await page.click('[aria-rowindex="3"]'); await page.waitForTimeout(2000);
  await shoot(page, 'probe2');
  console.log(await page.evaluate(`document.querySelector('article')?.innerHTML.slice(0,3000)`));
  console.log('rows', await page.getAttribute('[role=grid]', 'aria-rowcount'));
  console.log(faults);
} finally { await browser.close(); await server.stop(); }
