// The configuration profile by which an iPhone, iPad or Mac takes a mail account in: payload `com.apple.mail.managed` within a
// `Configuration` (Apple's published schema: device-management, mdm/profiles). Knows its keys; signs nothing and holds no password.
//
// Both ports, both user names and UseSSL are always written: without a port for sending the device would try 25, 587 and 465 in turn,
// and without a user name it would take the part before the @. There is no key for STARTTLS: only ports sealed from the start are told.
import { hexFromBytes } from '../../base/bytes.ts';
import { digest } from '../../base/digest.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import { fillLogin, type AccountSettings, type ServerSettings } from './contract.ts';
import { entryOf } from './values.ts';
import { formatPropertyList, parsePropertyList, type PropertyList } from './property-list.ts';

export interface ProfilePerson {
  /** The whole address, domain in A-labels. */
  readonly address: string;
  /** For From. */
  readonly name: string;
  /** How the letters are received. */
  readonly receive: 'imap' | 'pop3';
}

/** What a profile says, as the device would use it. */
export interface AppleProfile {
  readonly displayName: string;
  /** Reverse name; a profile with the same one replaces the one before. */
  readonly identifier: string;
  readonly uuid: string;
  readonly organization: string;
  /** Shown before the person agrees. */
  readonly description: string;
  readonly account: {
    readonly uuid: string;
    readonly description: string;
    readonly name: string;
    readonly address: string;
    readonly incoming: ServerSettings & { readonly service: 'imap' | 'pop3' };
    readonly outgoing: ServerSettings & { readonly service: 'smtp' };
  };
}

/** @throws Refusal `cannot` when nothing that is sealed from the start listens for receiving or for sending. */
export function appleProfileOf(settings: AccountSettings, person: ProfilePerson): AppleProfile {
  const sealed = (list: readonly ServerSettings[], service: string) =>
    list.find((server) => server.service === service && server.security === 'tls');
  const incoming = sealed(settings.incoming, person.receive);
  const outgoing = sealed(settings.outgoing, 'smtp');
  if (incoming === undefined || outgoing === undefined)
    throw new Refusal('cannot', `no port that is sealed from the start is open for ${incoming === undefined ? person.receive : 'smtp'}`);
  const filled = (server: ServerSettings): ServerSettings => ({
    ...server,
    login: fillLogin(server.login ?? '%EMAILADDRESS%', person.address),
    signIn: ['password'],
  });
  const host = incoming.host;
  const named = `${person.address} ${person.receive} ${host}`;
  return {
    displayName: `${settings.shortName ?? settings.displayName ?? host}: ${person.address}`,
    identifier: `${host.split('.').toReversed().join('.')}.mail.${derivedUuid(`identifier ${named}`).slice(0, 8).toLowerCase()}`,
    uuid: derivedUuid(`profile ${named}`),
    organization: settings.displayName ?? host,
    description: `${person.address}`,
    account: {
      uuid: derivedUuid(`account ${named}`),
      description: person.address,
      name: person.name,
      address: person.address,
      incoming: filled(incoming) as AppleProfile['account']['incoming'],
      outgoing: filled(outgoing) as AppleProfile['account']['outgoing'],
    },
  };
}

