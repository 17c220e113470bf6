// The ways out of a mailing list that two header fields name: one press (RFC 8058), a letter, a page (RFC 2369 §3.2). Knows addresses only, so that the
// mail app can use it as well.

export interface UnsubscribeWays {
  /** The address that takes the POST of RFC 8058; https only. */
  readonly oneClick: string | null;
  /** `mailto:…`, as it stands there. */
  readonly mailto: string | null;
  /** A page that the person opens. */
  readonly page: string | null;
}

const longest = 2_048;
/** `addresses`: those of List-Unsubscribe, without their angle brackets. `post`: List-Unsubscribe-Post, null where it does not stand. */
export function unsubscribeWays(addresses: readonly string[], post: string | null): UnsubscribeWays {
  const known = addresses
    .map((address) => address.replaceAll(/\s/g, ''))
    .filter((address) => address.length <= longest && URL.canParse(address))
    .map((address) => new URL(address));
  // RFC 8058 §3.1: "MUST contain one HTTPS URI". A name and password in it would be "other context" (§3.2).
  const https = known.find(({ protocol, username, password }) => protocol === 'https:' && username === '' && password === '')?.href ?? null;
  const http = known.find(({ protocol }) => protocol === 'http:')?.href ?? null;
  const isOneClick = post !== null && /^\s*List-Unsubscribe\s*=\s*One-Click\s*$/i.test(post);
  return {
    oneClick: isOneClick ? https : null,
    mailto: known.find(({ protocol }) => protocol === 'mailto:')?.href ?? null,
    page: https ?? http,
  };
}
