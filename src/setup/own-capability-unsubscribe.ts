// Leaving a mailing list by one press (RFC 8058): the POST goes out from here, by the guarded way, when the person has pressed. Knows which letter says
// so and what the list's server answers; never asks without a press, never anything but what the letter names.
import { Refusal, Unavailable } from '../base/trouble.ts';
import { readUnsubscribe } from '../message/unsubscribe.ts';
import type { UnsubscribeDesk } from '../protocol/jmap/tayori/contract.ts';
import type { MailStore } from '../store/contract.ts';
import type { WebClient } from '../protocol/web/contract.ts';

interface Parts {
  readonly store: Pick<MailStore, 'openLetter'>;
  readonly web: () => Promise<WebClient>;
}

/** Of a letter, in which its header is looked for. */
const headerOctets = 512 * 1024;
const patienceMs = 20_000;

export function openUnsubscribeDesk({ store, web }: Parts): UnsubscribeDesk {
  return async (account, message) => {
    const letter = await store.openLetter(account, message);
    const { oneClick } = readUnsubscribe(await letter.read(0, Math.min(letter.length, headerOctets)));
    if (oneClick === null) throw new Refusal('cannot', 'this letter names no way to unsubscribe with one press');
    const { host } = new URL(oneClick);
    try {
      // RFC 8058 §3.2: no cookies, no name, "or any other context information". §3.1: the sender must not redirect.
      const { status } = await (
        await web()
      ).fetch(
        {
          method: 'POST',
          url: oneClick,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'List-Unsubscribe=One-Click',
        },
        { octets: 1024 * 1024, patience: patienceMs, redirects: 0 },
      );
      return { state: status >= 200 && status < 300 ? 'done' : 'refused', host, status };
    } catch (trouble) {
      if (!(trouble instanceof Refusal || trouble instanceof Unavailable)) throw trouble;
      return { state: 'unreachable', host, status: null };
    }
  };
}
