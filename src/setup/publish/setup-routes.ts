// The set-up page as an application: looks at a link, uses it once, tells how far the device is, takes it back, hands the profile out.
// Knows HTTP, cookies and bounds; what a link is worth is journey/account/setup-links.ts, what is shown setup-page.ts.
//
// The token stands in the path alone: nothing here logs a path, no-referrer keeps it from other sites, no-store from caches.
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import type { LinkFound, ReceiveWay, SetupLinks } from '../../journey/account/setup-links.ts';
import { appleProfileOf, formatAppleProfile } from '../../protocol/autoconfig/apple-profile.ts';
import type { AccountSettings } from '../../protocol/autoconfig/contract.ts';
import { formatThunderbirdQr, thunderbirdAccountOf } from '../../protocol/autoconfig/thunderbird-qr.ts';
import type { AccountRow, AppPasswordRow } from '../../store/directory-contract.ts';
import type { WebSurroundings } from '../../io/http/listener.ts';
import { qrSvg } from './qr.ts';
import { Rate } from '../../io/http/rate.ts';
import { choosingPage, devicePage, deviceState, plainPage, type Html } from './setup-page.ts';
import { policy } from './setup-style.ts';
import { chooseLanguage, devices, words, type Device, type Language } from './words.ts';

export interface SetupParts {
  readonly links: SetupLinks;
  readonly clock: Clock;
  readonly settingsOf: (domain: string) => AccountSettings;
  /** The address of a page as another device would open it; null where it cannot. */
  readonly outsideUrl: (path: string) => string | null;
  /** A document signed by this site. */
  readonly sign: (document: Bytes) => Promise<Bytes>;
  /** Does the certificate come from our own authority? */
  readonly hasOwnAuthority: () => boolean;
  readonly secure: boolean;
}

type Own = Extract<LinkFound, { kind: 'own' }>;
type Ask = Context<{ Bindings: WebSurroundings }>;

const cookieName = 'tayori-setup';
/** A form of three short fields. */
const formOctets = 2048;
/** A page asks every two seconds, and several people may sit behind one address. */
const mostRequests = 6000;
/** Wrong tokens: nobody finds one of 128 bits, and nobody is to try. */
const mostWrong = 30;
const rateMs = 10 * 60_000;

