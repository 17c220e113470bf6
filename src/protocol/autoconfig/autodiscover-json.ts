// Microsoft's Autodiscover, version 2: a GET that names an address and a protocol, and a JSON answer that names the place to ask next.
// Knows question and answer; what is asked there is another file's.
import { utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { parseSecureUrl, parseWords } from './values.ts';

const octetsMax = 64 * 1024;

export interface AutodiscoverJsonQuestion {
  readonly address: string;
  /** `AutodiscoverV1`, `ActiveSync`, `Ews`, `Rest`, …: as the asker spells it. */
  readonly protocol: string;
}

export type AutodiscoverJsonAnswer =
  | { readonly kind: 'found'; readonly protocol: string; readonly url: string }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** On the host that is asked: `autodiscover.DOMAIN`, or Microsoft's own for its customers. */
export function formatAutodiscoverJsonUrl(host: string, { address, protocol }: AutodiscoverJsonQuestion): string {
  return `https://${host}/autodiscover/autodiscover.json?${new URLSearchParams({ Email: address, Protocol: protocol })}`;
}

/**
 * Reads the question from path and query of a request: `/autodiscover/autodiscover.json?Email=…&Protocol=…`, or with
 * `/v1.0/ADDRESS` behind the path. Names are read in any case.
 * @throws SyntaxTrouble when an address or a protocol is missing.
 */
export function parseAutodiscoverJsonUrl(target: string): AutodiscoverJsonQuestion {
  const url = target.length > 2000 ? null : URL.parse(target, 'https://localhost/');
  const [, , version, inPath] = /^\/autodiscover\/autodiscover\.json(\/(v1\.0)\/([^/]+))?$/i.exec(url?.pathname ?? '') ?? [];
  const query = new Map([...(url?.searchParams ?? [])].map(([name, value]) => [name.toLowerCase(), value]));
  let address = query.get('email') ?? '';
  if (version !== undefined && inPath !== undefined)
    try {
      address = decodeURIComponent(inPath);
    } catch {
      throw new SyntaxTrouble('the address is not encoded well');
    }
  const protocol = query.get('protocol') ?? '';
  if (address.length > 320 || !/^[^@\s]+@[^@\s]+$/.test(address)) throw new SyntaxTrouble('the question names no address');
  if (!/^[A-Za-z0-9]{1,40}$/.test(protocol)) throw new SyntaxTrouble('the question names no protocol');
  return { address, protocol };
}

/** @throws SyntaxTrouble for what is no such answer. */
export function parseAutodiscoverJson(document: Bytes | string): AutodiscoverJsonAnswer {
  if (document.length > octetsMax) throw new SyntaxTrouble('the document is too long', octetsMax);
  let root: unknown;
  try {
    root = JSON.parse(typeof document === 'string' ? document : utf8FromBytes(document));
  } catch (error) {
    throw new SyntaxTrouble(`not JSON: ${(error as Error).message.slice(0, 100)}`);
  }
  const text = (name: string): string => {
    const value = typeof root === 'object' && root !== null && Object.hasOwn(root, name) ? (root as Record<string, unknown>)[name] : '';
    return typeof value === 'string' ? value : '';
  };
  const url = parseSecureUrl(text('Url'));
  if (url !== null && text('Protocol') !== '') return { kind: 'found', protocol: text('Protocol').slice(0, 40), url };
  if (text('ErrorCode') !== '')
    return { kind: 'error', code: text('ErrorCode').slice(0, 60), message: parseWords(text('ErrorMessage')) ?? '' };
  throw new SyntaxTrouble('no answer of Autodiscover');
}

/** The twin of `parseAutodiscoverJson`. */
export function formatAutodiscoverJson(answer: AutodiscoverJsonAnswer): string {
  return JSON.stringify(
    answer.kind === 'found' ? { Protocol: answer.protocol, Url: answer.url } : { ErrorCode: answer.code, ErrorMessage: answer.message },
  );
}
