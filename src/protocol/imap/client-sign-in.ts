// How an IMAP dialogue begins: greeting, STARTTLS, sign-in, and what the client wants to be told. Knows the order in which nothing secret is told
// before TLS (RFC 9051 §6.2.1, §11.1); knows no mailbox.
import { base64FromBytes, bytesFromBase64, type Bytes } from '../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { PeerTls, TlsDemand } from '../line/connection.ts';
import type { TlsFacts } from '../line/session.ts';
import { chooseClient, type ClientExchange } from '../sasl/client.ts';
import { chooseOAuth, type OAuthExchange } from '../sasl/oauth.ts';
import { ImapAnswer, passOver, type ImapDialogue } from './client-dialogue.ts';

export interface ImapLogin {
  readonly login: string;
  readonly kind: 'password' | 'oauth2';
  readonly secret: string;
}

/**
 * Greeting, STARTTLS where it is asked for, sign-in, and what the sync wants to be told.
 * @throws ImapAnswer; Unavailable; ServerBabble.
 */
export async function beginDialogue(dialogue: ImapDialogue, login: ImapLogin, demand: TlsDemand | null): Promise<void> {
  const greeting = await dialogue.next(dialogue.patience.hello);
  if (greeting.kind !== 'condition') throw dialogue.babble('the greeting is not that of an IMAP server');
  if (greeting.condition !== 'OK' && greeting.condition !== 'PREAUTH') throw dialogue.answer('the connection', greeting);
  if (demand !== null) await startTls(dialogue, demand);
  // RFC 9051 §6.2.1: what was said before TLS is forgotten; a PREAUTH in the clear is nothing that we wait for.
  else dialogue.takeCapabilities(greeting.code);
  if (dialogue.connection.tls === null) throw dialogue.babble('a secret is only told over TLS');
  if (dialogue.capabilities.size === 0) await askCapabilities(dialogue);
  dialogue.phase = 'auth';
  await signIn(dialogue, login);
  dialogue.phase = 'command';
  await askCapabilities(dialogue);
  // Some providers turn away who does not say this (RFC 2971).
  if (dialogue.has('ID')) await dialogue.ask('ID ("name" "Tayori")').catch(passOver);
  const wanted = ['CONDSTORE', ...(dialogue.has('QRESYNC') ? ['QRESYNC'] : [])].filter((name) => dialogue.has(name));
  if (dialogue.has('ENABLE') && wanted.length > 0) await dialogue.ask(`ENABLE ${wanted.join(' ')}`).catch(passOver);
}

async function startTls(dialogue: ImapDialogue, demand: TlsDemand): Promise<void> {
  dialogue.phase = 'starttls';
  await askCapabilities(dialogue);
  if (!dialogue.has('STARTTLS'))
    throw new ImapAnswer('starttls', 'CAPABILITY', { condition: 'NO', code: '', text: 'no STARTTLS among the capabilities' });
  await dialogue.ask('STARTTLS', { patience: dialogue.patience.hello });
  // S-02: an answer that came in the clear must not be taken for one that came inside TLS.
  if (dialogue.reader.waiting > 0) throw dialogue.babble('octets in the clear behind the answer to STARTTLS');
  await dialogue.connection.startTls(demand, dialogue.patience.hello);
  dialogue.reader.discard();
  dialogue.forgetCapabilities();
}

async function askCapabilities(dialogue: ImapDialogue): Promise<void> {
  await dialogue.ask('CAPABILITY', { patience: dialogue.patience.hello });
}

async function signIn(dialogue: ImapDialogue, { login, kind, secret }: ImapLogin): Promise<void> {
  const offered = [...dialogue.capabilities].filter((name) => name.startsWith('AUTH=')).map((name) => name.slice(5));
  const tls = dialogue.connection.tls!;
  const exchange =
    kind === 'oauth2'
      ? chooseOAuth(offered, { login, token: secret, host: dialogue.parts.server.host, port: dialogue.parts.server.port })
      : chooseClient(offered, { login, password: secret }, asTlsFacts(tls), dialogue.parts.chance);
  if (exchange !== null) return authenticate(dialogue, exchange);
  if (kind === 'oauth2' || dialogue.has('LOGINDISABLED'))
    throw new ImapAnswer('auth', 'CAPABILITY', {
      condition: 'NO',
      code: 'NOMECHANISM',
      text: `the server offers ${offered.join(', ') || 'no way to sign in'}`,
    });
  await dialogue.ask('LOGIN ', { patience: dialogue.patience.hello, strings: [login, secret], name: 'LOGIN' });
}

async function authenticate(dialogue: ImapDialogue, exchange: ClientExchange | OAuthExchange): Promise<void> {
  const initial = exchange.initial();
  const inline = dialogue.has('SASL-IR') && initial !== null;
  let turns = 0;
  let first = initial;
  await dialogue.ask(`AUTHENTICATE ${exchange.mechanism}${inline ? ` ${initial.length === 0 ? '=' : base64FromBytes(initial)}` : ''}`, {
    name: 'AUTHENTICATE',
    patience: dialogue.patience.hello,
    continued: async (text) => {
      if (++turns > 10) throw dialogue.babble('the sign-in does not end');
      let answer: Bytes;
      if (!inline && first !== null) {
        answer = first;
        first = null;
      } else
        try {
          answer = await exchange.respond(bytesFromBase64(text));
        } catch (trouble) {
          if (trouble instanceof SyntaxTrouble || trouble instanceof Refusal) throw dialogue.babble(trouble.message);
          throw trouble;
        }
      dialogue.connection.write(`${base64FromBytes(answer)}\r\n`);
    },
  });
  if (!exchange.complete) throw dialogue.babble('the server did not prove that it knows the password');
}

function asTlsFacts(tls: PeerTls): TlsFacts {
  return { version: tls.version, cipher: tls.cipher, serverName: null, exporter: () => tls.exporter(), endPoint: () => null };
}
