// Asks web servers of strangers, bounded in everything: where it may go, how long, how much, how often it is sent on.
// Knows HTTP as Node speaks it, and the guard by its contract; knows nothing of what is asked for.
import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP, isIPv6 } from 'node:net';
import { checkServerIdentity, createSecureContext, rootCertificates, type PeerCertificate, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { concatBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { CauseTrouble, type Cause } from '../../journey/outside/causes.ts';
import type { OutsideGuard } from '../../journey/outside/contract.ts';
import { codeOf, reachFault, sealFault, wordsOf } from '../../journey/outside/tls-trouble.ts';
import type { WebAnswer, WebBounds, WebClient, WebRequest } from '../../protocol/web/contract.ts';

export interface WebClientParts {
  /** Every host that is asked goes past it, those of redirects included; the connection goes to the addresses that it named. */
  readonly guard: OutsideGuard;
  /** PEM of further authorities to believe, beside those that Node knows. */
  readonly authorities?: readonly string[];
  /** Which ports stand for 443 and 80, and whether URLs may name others: for tests and closed networks. */
  readonly ports?: { readonly https?: number; readonly http?: number; readonly others?: boolean };
}

const headerOctetsMax = 16 * 1024;
/** RFC 9112 §3 recommends to carry 8000 octets; nothing we ask comes near. */
const urlMax = 4096;
const unzip = promisify(gunzip);

export function openWebClient({ guard, authorities = [], ports = {} }: WebClientParts): WebClient {
  // Made once: reading all authorities for each connection costs milliseconds.
  let context: SecureContext | null = null;
  const secureContext = () =>
    (context ??= createSecureContext({
      minVersion: 'TLSv1.2',
      ...(authorities.length > 0 ? { ca: [...rootCertificates, ...authorities] } : {}),
    }));

  /** One question to one server. */
  async function ask(url: URL, question: WebRequest, bounds: WebBounds, signal: AbortSignal): Promise<WebAnswer> {
    const host = hostOf(url);
    const addresses = await unlessAborted(guard.addressesOf(host), signal);
    if (addresses.length === 0) throw new CauseTrouble('name-not-found', `there is no server by the name ${host}`);
    const secure = url.protocol === 'https:';
    const options: RequestOptions = {
      method: question.method,
      host,
      port: url.port === '' ? (secure ? (ports.https ?? 443) : (ports.http ?? 80)) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers: {
        accept: '*/*',
        'user-agent': 'tayori',
        ...question.headers,
        host: url.host,
        // No Brotli: its decoder has had enough trouble, and nothing asked here is large.
        'accept-encoding': 'gzip, identity',
      },
      // Pinned: what the guard has seen is what is connected to; nobody is asked a second time.
      lookup: (_host, { all }, done) => {
        const list = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
        // Node asks for all of them, and tries one after the other.
        if (all) (done as unknown as (error: null, list: readonly { address: string; family: number }[]) => void)(null, list);
        else done(null, list[0]!.address, list[0]!.family);
      },
      maxHeaderSize: headerOctetsMax,
      // One connection for one question: nothing is shared between hosts or people.
      agent: false,
      signal,
    };
    const secrets = {
      secureContext: secureContext(),
      // RFC 6066 §3: never an address.
      ...(isIP(host) === 0 && { servername: host }),
      checkServerIdentity: (_name: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
    };
    return new Promise((resolve, reject) => {
      const sent = secure ? requestTls({ ...options, ...secrets }) : requestPlain(options);
      sent.on('error', reject);
      let answered = false;
      // What switches protocols (RFC 9110 §15.2.2) is closed by Node without an error.
      sent.on('close', () => {
        if (!answered) reject(new CauseTrouble('protocol', `${host} gives no answer that was asked for`));
      });
      sent.on('response', (response) => {
        answered = true;
        readBody(response, bounds.octets).then(
          (body) => resolve({ status: response.statusCode ?? 0, url: url.href, headers: headersOf(response), body }),
          (trouble) => {
            sent.destroy();
            reject(trouble);
          },
        );
      });
      sent.end(question.body);
    });
  }

  return {
    async fetch(first, bounds) {
      let url = checkUrl(first.url, bounds, ports.others === true);
      let question = first;
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), bounds.patience);
      const signal = bounds.signal ? AbortSignal.any([late.signal, bounds.signal]) : late.signal;
      try {
        for (let redirects = 0; ; redirects++) {
          const answer = await unlessAborted(ask(url, question, bounds, signal), signal);
          const location = answer.headers['location'];
          if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined || bounds.redirects === 0) return answer;
          if (redirects >= bounds.redirects) throw new CauseTrouble('protocol', `${first.url} leads on and on`);
          const next = redirectTo(location, url, bounds, ports.others === true);
          question = questionAfter(question, answer.status, url, next);
          url = next;
        }
      } catch (trouble) {
        if (bounds.signal?.aborted) throw bounds.signal.reason;
        if (late.signal.aborted) throw new CauseTrouble('timeout', `no whole answer from ${url.host} in ${bounds.patience} ms`);
        if (trouble instanceof Unavailable || trouble instanceof Refusal) throw trouble;
        const { message } = trouble as Error;
        throw new CauseTrouble(causeOf(trouble), `cannot ask ${url.host}: ${message}`, message, trouble);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** @throws Refusal `policy` for a URL that is not asked, whoever wants it. */
function checkUrl(text: string, bounds: WebBounds, otherPorts: boolean): URL {
  const no = (why: string) => new Refusal('policy', `${text.slice(0, 200)} is not asked: ${why}`);
  const url = text.length > urlMax ? null : URL.parse(text);
  if (url === null) throw no('no URL');
  if (url.protocol !== 'https:' && !(bounds.plain && url.protocol === 'http:')) throw no('not https');
  // RFC 9110 §4.2.4: made to deceive, or a secret on its way into a log.
  if (url.username !== '' || url.password !== '') throw no('a name or a password stands in it');
  if (url.port !== '' && !otherPorts) throw no('another port than that of the web');
  return url;
}

/** Where an answer sends us on. Only https to https; from the clear into the clear where that is allowed at all. @throws CauseTrouble `protocol`. */
function redirectTo(location: string, from: URL, bounds: WebBounds, otherPorts: boolean): URL {
  const target = URL.parse(location, from.href);
  try {
    return checkUrl(target?.href ?? location, { ...bounds, plain: bounds.plain === true && from.protocol === 'http:' }, otherPorts);
  } catch (trouble) {
    throw new CauseTrouble('protocol', `${from.host} leads to where we do not go: ${(trouble as Error).message}`, '', trouble);
  }
}

/**
 * What is asked after a redirect (RFC 9110 §15.4).
 * Strict: what is posted goes to another server never, and neither does an authorization: both may be secret.
 */
function questionAfter(question: WebRequest, status: number, from: URL, to: URL): WebRequest {
  const same = from.origin === to.origin;
  if (question.method === 'POST' && (status === 307 || status === 308)) {
    if (!same) throw new CauseTrouble('protocol', `${from.host} leads what was posted to ${to.host}`);
    return question;
  }
  const { headers = {} } = question;
  const kept = Object.entries(headers).filter(([name]) => !/^content-/i.test(name) && (same || !/^authorization$/i.test(name)));
  return { method: 'GET', url: to.href, headers: question.method === 'GET' && same ? headers : Object.fromEntries(kept) };
}

/** The whole body, decoded. @throws Refusal `too-big`; CauseTrouble `protocol` for a coding that was not asked for, or a broken one. */
async function readBody(response: IncomingMessage, octets: number): Promise<Bytes> {
  const tooBig = () => new Refusal('too-big', `the answer is larger than ${octets} octets`);
  if (Number(response.headers['content-length'] ?? 0) > octets) throw tooBig();
  const chunks: Bytes[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Bytes>) {
    length += chunk.length;
    if (length > octets) throw tooBig();
    chunks.push(chunk);
  }
  if (!response.complete) throw new CauseTrouble('connection-lost', 'the answer ended in the middle');
  const body = chunks.length === 0 ? new Uint8Array() : concatBytes(chunks);
  const coding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (coding === 'identity' || body.length === 0) return body;
  if (coding !== 'gzip' && coding !== 'x-gzip') throw new CauseTrouble('protocol', `the answer is coded as ${coding.slice(0, 40)}`);
  try {
    return await unzip(body, { maxOutputLength: octets });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooBig();
    throw new CauseTrouble('protocol', `the answer is not what its coding says: ${(error as Error).message}`, '', error);
  }
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return headers;
}

/** HTTP that cannot be read, a way that does not lead there, or a seal that does not hold. */
function causeOf(error: unknown): Cause {
  const code = codeOf(error);
  if (code.startsWith('HPE_')) return 'protocol';
  if (/^E(CONN|NET|HOST|ADDR|PIPE|ACCES|PERM|TIMEDOUT|AF)/.test(code)) return reachFault(code);
  // While it writes, Node says EPROTO and keeps OpenSSL's reason in the text: `…:SSL routines:function:wrong version number:…`.
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(wordsOf(error))?.[1];
  return sealFault(reason === undefined ? code : reason.toUpperCase().replaceAll(' ', '_'), wordsOf(error)).cause;
}

/** Without the brackets of an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** What cannot be stopped, such as the guard, need not be waited for. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('stopped'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
