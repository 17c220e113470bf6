// LOGIN (RFC 9051 §6.2.3).
import { Refusal } from '../../../base/trouble.ts';
import type { SessionControl, SessionCommand, Done } from '../context.ts';

export interface LoginArguments {
  readonly user: string;
  readonly password: string;
}

export const login: SessionCommand<LoginArguments> = {
  parse(cursor) {
    cursor.space();
    const user = cursor.astring();
    cursor.space();
    const password = cursor.astring();
    cursor.end();
    return { user, password };
  },
  async run(session, { user, password }) {
    if (session.wire.tls === null && !session.plaintextAllowed) throw new Refusal('privacy-required', 'a password is only taken over TLS');
    const { authenticator } = session.parts;
    session.signIn(await authenticator.checkPassword(user, password, loginContext(session)));
    return signedIn(session, 'LOGIN');
  },
};

export function loginContext(session: SessionControl) {
  const { wire } = session;
  return { protocol: 'imap', remoteAddress: wire.remote.address, tls: wire.tls !== null, connection: wire.id } as const;
}

/** RFC 9051 §6.2.2: the new capabilities in the tagged answer save a round trip. */
export function signedIn(session: SessionControl, name: string): Done {
  return { code: `CAPABILITY ${session.capabilities()}`, text: `${name} completed` };
}
