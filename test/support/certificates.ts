// Certificates for tests with other people's servers: a private authority, and every way in which a certificate can be wrong.
// Good ones are made by our own code, weak and RSA ones by OpenSSL, because ours makes no weak ones.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeLeaf, makeRoot, type MadeCertificate } from '../../src/setup/ca-making.ts';

const day = 24 * 3600_000;
const now = Date.now();
const lasting = { from: new Date(now - day), to: new Date(now + 90 * day) };

export interface TestAuthority {
  /** PEM, to be believed by the one who tests. */
  readonly root: string;
  readonly good: MadeCertificate;
  readonly expired: MadeCertificate;
  readonly notYet: MadeCertificate;
  readonly otherName: MadeCertificate;
  /** Of an authority that nobody knows. */
  readonly unknown: MadeCertificate;
}

/** All are for `name`, but `otherName`, which is for `www.example.test` and `other.test`. */
export async function makeAuthority(name: string): Promise<TestAuthority> {
  const [root, stranger] = await Promise.all([makeRoot('Tests', lasting), makeRoot('Strangers', lasting)]);
  const [good, expired, notYet, otherName, unknown] = await Promise.all([
    makeLeaf([name, '127.0.0.1'], lasting, root),
    makeLeaf([name], { from: new Date(now - 90 * day), to: new Date(now - day) }, root),
    makeLeaf([name], { from: new Date(now + day), to: new Date(now + 90 * day) }, root),
    makeLeaf(['www.example.test', 'other.test'], lasting, root),
    makeLeaf([name], lasting, stranger),
  ]);
  return { root: root.certificate, good: good!, expired: expired!, notYet: notYet!, otherName: otherName!, unknown: unknown! };
}

/** One that signs itself: an RSA key of `bits`, for `name`. Believe its own PEM to have only its weakness left. */
export function makeSelfSigned(name: string, bits = 2048, digest = 'sha256'): MadeCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'tayori-certificate-'));
  try {
    const [key, certificate, settings] = ['key.pem', 'certificate.pem', 'openssl.cnf'].map((file) => join(folder, file)) as [
      string,
      string,
      string,
    ];
    writeFileSync(
      settings,
      `[req]\ndistinguished_name = dn\nx509_extensions = v3\nprompt = no\n[dn]\nCN = Alone ${randomUUID()}\n[v3]\nsubjectAltName = DNS:${name}\n`,
    );
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-config',
        settings,
        '-newkey',
        `rsa:${bits}`,
        `-${digest}`,
        '-nodes',
        '-days',
        '30',
        '-keyout',
        key,
        '-out',
        certificate,
      ],
      { stdio: 'ignore' },
    );
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
