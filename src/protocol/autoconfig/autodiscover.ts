// Microsoft's Autodiscover, version 1 ("POX", MS-OXDSCLI): an XML question is posted, an XML answer comes back.
// Knows question and answer for IMAP, POP3 and SMTP; knows neither the web nor Exchange's own protocols.
import type { Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { fillLogin, type AccountSettings, type ServerSettings } from './contract.ts';
import { parseHost, parsePort, parseSecureUrl, parseWords, serversMax, standardPorts } from './values.ts';
import { childrenOf, formatXml, parseXml, textOf, xmlElement, type XmlElement } from './xml.ts';

const requestSchema = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006';
const answerSchema = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006';
const accountSchema = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a';

/** Where the question is posted, in the order in which Outlook tries (MS-OXDISCO §3.1.5.4). */
export function autodiscoverUrls(domain: string): string[] {
  return [`https://autodiscover.${domain}/autodiscover/autodiscover.xml`, `https://${domain}/autodiscover/autodiscover.xml`];
}

/** @throws SyntaxTrouble for what is no such question. */
export function parseAutodiscoverRequest(document: Bytes | string): { readonly address: string } {
  const root = parseXml(document);
  const request = root.name === 'Autodiscover' ? childrenOf(root, 'Request')[0] : undefined;
  const address = request && textOf(request, 'EMailAddress');
  if (!request || !address) throw new SyntaxTrouble('no question of Autodiscover');
  const schema = textOf(request, 'AcceptableResponseSchema');
  // Liberal: some apps leave it out. The one of mobile devices (ActiveSync) is not ours.
  if (schema !== null && schema.toLowerCase() !== accountSchema) throw new SyntaxTrouble('an answer in another schema is wanted');
  if (address.length > 320 || !/^[^@\s]+@[^@\s]+$/.test(address)) throw new SyntaxTrouble('the question names no address');
  return { address };
}

export function formatAutodiscoverRequest(address: string): string {
  return formatXml(
    xmlElement('Autodiscover', { xmlns: requestSchema }, [
      xmlElement('Request', {}, [xmlElement('EMailAddress', {}, address), xmlElement('AcceptableResponseSchema', {}, accountSchema)]),
    ]),
  );
}

export type AutodiscoverAnswer =
  | { readonly kind: 'settings'; readonly settings: AccountSettings }
  /** Ask again for another address of the same mailbox, or at another place. */
  | { readonly kind: 'redirect-address'; readonly address: string }
  | { readonly kind: 'redirect-url'; readonly url: string }
  /** 500: no such provider. 501: no such address. 600: not a question. 601: no such schema. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string };

/**
 * Reads an answer to the question for `address`: login names that are the address, or its part before the @, become templates.
 * @throws SyntaxTrouble for what is no such answer.
 */
export function parseAutodiscoverAnswer(document: Bytes | string, address: string): AutodiscoverAnswer {
  const root = parseXml(document);
  const [response] = root.name === 'Autodiscover' ? childrenOf(root, 'Response') : [];
  if (!response) throw new SyntaxTrouble('no answer of Autodiscover');
  const [error] = childrenOf(response, 'Error');
  if (error)
    return { kind: 'error', code: Number(textOf(error, 'ErrorCode') ?? 0) || 0, message: parseWords(textOf(error, 'Message')) ?? '' };
  const [account] = childrenOf(response, 'Account');
  if (!account) throw new SyntaxTrouble('there is no account in the answer');
  const action = (textOf(account, 'Action') ?? 'settings').toLowerCase();
  if (action === 'redirecturl') {
    const url = parseSecureUrl(textOf(account, 'RedirectUrl') ?? '');
    if (url === null) throw new SyntaxTrouble('the answer leads nowhere');
    return { kind: 'redirect-url', url };
  }
  if (action === 'redirectaddr') {
    const other = textOf(account, 'RedirectAddr') ?? '';
    if (other.length > 320 || !/^[^@\s]+@[^@\s]+$/.test(other)) throw new SyntaxTrouble('the answer names no address');
    return { kind: 'redirect-address', address: other };
  }
  const servers = childrenOf(account, 'Protocol')
    .slice(0, serversMax)
    .flatMap((protocol) => parseProtocol(protocol, address));
  const [user] = childrenOf(response, 'User');
  return {
    kind: 'settings',
    settings: {
      domains: [],
      displayName: user ? parseWords(textOf(user, 'DisplayName')) : null,
      shortName: null,
      incoming: servers.filter(({ service }) => service !== 'smtp'),
      outgoing: servers.filter(({ service }) => service === 'smtp'),
      jmap: null,
      oauth: null,
      help: null,
    },
  };
}

function parseProtocol(protocol: XmlElement, address: string): ServerSettings[] {
  const service = (textOf(protocol, 'Type') ?? '').toLowerCase();
  const host = parseHost(textOf(protocol, 'Server') ?? '');
  if ((service !== 'imap' && service !== 'pop3' && service !== 'smtp') || host === null) return [];
  const switchOf = (name: string, standard: boolean) => {
    const text = textOf(protocol, name)?.toLowerCase();
    return text === undefined ? standard : text === 'on';
  };
  const port = parsePort(textOf(protocol, 'Port') ?? '');
  const encryption = (textOf(protocol, 'Encryption') ?? '').toLowerCase();
  const fixed = Object.entries(standardPorts[service]).find(([, number]) => number === port)?.[0];
  // `Encryption` wins over `SSL`, which is on where it is not said (MS-OXDSCLI §2.2.4.1.1.2.6).
  // Liberal: with SSL on, the port tells which kind it is; servers with STARTTLS are published so, for want of a better word.
  const security =
    encryption === 'ssl'
      ? 'tls'
      : encryption === 'tls'
        ? 'starttls'
        : encryption === 'none' || (encryption !== 'auto' && !switchOf('SSL', true))
          ? 'plain'
          : fixed === 'starttls'
            ? 'starttls'
            : 'tls';
  return [
    {
      service,
      host,
      port: port ?? standardPorts[service][security],
      security,
      login: templateOf(parseWords(textOf(protocol, 'LoginName')), address),
      // SPA is NTLM, which we do not speak; many publish it by mistake.
      signIn: switchOf('AuthRequired', true) ? ['password'] : ['none'],
    },
  ];
}

function templateOf(login: string | null, address: string): string | null {
  if (login === null) return null;
  const is = (template: string) => fillLogin(template, address).toLowerCase() === login.toLowerCase();
  return ['%EMAILADDRESS%', '%EMAILLOCALPART%'].find(is) ?? login;
}

/** The twin of `parseAutodiscoverAnswer`. Login names are filled in for `address`: Outlook knows no templates. */
export function formatAutodiscoverAnswer(answer: AutodiscoverAnswer, address: string): string {
  const account = (inside: readonly (XmlElement | null)[]) =>
    xmlElement('Account', {}, [xmlElement('AccountType', {}, 'email'), ...inside]);
  const response = (inside: readonly (XmlElement | null)[]) =>
    formatXml(xmlElement('Autodiscover', { xmlns: answerSchema }, [xmlElement('Response', { xmlns: accountSchema }, inside)]));
  switch (answer.kind) {
    case 'error':
      return formatXml(
        xmlElement('Autodiscover', { xmlns: answerSchema }, [
          xmlElement('Response', {}, [
            xmlElement('Error', {}, [xmlElement('ErrorCode', {}, String(answer.code)), xmlElement('Message', {}, answer.message)]),
          ]),
        ]),
      );
    case 'redirect-address':
      return response([account([xmlElement('Action', {}, 'redirectAddr'), xmlElement('RedirectAddr', {}, answer.address)])]);
    case 'redirect-url':
      return response([account([xmlElement('Action', {}, 'redirectUrl'), xmlElement('RedirectUrl', {}, answer.url)])]);
    case 'settings': {
      const { displayName, incoming, outgoing } = answer.settings;
      return response([
        displayName === null ? null : xmlElement('User', {}, [xmlElement('DisplayName', {}, displayName)]),
        account([xmlElement('Action', {}, 'settings'), ...[...incoming, ...outgoing].map((server) => formatProtocol(server, address))]),
      ]);
    }
  }
}

function formatProtocol(server: ServerSettings, address: string): XmlElement {
  const onOff = (value: boolean) => (value ? 'on' : 'off');
  const entries: [string, string | null][] = [
    ['Type', server.service.toUpperCase()],
    ['Server', server.host],
    ['Port', String(server.port)],
    ['DomainRequired', 'off'],
    ['LoginName', server.login === null ? null : fillLogin(server.login, address)],
    ['SPA', 'off'],
    ['SSL', onOff(server.security !== 'plain')],
    ['Encryption', { tls: 'SSL', starttls: 'TLS', plain: 'None' }[server.security]],
    ['AuthRequired', onOff(!server.signIn.includes('none'))],
    ['UsePOPAuth', server.service === 'smtp' ? 'on' : null],
    ['SMTPLast', server.service === 'smtp' ? 'off' : null],
  ];
  return xmlElement(
    'Protocol',
    {},
    entries.map(([name, text]) => (text === null ? null : xmlElement(name, {}, text))),
  );
}
