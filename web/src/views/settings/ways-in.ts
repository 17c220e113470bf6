// The ways in, as the page asks them: `/auth/…`, with the password again where the server wants it. Knows statuses and codes; draws nothing.
import type { JsonObject } from '../../engine/jmap/objects.ts';
import { engine } from '../../state/link.ts';

export interface Factor {
  readonly id: number;
  readonly kind: 'totp' | 'passkey';
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

export interface BrowserSession {
  readonly id: number;
  readonly device: string;
  readonly how: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly lastUsedFrom: string | null;
  readonly isThis: boolean;
}

/** `confirm`: the password is wanted again. `wrong`: it, or a code, is not right. `weak`: too easy to guess. */
export type Refused = 'confirm' | 'wrong' | 'slow-down' | 'gone' | 'away' | 'missing' | 'weak';

export class WayRefused extends Error {
  override readonly name = 'WayRefused';
  readonly why: Refused;
  constructor(why: Refused) {
    super(why);
    this.why = why;
  }
}

/** @throws WayRefused. */
export async function askWay(path: string, body: JsonObject | null): Promise<JsonObject> {
  let answer;
  try {
    answer = await engine.ask('auth', { path: `/auth/${path}`, body });
  } catch {
    throw new WayRefused('away');
  }
  const { status, json } = answer;
  if (status === 200) return json;
  if (status === 403 && json['code'] === 'privacy-required') throw new WayRefused('confirm');
  if (status === 401) throw new WayRefused('wrong');
  if (status === 429) throw new WayRefused('slow-down');
  if (status === 404) throw new WayRefused(json['code'] === undefined ? 'missing' : 'gone');
  if (status === 410) throw new WayRefused('gone');
  throw new WayRefused(json['code'] === 'policy' ? 'weak' : 'away');
}
