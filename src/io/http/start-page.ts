// The start page: what this server is and what to type into a mail app, in Japanese and English. Knows HTML and hono;
// knows no store and no person's password. Plain HTML: no script runs, and the policy says so.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Hono } from 'hono';

export interface StartPageListener {
  readonly protocol: string;
  readonly port: number;
  readonly security: 'none' | 'starttls' | 'tls';
}

export interface StartPageFacts {
  readonly domain: string;
  /** What to type into a mail app. */
  readonly hostName: string;
  readonly listeners: readonly StartPageListener[];
  /** The root to be trusted, in the demo. */
  readonly ca: string | null;
  readonly demo: boolean;
}

export interface StartPageOptions {
  /** Null until all listens. */
  readonly facts: () => StartPageFacts | null;
  readonly secure: boolean;
}

const style = `body{font:1rem/1.7 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fffdf8}
h1{font-size:1.6rem}h2{font-size:1.1rem;margin-top:2.5rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ddd6c8}th{font-weight:600}small{color:#666}
@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1a17}th,td{border-color:#444}small{color:#aaa}a{color:#9cf}}`;

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function startPage({ facts, secure }: StartPageOptions): Hono {
  const application = new Hono();
  application.use(async (context, next) => {
    await next();
    context.header('content-security-policy', policy);
    context.header('x-content-type-options', 'nosniff');
    context.header('referrer-policy', 'no-referrer');
    context.header('cross-origin-opener-policy', 'same-origin');
    context.header('cross-origin-resource-policy', 'same-origin');
  });
  application.use(async (context, next) => {
    const known = facts();
    const sealed = known?.listeners.find((row) => row.protocol === 'https');
    if (known === null || secure || known.demo || !sealed) return next();
    // The name is ours, not the one in the request: nobody is sent elsewhere.
    const { pathname } = new URL(context.req.url);
    return context.redirect(`https://${known.hostName}${sealed.port === 443 ? '' : `:${sealed.port}`}${pathname}`, 308);
  });
  application.get('/', (context) => {
    const known = facts();
    return known === null ? context.text('starting\n', 503) : context.html(formatPage(known));
  });
  application.get('/ca.pem', async (context) => {
    const file = facts()?.ca ?? null;
    if (file === null) return context.notFound();
    return context.body(await readFile(file, 'utf8'), 200, {
      'content-type': 'application/x-x509-ca-cert',
      'content-disposition': 'attachment; filename="tayori-ca.pem"',
    });
  });
  application.notFound((context) => context.text('nothing here; the start page is at /\n', 404));
  return application;
}

interface Way {
  readonly japanese: string;
  readonly english: string;
  readonly listener: StartPageListener;
}

function formatPage(facts: StartPageFacts): string {
  const find = (...protocols: string[]) =>
    protocols.map((protocol) => facts.listeners.find((row) => row.protocol === protocol)).find((row) => row !== undefined);
  const ways: Way[] = [];
  const way = (japanese: string, english: string, listener: StartPageListener | undefined) => {
    if (listener) ways.push({ japanese, english, listener });
  };
  way('受け取る(置いたまま見る: IMAP)', 'incoming, letters stay on the shelf (IMAP)', find('imaps', 'imap'));
  way('受け取る(持ち帰る: POP3)', 'incoming, letters are taken home (POP3)', find('pop3s', 'pop3'));
  way('送る(SMTP)', 'outgoing (SMTP)', find('submissions', 'submission'));
  const table = (heads: readonly string[], name: (way: Way) => string) =>
    `<table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${ways
      .map(
        (one) =>
          `<tr><td>${name(one)}</td><td>${escapeHtml(facts.hostName)}</td><td>${one.listener.port}</td><td>${one.listener.security === 'tls' ? 'SSL/TLS' : 'STARTTLS'}</td></tr>`,
      )
      .join('')}</table>`;
  const title = `Tayori – ${escapeHtml(facts.domain)}`;
  return `<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head><body>
<h1>便り Tayori <small>${escapeHtml(facts.domain)}</small></h1>
<section lang="ja"><p>ここは郵便局の役をするコンピューター(メールサーバー)です。お使いのメールアプリに、次のとおり入れてください。</p>
${table(['すること', 'サーバー', '窓口の番号(ポート)', '封(暗号化)'], (one) => one.japanese)}
<p>ユーザー名はメールアドレス全体です(例: hanako@${escapeHtml(facts.domain)})。</p>
${facts.ca === null ? '' : '<p>この局の証明書は自家製です。<a href="/ca.pem">局の証明書</a>をメールアプリの動くコンピューターに一度だけ信頼させてください。</p>'}</section>
<section lang="en"><h2>In English</h2><p>This computer acts as a post office (a mail server). Type this into your mail app:</p>
${table(['What', 'Server', 'Port', 'Security'], (one) => one.english)}
<p>The user name is the whole mail address, such as hanako@${escapeHtml(facts.domain)}.</p>
${facts.ca === null ? '' : '<p>The certificate of this office is home-made: let the computer of your mail app trust <a href="/ca.pem">the office’s root certificate</a> once.</p>'}</section>
</body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
