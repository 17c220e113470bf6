// Signing in and out from a page, and what a person sets up for it: `/auth/…`, JSON in and out. Knows HTTP, cookies, bounds and the words of
// each answer; what is right and what is wrong is journey/account's.
//
//   POST /auth/login     {login, password, stay?}   → {state: "in", account} or {state: "second", ticket, methods, passkey}
//   POST /auth/second    {ticket, code} or {ticket, passkey}, stay?   → {state: "in", account}
//   POST /auth/passkey/ask    {}                    → {options}: what a browser is asked for where nobody has said a name
//   POST /auth/passkey/login  {passkey, stay?}      → {state: "in", account}
//   POST /auth/logout    {}                         → {state: "out"}
//   GET  /auth/me                                   → {account} or 401
//   GET  /auth/sessions                             → {sessions}
//   POST /auth/sessions/end   {session} or {others: true}   → {ended}
//   GET  /auth/factors                              → {factors, recoveryCodes}
//   POST /auth/totp/begin     {password?}           → {ticket, secret, uri, qr}
//   POST /auth/totp/confirm   {ticket, code}        → {factor, ended, recoveryCodes?}: all other browsers are signed out by it
//   POST /auth/passkeys/begin {password?}           → {options}
//   POST /auth/passkeys/add   {passkey, name}       → {factor, ended, recoveryCodes?}: the same
//   POST /auth/recovery-codes {password?}           → {recoveryCodes}
//   POST /auth/factors/remove {factor, password?}   → {removed}
//   POST /auth/password  {password, newPassword}    → {state: "in", account, ended}: all other browsers are signed out by it
//
// What changes the ways in asks for the password again unless the session has just begun: a page left open is not enough.
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../../base/clock.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { askedFactors } from '../../journey/account/factors.ts';
import type { People } from '../../journey/account/people.ts';
import type { PasskeyPlace, SecondFactors } from '../../journey/account/second-factors.ts';
import type { LoginStep, WebLogin } from '../../journey/account/web-login.ts';
import { deviceWords, lifeMs, type WebSessions } from '../../journey/account/web-sessions.ts';
import type { LoginContext } from '../../protocol/sasl/authenticator.ts';
import type { AccountRow, Directory, FactorRow } from '../../store/directory-contract.ts';
import type { WebSurroundings } from './listener.ts';
import { Rate } from './rate.ts';
import { cookieName, formatCookie, originOf, problem, readCookie, type WebDoor } from './web-door.ts';

export interface AuthParts {
  readonly door: WebDoor;
  readonly login: WebLogin;
  readonly sessions: WebSessions;
  readonly factors: SecondFactors;
  readonly directory: Directory;
  readonly people: Pick<People, 'setPassword'>;
  readonly clock: Clock;
  readonly secure: boolean;
  /** A picture of a text, as `svg`. */
  readonly qr: (text: string) => string;
}

type Ask = Context<{ Bindings: WebSurroundings }>;
type Body = Readonly<Record<string, unknown>>;

/** A passkey's answer has a few kilobytes. */
const bodyOctets = 64 * 1024;
/** Requests of one network: many people may sit behind one address, and no one is to try passwords or fill the tables of what waits. */
const mostRequests = 600;
const rateMs = 10 * 60_000;
/** So young a session needs no password again. */
const freshMs = 10 * 60_000;

/** A person at a browser. */
interface Here {
  readonly person: AccountRow;
  readonly session: number;
}

