// CAPA (RFC 2449 §5), UTF8 and LANG (RFC 6856), NOOP: what the server can, and in which words it says so.
import { offeredMechanisms } from '../../sasl/mechanism.ts';
import type { CommandOf } from '../command.ts';
import type { Context } from '../context.ts';
import { no, ok } from '../response.ts';
import { findLanguage, languages } from '../words.ts';

export function noop(context: Context): void {
  context.ok(context.words.nothing);
}

export function capa(context: Context): void {
  context.ok(context.words.capabilities);
  context.wire.write(`${capabilities(context).join('\r\n')}\r\n.\r\n`);
}

/** RFC 2449 §6, in the order in which a client needs them. What is announced before signing in stays so after it (§5), but for STLS. */
export function capabilities(context: Context): readonly string[] {
  const { parts, wire } = context;
  const mechanisms = offeredMechanisms(context.sasl);
  const list: string[] = [];
  // RFC 2595 §4: where it is permitted.
  if (parts.security === 'starttls' && wire.tls === null && context.stateName === 'authorization') list.push('STLS');
  if (mechanisms.length > 0) list.push('USER', `SASL ${mechanisms.join(' ')}`);
  return [
    ...list,
    'TOP',
    'UIDL',
    'PIPELINING',
    'RESP-CODES',
    'AUTH-RESP-CODE', // RFC 3206 §6
    `LOGIN-DELAY ${parts.maildropLocks.loginDelay}`,
    'EXPIRE NEVER', // nothing goes but what the owner removes
    'UTF8 USER', // RFC 6856 §2.2: names and passwords too
    'LANG',
    `IMPLEMENTATION Tayori-${parts.version}`,
  ];
}

export function utf8(context: Context): void {
  context.utf8 = true;
  context.ok(context.words.utf8);
}

export function lang(context: Context, { range }: CommandOf<'LANG'>): void {
  if (range === null) {
    context.ok(context.words.languages);
    for (const [tag, { name }] of Object.entries(languages)) context.wire.write(`${tag} ${name}\r\n`);
    return context.wire.write('.\r\n');
  }
  const language = findLanguage(range);
  if (language === null) return context.reply(no(context.words.noSuchLanguage));
  context.language = language;
  context.reply(ok(`${language} ${context.words.languageSet}`));
}
