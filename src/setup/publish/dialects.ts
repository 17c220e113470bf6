// The model of an account's settings in each dialect that is served. Knows which part of the model a dialect can carry; the dialects
// themselves are protocol/autoconfig.
import { bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import { formatAutodiscoverJson } from '../../protocol/autoconfig/autodiscover-json.ts';
import { formatAutodiscoverAnswer } from '../../protocol/autoconfig/autodiscover.ts';
import type { AccountSettings } from '../../protocol/autoconfig/contract.ts';
import { formatMozilla } from '../../protocol/autoconfig/mozilla.ts';
import { formatPacc, formatPaccDigest } from '../../protocol/autoconfig/pacc.ts';
import { standardPorts } from '../../protocol/autoconfig/values.ts';

/** In version 1.1, which all readers know: 1.2 is the same with JMAP, whose apps find it by PACC and SRV. */
export function autoconfigXml(settings: AccountSettings): string {
  return formatMozilla({ ...settings, jmap: null });
}

export function autodiscoverXml(settings: AccountSettings, address: string): string {
  return formatAutodiscoverAnswer({ kind: 'settings', settings }, address);
}

/** MS-OXDSCLI: what could not be read is answered in the same dialect. */
export function autodiscoverRefusal(): string {
  return formatAutodiscoverAnswer({ kind: 'error', code: 600, message: 'Invalid Request' }, '');
}

/** Only version 1 is spoken here; `url` is where. The names of protocols are read in any case. */
export function autodiscoverJson(protocol: string, url: string): { readonly status: 200 | 400; readonly body: string } {
  if (protocol.toLowerCase() === 'autodiscoverv1')
    return { status: 200, body: formatAutodiscoverJson({ kind: 'found', protocol: 'AutodiscoverV1', url }) };
  const message = 'The given protocol value is invalid. Supported values are "AutodiscoverV1"';
  return { status: 400, body: formatAutodiscoverJson({ kind: 'error', code: 'InvalidProtocol', message }) };
}

/**
 * The PACC document, in the very octets that are served; null where the draft cannot tell how to reach us: it has no ports, and means
 * those of RFC 8314, sealed from the start.
 */
export function paccDocument(settings: AccountSettings): Bytes | null {
  const tells = (service: 'imap' | 'pop3' | 'smtp') =>
    [...settings.incoming, ...settings.outgoing].some(
      (server) => server.service === service && server.security === 'tls' && server.port === standardPorts[service].tls,
    );
  return tells('smtp') && (tells('imap') || tells('pop3')) ? bytesFromUtf8(formatPacc(settings)) : null;
}

/** The text of the record that vouches for the document; null where there is none. */
export function paccText(settings: AccountSettings): string | null {
  const document = paccDocument(settings);
  return document === null ? null : formatPaccDigest(document);
}
