// Why a counter cannot be reached: the network, the provider, or a page that wants a sign-in first; and which other counter to use.
// Knows how to read the evidence (`diagnoseNetwork`, a pure function) and what is knocked at to gather it; signs in nowhere.
import type { WebClient } from '../../protocol/web/contract.ts';
import { latin1FromBytes } from '../../base/bytes.ts';
import type { MailService, SocketSecurity } from '../../store/outside-contract.ts';
import { Refusal } from '../../base/trouble.ts';
import { CauseTrouble, type Cause } from './causes.ts';
import type { CheckedServer, CheckParts } from './check-contract.ts';
import { Overhearing } from './overhearing.ts';
import { causeOfReply, parseRefusal } from './replies.ts';

/** One counter that was knocked at. */
export interface Knock {
  readonly host: string;
  readonly port: number;
  readonly security: SocketSecurity;
  /** `greets`: a server spoke. `turns-away`: it spoke, and said no. Others are causes of connecting. */
  readonly outcome: 'greets' | 'turns-away' | Cause;
  readonly words: string;
  readonly took: number;
}

export interface NetworkEvidence {
  readonly wanted: Knock;
  /** Other counters of the same host. */
  readonly sameHost: readonly Knock[];
  /** The same counter, and those for mail, of well-known other hosts. */
  readonly others: readonly Knock[];
  /** A page whose content is known: as it must be, something else, or nothing. Null when nobody looked. */
  readonly web: 'as-expected' | 'something-else' | 'nothing' | null;
}

export interface NetworkVerdict {
  /** Null when the wanted counter answers. */
  readonly cause: Cause | null;
  /** A counter of the same host that does the same service and answers; null when there is none, or none is needed. */
  readonly switchTo: { readonly port: number; readonly security: SocketSecurity } | null;
}

/** What does the same service as a port, best first. Port 25 is never switched to. */
const standIns: Readonly<Record<MailService, readonly { readonly port: number; readonly security: SocketSecurity }[]>> = {
  smtp: [
    { port: 465, security: 'tls' },
    { port: 587, security: 'starttls' },
  ],
  imap: [
    { port: 993, security: 'tls' },
    { port: 143, security: 'starttls' },
  ],
  pop3: [
    { port: 995, security: 'tls' },
    { port: 110, security: 'starttls' },
  ],
};

/** Something is there that waits for us: one that says nothing in time too, as servers do that test the patience of spammers. */
const spoke = ({ outcome }: Knock): boolean => outcome === 'greets' || outcome === 'turns-away' || outcome === 'silent';
/** Somebody accepted the connection and hung up before a word, as a fence does that looks at where one comes from. */
const hungUp = ({ outcome }: Knock): boolean => outcome === 'connection-lost' || outcome === 'turned-away' || outcome === 'turns-away';
const certificateFault = ({ outcome }: Knock): boolean => outcome.startsWith('certificate-') || outcome === 'not-a-mail-server';

/** Causes that may stand for something in between. */
const waysBlocked: ReadonlySet<Cause> = new Set(['refused', 'unreachable', 'timeout', 'connection-lost', 'turned-away']);

/** Nobody was knocked at. */
const nameless: ReadonlySet<Knock['outcome']> = new Set<Cause>(['name-not-found', 'dns-unavailable', 'private-address', 'not-an-address']);

/** Evidence in, cause out. */
export function diagnoseNetwork(service: MailService, { wanted, sameHost, others: asked, web }: NetworkEvidence): NetworkVerdict {
  // A host whose name is not found tells of the directory of names, not of a counter.
  const others = asked.filter(({ outcome }) => !nameless.has(outcome));
  const works = (knock: Knock) => knock.outcome === 'greets';
  if (works(wanted)) return { cause: null, switchTo: null };
  const all = [wanted, ...sameHost, ...others];
  const counters = standIns[service].filter(({ port }) => port !== wanted.port);
  const switchTo = counters.find(({ port }) => sameHost.some((knock) => knock.port === port && works(knock))) ?? null;
  const verdict = (cause: Cause): NetworkVerdict => ({ cause, switchTo });

  // 1. A page before everything: it answers for the web, or for every name with a certificate of its own.
  const strangers = all.filter(certificateFault);
  if (web === 'something-else') return { cause: 'captive-portal', switchTo: null };
  if (strangers.length >= 2 && new Set(strangers.map(({ host }) => host)).size >= 2 && !all.some(works))
    return { cause: 'captive-portal', switchTo: null };

  // 2. What the name, the seal or the server says for itself.
  const { outcome } = wanted;
  const own: Cause = outcome === 'greets' || outcome === 'turns-away' ? saidNo(service, wanted) : outcome;
  if (outcome === 'turns-away' || !waysBlocked.has(own)) return verdict(own);

  const alike = others.filter(({ port }) => port === wanted.port);
  const alikeSpoke = alike.some(spoke);
  const hostSpoke = sameHost.some(spoke);
  const othersSpoke = others.some(spoke);

  // 3. The host lets us come and hangs up, while others talk with us: it does not want us from here.
  if (
    hungUp(wanted) &&
    !hostSpoke &&
    sameHost.every((knock) => hungUp(knock) || knock.outcome === 'refused' || knock.outcome === 'timeout')
  ) {
    const said = sameHost.find((knock) => knock.outcome === 'turns-away');
    if (said !== undefined) return verdict(saidNo(service, said));
    if (alikeSpoke || (alike.length === 0 && othersSpoke)) return verdict('blocked-country');
  }

  // 4. Nobody at all answers.
  if (!hostSpoke && !othersSpoke) {
    if (web === 'as-expected') return verdict(others.length > 0 ? 'all-blocked' : own);
    // Who refuses is there: the way to it is open, whatever else is not.
    return verdict(web === 'nothing' && own !== 'refused' ? 'unreachable' : own);
  }

  // 5. The same counter is closed everywhere, other counters are open: the network does it.
  if (!alikeSpoke && (hostSpoke || alike.length > 0) && (alike.length > 0 || wanted.port === 25))
    return verdict(wanted.port === 25 ? 'op25b' : 'port-blocked');
  // 6. Nobody else could be asked: a counter without an answer beside open ones is mostly the network's doing, a closed one the provider's.
  if (!alikeSpoke && hostSpoke) return verdict(own === 'timeout' ? 'port-blocked' : own);
  // 7. Others answer at the same counter: it is the provider.
  return verdict(own);
}

