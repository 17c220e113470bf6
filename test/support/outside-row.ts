// An account at another provider as a row, for tests: everything that a test does not care about.
import type { OutsideAccountRow, OutsideServer } from '../../src/store/outside-contract.ts';

type Row = Omit<OutsideAccountRow, 'id' | 'secret'>;

export function outsideRow(owner: number, address: string, server: Partial<OutsideServer> = {}, more: Partial<Row> = {}): Row {
  const common = { host: 'mail.provider.test', security: 'tls', login: 'login', auth: 'password', exceptions: [], ...server } as const;
  return {
    owner,
    address,
    name: '',
    provider: null,
    receive: { port: 993, ...common, service: 'imap' },
    send: { port: 465, ...common, service: 'smtp' },
    leaving: { keep: 'forever' },
    sentCopy: 'here',
    provenance: {},
    provenAt: 1,
    createdAt: 1,
    paused: false,
    closedAt: null,
    health: { state: 'good', cause: null, words: '', at: 1, lastReceivedAt: null, lastSentAt: null },
    ...more,
  };
}
