// What a look at a domain answers (docs/jmap.md, DomainLook/get), and the same as lines to be copied. Knows shapes; draws nothing.

export interface Place {
  readonly address: string;
  readonly names: readonly string[];
  readonly agrees: boolean;
}
interface Policy {
  readonly raw: string | null;
  readonly sentence: string;
}
export interface DomainLook {
  readonly domain: string;
  readonly kind: 'domain' | 'address';
  readonly sentence: string;
  readonly addresses: readonly Place[];
  readonly isSigned: boolean;
  readonly mail?: readonly { readonly preference: number; readonly host: string; readonly addresses: readonly Place[] }[];
  readonly takesMail?: 'no' | 'yes' | 'itself';
  readonly services?: readonly { readonly label: string; readonly port: number; readonly host: string; readonly isOffered: boolean }[];
  readonly spf?: Policy;
  readonly dmarc?: Policy;
  readonly mtaSts?: Policy;
  readonly keepers?: readonly string[];
  readonly isWhole?: boolean;
}

/** As it would be written in an address book: one record a line. */
export function linesOf(look: DomainLook): string {
  const own = (name: string, places: readonly Place[]): string[] =>
    places.flatMap(({ address, names }) => [
      `${name}  ${address.includes(':') ? 'AAAA' : 'A'}  ${address}`,
      ...names.map((back) => `${address}  PTR  ${back}`),
    ]);
  if (look.kind === 'address')
    return look.addresses.flatMap(({ address, names }) => names.map((name) => `${address}  PTR  ${name}`)).join('\n');
  return [
    ...own(look.domain, look.addresses),
    ...(look.mail ?? []).flatMap(({ preference, host, addresses }) => [
      `${look.domain}  MX  ${preference} ${host}`,
      ...own(host, addresses),
    ]),
    ...(look.services ?? []).map(
      ({ label, port, host, isOffered }) => `${label}.${look.domain}  SRV  ${isOffered ? `${host}:${port}` : '.'}`,
    ),
    ...(
      [
        [look.domain, look.spf],
        [`_dmarc.${look.domain}`, look.dmarc],
        [`_mta-sts.${look.domain}`, look.mtaSts],
      ] as const
    ).flatMap(([name, policy]) => (policy?.raw ? [`${name}  TXT  ${policy.raw}`] : [])),
    ...(look.keepers ?? []).map((keeper) => `${look.domain}  NS  ${keeper}`),
  ].join('\n');
}
