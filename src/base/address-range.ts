// Which addresses are on the open Internet. Knows the special ranges of RFC 6890; knows no DNS.
// Asked of the address that is connected to, never of a name (reliability S-22).

/** [network, bits] of IPv4 ranges that are not global. */
const special4: readonly [number, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
].map(([network, bits]) => [parse4(network as string)!, bits as number]);

/** False also for what is no address. */
export function isGlobalAddress(address: string): boolean {
  const four = parse4(address);
  if (four !== null) return !special4.some(([network, bits]) => four >>> (32 - bits) === network >>> (32 - bits));
  const six = parse6(address);
  if (six === null) return false;
  const embedded = ((six[6]! << 16) | six[7]!) >>> 0;
  const begins = (...groups: number[]) => groups.every((group, at) => six[at] === group);
  // IPv4 in other clothes is as global as what it carries: mapped, NAT64 (RFC 6052), 6to4 (RFC 3056).
  if (begins(0, 0, 0, 0, 0, 0xffff) || begins(0x64, 0xff9b, 0, 0, 0, 0)) return isGlobalAddress(format4(embedded));
  if (six[0] === 0x2002) return isGlobalAddress(format4(((six[1]! << 16) | six[2]!) >>> 0));
  // RFC 4291 §2.4: global unicast is 2000::/3; within it documentation, benchmarking and Teredo are not.
  if (six[0]! >> 13 !== 1) return false;
  return !(begins(0x2001, 0xdb8) || begins(0x2001, 2, 0) || begins(0x2001, 0) || six[0] === 0x3fff);
}

function parse4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

function format4(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.');
}

/** Eight groups, or null. */
function parse6(text: string): number[] | null {
  const four = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (four) {
    const last = parse4(four[2]!);
    return last === null ? null : parse6(`${four[1]}${(last >>> 16).toString(16)}:${(last & 0xffff).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const read = (half: string) => (half === '' ? [] : half.split(':'));
  const [head, tail] = [read(halves[0]!), read(halves[1] ?? '')];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<string>(Math.max(0, missing)).fill('0'), ...tail];
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : null;
}
