// What the stations ask of the DNS. Knows questions and answers; `io/resolver` puts them on the net.

export type RecordType = 'A' | 'AAAA' | 'MX' | 'TXT' | 'CNAME' | 'SRV' | 'PTR' | 'TLSA' | 'NS' | 'SOA';

/** Data by type. Host names are without their final dot. */
export interface RecordData {
  A: { readonly address: string };
  AAAA: { readonly address: string };
  MX: { readonly preference: number; readonly exchange: string };
  /** RFC 7208 §3.3: the strings of one record joined; octets as latin1. */
  TXT: { readonly text: string };
  CNAME: { readonly target: string };
  SRV: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string };
  PTR: { readonly target: string };
  /** RFC 6698; the association data in lower-case hex. */
  TLSA: { readonly usage: number; readonly selector: number; readonly matching: number; readonly data: string };
  NS: { readonly target: string };
  SOA: { readonly primary: string; readonly minimum: number };
}

export type Answer<T extends RecordType> =
  | { readonly kind: 'found'; readonly records: readonly RecordData[T][]; readonly authentic: boolean; readonly ttl: number }
  /** `nxdomain`: no such name. `nodata`: the name is there, without such records. */
  | { readonly kind: 'none'; readonly reason: 'nxdomain' | 'nodata'; readonly authentic: boolean; readonly ttl: number };

export interface Resolver {
  /**
   * Asks with recursion; follows CNAMEs. `authentic` is the AD bit of a resolver that is trusted to validate (RFC 4035 §3.2.3).
   * @throws Unavailable `dns` when no server gave a usable answer: SERVFAIL, REFUSED, silence, nonsense. Never "none" for those.
   */
  resolve<T extends RecordType>(name: string, type: T): Promise<Answer<T>>;
}
