// What a new Task is told, read: which work, of what, with which servers and secrets. Knows shapes and bounds; begins nothing.
import { aBoolean, aText, nullable, oneOf, optional, type Reader } from '../arguments.ts';
import { MethodError, type Json, type JsonObject } from '../contract.ts';
import { invalidProperties, NotSet } from '../errors.ts';
import { parseId } from '../ids.ts';
import type { Pop3Leaving } from '../../../store/outside-contract.ts';
import type { Language, TaskKind, TaskWish, WishedSecret, WishedServer } from './contract.ts';
import { aLanguage, aLine, aNumber, aShortList, inside, readProperties } from './properties.ts';

const kinds = ['discovery', 'setUp', 'check', 'password', 'switch'] as const satisfies readonly TaskKind[];
const exceptions = ['legacy-renegotiation', 'static-rsa', 'tls-1.0', 'weak-key'] as const;

function wrong(name: string, what: string): MethodError {
  return new MethodError('invalidArguments', `"${name}" has to be ${what}.`, { arguments: [name] });
}

const aHost: Reader<string> = (value, name) => {
  if (typeof value !== 'string' || value.length > 253 || !/^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|[0-9a-fA-F:.]+)$/.test(value))
    throw wrong(name, 'the name of a server, in A-labels');
  return value.toLowerCase();
};

const provenance: Reader<Readonly<Record<string, string>>> = (value, name) => {
  if (value === undefined || value === null) return { host: 'typed' };
  const entries = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value as JsonObject) : null;
  if (entries === null || entries.length > 20) throw wrong(name, 'an object of short texts');
  return Object.fromEntries(entries.map(([key, text]) => [key.slice(0, 40), aLine(300)(text, name)]));
};

function servers(services: readonly WishedServer['service'][]): Reader<readonly WishedServer[]> {
  const one = inside({
    service: oneOf(services),
    host: aHost,
    // RFC 8314 §3.3, and OP25B: 25 is for servers among themselves.
    port: (value, name) => {
      const port = aNumber(1, 65_535)(value, name);
      if (port === 25) throw wrong(name, 'another counter than 25, which is for servers among themselves');
      return port;
    },
    // A counter without a seal takes no secret, so there is no word for it.
    security: oneOf(['tls', 'starttls'] as const),
    logins: aShortList(aLine(254, 1), 2, 1),
    exceptions: optional(aShortList(oneOf(exceptions), exceptions.length), []),
    provenance,
  });
  return (value, name) => {
    const list = aShortList(one, 6, 1)(value, name);
    if (list.some(({ service }) => service !== list[0]!.service)) throw wrong(name, 'servers of one service');
    // The secret goes to the host that the person was shown, and to no lesser one in its place.
    return list.filter(({ host }) => host === list[0]!.host);
  };
}

/** A secret of a provider. It is never told again, and stands in no message of an error. */
const aSecret: Reader<WishedSecret> = (value, name) => {
  const secret: JsonObject = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
  const isPassword = (text: Json | undefined): text is string =>
    typeof text === 'string' && text.length > 0 && text.length <= 1000 && !/[\r\n\0]/.test(text);
  const names = Object.keys(secret);
  if (names.length === 1 && names[0] === 'signIn') {
    const provider = secret['signIn'];
    if (provider === true) return { kind: 'signIn', provider: null };
    if (typeof provider === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(provider)) return { kind: 'signIn', provider };
  }
  if (names.length === 1 && isPassword(secret['password']))
    return { kind: 'password', receive: secret['password'], send: secret['password'] };
  if (names.length === 2 && isPassword(secret['receive']) && isPassword(secret['send']))
    return { kind: 'password', receive: secret['receive'], send: secret['send'] };
  throw wrong(name, '{"password"}, {"receive", "send"} or {"signIn"}');
};

export const aLeaving: Reader<Pop3Leaving> = (value, name) => {
  if (value === undefined || value === null) return { keep: 'forever' };
  const leaving: JsonObject = typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
  const { keep, days } = leaving;
  const names = Object.keys(leaving).length;
  if ((keep === 'forever' || keep === 'none') && names === 1) return { keep };
  if (keep === 'days' && names === 2) return { keep, days: aNumber(1, 3650)(days, name) };
  throw wrong(name, '{"keep": "forever"}, {"keep": "none"} or {"keep": "days", "days": 1 to 3650}');
};

const anOutsideAccount: Reader<number> = (value, name) => {
  const number = typeof value === 'string' ? parseId('A', value) : null;
  if (number === null) throw wrong(name, 'the id of an OutsideAccount');
  return number;
};

/** @throws NotSet `invalidProperties`. */
export function readTask(object: JsonObject): { readonly wish: TaskWish; readonly language: Language } {
  const { kind: told, ...rest } = object;
  const kind = kinds.find((one) => one === told);
  if (kind === undefined) throw new NotSet(invalidProperties(['kind'], `"kind" has to be one of ${kinds.join(', ')}.`));
  switch (kind) {
    case 'discovery': {
      const { language, ...wish } = readProperties(rest, { language: aLanguage, address: typedAddress });
      return { wish: { kind, ...wish }, language };
    }
    case 'setUp': {
      const { language, ...wish } = readProperties(rest, {
        language: aLanguage,
        address: typedAddress,
        name: optional(aLine(200), ''),
        provider: nullable(aLine(100)),
        receive: servers(['imap', 'pop3']),
        send: servers(['smtp']),
        secret: aSecret,
        leaving: aLeaving,
        sentCopy: optional(oneOf(['provider', 'here'] as const), 'here' as const),
        proof: optional(aBoolean, true),
      });
      return { wish: { kind, ...wish }, language };
    }
    case 'check': {
      const { language, outsideAccountId, ...wish } = readProperties(rest, {
        language: aLanguage,
        outsideAccountId: anOutsideAccount,
        letter: optional(aBoolean, false),
      });
      return { wish: { kind, outsideAccount: outsideAccountId, ...wish }, language };
    }
    case 'password': {
      const { language, outsideAccountId, ...wish } = readProperties(rest, {
        language: aLanguage,
        outsideAccountId: anOutsideAccount,
        secret: aSecret,
        check: optional(aBoolean, true),
      });
      return { wish: { kind, outsideAccount: outsideAccountId, ...wish }, language };
    }
    case 'switch': {
      const { language, outsideAccountId, ...wish } = readProperties(rest, {
        language: aLanguage,
        outsideAccountId: anOutsideAccount,
        service: oneOf(['imap', 'pop3'] as const),
        receive: nullable(servers(['imap', 'pop3'])),
        leaving: aLeaving,
        sendHome: optional(aBoolean, false),
      });
      if (wish.receive !== null && wish.receive[0]!.service !== wish.service)
        throw new NotSet(invalidProperties(['receive', 'service'], 'The servers are of another service.'));
      return { wish: { kind, outsideAccount: outsideAccountId, ...wish }, language };
    }
  }
}

/** As a person has typed it: full-width letters and spaces are cleaned where it is looked up. */
export const typedAddress: Reader<string> = (value, name) => {
  const text = aText(value, name);
  if (text.length > 1000) throw wrong(name, 'an address');
  return text;
};
