// A name server for tests: answers from a table, by UDP and TCP, and misbehaves on request. Written from RFC 1035, without our own parser's code.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';

export interface Zone {
  /** Name in lower case → records. A name that is there without the asked type answers NODATA; a missing one NXDOMAIN. */
  readonly [name: string]: readonly ZoneRecord[];
}

export type ZoneRecord =
  /** The value of SRV in one text: `priority weight port target` (RFC 2782). */
  | {
      readonly type: 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'TXT' | 'SRV';
      readonly value: string;
      readonly port?: undefined;
      readonly ttl?: number;
    }
  | { readonly type: 'MX'; readonly preference: number; readonly value: string; readonly ttl?: number }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly value: string;
      readonly ttl?: number;
    };

export interface DnsServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  zone: Zone;
  /** What to do instead of answering: by name. `truncate` answers by UDP with TC set and properly by TCP. */
  readonly faults: Map<string, 'servfail' | 'refused' | 'silence' | 'garbage' | 'truncate' | 'wrong-id' | 'loop'>;
  /** Questions seen: `MX example.test`. */
  readonly asked: string[];
  close(): Promise<void>;
}

const types: Record<string, number> = { A: 1, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 };
const names = new Map(Object.entries(types).map(([name, number]) => [number, name]));

function encodeName(name: string): Buffer {
  const parts = name === '' ? [] : name.replace(/\.$/, '').split('.');
  return Buffer.concat([
    ...parts.map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part, 'latin1')])),
    Buffer.from([0]),
  ]);
}

function encodeData(record: ZoneRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.value.split('.').map(Number));
    case 'AAAA': {
      const [head = '', tail = ''] = record.value.split('::');
      const left = head === '' ? [] : head.split(':');
      const right = tail === '' ? [] : tail.split(':');
      const groups = record.value.includes('::') ? [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right] : left;
      return Buffer.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
    }
    case 'MX':
      return Buffer.concat([Buffer.from([record.preference >> 8, record.preference & 255]), encodeName(record.value)]);
    case 'TXT':
      return Buffer.concat(
        (record.value.match(/[\s\S]{1,255}/g) ?? ['']).map((piece) =>
          Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece, 'latin1')]),
        ),
      );
    case 'CNAME':
    case 'PTR':
      return encodeName(record.value);
    case 'SRV': {
      const [target = '', ...numbers] =
        record.port === undefined
          ? record.value.split(' ').toReversed()
          : [record.value, record.port, record.weight, record.priority].map(String);
      return Buffer.concat([Buffer.from(numbers.toReversed().flatMap((one) => [Number(one) >> 8, Number(one) & 255])), encodeName(target)]);
    }
  }
}

export async function openDnsServer(zone: Zone): Promise<DnsServer> {
  const faults: DnsServer['faults'] = new Map();
  const asked: string[] = [];
  const state = { zone };

  function answer(query: Buffer, udp: boolean): Buffer | null {
    let at = 12;
    const labels: string[] = [];
    while (query[at]! > 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
      at += query[at]! + 1;
    }
    const type = query.readUInt16BE(at + 1);
    const question = query.subarray(12, at + 5);
    const name = labels.join('.').toLowerCase();
    asked.push(`${names.get(type) ?? type} ${name}`);
    const fault = faults.get(name);
    if (fault === 'silence') return null;
    if (fault === 'garbage') return Buffer.from([1, 2, 3]);
    const header = (flags: number, count: number, authority = 0) => {
      const bytes = Buffer.alloc(12);
      bytes.writeUInt16BE((query.readUInt16BE(0) + (fault === 'wrong-id' ? 1 : 0)) & 0xffff, 0);
      bytes.writeUInt16BE(0x8180 | flags, 2);
      bytes.writeUInt16BE(1, 4);
      bytes.writeUInt16BE(count, 6);
      bytes.writeUInt16BE(authority, 8);
      return bytes;
    };
    if (fault === 'servfail') return Buffer.concat([header(2, 0), question]);
    if (fault === 'refused') return Buffer.concat([header(5, 0), question]);
    if (fault === 'truncate' && udp) return Buffer.concat([header(0x0200, 1), question, Buffer.from([0xc0])]);
    if (fault === 'loop') return Buffer.concat([header(0, 1), question, Buffer.from([0xc0, query.length > 300 ? 12 : at + 5])]);
    const records: Buffer[] = [];
    const add = (owner: string, record: ZoneRecord) => {
      const data = encodeData(record);
      const fixed = Buffer.alloc(10);
      fixed.writeUInt16BE(types[record.type]!, 0);
      fixed.writeUInt16BE(1, 2);
      fixed.writeUInt32BE(record.ttl ?? 60, 4);
      fixed.writeUInt16BE(data.length, 8);
      records.push(Buffer.concat([encodeName(owner), fixed, data]));
    };
    let owner = name;
    for (let hops = 0; hops < 30; hops++) {
      const alias = state.zone[owner]?.find((record) => record.type === 'CNAME');
      if (!alias || type === types['CNAME']) break;
      add(owner, alias);
      owner = alias.value.toLowerCase();
    }
    for (const record of state.zone[owner] ?? []) if (types[record.type] === type) add(owner, record);
    return Buffer.concat([header(state.zone[owner] ? 0 : 3, records.length), question, ...records]);
  }

  const { udp, tcp, port } = await bindBoth();
  udp.on('message', (query, from) => {
    const reply = answer(query, true);
    if (reply) udp.send(reply, from.port, from.address);
  });
  tcp.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes: Buffer) => {
      const reply = answer(bytes.subarray(2), false);
      if (reply) socket.end(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
    });
  });
  return {
    address: `127.0.0.1:${port}`,
    get zone() {
      return state.zone;
    },
    set zone(next) {
      state.zone = next;
    },
    faults,
    asked,
    async close() {
      await Promise.all([new Promise<void>((done) => udp.close(() => done())), new Promise<void>((done) => tcp.close(() => done()))]);
    },
  };
}

/** UDP and TCP on one free port. */
async function bindBoth(): Promise<{ udp: UdpSocket; tcp: Server; port: number }> {
  for (let round = 0; round < 20; round++) {
    const tcp = createServer();
    await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done));
    const { port } = tcp.address() as { port: number };
    const udp = createSocket('udp4');
    const bound = await new Promise<boolean>((done) => {
      udp.once('error', () => done(false));
      udp.bind(port, '127.0.0.1', () => done(true));
    });
    if (bound) return { udp, tcp, port };
    tcp.close();
  }
  throw new Error('no port is free for both UDP and TCP');
}
