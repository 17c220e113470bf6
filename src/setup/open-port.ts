// Opens one listener of the table on one address. Knows which ports may be tried and the sentences for those that cannot be had;
// knows no protocol.
import { openListener } from '../io/listen.ts';
import type { StartPageFacts } from '../io/http/start-page.ts';
import type { Metrics } from '../io/metrics.ts';
import type { Certificates } from '../io/tls/certificates.ts';
import type { OpenJmap } from './jmap.ts';
import type { ListeningRow } from './listening.ts';
import type { Office } from './office.ts';
import type { WantedListener } from './ports.ts';
import { tooManyLines, type Sessions } from './sessions.ts';

export interface OpenPort extends ListeningRow {
  close(): Promise<void>;
}

export interface PortParts {
  readonly office: Office;
  readonly certificates: Certificates;
  readonly sessions: Sessions;
  readonly listener: WantedListener;
  readonly host: string;
  readonly metrics: Metrics;
  /** What the start page tells; null until all listens. */
  readonly page: () => StartPageFacts | null;
  readonly jmap: () => Promise<OpenJmap>;
  /** Who wants to hear of new certificates adds itself. */
  readonly renewals: (() => void)[];
}

/** A port that cannot be had, in a sentence that names the next step. */
export class PortTrouble extends Error {
  override readonly name = 'PortTrouble';
}

/** How long sessions may take to say goodbye. */
const goodbyeMs = 5_000;

/** Null when the listener is not wanted. @throws PortTrouble. */
export async function openPort(parts: PortParts): Promise<OpenPort | null> {
  const { listener, host } = parts;
  const { protocol, security } = listener.row;
  for (const [index, port] of listener.ports.entries()) {
    try {
      const opened = await listen(parts, host, port);
      return { protocol, host: opened.host, port: opened.port, security, close: opened.close };
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const mayTryNext = (code === 'EACCES' || code === 'EADDRINUSE') && index + 1 < listener.ports.length;
      if (!mayTryNext) throw explain(cause as NodeJS.ErrnoException, protocol, host, port);
    }
  }
  return null;
}

async function listen(
  parts: PortParts,
  host: string,
  port: number,
): Promise<{ readonly host: string; readonly port: number; close(): Promise<void> }> {
  try {
    return await listenOn(parts, host, port);
  } catch (cause) {
    // A machine without IPv6: all of IPv4 instead of all of both.
    const { code } = cause as NodeJS.ErrnoException;
    if (host !== '::' || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw cause;
    return listenOn(parts, '0.0.0.0', port);
  }
}

async function listenOn(
  parts: PortParts,
  host: string,
  port: number,
): Promise<{ readonly host: string; readonly port: number; close(): Promise<void> }> {
  const { office, certificates, listener } = parts;
  const { protocol, security } = listener.row;
  if (protocol === 'metrics') {
    const { openMetricsListener } = await import('../io/metrics-listener.ts');
    const opened = await openMetricsListener(host, port, parts.metrics, office.log);
    return { host, port: opened.port, close: () => opened.close() };
  }
  if (protocol === 'http' || protocol === 'https') {
    const [{ openWebListener }, secure] = [await import('../io/http/listener.ts'), protocol === 'https' ? certificates : null];
    const load = async () =>
      (await import('./publish/web.ts')).openWeb({ office, certificates, facts: parts.page, secure: secure !== null, jmap: parts.jmap });
    const opened = await openWebListener({
      host,
      port,
      secure,
      load,
      isSlow: (path) => path.startsWith('/jmap/upload/'),
      perNetwork: office.settings.connectionsPerNetwork,
      log: office.log,
    });
    parts.renewals.push(() => opened.renew());
    return { host, port: opened.port, close: () => opened.close() };
  }
  const { settings } = office;
  const opened = await openListener({
    protocol,
    host,
    port,
    security,
    tls: certificates.offer(protocol.replace(/s$/, '')),
    sessions: parts.sessions[protocol],
    limits: { connections: settings.connections, perNetwork: settings.connectionsPerNetwork },
    tooManyLine: tooManyLines[protocol],
    proxyTrusted: settings.proxyTrusted,
    log: office.log,
    meter: office.meter,
  });
  return { host, port: opened.port, close: () => opened.close(goodbyeMs) };
}

function explain(cause: NodeJS.ErrnoException, protocol: string, host: string, port: number): PortTrouble {
  const where = `port ${port} of ${host} for ${protocol}`;
  const other = `choose another by the setting ports = { ${protocol} = N } or all by --port-base N`;
  const sentences: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is taken by another program; end that, or ${other}`,
    EACCES: `${where} may not be opened by this user; give the right to it (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), or ${other}`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; correct the setting "listen"`,
    EAFNOSUPPORT: `this machine has no addresses like ${host}; correct the setting "listen"`,
  };
  return new PortTrouble(sentences[cause.code ?? ''] ?? `cannot open ${where}: ${cause.message}`, { cause });
}
