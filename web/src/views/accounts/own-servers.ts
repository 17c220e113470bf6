// Our own servers as a mail app asks for them, from the document that this server serves to mail apps. Knows its form; asks nobody.

export interface OwnServer {
  readonly service: 'imap' | 'pop3' | 'smtp';
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls';
}

/**
 * In: config-v1.1.xml (draft-ietf-mailmaint-autoconfig §4) as we write it. Out: the sealed servers in its order. The page's policy lets no parser of
 * markup run, and the form is our own.
 */
export function readOwnServers(xml: string): readonly OwnServer[] {
  return [...xml.matchAll(/<(?:incoming|outgoing)Server type="(imap|pop3|smtp)">([\s\S]*?)<\/(?:incoming|outgoing)Server>/g)].flatMap(
    ([, service, inside = '']): OwnServer[] => {
      const one = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(inside)?.[1]?.trim() ?? '';
      const security = ({ SSL: 'tls', STARTTLS: 'starttls' } as const)[one('socketType') as 'SSL'];
      const port = Number(one('port'));
      if (!security || !(port > 0) || one('hostname') === '') return [];
      return [{ service: service as OwnServer['service'], host: one('hostname'), port, security }];
    },
  );
}

/** For a copy card: one each, in the order in which apps ask, sealed from the start where there is a choice. */
export function cardServers(servers: readonly OwnServer[]): readonly OwnServer[] {
  return (['imap', 'smtp', 'pop3'] as const).flatMap((service) => {
    const those = servers.filter((one) => one.service === service);
    return those.find(({ security }) => security === 'tls') ?? those[0] ?? [];
  });
}
