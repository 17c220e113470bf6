// Debian's Chromium for the tests of pages: opened once, at a size, in a language, light or dark. Knows playwright-core and axe.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';

export interface Look {
  readonly width: 390 | 1280;
  readonly language: 'ja' | 'en';
  readonly scheme: 'light' | 'dark';
}

const everyLook: readonly Look[] = ([390, 1280] as const).flatMap((width) =>
  (['ja', 'en'] as const).flatMap((language) => (['light', 'dark'] as const).map((scheme) => ({ width, language, scheme }))),
);

/**
 * Four of the eight, in which each width meets each language and each scheme, and each language each scheme: what is wrong with two of them together is seen.
 * All eight with TAYORI_LOOKS=all, and where pictures are kept.
 */
export const looks: readonly Look[] =
  process.env['TAYORI_LOOKS'] === 'all' || process.env['TAYORI_PAGES'] !== undefined
    ? everyLook
    : everyLook.filter(({ width, language, scheme }) => (width === 390) === ((language === 'ja') === (scheme === 'light')));

/** `names`: where names lead that are in no DNS, as Chromium's `--host-resolver-rules` wants it. `more`: further words for it. */
export function openBrowser(names?: string, more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Debian's sandbox needs what containers do not give; the pages are ours.
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...(names === undefined ? [] : [`--host-resolver-rules=${names}`]), ...more],
  });
}

/** A page of its own, with its own cookies. What the page does wrong (script errors, refused by the policy) is gathered in `faults`. */
export async function openPage(browser: Browser, look: Look, agent?: string): Promise<{ readonly page: Page; readonly faults: string[] }> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.width === 390 ? 844 : 900 },
    locale: look.language === 'ja' ? 'ja-JP' : 'en-GB',
    colorScheme: look.scheme,
    ignoreHTTPSErrors: true,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...(agent === undefined ? {} : { userAgent: agent }),
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return { page, faults };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds by WCAG 2.2 A and AA and its best practices: rule, and where. Runs beside the page's own scripts, past its policy. */
export async function findBarriers(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const evaluate = async (expression: string): Promise<unknown> =>
    (await session.send('Runtime.evaluate', { expression, awaitPromise: true })).result.value;
  // Its half a megabyte once for each document.
  if ((await evaluate('typeof axe')) === 'undefined') await evaluate(axe);
  const found = await evaluate(
    `axe.run(document,{resultTypes:['violations']}).then(r=>JSON.stringify(r.violations.map(v=>v.id+': '+v.nodes.map(n=>n.target.join(' ')+' '+n.failureSummary).join(' | '))))`,
  );
  await session.detach();
  return JSON.parse(String(found)) as string[];
}

/** Does anything stick out to the side? */
export async function isTooWide(page: Page): Promise<boolean> {
  return (await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')) === true;
}
