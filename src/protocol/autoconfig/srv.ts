// Mail services in the DNS: SRV records (RFC 6186 §3, RFC 8314 §5.1, RFC 8620 §2.2). Knows labels and what they stand for; asks nobody.
// They tell host and port, neither login names nor ways to sign in.
import type { MailService, SocketSecurity } from '../../store/outside-contract.ts';
import type { AccountSettings, ServerSettings } from './contract.ts';
import { parseHost, serversMax } from './values.ts';

/** One record below a label of the domain. */
export interface SrvRow {
  /** `_imaps._tcp`. */
  readonly label: string;
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Without its final dot; empty says that the service is not offered (RFC 2782). */
  readonly target: string;
}

/** TLS from the first octet stands before STARTTLS, IMAP before POP3: so they are taken where the priorities say nothing else. */
const labels: readonly { readonly label: string; readonly service: MailService; readonly security: SocketSecurity }[] = [
  { label: '_imaps._tcp', service: 'imap', security: 'tls' },
  { label: '_imap._tcp', service: 'imap', security: 'starttls' },
  { label: '_pop3s._tcp', service: 'pop3', security: 'tls' },
  { label: '_pop3._tcp', service: 'pop3', security: 'starttls' },
  { label: '_submissions._tcp', service: 'smtp', security: 'tls' },
  { label: '_submission._tcp', service: 'smtp', security: 'starttls' },
];
const jmapLabel = '_jmap._tcp';

/** What is to be asked for, each followed by the domain. */
export const srvLabels: readonly string[] = [...labels.map(({ label }) => label), jmapLabel];

/** Reads rows of all labels; those that are not understood are passed over. Ordered by priority, weight and kind. */
export function parseSrv(rows: readonly SrvRow[]): AccountSettings {
  const usable = rows
    .slice(0, serversMax * 4)
    .map((row) => ({ ...row, host: parseHost(row.target), kind: labels.findIndex(({ label }) => label === row.label.toLowerCase()) }))
    .filter(({ host, port }) => host !== null && port >= 1 && port <= 65535)
    .toSorted((a, b) => a.priority - b.priority || a.kind - b.kind || b.weight - a.weight);
  const servers = usable.flatMap(({ kind, host, port }): ServerSettings[] =>
    kind < 0 ? [] : [{ service: labels[kind]!.service, host: host!, port, security: labels[kind]!.security, login: null, signIn: [] }],
  );
  const jmap = usable.find(({ label }) => label.toLowerCase() === jmapLabel);
  return {
    domains: [],
    displayName: null,
    shortName: null,
    incoming: servers.filter(({ service }) => service !== 'smtp').slice(0, serversMax),
    outgoing: servers.filter(({ service }) => service === 'smtp').slice(0, serversMax),
    jmap: jmap ? `https://${jmap.host}${jmap.port === 443 ? '' : `:${jmap.port}`}/.well-known/jmap` : null,
    oauth: null,
    help: null,
  };
}

/**
 * The twin of `parseSrv`: rows to publish. Kinds that are not there are told as not offered (RFC 6186 §3.4), so that apps do not guess.
 * The order within incoming and outgoing becomes the priorities; plain servers have no label.
 */
export function formatSrv(settings: AccountSettings): SrvRow[] {
  const rows = [settings.incoming, settings.outgoing].flatMap((servers) =>
    servers.flatMap(({ service, security, host, port }, priority): SrvRow[] => {
      const kind = labels.find((candidate) => candidate.service === service && candidate.security === security);
      return kind ? [{ label: kind.label, priority, weight: 1, port, target: host }] : [];
    }),
  );
  const url = settings.jmap === null ? null : URL.parse(settings.jmap);
  if (url) rows.push({ label: jmapLabel, priority: 0, weight: 1, port: url.port === '' ? 443 : Number(url.port), target: url.hostname });
  const missing = labels.filter(({ label }) => !rows.some((row) => row.label === label));
  return [...rows, ...missing.map(({ label }): SrvRow => ({ label, priority: 0, weight: 0, port: 0, target: '' }))];
}
