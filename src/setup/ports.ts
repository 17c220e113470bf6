// Which protocol listens where. Knows the ports and the order in which --port-base counts; knows no socket.

export type ListenerProtocol =
  | 'smtp'
  | 'submission'
  | 'submissions'
  | 'pop3'
  | 'pop3s'
  | 'imap'
  | 'imaps'
  | 'http'
  | 'https'
  | 'metrics'
  | 'lmtp';

export interface PortRow {
  readonly protocol: ListenerProtocol;
  readonly security: 'none' | 'starttls' | 'tls';
  /** The port that the world expects: RFC 5321 §4.5.4.2, RFC 6409 §3.1, RFC 8314 §3.3, RFC 9110 §4.2. */
  readonly port: number;
  /** Taken by the demo where the first may not be bound; 0 is any free one. */
  readonly high: number;
  /** What it is for, in words for the table. */
  readonly purpose: string;
  /** Opened only where the settings name a port for it. */
  readonly onRequest?: boolean;
}

/** The order is that of --port-base: the first row listens on N, the second on N+1 and so on; N+11 to N+19 are kept free for what comes. */
export const portTable: readonly PortRow[] = [
  { protocol: 'smtp', security: 'starttls', port: 25, high: 2525, purpose: 'letters from other servers' },
  { protocol: 'submission', security: 'starttls', port: 587, high: 5870, purpose: 'sending, sealed by STARTTLS' },
  { protocol: 'submissions', security: 'tls', port: 465, high: 4650, purpose: 'sending, sealed from the start' },
  { protocol: 'pop3', security: 'starttls', port: 110, high: 1100, purpose: 'taking letters home, sealed by STLS' },
  { protocol: 'pop3s', security: 'tls', port: 995, high: 9950, purpose: 'taking letters home, sealed from the start' },
  { protocol: 'imap', security: 'starttls', port: 143, high: 1430, purpose: 'reading on the shelf, sealed by STARTTLS' },
  { protocol: 'imaps', security: 'tls', port: 993, high: 9930, purpose: 'reading on the shelf, sealed from the start' },
  { protocol: 'http', security: 'none', port: 80, high: 8080, purpose: 'the mail app and set-up pages' },
  { protocol: 'https', security: 'tls', port: 443, high: 8443, purpose: 'the mail app and set-up pages, sealed' },
  { protocol: 'metrics', security: 'none', port: 9464, high: 0, purpose: 'numbers for Prometheus, on this machine only' },
  // RFC 2033 §5: never on port 25; 24 is what other programs use.
  { protocol: 'lmtp', security: 'starttls', port: 24, high: 2400, purpose: 'letters from a mail server in front (LMTP)', onRequest: true },
];

export const protocolNames: readonly ListenerProtocol[] = portTable.map((row) => row.protocol);

/** What one listener is to do: `ports` are tried in order, an empty list leaves it out. */
export interface WantedListener {
  readonly row: PortRow;
  readonly ports: readonly number[];
}

export function wantedListeners(
  portBase: number | null,
  chosen: Readonly<Partial<Record<ListenerProtocol, number | null>>>,
  demo: boolean,
): readonly WantedListener[] {
  return portTable.map((row, index) => {
    const own = chosen[row.protocol];
    if (own === null) return { row, ports: [] };
    if (own !== undefined) return { row, ports: [own] };
    if (row.onRequest === true) return { row, ports: [] };
    if (portBase !== null) return { row, ports: [portBase + index] };
    return { row, ports: demo && row.high !== row.port ? [row.port, row.high] : [row.port] };
  });
}
