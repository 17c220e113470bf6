// The server: settings in, everything listening out. Makes the parts, joins them, opens the ports, tells what listens, and ends in
// order. Knows which part needs which; knows no protocol. A signal is the business of cli/serve.ts.
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { once } from '../base/once.ts';
import type { StartPageFacts } from '../io/http/start-page.ts';
import { pageUrl } from './publish/model.ts';
import { openControl } from '../io/control.ts';
import type { Collection } from './collection.ts';
import type { Metrics } from '../io/metrics.ts';
import { openCertificates, type Certificates } from '../io/tls/certificates.ts';
import { ensureOwnCertificates, machineNames, publishedNames } from './ca.ts';
import { answerControl } from './cli/transport.ts';
import { demoDomain, openDemo } from './demo.ts';
import { openPort } from './open-port.ts';
import { removeListening, writeListening, type Listening, type ListeningRow } from './listening.ts';
import type { OpenJmap } from './jmap.ts';
import { openOffice, type Office } from './office.ts';
import { wantedListeners, type WantedListener } from './ports.ts';
import { openSending, type Sending } from './sending.ts';
import { joinSessions, loadProtocols } from './sessions.ts';
import type { Settings } from './settings.ts';

export interface ServeOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The store has ended by itself, because its disk failed: nothing can be done any more but to end (reliability D-5). */
  readonly stopped: (reason: string) => void;
}

export interface Running {
  readonly listening: Listening;
  readonly folder: string;
  /** What to type into a mail app on this machine, or from outside. */
  readonly hostName: string;
  /** Reads certificates again. */
  reload(): Promise<void>;
  /** Listeners stop, sessions say goodbye within five seconds, the store closes. */
  close(): Promise<void>;
}

/** A server started on data that were made for a domain, with no domain in its settings. */
export class ModeTrouble extends Error {
  override readonly name = 'ModeTrouble';
}

const modeName = 'mode';
/** `yes` while the server runs: what is found at a start tells whether the one before ended in order. */
const openName = 'open';