/** RFC 9562 §5.8: version 8, made of a digest, so that the same account always has the same one. */
export function derivedUuid(name: string): string {
  const octets = digest('SHA-256', `tayori ${name}`).slice(0, 16);
  octets[6] = (octets[6]! & 0x0f) | 0x80;
  octets[8] = (octets[8]! & 0x3f) | 0x80;
  const hex = hexFromBytes(octets).toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Out: the profile before it is signed, XML in UTF-8. */
export function formatAppleProfile(profile: AppleProfile): string {
  const { account } = profile;
  const mail: Record<string, PropertyList> = {
    PayloadType: 'com.apple.mail.managed',
    PayloadVersion: 1,
    PayloadIdentifier: `${profile.identifier}.account`,
    PayloadUUID: account.uuid,
    PayloadDisplayName: account.description,
    EmailAccountDescription: account.description,
    EmailAccountName: account.name,
    EmailAccountType: account.incoming.service === 'imap' ? 'EmailTypeIMAP' : 'EmailTypePOP',
    EmailAddress: account.address,
    IncomingMailServerAuthentication: 'EmailAuthPassword',
    IncomingMailServerHostName: account.incoming.host,
    IncomingMailServerPortNumber: account.incoming.port,
    IncomingMailServerUseSSL: account.incoming.security === 'tls',
    IncomingMailServerUsername: account.incoming.login ?? account.address,
    OutgoingMailServerAuthentication: 'EmailAuthPassword',
    OutgoingMailServerHostName: account.outgoing.host,
    OutgoingMailServerPortNumber: account.outgoing.port,
    OutgoingMailServerUseSSL: account.outgoing.security === 'tls',
    OutgoingMailServerUsername: account.outgoing.login ?? account.address,
    OutgoingPasswordSameAsIncomingPassword: true,
  };
  return formatPropertyList({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: profile.identifier,
    PayloadUUID: profile.uuid,
    PayloadDisplayName: profile.displayName,
    PayloadOrganization: profile.organization,
    PayloadDescription: profile.description,
    PayloadContent: [mail],
  });
}

/** The twin. @throws SyntaxTrouble when it is no profile of exactly one mail account with passwords to be asked for. */
export function parseAppleProfile(text: string): AppleProfile {
  const outer = dictionary(parsePropertyList(text));
  if (word(outer, 'PayloadType') !== 'Configuration') throw new SyntaxTrouble('a profile');
  const content = outer['PayloadContent'];
  const mail = Array.isArray(content) && content.length === 1 ? dictionary(content[0] as PropertyList) : {};
  if (mail['PayloadType'] !== 'com.apple.mail.managed') throw new SyntaxTrouble('one mail account in a profile');
  const types: Readonly<Record<string, 'imap' | 'pop3'>> = { EmailTypeIMAP: 'imap', EmailTypePOP: 'pop3' };
  const receive = entryOf(types, word(mail, 'EmailAccountType'));
  if (receive === undefined) throw new SyntaxTrouble('IMAP or POP3');
  return {
    displayName: word(outer, 'PayloadDisplayName'),
    identifier: word(outer, 'PayloadIdentifier'),
    uuid: word(outer, 'PayloadUUID'),
    organization: word(outer, 'PayloadOrganization'),
    description: word(outer, 'PayloadDescription'),
    account: {
      uuid: word(mail, 'PayloadUUID'),
      description: word(mail, 'EmailAccountDescription'),
      name: word(mail, 'EmailAccountName'),
      address: word(mail, 'EmailAddress'),
      incoming: server(mail, 'Incoming', receive) as AppleProfile['account']['incoming'],
      outgoing: server(mail, 'Outgoing', 'smtp') as AppleProfile['account']['outgoing'],
    },
  };
}

type Dictionary = Readonly<Record<string, PropertyList>>;

function dictionary(value: PropertyList): Dictionary {
  if (typeof value !== 'object' || Array.isArray(value)) throw new SyntaxTrouble('a dictionary');
  return value as Dictionary;
}

function word(of: Dictionary, key: string): string {
  const value = of[key];
  if (typeof value !== 'string') throw new SyntaxTrouble(`a text for ${key}`);
  return value;
}

function server(mail: Dictionary, side: 'Incoming' | 'Outgoing', service: ServerSettings['service']): ServerSettings {
  const port = mail[`${side}MailServerPortNumber`];
  if (typeof port !== 'number' || port < 1 || port > 65_535) throw new SyntaxTrouble('a port');
  const ways: Readonly<Record<string, ServerSettings['signIn']>> = {
    EmailAuthNone: ['none'],
    EmailAuthPassword: ['password'],
    EmailAuthCRAMMD5: ['challenge'],
  };
  return {
    service,
    host: word(mail, `${side}MailServerHostName`),
    port,
    security: mail[`${side}MailServerUseSSL`] === true ? 'tls' : 'plain',
    login: word(mail, `${side}MailServerUsername`),
    signIn: entryOf(ways, word(mail, `${side}MailServerAuthentication`)) ?? [],
  };
}