export function authRoutes(parts: AuthParts): Hono<{ Bindings: WebSurroundings }> {
  const { door, login, sessions, factors, directory, people, clock, secure } = parts;
  const routes = new Hono<{ Bindings: WebSurroundings }>();
  const rate = new Rate(clock, mostRequests, rateMs);

  routes.use('/auth/*', async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
    context.header('referrer-policy', 'no-referrer');
    context.header('cross-origin-resource-policy', 'same-origin');
    context.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  });

  routes.onError((trouble) => {
    if (trouble instanceof Refusal) return refused(trouble);
    if (trouble instanceof Unavailable) return problem(503, 'busy, try again in a moment', { 'retry-after': '5' });
    throw trouble;
  });

  const surroundingsOf = (context: Ask): WebSurroundings => context.env;
  const placeOf = (context: Ask): PasskeyPlace => {
    const origin = originOf(context.req.raw, secure);
    return { origin, relyingParty: new URL(origin).hostname };
  };
  const loginContext = (context: Ask): LoginContext => ({
    protocol: 'jmap',
    remoteAddress: surroundingsOf(context).remoteAddress,
    tls: secure,
    connection: 'http',
  });

  /** A route that changes something: from our page, in JSON, not too often. */
  function post(path: string, answer: (context: Ask, body: Body) => Promise<Response>): void {
    routes.post(path, bodyLimit({ maxSize: bodyOctets, onError: () => problem(413, 'too long') }), async (context) => {
      const foreign = door.refuseForeign(context.req.raw, surroundingsOf(context));
      if (foreign !== null) return foreign;
      // A form of another site can send text/plain, never this (Fetch §2.2.2).
      if (!/^application\/json\s*(?:;|$)/i.test(context.req.header('content-type') ?? '')) return problem(415, 'JSON is understood');
      if (!rate.take(surroundingsOf(context).remoteAddress)) return problem(429, 'too often', { 'retry-after': '60' });
      const body: unknown = await context.req.json().catch(() => null);
      if (body === null || typeof body !== 'object' || Array.isArray(body)) return problem(400, 'an object is understood');
      return answer(context, body as Body);
    });
  }

  /** The person at this browser, or the answer that says there is none. Keys of apps have no say here. */
  async function personHere(context: Ask): Promise<Here | Response> {
    const identity = await door.identify(context.req.raw, surroundingsOf(context));
    if (identity instanceof Response) return identity;
    const person = directory.accountById(identity.principal.account);
    if (identity.session === null || person === null) return problem(403, 'sign in by a browser for this');
    return { person, session: identity.session };
  }

  function own(path: string, answer: (context: Ask, body: Body, here: Here) => Promise<Response>): void {
    post(path, async (context, body) => {
      const here = await personHere(context);
      return here instanceof Response ? here : answer(context, body, here);
    });
  }

  /** @throws Refusal `no-perm` (the password is wanted), and what a wrong one leads to. */
  async function confirmed(context: Ask, body: Body, { person, session }: Here): Promise<void> {
    const row = sessions.list(person.id).find((one) => one.id === session);
    if (row !== undefined && clock.now() - row.createdAt < freshMs) return;
    const password = text(body, 'password');
    if (password === '') throw new Refusal('privacy-required', 'your password is needed for this');
    await login.confirm(person, password, loginContext(context));
  }

  /** The old session of this browser ends, whosever it was: an id that somebody else has put there is worth nothing (B-128). */
  async function letIn(
    context: Ask,
    { person, how }: Extract<LoginStep, { state: 'in' }>,
    body: Body,
    more: Readonly<Record<string, number>> = {},
  ): Promise<Response> {
    await endHere(context);
    const device = deviceWords(context.req.header('user-agent') ?? '');
    const { token } = await sessions.begin(person, { device, address: surroundingsOf(context).remoteAddress, how });
    const seconds = body['stay'] === false ? null : lifeMs / 1000;
    context.header('set-cookie', formatCookie(context.req.raw, secure, token, seconds));
    return context.json({ state: 'in', account: shownPerson(person), ...more });
  }

  async function endHere(context: Ask): Promise<void> {
    const token = readCookie(context.req.header('cookie') ?? null, cookieName(context.req.raw, secure));
    const found = token === null ? null : sessions.find(token, surroundingsOf(context).remoteAddress);
    if (found !== null) await sessions.end(found.person.id, found.session.id);
  }

  // --- in and out ---------------------------------------------------------------------------------------------------

  post('/auth/login', async (context, body) => {
    const step = await login.begin(text(body, 'login'), text(body, 'password'), loginContext(context), placeOf(context));
    return step.state === 'in' ? letIn(context, step, body) : context.json(step);
  });

  post('/auth/second', async (context, body) => {
    const proof = typeof body['code'] === 'string' ? { code: body['code'].slice(0, 100) } : { passkey: body['passkey'] };
    return letIn(context, await login.second(text(body, 'ticket'), proof, placeOf(context)), body);
  });

  post('/auth/passkey/ask', async (context) => context.json({ options: factors.askPasskey(null, placeOf(context)) }));

  post('/auth/passkey/login', async (context, body) => letIn(context, await login.byPasskey(body['passkey'], placeOf(context)), body));

  post('/auth/logout', async (context) => {
    await endHere(context);
    context.header('set-cookie', formatCookie(context.req.raw, secure, null, null));
    // What this browser has kept of the letters goes too; the app's own part is deleted by the app.
    context.header('clear-site-data', '"cache"');
    return context.json({ state: 'out' });
  });

  routes.get('/auth/me', async (context) => {
    const here = await personHere(context);
    if (here instanceof Response) return here;
    return context.json({
      account: shownPerson(here.person),
      session: here.session,
      secondFactor: askedFactors(directory, here.person.id),
    });
  });

  // --- sessions -----------------------------------------------------------------------------------------------------

  routes.get('/auth/sessions', async (context) => {
    const here = await personHere(context);
    if (here instanceof Response) return here;
    const shown = sessions.list(here.person.id).map(({ id, device, how, createdAt, lastUsedAt, lastUsedFrom }) => {
      return { id, device, how, createdAt, lastUsedAt, lastUsedFrom, isThis: id === here.session };
    });
    return context.json({ sessions: shown });
  });

  own('/auth/sessions/end', async (context, body, { person, session }) => {
    if (body['others'] === true) return context.json({ ended: await sessions.endOthers(person.id, session) });
    await sessions.end(person.id, Number(body['session']));
    return context.json({ ended: 1 });
  });

  // --- second factors -----------------------------------------------------------------------------------------------

  routes.get('/auth/factors', async (context) => {
    const here = await personHere(context);
    if (here instanceof Response) return here;
    const rows = factors.list(here.person.id);
    const left = rows.reduce((sum, { proof }) => sum + (proof.kind === 'recovery' ? proof.codes.length : 0), 0);
    return context.json({ factors: rows.filter(({ proof }) => proof.kind !== 'recovery').map(shownFactor), recoveryCodes: left });
  });

  /** Who came in elsewhere by what was enough until now has to show more from here on: every other browser is signed out, this one stays. */
  async function madeFactor(context: Ask, { person, session }: Here, factor: FactorRow, isFirst: boolean): Promise<Response> {
    const ended = await sessions.endOthers(person.id, session);
    const codes = isFirst ? { recoveryCodes: await factors.renewRecovery(person) } : {};
    return context.json({ factor: shownFactor(factor), ended, ...codes });
  }

  own('/auth/totp/begin', async (context, body, here) => {
    await confirmed(context, body, here);
    const begun = factors.beginTotp(here.person);
    return context.json({ ...begun, qr: parts.qr(begun.uri) });
  });

  own('/auth/totp/confirm', async (context, body, here) => {
    const { person } = here;
    const isFirst = askedFactors(directory, person.id).length === 0;
    const factor = await factors.confirmTotp(person, text(body, 'ticket'), text(body, 'code'));
    return madeFactor(context, here, factor, isFirst);
  });

  own('/auth/passkeys/begin', async (context, body, here) => {
    await confirmed(context, body, here);
    return context.json({ options: factors.beginPasskey(here.person, placeOf(context)) });
  });

  own('/auth/passkeys/add', async (context, body, here) => {
    const { person } = here;
    const isFirst = askedFactors(directory, person.id).length === 0;
    const factor = await factors.addPasskey(person, body['passkey'], text(body, 'name'), placeOf(context));
    return madeFactor(context, here, factor, isFirst);
  });

  own('/auth/recovery-codes', async (context, body, here) => {
    await confirmed(context, body, here);
    return context.json({ recoveryCodes: await factors.renewRecovery(here.person) });
  });

  own('/auth/factors/remove', async (context, body, here) => {
    await confirmed(context, body, here);
    return context.json({ removed: shownFactor(await factors.remove(here.person.id, Number(body['factor']))) });
  });

  own('/auth/password', async (context, body, { person, session }) => {
    // However young the session is: who has found a page left open is not to lock its owner out.
    await login.confirm(person, text(body, 'password'), loginContext(context));
    const before = sessions.list(person.id);
    const how = before.find((one) => one.id === session)?.how ?? 'password';
    await people.setPassword(person.address, text(body, 'newPassword'));
    // With the password every session ends, this one too: a new one takes its place.
    return letIn(context, { state: 'in', person: directory.accountById(person.id)!, how }, body, { ended: before.length - 1 });
  });

  routes.all('/auth/*', () => problem(404, 'nothing here'));
  return routes;
}

/** Longer than any name, ticket or password that can be right. */
const longestText = 2048;

function text(body: Body, name: string): string {
  const value = body[name];
  return typeof value === 'string' ? value.slice(0, longestText) : '';
}

function shownPerson({ id, address, name }: AccountRow): { readonly id: string; readonly address: string; readonly name: string } {
  return { id: `A${id}`, address, name };
}

function shownFactor({ id, name, createdAt, lastUsedAt, proof }: FactorRow): Readonly<Record<string, unknown>> {
  return { id, kind: proof.kind, name, createdAt, lastUsedAt };
}

/** The app finds its sentence by `code`; `detail` is for whoever reads along. */
function refused({ code, message }: Refusal): Response {
  const statuses: Readonly<Partial<Record<Refusal['code'], number>>> = {
    'authentication-failed': 401,
    'login-delayed': 429,
    'no-perm': 403,
    'privacy-required': 403,
    nonexistent: 404,
    'already-exists': 409,
    limit: 409,
    expired: 410,
  };
  const headers = code === 'login-delayed' ? { 'retry-after': /\d+/.exec(message)?.[0] ?? '15' } : {};
  return problem(statuses[code] ?? 400, message, headers, { code });
}
