// The page to which a provider sends the browser back after a sign-in (RFC 6749 §4.1.2): `GET /oauth/callback`. Knows the route, its
// headers and four short pages in Japanese and English; what the answer is good for is the flow's matter. It sends the browser nowhere.
import { Hono } from 'hono';
import { Refusal } from '../../base/trouble.ts';
import { CauseTrouble } from '../../journey/outside/causes.ts';
import { parseAuthorizationAnswer } from '../../journey/outside/oauth.ts';
import type { SignInFlow } from '../../journey/outside/tokens.ts';

export const callbackPath = '/oauth/callback';

/** Set by whoever begins a flow in a browser, so that the answer counts in that browser alone (RFC 9700 §4.7). */
export const signInCookie = '__Host-tayori-sign-in';

export interface CallbackParts {
  readonly flow: Pick<SignInFlow, 'finish'>;
  /** Called with what was not expected; causes and refusals are told to the person alone. */
  readonly failed: (trouble: unknown) => void;
}

interface Page {
  readonly status: 200 | 400 | 403 | 502;
  readonly ja: string;
  readonly en: string;
}

const pages = {
  done: {
    status: 200,
    ja: 'サインインできました。この画面は閉じて大丈夫です。',
    en: 'You are signed in. You can close this page.',
  },
  refused: {
    status: 403,
    ja: 'サインインは許可されませんでした。何も変わっていません。もう一度、はじめからお試しください。',
    en: 'The sign-in was not allowed. Nothing has changed. Please begin again.',
  },
  over: {
    status: 400,
    ja: 'このサインインはもう終わっています。もう一度、はじめからお試しください。',
    en: 'This sign-in is over already. Please begin again.',
  },
  later: {
    status: 502,
    ja: 'メールの会社のサインインが、いま応えていません。しばらくしてからお試しください。',
    en: 'The sign-in of the mail provider does not answer at the moment. Please try again later.',
  },
} as const satisfies Record<string, Page>;

const headers = {
  'content-type': 'text/html; charset=utf-8',
  // The address of this page holds the code: it goes nowhere from here.
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'set-cookie': `${signInCookie}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`,
};

export function oauthCallback({ flow, failed }: CallbackParts): Hono {
  const routes = new Hono();
  routes.get(callbackPath, async (context) => {
    const answer = parseAuthorizationAnswer(new URL(context.req.url).searchParams);
    const show = (page: Page): Response => new Response(draw(page), { status: page.status, headers });
    if (answer === null) return show(pages.over);
    try {
      await flow.finish(answer, readCookie(context.req.header('cookie')));
      return show(pages.done);
    } catch (trouble) {
      if (trouble instanceof Refusal) return show(pages.over);
      if (trouble instanceof CauseTrouble) return show(trouble.why === 'sign-in-unavailable' ? pages.later : pages.refused);
      failed(trouble);
      return show(pages.later);
    }
  });
  return routes;
}

function readCookie(header: string | undefined): string | null {
  for (const part of (header ?? '').slice(0, 8192).split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === signInCookie && value !== undefined) return value;
  }
  return null;
}

function draw({ ja, en }: Page): string {
  return `<!doctype html><html lang="ja"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>便り Tayori</title>
<style>body{font:1.1rem/1.7 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.2rem;color:#222;background:#fbfaf7}p+p{color:#555}
@media(prefers-color-scheme:dark){body{color:#eee;background:#1c1b19}p+p{color:#bbb}}</style>
<main><p>${ja}</p><p lang="en">${en}</p></main></html>`;
}
