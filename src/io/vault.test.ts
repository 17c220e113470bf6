import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Bytes } from '../base/bytes.ts';
import { CauseTrouble } from '../journey/outside/causes.ts';
import type { OutsideSecret } from '../journey/outside/contract.ts';
import { openVault, type VaultState } from './vault.ts';

const secret: OutsideSecret = { kind: 'password', receive: 'ひみつ-of-hanako', send: 'ひみつ-of-hanako' };

function inFolder(run: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'vault-'));
  try {
    run(join(folder, 'data.key'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const lost = (trouble: unknown): boolean => trouble instanceof CauseTrouble && trouble.why === 'key-missing';
const open = (path: string, sealed: readonly Bytes[] = []) => openVault({ path, sealed: () => sealed });

test('a sealed secret opens with its binding, also after a new start; two seals of it differ', () =>
  inFolder((path) => {
    const vault = open(path);
    const sealed = vault.seal(secret, 'outside 1 2');
    assert.notDeepEqual(vault.seal(secret, 'outside 1 2'), sealed);
    assert.deepEqual(vault.open(sealed, 'outside 1 2'), secret);
    assert.deepEqual(open(path, [sealed]).open(sealed, 'outside 1 2'), secret);
    assert.ok(!Buffer.from(sealed).includes('hanako'));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(readFileSync(path, 'latin1'), /^[0-9a-f]{64}\n$/);
  }));

test('a secret of another row does not open, nor does one of which a single bit was changed', () =>
  inFolder((path) => {
    const vault = open(path);
    const sealed = Uint8Array.from(vault.seal(secret, 'outside 1 2'));
    assert.throws(() => vault.open(sealed, 'outside 1 3'), lost);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at]! ^= 1;
      assert.throws(() => vault.open(changed, 'outside 1 2'), lost, `octet ${at}`);
    }
    for (let length = 0; length < sealed.length; length++)
      assert.throws(() => vault.open(sealed.subarray(0, length), 'outside 1 2'), lost, `${length} octets`);
  }));

test('no key is made in the place of a missing one while something is sealed', () =>
  inFolder((path) => {
    const sealed = open(path).seal(secret, 'x');
    rmSync(path);
    const vault = open(path, [sealed]);
    assert.throws(() => vault.open(sealed, 'x'), lost);
    assert.throws(() => vault.seal(secret, 'y'), lost);
    assert.ok(!existsSync(path));
    open(path).seal(secret, 'y');
    assert.ok(existsSync(path), 'nothing sealed: a new key is no loss');
  }));

test('another key neither opens nor seals', () =>
  inFolder((path) => {
    const sealed = open(path).seal(secret, 'x');
    rmSync(path);
    open(path).seal(secret, 'y');
    const vault = open(path, [sealed]);
    assert.throws(() => vault.open(sealed, 'x'), lost);
    assert.throws(() => vault.seal(secret, 'y'), lost);
  }));

test("secrets that were let go stand in nobody's way: a new key is made", () =>
  inFolder((path) => {
    const gone = new Uint8Array(0);
    const vault = open(path, [gone]);
    assert.equal(vault.state(), 'unused' satisfies VaultState);
    assert.deepEqual(vault.open(vault.seal(secret, 'x'), 'x'), secret);
    assert.throws(() => vault.open(gone, 'x'), lost);
  }));

test('the state is told for tayori check, and no trouble tells the key', () =>
  inFolder((path) => {
    assert.equal(open(path).state(), 'unused' satisfies VaultState);
    const sealed = open(path).seal(secret, 'x');
    const key = readFileSync(path, 'latin1').trim();
    assert.equal(open(path, [sealed]).state(), 'ready' satisfies VaultState);
    chmodSync(path, 0o640);
    assert.equal(open(path, [sealed]).state(), 'readable' satisfies VaultState);
    assert.throws(
      () => open(path, [sealed]).open(sealed, 'x'),
      (trouble) => lost(trouble) && !String((trouble as Error).stack).includes(key),
    );
    chmodSync(path, 0o600);
    writeFileSync(path, `${key.slice(1)}\n`);
    assert.equal(open(path, [sealed]).state(), 'broken' satisfies VaultState);
    writeFileSync(path, `${key.replaceAll(/[0-9a-f]/g, '0')}\n`);
    assert.equal(open(path, [sealed]).state(), 'another' satisfies VaultState);
    rmSync(path);
    assert.equal(open(path, [sealed]).state(), 'missing' satisfies VaultState);
  }));
