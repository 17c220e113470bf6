// Doubles of mail apps: each looks for settings in the order of the app it is named after, over DNS and HTTPS, and reads with few words of
// its own. Written from the apps' published sources; knows nothing of what our server prefers to be asked.
import { createHash } from 'node:crypto';
import type { House } from './house.ts';

/** What an app would use. */
export interface Found {
  readonly receive: Server;
  readonly send: Server;
  readonly login: string;
}

export interface Server {
  readonly host: string;
  readonly port: number;
  readonly sealed: boolean;
}

export type Double = (house: House, address: string, way: 'imap' | 'pop3') => Promise<Found | null>;

const domainOf = (address: string): string => address.split('@')[1]!;

/** Autoconfig as Thunderbird reads it: the first server of the kind, placeholders filled. */
function readXml(xml: string, address: string, way: 'imap' | 'pop3'): Found | null {
  const part = (tag: string, type: string): string | undefined =>
    [...xml.matchAll(new RegExp(`<${tag} type="${type}"[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, inner]) => inner)[0];
  const field = (of: string, name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(of)?.[1] ?? '';
  const [incoming, outgoing] = [part('incomingServer', way), part('outgoingServer', 'smtp')];
  if (incoming === undefined || outgoing === undefined || !xml.startsWith('<?xml') || !xml.includes('<clientConfig')) return null;
  const server = (of: string): Server => ({
    host: field(of, 'hostname'),
    port: Number(field(of, 'port')),
    sealed: field(of, 'socketType') === 'SSL',
  });
  if (!/<authentication>password-cleartext</.test(incoming)) return null;
  return { receive: server(incoming), send: server(outgoing), login: field(incoming, 'username').replace('%EMAILADDRESS%', address) };
}

async function askXml(house: House, address: string, way: 'imap' | 'pop3', urls: readonly string[]): Promise<Found | null> {
  for (const url of urls) {
    const answer = await house.ask(url);
    const found = answer?.status === 200 ? readXml(answer.body.toString(), address, way) : null;
    if (found !== null) return found;
  }
  return null;
}

/** Thunderbird: the autoconfig host and the well-known path, sealed and then in the clear. */
const thunderbird: Double = (house, address, way) => {
  const [domain, query] = [domainOf(address), `?emailaddress=${encodeURIComponent(address)}`];
  return askXml(house, address, way, [
    `https://autoconfig.${domain}/mail/config-v1.1.xml${query}`,
    `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml${query}`,
    `http://autoconfig.${domain}/mail/config-v1.1.xml${query}`,
    `http://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`,
  ]);
};

async function askAutodiscover(house: House, address: string, way: 'imap' | 'pop3', urls: readonly string[]): Promise<Found | null> {
  const body = `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`;
  for (const url of urls) {
    const answer = await house.ask(url, { method: 'POST', headers: { 'content-type': 'text/xml; charset=utf-8' }, body });
    if (answer?.status !== 200) continue;
    const xml = answer.body.toString();
    const part = (type: string): string | undefined =>
      [...xml.matchAll(/<Protocol>([\s\S]*?)<\/Protocol>/g)]
        .map(([, inner]) => inner!)
        .find((inner) => inner.includes(`<Type>${type}</Type>`));
    const field = (of: string, name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(of)?.[1] ?? '';
    const [incoming, outgoing] = [part(way.toUpperCase()), part('SMTP')];
    if (incoming === undefined || outgoing === undefined) continue;
    const server = (of: string): Server => ({
      host: field(of, 'Server'),
      port: Number(field(of, 'Port')),
      sealed: field(of, 'SSL') === 'on' && field(of, 'Encryption') === 'SSL',
    });
    return { receive: server(incoming), send: server(outgoing), login: field(incoming, 'LoginName') };
  }
  return null;
}

/** Outlook: the two hosts for a POST. */
const outlook: Double = (house, address, way) => {
  const domain = domainOf(address);
  return askAutodiscover(house, address, way, [
    `https://${domain}/Autodiscover/Autodiscover.xml`,
    `https://autodiscover.${domain}/Autodiscover/Autodiscover.xml`,
  ]);
};

async function askSrv(house: House, address: string, labels: readonly [string, string]): Promise<Found | null> {
  const [receive, send] = await Promise.all(
    labels.map(async (label): Promise<Server | null> => {
      const answer = await house.resolver().resolve(`${label}._tcp.${domainOf(address)}`, 'SRV');
      const best = answer.kind === 'found' ? answer.records.toSorted((a, b) => a.priority - b.priority)[0] : undefined;
      return best === undefined || best.target === '' ? null : { host: best.target, port: best.port, sealed: true };
    }),
  );
  return receive && send ? { receive, send, login: address } : null;
}

/** FairEmail: SRV before XML over HTTPS; IMAP alone. */
const fairemail: Double = async (house, address, way) => {
  if (way === 'pop3') return null;
  const domain = domainOf(address);
  return (
    (await askSrv(house, address, ['_imaps', '_submissions'])) ??
    askXml(house, address, way, [
      `https://autoconfig.${domain}/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(address)}`,
      `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`,
    ])
  );
};

/** Delta Chat: XML, then Autodiscover on two hosts; IMAP alone. */
const deltachat: Double = async (house, address, way) => {
  if (way === 'pop3') return null;
  const domain = domainOf(address);
  return (
    (await askXml(house, address, way, [
      `https://autoconfig.${domain}/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(address)}`,
      `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(address)}`,
    ])) ??
    askAutodiscover(house, address, way, [
      `https://${domain}/autodiscover/autodiscover.xml`,
      `https://autodiscover.${domain}/autodiscover/autodiscover.xml`,
    ])
  );
};

/** A reader of PACC: the document is believed when a TXT record tells its digest; the ports are those of RFC 8314. */
const iphone: Double = async (house, address, way) => {
  const domain = domainOf(address);
  const answer = await house.ask(`https://ua-auto-config.${domain}/.well-known/user-agent-configuration.json`);
  const texts = await house.resolver().resolve(`_ua-auto-config.${domain}`, 'TXT');
  if (answer?.status !== 200 || texts.kind === 'none') return null;
  const digest = createHash('sha256').update(answer.body).digest('base64');
  if (!texts.records.some(({ text }) => text.replaceAll(' ', '') === `v=UAAC1;a=sha256;d=${digest}`)) return null;
  const { protocols, authentication } = JSON.parse(answer.body.toString()) as {
    protocols: Record<string, { host: string }>;
    authentication: { password: boolean };
  };
  const [receive, send] = [protocols[way], protocols['smtp'] ?? protocols['submit']];
  if (!receive || !send || !authentication.password) return null;
  return {
    receive: { host: receive.host, port: way === 'imap' ? 993 : 995, sealed: true },
    send: { host: send.host, port: 465, sealed: true },
    login: address,
  };
};

const standards: Double = (house, address, way) => askSrv(house, address, [way === 'imap' ? '_imaps' : '_pop3s', '_submissions']);

/** RFC 8620 §2.2: by SRV to the well-known path, where somebody asks for a key. True when there is JMAP. */
export async function findsJmap(house: House, address: string): Promise<boolean> {
  const found = await house.resolver().resolve(`_jmap._tcp.${domainOf(address)}`, 'SRV');
  if (found.kind === 'none') return false;
  const { target, port } = found.records[0]!;
  const answer = await house.ask(`https://${target}${port === 443 ? '' : `:${port}`}/.well-known/jmap`);
  return answer?.status === 401 && (answer.headers['www-authenticate'] ?? '').includes('Basic');
}

export const doubles = { iphone, outlook, thunderbird, fairemail, deltachat, standards };
