// How one leaves a mailing list, as its letters say: with one press (RFC 8058), by a letter, or at a page (RFC 2369 §3.2). Knows two header fields;
// asks nobody.
import type { Bytes } from '../base/bytes.ts';
import { fieldName, fieldValue, readHeader } from './header/fields.ts';

export interface UnsubscribeWays {
  /** The address that takes the POST of RFC 8058; https only. */
  readonly oneClick: string | null;
  /** `mailto:…`, as it stands there. */
  readonly mailto: string | null;
  /** A page that the person opens. */
  readonly page: string | null;
}

const longest = 2_048;
const none: UnsubscribeWays = { oneClick: null, mailto: null, page: null };

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
  return { oneClick: isOneClick ? https : null, mailto: known.find(({ protocol }) => protocol === 'mailto:')?.href ?? null, page: https ?? http };
}

/** Of a letter, or its beginning. A field that stands twice is somebody's addition: then there is no press. */
export function readUnsubscribe(octets: Bytes): UnsubscribeWays {
  const header = readHeader(octets, 0, octets.length);
  const valuesOf = (name: string): string[] =>
    header.fields.filter((field) => fieldName(header, field).toLowerCase() === name).map((field) => fieldValue(header, field));
  const [list, ...more] = valuesOf('list-unsubscribe');
  const posts = valuesOf('list-unsubscribe-post');
  if (list === undefined) return none;
  const addresses = [...list.matchAll(/<([^<>]*)>/g)].map(([, address = '']) => address);
  return unsubscribeWays(addresses, more.length === 0 && posts.length === 1 ? posts[0]! : null);
}
