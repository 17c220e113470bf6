// One push message to one push service (RFC 8030): encrypted where the browser gave keys, signed with our key, by the guarded web client, which goes to
// no private address. Knows what a service's answer means; knows no subscription's rules.
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { JsonObject } from '../../protocol/jmap/contract.ts';
import type { PushDelivery, PushOutcome } from '../../protocol/jmap/push-sender.ts';
import type { WebClient } from '../../protocol/web/contract.ts';
import { encryptPush } from './encrypt.ts';
import type { Vapid } from './vapid.ts';

/** How long a service keeps a message for a browser that is away. */
const keptS = 24 * 3600;
const patienceMs = 15_000;
const answerOctets = 16 * 1024;
const longestWaitMs = 3_600_000;

export function openPushDelivery(web: () => Promise<WebClient>, vapid: Vapid): PushDelivery {
  return async ({ url, keys }, message: JsonObject, urgent): Promise<PushOutcome> => {
    const text = JSON.stringify(message);
    try {
      const answer = await (
        await web()
      ).fetch(
        {
          method: 'POST',
          url,
          headers: {
            'content-type': 'application/json',
            ...(keys === null ? {} : { 'content-encoding': 'aes128gcm' }),
            // RFC 8030 §5.2 to §5.4. A newer change replaces an older one that still waits there.
            ttl: String(keptS),
            urgency: urgent ? 'high' : 'normal',
            ...(urgent ? {} : { topic: 'tayori-change' }),
            authorization: vapid.authorization(url),
          },
          body: keys === null ? text : encryptPush(text, keys),
        },
        { octets: answerOctets, patience: patienceMs, redirects: 0 },
      );
      return outcomeOf(answer.status, answer.headers['retry-after']);
    } catch (trouble) {
      if (trouble instanceof Unavailable || trouble instanceof Refusal) return { kind: 'later', waitMs: null };
      throw trouble;
    }
  };
}

function outcomeOf(status: number, retryAfter: string | undefined): PushOutcome {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  // RFC 8030 §7.3: the subscription is no more.
  if (status === 404 || status === 410) return { kind: 'gone' };
  const seconds = /^[0-9]{1,7}$/.test(retryAfter ?? '') ? Number(retryAfter) : null;
  return { kind: 'later', waitMs: seconds === null ? null : Math.min(seconds * 1000, longestWaitMs) };
}
