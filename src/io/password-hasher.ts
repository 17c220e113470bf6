// Slow hashing of passwords with argon2id (RFC 9106), off the main thread. Knows PHC strings and how much may run at once;
// knows no people. Two hashes run at a time and fifty wait, so that guessing never takes the threads that disks need.
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { Unavailable } from '../base/trouble.ts';
import type { PasswordHasher } from '../journey/account/hasher-contract.ts';

interface Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}
/** 19 MiB, two passes: what OWASP asks for at least; some 40 ms of one core. */
const newCost: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
/** A hash that asks for more than this was not made by us and would stop everybody. */
const highestCost: Cost = { memory: 262_144, passes: 10, parallelism: 8 };

const mostRunning = 2;
const mostWaiting = 50;
const saltLength = 16;
const tagLength = 32;

interface Parsed {
  readonly cost: Cost;
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

/** Null for any other text, and for costs beyond the highest. */
export function parseHash(text: string): Parsed | null {
  const match = phc.exec(text);
  if (!match) return null;
  const cost = { memory: Number(match[1]), passes: Number(match[2]), parallelism: Number(match[3]) };
  if (cost.memory > highestCost.memory || cost.passes > highestCost.passes || cost.parallelism > highestCost.parallelism) return null;
  if (cost.passes < 1 || cost.parallelism < 1 || cost.memory < 8 * cost.parallelism) return null;
  return { cost, salt: Buffer.from(match[4]!, 'base64'), tag: Buffer.from(match[5]!, 'base64') };
}

export function formatHash({ cost, salt, tag }: Parsed): string {
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** base64 as PHC strings have it. */
function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

/** `cost` is lowered by tests only. */
export function openPasswordHasher(cost: Cost = newCost): PasswordHasher {
  return new ArgonHasher(cost);
}

class ArgonHasher implements PasswordHasher {
  readonly decoy: string;
  readonly #cost: Cost;
  #running = 0;
  readonly #ahead: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(cost: Cost) {
    this.#cost = cost;
    this.decoy = formatHash({ cost, salt: randomBytes(saltLength), tag: randomBytes(tagLength) });
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(saltLength);
    const tag = await this.#inTurn(true, () => derive(password, salt, this.#cost, tagLength));
    return formatHash({ cost: this.#cost, salt, tag });
  }

  async verify(password: string, hash: string, ahead: boolean): Promise<boolean> {
    const known = parseHash(hash);
    const { salt, cost, tag } = known ?? parseHash(this.decoy)!;
    const derived = await this.#inTurn(ahead, () => derive(password, salt, cost, tag.length));
    return timingSafeEqual(derived, tag) && known !== null;
  }

  async #inTurn<T>(ahead: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#running >= mostRunning) {
      const line = ahead ? this.#ahead : this.#waiting;
      if (line.length >= mostWaiting) throw new Unavailable('busy', 'too many sign in at once, try again soon');
      // Who leaves hands its place to the next one: `#running` stays as it is.
      await new Promise<void>((go) => line.push(go));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#ahead.shift() ?? this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

function derive(message: string, nonce: Uint8Array, cost: Cost, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    argon2(
      'argon2id',
      { message, nonce, parallelism: cost.parallelism, tagLength: length, memory: cost.memory, passes: cost.passes },
      (error, tag) => (error ? reject(error) : resolve(tag)),
    ),
  );
}
