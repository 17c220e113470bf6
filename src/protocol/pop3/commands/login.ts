// USER, PASS (RFC 1939 §7), AUTH (RFC 5034), STLS (RFC 2595 §4): from a stranger to somebody.
import { Refusal } from '../../../base/trouble.ts';
import { maxSaslLine, SaslDialogue, type DialogueStep } from '../../sasl/dialogue.ts';
import { findMechanism, offeredMechanisms } from '../../sasl/mechanism.ts';
import type { CommandOf } from '../command.ts';
import type { Context } from '../context.ts';
import { no } from '../response.ts';

/** The same answer for everybody: whether there is such a person is not told. */
export function user(context: Context, { login }: CommandOf<'USER'>): void {
  checkPrivate(context);
  context.state = { at: 'authorization', login, dialogue: null };
  context.ok(context.words.passwordPlease);
}

export async function pass(context: Context, { password }: CommandOf<'PASS'>): Promise<void> {
  const { state } = context;
  if (state.at !== 'authorization' || state.login === null) return context.reply(no(context.words.userFirst));
  // RFC 1939 §7: PASS comes immediately after USER, so that a second try says both again.
  context.forget();
  checkPrivate(context);
  await context.enter(await context.parts.authenticator.checkPassword(state.login, password, context.loginContext));
}

/** @throws Refusal `privacy-required` (RFC 2595 §2.3, RFC 8314 §3). */
function checkPrivate(context: Context): void {
  if (context.wire.tls === null && !context.plaintextAllowed) throw new Refusal('privacy-required', 'a password is only taken over TLS');
}

export async function auth(context: Context, { mechanism, initialResponse }: CommandOf<'AUTH'>): Promise<void> {
  // Liberal: RFC 5034 has no AUTH without a mechanism; Outlook lists them so.
  if (mechanism === null) {
    context.ok(context.words.listing);
    for (const name of offeredMechanisms(context.sasl)) context.wire.write(`${name}\r\n`);
    return context.wire.write('.\r\n');
  }
  const known = findMechanism(mechanism);
  if (known === null) return context.reply(no(context.words.noSuchMechanism));
  context.forget();
  const dialogue = new SaslDialogue(known, context.sasl);
  await follow(context, dialogue, await dialogue.begin(initialResponse));
}

/** A line while an exchange is under way. */
export async function respond(context: Context, dialogue: SaslDialogue, line: string): Promise<void> {
  await follow(context, dialogue, await dialogue.respond(line));
}

async function follow(context: Context, dialogue: SaslDialogue, step: DialogueStep): Promise<void> {
  if (context.state.at === 'closed') return;
  if (step.kind === 'challenge') {
    context.state = { at: 'authorization', login: null, dialogue };
    // RFC 5034 §4: these lines may be longer than a command.
    context.wire.want({ kind: 'line', max: maxSaslLine });
    return context.wire.write(`+ ${step.text}\r\n`);
  }
  endDialogue(context);
  if (step.kind === 'cancelled') context.reply(no(context.words.cancelled));
  else await context.enter(step.principal);
}

/** Whatever became of it, the next line is a command again. */
export function endDialogue(context: Context): void {
  context.forget();
  context.wire.want({ kind: 'line', max: context.parts.limits.line });
}

/** What was said in the clear is forgotten, in the receiver by the wire and here when the `tls` unit comes. */
export function stls(context: Context): void {
  if (context.wire.tls !== null) return context.reply(no(context.words.tlsThere));
  if (context.parts.security !== 'starttls') return context.reply(no(context.words.noTls));
  context.ok(context.words.beginTls);
  context.wire.startTls();
}
