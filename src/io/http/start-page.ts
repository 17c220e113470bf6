// The start page: what this server is and what to type into a mail app, in Japanese and English. Knows HTML and hono;
// knows no store and no person's password. Plain HTML: no script runs, and the policy says so.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Hono } from 'hono';
import { isLoopback, isLoopbackName } from '../../base/address.ts';
import type { WebSurroundings } from './listener.ts';
import { paper, seal } from './paper.ts';

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

const style = `${paper}
section+section{margin-top:var(--s12)}.lead{font-size:18px}h1 small{font-weight:400;font-size:16px;display:block}.sheet{margin:var(--s4) 0;}`;

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function startPage({ facts, secure }: StartPageOptions): Hono<{ Bindings: WebSurroundings }> {
  const application = new Hono<{ Bindings: WebSurroundings }>();
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
    const { pathname, search, hostname } = new URL(context.req.url);
    // Inside this computer nobody listens; links and keys of people are under seal there too.
    const isHere = isLoopback(context.env?.remoteAddress ?? '') && (isLoopbackName(hostname) || hostname === known.hostName);
    if (isHere && /^\/(?:start|ca\.pem)?$/.test(pathname)) return next();
    return context.redirect(`https://${known.hostName}${sealed.port === 443 ? '' : `:${sealed.port}`}${pathname}${search}`, 308);
  });
  // At the root too where there is no mail app.
  for (const path of ['/start', '/'])
    application.get(path, (context) => {
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
  application.notFound((context) => context.text('nothing here; the start page is at /start\n', 404));
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
    `<div class="sheet"><table class="narrow"><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>${ways
      .map(
        (one) =>
          `<tr><th scope="row">${name(one)}</th><td data-name="${heads[1]}">${escapeHtml(facts.hostName)}</td><td data-name="${heads[2]}">${one.listener.port}</td><td data-name="${heads[3]}">${one.listener.security === 'tls' ? 'SSL/TLS' : 'STARTTLS'}</td></tr>`,
      )
      .join('')}</tbody></table></div>`;
  const domain = escapeHtml(facts.domain);
  return `<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tayori – ${domain}</title><style>${style}</style></head><body><div class="page">
<header class="top"><span class="mark">${seal}<span>便り Tayori</span></span><a href="/apps" lang="ja">アプリからの見え方 <span lang="en">Apps</span></a></header>
<main><h1>便り Tayori <small>${domain}</small></h1>
<section lang="ja"><p class="lead">ここは郵便局の役をするコンピューター(メールサーバー)です。</p><p>お使いのメールアプリに、次のとおり入れてください。局の管理者から一度だけのリンクをもらえば、入れるものはほとんどありません。</p>
${table(['すること', 'サーバー', '窓口の番号(ポート)', '封(暗号化)'], (one) => one.japanese)}
<p>ユーザー名はメールアドレス全体です(例: hanako@${domain})。</p>
${facts.ca === null ? '' : '<p>この局の証明書は自家製です。<a href="/ca.pem">局の証明書</a>をメールアプリの動くコンピューターに一度だけ信頼させてください。</p>'}</section>
<section lang="en"><h2>In English</h2><p>This computer acts as a post office (a mail server). Type this into your mail app; with a one-time link from whoever runs this office there is hardly anything to type.</p>
${table(['What', 'Server', 'Port', 'Security'], (one) => one.english)}
<p>The user name is the whole mail address, such as hanako@${domain}.</p>
${facts.ca === null ? '' : '<p>The certificate of this office is home-made: let the computer of your mail app trust <a href="/ca.pem">the office’s root certificate</a> once.</p>'}</section>
</main></div></body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
