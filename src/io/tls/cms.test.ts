// A signed document is verified by OpenSSL, for RSA and for elliptic keys, with and without a certificate in between.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { skipWithout } from '../../../scripts/debian-packages.ts';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { signDocument } from './cms.ts';

const document = 'こんにちは\nGrüße\n';

function openssl(...words: readonly string[]): Buffer {
  return execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] });
}

const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

/** A root, an authority in between that it certified, and a server certificate of that. */
function makeChain(folder: string, kind: readonly string[]): { readonly cert: string; readonly key: string; readonly root: string } {
  const at = (name: string) => join(folder, name);
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
  openssl(
    'req',
    '-x509',
    ...elliptic,
    '-nodes',
    '-subj',
    '/CN=Root',
    '-days',
    '3',
    '-keyout',
    at('root.key'),
    '-out',
    at('root.pem'),
    ...ca,
  );
  for (const [name, issuer, extensions] of [
    ['between', 'root', 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign'],
    ['site', 'between', 'subjectAltName=DNS:mail.example.test\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature'],
  ] as const) {
    const of = name === 'site' ? kind : elliptic;
    openssl('req', '-new', ...of, '-nodes', '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`));
    writeFileSync(at(`${name}.ext`), extensions);
    const by = ['-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`), '-CAcreateserial', '-days', '2', '-extfile', at(`${name}.ext`)];
    openssl('x509', '-req', '-in', at(`${name}.csr`), ...by, '-out', at(`${name}.pem`));
  }
  const read = (name: string) => readFileSync(at(name), 'utf8');
  return { cert: read('site.pem') + read('between.pem'), key: read('site.key'), root: at('root.pem') };
}

suite('signDocument', { skip: skipWithout('openssl') }, () => {
  for (const [name, kind] of [
    ['RSA 2048', ['-newkey', 'rsa:2048']],
    ['ECDSA P-256', elliptic],
    ['ECDSA P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1']],
  ] as const)
    test(`${name}: openssl cms -verify finds the chain, the document and the signature good`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'tayori-cms-'));
      try {
        const { cert, key, root } = makeChain(folder, kind);
        const der = await signDocument(bytesFromUtf8(document), { cert, key }, new Date());
        const file = join(folder, 'signed.der');
        writeFileSync(file, der);
        const verify = (path: string) =>
          spawnSync('openssl', ['cms', '-verify', '-inform', 'DER', '-in', path, '-CAfile', root, '-purpose', 'any', '-binary']);
        const verified = verify(file);
        assert.equal(verified.status, 0, verified.stderr.toString());
        assert.equal(verified.stdout.toString(), document);

        // One octet of the document changed: no longer good.
        const damaged = Buffer.from(der);
        const place = damaged.indexOf('Gr');
        damaged[place] = damaged[place]! ^ 1;
        writeFileSync(join(folder, 'damaged.der'), damaged);
        assert.notEqual(verify(join(folder, 'damaged.der')).status, 0);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
});