export function setupRoutes(parts: SetupParts): Hono<{ Bindings: WebSurroundings }> {
  const { links, clock, secure } = parts;
  const application = new Hono<{ Bindings: WebSurroundings }>();
  const requests = new Rate(clock, mostRequests, rateMs);
  const wrong = new Rate(clock, mostWrong, rateMs);

  application.use(async (context, next) => {
    await next();
    context.header('content-security-policy', policy);
    context.header('x-content-type-options', 'nosniff');
    context.header('referrer-policy', 'no-referrer');
    context.header('cache-control', 'no-store');
    context.header('cross-origin-opener-policy', 'same-origin');
    context.header('cross-origin-resource-policy', 'same-origin');
    context.header('x-robots-tag', 'noindex');
  });

  const shortForm = bodyLimit({ maxSize: formOctets, onError: (context) => context.text('the form is too long\n', 413) });
  const languageOf = (context: Ask): Language => chooseLanguage(context.req.query('lang'), context.req.header('accept-language'));
  const addressOf = (context: Ask): string => context.env?.remoteAddress ?? '';
  const show = (context: Ask, page: Html, status: 200 | 404 | 409 | 410 | 429 = 200) => context.html(page, status);

  function trouble(context: Ask, what: 'unknown' | 'expired' | 'foreign' | 'often' | 'full') {
    const language = languageOf(context);
    const status = ({ unknown: 404, expired: 410, foreign: 410, often: 429, full: 409 } as const)[what];
    return show(context, plainPage(language, context.req.path, words[language].trouble[what]), status);
  }

  /** What the link is worth to this browser, or the answer that says why not. */
  function look(context: Ask): LinkFound | Response | Promise<Response> {
    const address = addressOf(context);
    if (wrong.isSpent(address) || !requests.take(address)) return trouble(context, 'often');
    const found = links.find(context.req.param('token') ?? '', getCookie(context, cookieName) ?? null);
    if (found.kind === 'unknown') wrong.take(address);
    return found.kind === 'unknown' || found.kind === 'expired' ? trouble(context, found.kind) : found;
  }

  function domainOf(person: AccountRow): AccountSettings {
    return parts.settingsOf(person.address.slice(person.address.lastIndexOf('@') + 1));
  }

  function choosing(context: Ask, { link, person }: Extract<LinkFound, { kind: 'fresh' }>, token: string) {
    const language = languageOf(context);
    const here = parts.outsideUrl(`/setup/${token}`);
    const page = choosingPage({
      language,
      token,
      name: person.name,
      address: person.address,
      settings: domainOf(person),
      expiresAt: link.expiresAt,
      likely: likelyDevice(context.req.header('user-agent') ?? ''),
      here: here === null ? '' : qrSvg(here, words[language].thereLabel),
      authority: parts.hasOwnAuthority(),
    });
    return show(context, page);
  }

  function chosen(context: Ask, own: Pick<Own, 'link' | 'person'>, key: AppPasswordRow | null, secret: string | null, token: string) {
    const language = languageOf(context);
    const say = words[language];
    if (key === null) return show(context, plainPage(language, context.req.path, { heading: say.takenBack, next: say.takenBackNote }));
    const { device, receive } = readChoice(own.link.used?.choice ?? '');
    const settings = domainOf(own.person);
    const { address, name } = own.person;
    const thunderbird = thunderbirdAccountOf(settings, { address, name: name === '' ? address : name, receive });
    const profileUrl = parts.outsideUrl(`/setup/${token}/profile.mobileconfig`);
    const page = devicePage({
      language,
      token,
      address,
      settings,
      device,
      receive,
      key,
      secret,
      hasProfile: profileOf(own.person, receive) !== null,
      profileQr: device === 'iphone' && profileUrl !== null ? qrSvg(profileUrl, say.profile) : '',
      thunderbirdQr: device === 'android' && thunderbird !== null ? qrSvg(formatThunderbirdQr(thunderbird), say.thunderbirdScan) : '',
      authority: parts.hasOwnAuthority(),
    });
    return show(context, page);
  }

  function profileOf(person: AccountRow, receive: ReceiveWay): string | null {
    try {
      const name = person.name === '' ? person.address : person.name;
      return formatAppleProfile(appleProfileOf(domainOf(person), { address: person.address, name, receive }));
    } catch (refusal) {
      if (refusal instanceof Refusal) return null;
      throw refusal;
    }
  }

  application.get('/setup/:token', (context) => {
    const found = look(context);
    if (!('kind' in found)) return found;
    const token = context.req.param('token');
    if (found.kind === 'fresh') return choosing(context, found, token);
    return found.kind === 'own' ? chosen(context, found, found.key, null, token) : trouble(context, 'foreign');
  });

  application.post('/setup/:token', shortForm, async (context) => {
    const found = look(context);
    if (!('kind' in found)) return found;
    const token = context.req.param('token');
    // Sent twice, by going back: what was made is shown, without its key.
    if (found.kind === 'own') return chosen(context, found, found.key, null, token);
    if (found.kind !== 'fresh') return trouble(context, 'foreign');
    const form = await context.req.parseBody();
    const { device, receive } = readChoice(`${String(form['device'])} ${String(form['receive'])}`);
    try {
      const { browser, secret, key } = await links.use(token, { device, receive, name: words[languageOf(context)].device[device].key });
      setCookie(context, cookieName, browser, {
        path: `/setup/${token}`,
        httpOnly: true,
        sameSite: 'Lax',
        secure,
        maxAge: Math.max(60, Math.ceil((found.link.expiresAt - clock.now()) / 1000)),
      });
      const link = { ...found.link, used: { at: clock.now(), browser: '', choice: `${device} ${receive}`, appPassword: key.id } };
      return await chosen(context, { link, person: found.person }, key, secret, token);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      return trouble(context, refusal.code === 'limit' ? 'full' : refusal.code === 'in-use' ? 'foreign' : 'unknown');
    }
  });

  application.get('/setup/:token/state', (context) => {
    const found = look(context);
    if (!('kind' in found)) return found;
    if (found.kind !== 'own' || found.key === null) return context.json({ gone: true });
    return context.json(deviceState(found.key, readChoice(found.link.used.choice).receive, languageOf(context)));
  });

  application.post('/setup/:token/take-back', shortForm, async (context) => {
    const found = look(context);
    if (!('kind' in found)) return found;
    if (found.kind !== 'own') return trouble(context, 'foreign');
    const token = context.req.param('token');
    await links.takeBack(token, getCookie(context, cookieName) ?? '');
    return context.redirect(`/setup/${token}?lang=${languageOf(context)}`, 303);
  });

  // Open to the phone that a computer shows the way: the profile holds no secret, and only who has the token gets it.
  application.get('/setup/:token/profile.mobileconfig', async (context) => {
    const found = look(context);
    if (!('kind' in found)) return found;
    const used = links.describe(context.req.param('token'));
    const profile = used === null ? null : profileOf(used.person, readChoice(used.choice).receive);
    if (profile === null) return trouble(context, 'unknown');
    return context.body(new Uint8Array(await parts.sign(bytesFromUtf8(profile))), 200, {
      'content-type': 'application/x-apple-aspen-config',
      'content-disposition': 'attachment; filename="tayori.mobileconfig"',
    });
  });

  return application;
}

function readChoice(text: string): { readonly device: Device; readonly receive: ReceiveWay } {
  const [device = '', receive = ''] = text.split(' ');
  return { device: devices.find((known) => known === device) ?? 'other', receive: receive === 'pop3' ? 'pop3' : 'imap' };
}

/** A guess that is only checked beforehand: the person chooses. */
function likelyDevice(agent: string): Device {
  if (/iPhone|iPad/.test(agent)) return 'iphone';
  return /Android/.test(agent) ? 'android' : 'computer';
}
