// Secrets of accounts at other providers, sealed at rest: AES-256-GCM with a key that lies outside the data folder.
// Knows the key's file and the form of sealed octets; knows no row and no provider.
//
// Sealed: version 1 · first four octets of SHA-256 of the key · nonce of 96 random bits · ciphertext · tag of 128 bits.
// The octets before the nonce and the binding are authenticated along (NIST SP 800-38D): a secret moved to another row does not open.
// One key seals far fewer than 2^32 secrets, which is what random nonces allow.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { bytesFromHex, bytesFromUtf8, concatBytes, equalBytes, hexFromBytes, utf8FromBytes, type Bytes } from '../base/bytes.ts';
import { CauseTrouble } from '../journey/outside/causes.ts';
import type { OutsideSecret, Vault } from '../journey/outside/contract.ts';

export interface VaultParts {
  /** The key's file. Made when the first secret is sealed. */
  readonly path: string;
  /** All that is sealed now. While there is something, no key is made in the place of a missing one, nor another one used. */
  readonly sealed: () => Iterable<Bytes>;
}

/** How the vault stands, for `tayori check`. */
export type VaultState = 'unused' | 'ready' | 'missing' | 'another' | 'readable' | 'broken';

export interface OpenVault extends Vault {
  state(): VaultState;
}

const version = 1;
const markLength = 4;
const nonceLength = 12;
const tagLength = 16;
const headLength = 1 + markLength + nonceLength;
/** Of one secret: a pair of tokens is a few kilobytes. */
const longestSecret = 64 * 1024;

export function defaultKeyPath(dataFolder: string): string {
  return `${resolve(dataFolder)}.key`;
}

export function openVault(parts: VaultParts): OpenVault {
  return new FileVault(parts);
}

class FileVault implements OpenVault {
  readonly #parts: VaultParts;
  #key: Bytes | null = null;
  #sealsWith: Bytes | null = null;

  constructor(parts: VaultParts) {
    this.#parts = parts;
  }

  seal(secret: OutsideSecret, bound: string): Bytes {
    return this.sealText(JSON.stringify(secret), bound);
  }

  open(sealed: Bytes, bound: string): OutsideSecret {
    return JSON.parse(this.openText(sealed, bound)) as OutsideSecret;
  }

  sealText(text: string, bound: string): Bytes {
    const key = this.#keyToSeal();
    const plain = bytesFromUtf8(text);
    if (plain.length > longestSecret) throw new RangeError('a secret of more than 64 KiB');
    const head = concatBytes([Uint8Array.of(version), markOf(key)]);
    const nonce = randomBytes(nonceLength);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength }).setAAD(boundTo(head, bound));
    return concatBytes([head, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  openText(sealed: Bytes, bound: string): string {
    const key = this.#keyThere();
    if (sealed.length < headLength + tagLength || sealed[0] !== version)
      throw lost('the sealed secret is not of a form that is known here');
    if (!equalBytes(sealed.subarray(1, 1 + markLength), markOf(key))) throw lost(`${this.#parts.path} is not the key that sealed it`);
    const head = sealed.subarray(0, 1 + markLength);
    const nonce = sealed.subarray(1 + markLength, headLength);
    const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
      .setAAD(boundTo(head, bound))
      .setAuthTag(sealed.subarray(sealed.length - tagLength));
    try {
      return utf8FromBytes(concatBytes([cipher.update(sealed.subarray(headLength, sealed.length - tagLength)), cipher.final()]));
    } catch (cause) {
      // Never with the library's words alone: they say nothing, and the octets are not to be shown.
      throw lost('the sealed secret was changed, or belongs to another account', cause);
    }
  }

  state(): VaultState {
    const first = this.#firstSealed();
    try {
      const key = this.#key ?? readKey(this.#parts.path);
      if (key === null) return first === null ? 'unused' : 'missing';
      return first === null || isSealedBy(first, key) ? 'ready' : 'another';
    } catch (trouble) {
      return trouble instanceof KeyReadable ? 'readable' : 'broken';
    }
  }

  #keyThere(): Bytes {
    const key = (this.#key ??= readKey(this.#parts.path));
    if (key === null) throw lost(`the key of the sealed secrets is missing: ${this.#parts.path}`);
    return key;
  }

  /** A key that was only read proves nothing: the secrets that are here may be another's. */
  #keyToSeal(): Bytes {
    if (this.#sealsWith !== null) return this.#sealsWith;
    const first = this.#firstSealed();
    const key = this.#key ?? readKey(this.#parts.path);
    // Never a new key over an old one: what the old one sealed would be lost without a word.
    if (first !== null && key === null) throw lost(`the key of the sealed secrets is missing: ${this.#parts.path}`);
    if (first !== null && key !== null && !isSealedBy(first, key))
      throw lost(`${this.#parts.path} is not the key that sealed the secrets that are here`);
    return (this.#sealsWith = this.#key = key ?? makeKey(this.#parts.path));
  }

  #firstSealed(): Bytes | null {
    for (const sealed of this.#parts.sealed()) if (sealed.length > 0) return sealed;
    return null;
  }
}

/** Others on this machine may read the key. */
class KeyReadable extends CauseTrouble {}

function lost(message: string, cause?: unknown): CauseTrouble {
  return new CauseTrouble('key-missing', message, '', cause);
}

function boundTo(head: Bytes, bound: string): Bytes {
  return concatBytes([head, bytesFromUtf8(bound)]);
}

/** Tells keys apart without telling the key. */
function markOf(key: Bytes): Bytes {
  return createHash('sha256').update('tayori key ').update(key).digest().subarray(0, markLength);
}

function isSealedBy(sealed: Bytes, key: Bytes): boolean {
  return equalBytes(sealed.subarray(1, 1 + markLength), markOf(key));
}

/** Null when there is none. @throws CauseTrouble `key-missing` when it is no key, or others may read it. */
function readKey(path: string): Bytes | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (trouble) {
    if ((trouble as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw lost(`the key ${path} cannot be read`, trouble);
  }
  try {
    if ((fstatSync(file).mode & 0o077) !== 0)
      throw new KeyReadable('key-missing', `others on this machine may read the key ${path}: chmod 600 it`);
    const text = readFileSync(file, 'latin1').trim();
    if (!/^[0-9a-f]{64}$/.test(text)) throw lost(`${path} holds no key`);
    return bytesFromHex(text);
  } finally {
    closeSync(file);
  }
}

/** On disk, its name too, before anything is sealed with it. */
function makeKey(path: string): Bytes {
  const key = randomBytes(32);
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      fchmodSync(file, 0o600);
      writeSync(file, `${hexFromBytes(key)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch (trouble) {
    throw lost(`the key ${path} cannot be written; the setting "secret-key" names another file`, trouble);
  }
  return key;
}
