// PROXY protocol v1 and v2: whom a trusted proxy speaks for. Pure: octets in, address out. Knows no socket.
// (haproxy.org, "The PROXY protocol", versions 1 and 2.)
import { latin1FromBytes, type Bytes } from '../base/bytes.ts';
import { SyntaxTrouble } from '../base/trouble.ts';

export interface ProxyHeader {
  /** Octets of the header; what follows is the client's. */
  readonly length: number;
  /** The client, or null for LOCAL and UNKNOWN (health checks of the proxy itself). */
  readonly client: { readonly address: string; readonly port: number } | null;
}

const signature = '\r\n\r\n\0\r\nQUIT\n';
/** The longest header that is read; version 1 ends at 107, version 2 may carry TLVs. */
const proxyHeaderMax = 1024;

/** null: more octets are needed. @throws SyntaxTrouble when it is no PROXY header. */
export function parseProxyHeader(bytes: Bytes): ProxyHeader | null {
  const begin = latin1FromBytes(bytes, 0, Math.min(bytes.length, 12));
  if (signature.startsWith(begin) && begin.length < 12) return null;
  if (begin === signature) return parseVersion2(bytes);
  if ('PROXY '.startsWith(begin.slice(0, 6))) return parseVersion1(bytes);
  throw new SyntaxTrouble('no PROXY header');
}

function parseVersion1(bytes: Bytes): ProxyHeader | null {
  const end = bytes.indexOf(10);
  if (end < 0) {
    if (bytes.length >= 107) throw new SyntaxTrouble('PROXY header without end');
    return null;
  }
  const words = latin1FromBytes(bytes, 0, end).trimEnd().split(' ');
  const length = end + 1;
  if (length > 107) throw new SyntaxTrouble('PROXY header too long');
  if (words[1] === 'UNKNOWN') return { length, client: null };
  const port = Number(words[4]);
  if (
    (words[1] !== 'TCP4' && words[1] !== 'TCP6') ||
    words.length !== 6 ||
    !/^[0-9a-fA-F:.]{2,45}$/.test(words[2]!) ||
    !(port >= 0 && port <= 65_535)
  )
    throw new SyntaxTrouble('PROXY header with a wrong address');
  return { length, client: { address: words[2]!, port } };
}

function parseVersion2(bytes: Bytes): ProxyHeader | null {
  if (bytes.length < 16) return null;
  const rest = (bytes[14]! << 8) | bytes[15]!;
  const length = 16 + rest;
  if (bytes[12]! >> 4 !== 2) throw new SyntaxTrouble('PROXY header of another version');
  if (length > proxyHeaderMax) throw new SyntaxTrouble('PROXY header too long');
  if (bytes.length < length) return null;
  if ((bytes[12]! & 15) === 0) return { length, client: null };
  const family = bytes[13]! >> 4;
  if (family === 1 && rest >= 12)
    return { length, client: { address: Array.from(bytes.subarray(16, 20)).join('.'), port: (bytes[24]! << 8) | bytes[25]! } };
  if (family === 2 && rest >= 36) {
    const groups: string[] = [];
    for (let at = 16; at < 32; at += 2) groups.push(((bytes[at]! << 8) | bytes[at + 1]!).toString(16));
    return { length, client: { address: groups.join(':'), port: (bytes[48]! << 8) | bytes[49]! } };
  }
  return { length, client: null };
}
