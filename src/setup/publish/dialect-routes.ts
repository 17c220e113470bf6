// Where mail apps ask for the settings of an account: autoconfig, Autodiscover and PACC, on every name of every domain of ours.
// Knows paths, media types and which domain is meant; what is said in which dialect is dialects.ts.
//
// The answer depends on the domain alone, never on the person: nobody learns here who exists.
import { Hono, type Context } from 'hono';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { WebSurroundings } from '../../io/http/listener.ts';
import type { StartPageFacts } from '../../io/http/start-page.ts';
import { parseAutodiscoverRequest } from '../../protocol/autoconfig/autodiscover.ts';
import type { AccountSettings } from '../../protocol/autoconfig/contract.ts';
import { toAsciiDomain } from '../../protocol/smtp/grammar/domain.ts';
import type { Directory } from '../../store/directory-contract.ts';
import { autoconfigXml, autodiscoverJson, autodiscoverRefusal, autodiscoverXml, paccDocument } from './dialects.ts';
import { pageUrl } from './model.ts';

export interface DialectParts {
  readonly directory: Pick<Directory, 'domain'>;
  readonly settingsOf: (domain: string) => AccountSettings;
  readonly facts: () => StartPageFacts | null;
  readonly secure: boolean;
}

type Ask = Context<{ Bindings: WebSurroundings }>;

