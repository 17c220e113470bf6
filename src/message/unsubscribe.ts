// How one leaves a mailing list, as its letters say. Knows two header fields (RFC 8058, RFC 2369 §3.2); asks nobody.
import type { Bytes } from '../base/bytes.ts';
import { fieldName, fieldValue, readHeader } from './header/fields.ts';
import { unsubscribeWays, type UnsubscribeWays } from './unsubscribe-ways.ts';

const none: UnsubscribeWays = { oneClick: null, mailto: null, page: null };

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