/** What a server says instead of a greeting. */
function saidNo(service: MailService, { words }: Knock): Cause {
  return causeOfReply(parseRefusal(service, 'greeting', words));
}

export interface Reference {
  readonly host: string;
  readonly port: number;
  readonly security: SocketSecurity;
}

/** Well-known hosts that are knocked at when a counter does not answer; nothing is told to them but a hello. */
export const wellKnown: readonly Reference[] = [
  { host: 'imap.gmail.com', port: 993, security: 'tls' },
  { host: 'outlook.office365.com', port: 993, security: 'tls' },
  { host: 'pop.gmail.com', port: 995, security: 'tls' },
  { host: 'outlook.office365.com', port: 995, security: 'tls' },
  { host: 'smtp.gmail.com', port: 465, security: 'tls' },
  { host: 'smtp.mail.yahoo.co.jp', port: 465, security: 'tls' },
  { host: 'smtp.gmail.com', port: 587, security: 'starttls' },
  { host: 'smtp.office365.com', port: 587, security: 'starttls' },
  { host: 'gmail-smtp-in.l.google.com', port: 25, security: 'starttls' },
];

/** A page that is there to find out about portals; in the clear on purpose, nothing private is asked. */
export const wellKnownPage = { url: 'http://detectportal.firefox.com/success.txt', holds: 'success' } as const;

export interface DoctorParts extends Pick<CheckParts, 'connector' | 'clock'> {
  readonly references?: readonly Reference[];
  /** Milliseconds for everything; 2 s when missing. */
  readonly patience?: number;
  /** A page in the clear whose content is known, to find out about portals; null: not looked for. */
  readonly page: { readonly web: WebClient; readonly url: string; readonly holds: string } | null;
}

/** Everything is knocked at at once and nothing longer than this, milliseconds. */
const defaultPatience = 2000;
const knocksMax = 12;

/** Gathers the evidence about one counter in at most three seconds. Never rejects. */
export async function examineNetwork(
  server: Omit<CheckedServer, 'exceptions'>,
  parts: DoctorParts,
): Promise<NetworkVerdict & { readonly evidence: NetworkEvidence }> {
  const { host, port, service } = server;
  const sameHost = standIns[service].filter((counter) => counter.port !== port).map((counter) => ({ ...counter, host }));
  const references = parts.references ?? wellKnown;
  // The same counter elsewhere first, then a few of the others.
  const ranked = [...references.filter((one) => one.port === port), ...references.filter((one) => one.port !== port)]
    .filter((one) => one.host !== host)
    .slice(0, knocksMax - 1 - sameHost.length);
  const [wanted, web, beside, others] = await Promise.all([
    knock(server, parts),
    readPage(parts),
    Promise.all(sameHost.map((one) => knock(one, parts))),
    Promise.all(ranked.map((one) => knock(one, parts))),
  ]);
  const evidence = { wanted, sameHost: beside, others, web };
  return { ...diagnoseNetwork(service, evidence), evidence };
}

/** Connects, seals where the counter is sealed, and waits for the first line. */
async function knock({ host, port, security }: Reference, { connector, clock, patience = defaultPatience }: DoctorParts): Promise<Knock> {
  const begun = clock.monotonic();
  const told = (outcome: Knock['outcome'], words: string): Knock => ({
    host,
    port,
    security,
    outcome,
    words: words.slice(0, 300),
    took: Math.round(clock.monotonic() - begun),
  });
  let connection: Overhearing | null = null;
  try {
    // The service does not matter to a connector; what answers tells it.
    connection = new Overhearing(await connector.connect({ service: 'smtp', host, port, security, exceptions: [] }, patience), host, {
      clock,
      lifetime: patience,
    });
    const octets = await connection.read(Math.max(1, patience - (clock.monotonic() - begun)));
    if (octets === null) return told('turned-away', '');
    const no = /^(?:\* BYE|-ERR|421|5\d\d)/i.test(connection.firstLine);
    if (connection.who === 'http' || connection.who === 'ssh') return told('not-a-mail-server', connection.firstLine);
    return told(no ? 'turns-away' : 'greets', connection.firstLine);
  } catch (trouble) {
    const cause = connection?.trouble ?? trouble;
    return cause instanceof CauseTrouble ? told(cause.why, cause.words) : told('unreachable', '');
  } finally {
    connection?.close();
  }
}

async function readPage({ page, patience = defaultPatience }: DoctorParts): Promise<NetworkEvidence['web']> {
  if (page === null) return null;
  try {
    const answer = await page.web.fetch({ method: 'GET', url: page.url }, { octets: 64 * 1024, patience, redirects: 0, plain: true });
    // A redirect is the portal's usual manner.
    return answer.status === 200 && latin1FromBytes(answer.body).includes(page.holds) ? 'as-expected' : 'something-else';
  } catch (trouble) {
    // What answers with far too much is not that page either.
    return trouble instanceof Refusal ? 'something-else' : 'nothing';
  }
}