/** In front of a domain of ours, as apps put them there. */
const prefixes = ['autoconfig.', 'autodiscover.', 'ua-auto-config.', 'mail.', 'imap.', 'pop.', 'smtp.'];
/** A question of Autodiscover has less than 1 KiB. */
const questionOctets = 16 * 1024;
const longestAddress = 320;
/** Settings change rarely; who has changed them need not wait long. */
const publicly = { 'cache-control': 'public, max-age=900', 'x-content-type-options': 'nosniff' };
const never = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export function dialectRoutes({ directory, settingsOf, facts, secure }: DialectParts): Hono<{ Bindings: WebSurroundings }> {
  const application = new Hono<{ Bindings: WebSurroundings }>();

  /** The domain of ours that is meant: that of the address when one is given, else that of the name which was asked. */
  function domainOf(context: Ask, address: string | undefined): string | null {
    const given = address === undefined || address === '' ? null : address;
    if (given !== null) {
      const domain = given.length > longestAddress ? null : toAsciiDomain(given.slice(given.lastIndexOf('@') + 1).trim());
      return domain === null ? null : ours(domain);
    }
    const { hostname } = new URL(context.req.url);
    const { domain, hostName, demo } = facts()!;
    const prefix = prefixes.find((one) => hostname.startsWith(one));
    const found = ours(hostname) ?? (prefix === undefined ? null : ours(hostname.slice(prefix.length)));
    if (found !== null) return found;
    // The machine itself, by its name or, in the demo, by whatever leads to it.
    return hostname === hostName || demo ? domain : null;
  }

  function ours(domain: string): string | null {
    return directory.domain(domain.toLowerCase())?.name ?? null;
  }

  const unknown = (context: Ask) => context.text('this is not a domain of this office\n', 404, never);
  const onlyBy = (context: Ask, allow: string) =>
    context.text(`this is asked by ${allow}\n`, 405, { ...never, allow: allow === 'GET' ? 'GET, HEAD' : allow });

  /** To the same path under seal, by a name that the certificate holds. */
  function toSealed(context: Ask, status: 302 | 308): Response | null {
    const known = facts()!;
    if (secure || known.demo) return null;
    const { search } = new URL(context.req.url);
    const url = pageUrl(known, 'https', `${context.req.path}${search}`);
    return url === null ? null : context.redirect(url, status);
  }

  /** Draft-ietf-mailmaint-autoconfig §3.1: under seal and, for the older apps, in the clear. */
  function autoconfig(context: Ask): Response {
    if (!isRead(context)) return onlyBy(context, 'GET');
    const domain = domainOf(context, context.req.query('emailaddress'));
    if (domain === null) return unknown(context);
    return context.body(autoconfigXml(settingsOf(domain)), 200, { ...publicly, 'content-type': 'text/xml; charset=utf-8' });
  }

  /** Autodiscover for plain accounts (POX). In the clear, a GET is Outlook looking for the way to HTTPS. */
  async function autodiscover(context: Ask): Promise<Response> {
    const sealed = toSealed(context, isRead(context) ? 302 : 308);
    if (sealed !== null) return sealed;
    if (context.req.method !== 'POST') return onlyBy(context, 'POST');
    const body = await readBody(context.req.raw, questionOctets);
    if (body === null) return context.text('the question is too long\n', 413, never);
    let address: string;
    try {
      ({ address } = parseAutodiscoverRequest(body));
    } catch (trouble) {
      if (!(trouble instanceof SyntaxTrouble)) throw trouble;
      return context.body(autodiscoverRefusal(), 200, { ...never, 'content-type': 'text/xml; charset=utf-8' });
    }
    const domain = domainOf(context, address);
    if (domain === null) return unknown(context);
    return context.body(autodiscoverXml(settingsOf(domain), address), 200, { ...never, 'content-type': 'text/xml; charset=utf-8' });
  }

  /** Autodiscover v2 only says where to ask next: v1 is what is spoken here. */
  function autodiscoverV2(context: Ask): Response {
    const sealed = toSealed(context, 302);
    if (sealed !== null) return sealed;
    if (!isRead(context)) return onlyBy(context, 'GET');
    const query = new Map(Object.entries(context.req.query()).map(([name, value]) => [name.toLowerCase(), value]));
    const inPath = /\/autodiscover\.json\/v1\.0\/([^/]+)$/i.exec(context.req.path)?.[1];
    const domain = domainOf(context, query.get('email') ?? (inPath === undefined ? undefined : decodeSafely(inPath)));
    if (domain === null) return unknown(context);
    const known = facts()!;
    const url = pageUrl(known, 'https', '/autodiscover/autodiscover.xml') ?? pageUrl(known, 'http', '/autodiscover/autodiscover.xml')!;
    const { status, body } = autodiscoverJson(query.get('protocol') ?? 'AutodiscoverV1', url);
    return context.body(body, status, { ...never, 'content-type': 'application/json' });
  }

  /** Draft-ietf-mailmaint-pacc: under seal only; the octets are those that the TXT record vouches for. */
  function pacc(context: Ask): Response {
    const sealed = toSealed(context, 308);
    if (sealed !== null) return sealed;
    if (!isRead(context)) return onlyBy(context, 'GET');
    const domain = domainOf(context, undefined);
    const document = domain === null ? null : paccDocument(settingsOf(domain));
    if (document === null) return unknown(context);
    return context.body(new Uint8Array(document), 200, { ...publicly, 'content-type': 'application/json' });
  }

  const paths: Readonly<Record<string, (context: Ask) => Response | Promise<Response>>> = {
    '/.well-known/autoconfig/mail/config-v1.1.xml': autoconfig,
    '/mail/config-v1.1.xml': autoconfig,
    '/autodiscover/autodiscover.xml': autodiscover,
    '/autodiscover/autodiscover.json': autodiscoverV2,
    '/.well-known/user-agent-configuration.json': pacc,
  };

  // Outlook writes /Autodiscover/Autodiscover.xml, others do not: the case of letters does not count.
  application.use(async (context, next) => {
    const path = context.req.path.toLowerCase();
    const answer = paths[path] ?? (path.startsWith('/autodiscover/autodiscover.json/v1.0/') ? autodiscoverV2 : undefined);
    return answer === undefined ? next() : answer(context);
  });
  return application;
}

function isRead(context: Ask): boolean {
  return context.req.method === 'GET' || context.req.method === 'HEAD';
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Null when there is more. */
async function readBody(request: Request, most: number): Promise<string | null> {
  if (Number(request.headers.get('content-length') ?? 0) > most) return null;
  const reader = request.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let octets = 0;
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
    octets += piece.value.length;
    if (octets > most) {
      await reader?.cancel();
      return null;
    }
    text += decoder.decode(piece.value, { stream: true });
  }
  return text + decoder.decode();
}