export async function serve({ settings, version, log, metrics, stopped }: ServeOptions): Promise<Running> {
  const loading = loadProtocols();
  loading.catch(() => {}); // Told where it is awaited.
  let hasStopped = false;
  const office = await openOffice(settings, log, metrics, (reason) => {
    hasStopped = true;
    stopped(reason);
  });
  const opened: { close(): Promise<void> }[] = [];
  /** Ends when those have: they tell it what becomes of letters. */
  let followed: Pick<Sending, 'close'> | null = null;
  /** `inOrder`: it was open, and every letter it took was answered or is gone with its connection. */
  const end = async (inOrder: boolean) => {
    try {
      await removeListening(office.folder).catch((trouble: unknown) => log.warn('the note of what listens stays behind', {}, trouble));
      await allOf(opened.map((part) => part.close()));
      // A store that has stopped cannot say of its last letters whether it kept them: who sends one again is to be recognised.
      if (inOrder && !hasStopped) await office.directory.putValue(openName, 'no');
    } catch (trouble) {
      log.warn('the end was not in order', {}, trouble);
    } finally {
      await followed?.close();
      await office.close();
    }
  };
  try {
    await removeListening(office.folder);
    const domain = settings.domain ?? demoDomain;
    const hostName = settings.hostname ?? `mail.${domain}`;
    const demo = settings.domain === null;
    await noteMode(office, demo);
    const former = office.directory.value(openName) === 'yes' ? office.clock.now() : 0;
    await office.directory.putValue(openName, 'yes');
    const hosts = settings.listen.length > 0 ? settings.listen : demo ? ['127.0.0.1'] : ['::'];
    const names = () => {
      const domains = [domain, ...office.directory.domains().map((row) => row.name)];
      return [...new Set([hostName, ...publishedNames(domains), ...machineNames(hosts)])];
    };
    const [people, { certificates, ca }, protocols] = await Promise.all([
      demo ? openDemo(office) : ensureDomain(office, domain).then(() => []),
      prepareCertificates(office, names()),
      loading,
    ]);
    const sending = openSending(office, { hostName, domain });
    followed = sending;
    const sessions = joinSessions(office, protocols, hostName, version, former, sending);

    let page: StartPageFacts | null = null;
    const renewals: (() => void)[] = [];
    const collection: { now: Collection | null } = { now: null };
    const openedJmap = once((): Promise<OpenJmap> =>
      Promise.all([import('./jmap.ts'), import('./mail-groups.ts'), import('./own-capability.ts'), sending.desk()]).then(
        ([{ openJmap }, { mailGroups }, { openOwnCapability }, desk]) => {
          const own = openOwnCapability({
            office,
            progressOf: (account) => collection.now?.runner()?.progressOf(account) ?? null,
            // The demo's own certificate is trusted by no browser, and nothing leaves this computer.
            pageUrl: (path) => (page === null ? null : ((demo ? pageUrl(page, 'http', path) : null) ?? pageUrl(page, 'https', path))),
          });
          const made = openJmap({ office, domain, groups: ({ blobs }) => [...mailGroups(office, hostName, blobs, desk), ...own.groups] });
          return {
            service: made.service,
            async close() {
              own.close();
              await made.close();
            },
          };
        },
      ),
    );
    const open = (listener: WantedListener) =>
      (listener.row.protocol === 'metrics' ? ['127.0.0.1'] : hosts).map(async (host) => {
        const port = await openPort({
          office,
          certificates,
          sessions,
          listener,
          host,
          metrics,
          page: () => page,
          jmap: openedJmap,
          renewals,
        });
        if (port) opened.push(port);
        return port;
      });
    const wanted = wantedListeners(settings.portBase, settings.ports, demo);
    // Mail first: start page, metrics and the queue come when letters are taken already.
    const rows = [
      ...(await allOf(wanted.filter(isMail).flatMap(open))),
      ...(await allOf(wanted.filter((one) => !isMail(one)).flatMap(open))),
    ];
    const [{ startDelivery }, { startCollection }, { startUpkeep }, { startOutsideWatch }, { startAppointments }, { readyShelves }] =
      await Promise.all([
        import('./delivery.ts'),
        import('./collection.ts'),
        import('./upkeep.ts'),
        import('./outside-watch.ts'),
        import('./appointments.ts'),
        import('./ready-shelves.ts'),
      ]);
    const reload = async () => {
      await certificates.reload();
      for (const renew of renewals) renew();
    };
    opened.push(
      startOutsideWatch(office),
      await startDelivery(office, { hostName, domain }, sending.news),
      (collection.now = startCollection(office, sending.arrivals)),
      startAppointments(office, [sending.appointment]),
      // Also without a browser: Web Push goes on after a start.
      await openedJmap(),
      startUpkeep({ office, certificates, names, reload, checkFirst: former > 0 }),
      readyShelves({ ...office, openShelf: (account) => office.store.openShelf(account) }),
    );
    opened.push(
      await openControl({
        path: join(office.folder, 'control.sock'),
        answer: (ask, say, signal) => answerControl(ask, office, version, say, signal),
        log,
      }),
    );

    const listeners = rows
      .filter((row) => row !== null)
      .map(({ protocol, host, port, security }): ListeningRow => ({ protocol, host, port, security }));
    const listening: Listening = { listeners, domain, ca, people };
    const typed = demo ? 'localhost' : hostName;
    page = { domain, hostName: typed, listeners, ca, demo };
    await writeListening(office.folder, listening);
    log.info('tayori is open', { version, domain, data: office.folder, host: hostname(), node: process.version });
    return { listening, folder: office.folder, hostName: typed, reload, close: () => end(true) };
  } catch (trouble) {
    await end(false).catch((second: unknown) => log.warn('closing after a failed start failed', {}, second));
    throw trouble;
  }
}

/** As Promise.all, but nothing is still under way when it rejects. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

function isMail({ row }: WantedListener): boolean {
  return row.protocol !== 'http' && row.protocol !== 'https' && row.protocol !== 'metrics';
}

/** Data made for a domain are not opened as a demo by mistake: their people would wait for letters that nobody takes. */
async function noteMode(office: Office, demo: boolean): Promise<void> {
  const mode = office.directory.value(modeName);
  if (mode === 'domain' && demo) {
    const domains = office.directory.domains().map((row) => row.name);
    throw new ModeTrouble(
      `the data in ${office.folder} belong to ${domains.join(', ')}, but no settings name a domain; start where tayori.toml lies, or name it by --settings FILE, or take another folder by --data DIR`,
    );
  }
  const now = demo ? 'demo' : 'domain';
  if (mode !== now) await office.directory.putValue(modeName, now);
}

async function ensureDomain(office: Office, domain: string): Promise<void> {
  if (office.directory.domain(domain) === null) await office.people.putDomain(domain);
  if (
    office.directory.domain(demoDomain) !== null &&
    office.directory.accounts().some((row) => row.closedAt === null && row.address.endsWith(`@${demoDomain}`))
  )
    office.log.warn('the people of the demo are still here; close them by "tayori account close"', { domain: demoDomain });
}

async function prepareCertificates(
  office: Office,
  names: readonly string[],
): Promise<{ readonly certificates: Certificates; readonly ca: string | null }> {
  const { certificate, key } = office.settings;
  if (certificate !== null && key !== null) return { certificates: await openCertificates([{ certificate, key }], office.log), ca: null };
  const own = await ensureOwnCertificates(office.folder, names, office.clock, office.log);
  return { certificates: await openCertificates([own], office.log), ca: own.ca };
}
