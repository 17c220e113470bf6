// Every rule of the directory contract as a test; all directories pass the same. Knows directory-contract.ts; knows no directory.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Refusal, Unavailable, type RefusalCode } from '../base/trouble.ts';
import {
  mostOutsideAccounts,
  type AccountRow,
  type Directory,
  type DomainRow,
  type FactorProof,
  type FactorRow,
  type NewAppPassword,
} from './directory-contract.ts';
import type { OutsideAccountRow } from './outside-contract.ts';

export interface OpenedDirectory {
  readonly directory: Directory;
  /** Closes it and opens the same rows again. Missing when nothing outlives it. */
  reopen?(): Promise<Directory>;
  /** Another opening of the same rows, as another process would have, and how it is told to look for changes. */
  second?(): Promise<{ readonly directory: Directory; lookAgain(): void }>;
  end(): Promise<void>;
}

const domain: DomainRow = { name: 'example.test', catchAll: null, subaddress: '+' };

const keys = { salt: Uint8Array.of(1, 0, 255), iterations: 4096, storedKey: new Uint8Array(32).fill(7), serverKey: new Uint8Array(32) };

function account(local: string, more: Partial<AccountRow> = {}): Omit<AccountRow, 'id'> {
  return {
    address: `${local}@example.test`,
    name: `The ${local}`,
    passwordHash: '$argon2id$x',
    scram: { 'SHA-256': keys },
    quota: null,
    createdAt: 1000,
    closedAt: null,
    ...more,
  };
}

function appPassword(of: number, sha256: string): NewAppPassword {
  return { account: of, name: 'phone', sha256, scram: { 'SHA-1': keys }, protocols: ['imap', 'smtp'], createdAt: 5 };
}

const server = { host: 'mail.far.test', security: 'tls', login: 'ada', auth: 'password', exceptions: ['static-rsa'] } as const;

function outside(owner: number, address: string, more: Partial<OutsideAccountRow> = {}): Omit<OutsideAccountRow, 'id' | 'secret'> {
  return {
    owner,
    address,
    name: 'Ada 日本',
    provider: null,
    receive: { ...server, service: 'imap', port: 993 },
    send: { ...server, service: 'smtp', port: 465 },
    leaving: { keep: 'days', days: 7 },
    sentCopy: 'provider',
    provenance: { 'receive.host': 'srv' },
    provenAt: 12,
    createdAt: 11,
    paused: true,
    closedAt: null,
    health: { state: 'good', cause: null, words: '', at: 12, lastReceivedAt: null, lastSentAt: 3 },
    ...more,
  };
}

const sealed = (id: number): Uint8Array => Uint8Array.of(0, 255, id);

/** Octets as numbers, so that a Buffer and a Uint8Array are alike. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => (ArrayBuffer.isView(inner) ? [...(inner as Uint8Array)] : inner)),
    (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && 'type' in inner && inner.type === 'Buffer' && 'data' in inner ? inner.data : inner,
  );
}

async function refuses(code: RefusalCode, run: () => Promise<unknown>): Promise<void> {
  await assert.rejects(run, (trouble) => trouble instanceof Refusal && trouble.code === code);
}

export function runDirectorySuite(name: string, open: () => Promise<OpenedDirectory>): void {
  const rule = (title: string, run: (directory: Directory, opened: OpenedDirectory) => Promise<void>): void =>
    void test(title, async () => {
      const opened = await open();
      try {
        await opened.directory.putDomain(domain);
        await run(opened.directory, opened);
      } finally {
        await opened.end();
      }
    });

  suite(`directory: ${name}`, () => {
    rule('putDomain adds and replaces; domains are ordered by name', async (directory) => {
      await directory.putDomain({ name: 'a.test', catchAll: 'all@a.test', subaddress: null });
      await directory.putDomain({ ...domain, subaddress: '-' });
      assert.deepEqual(directory.domains(), [
        { name: 'a.test', catchAll: 'all@a.test', subaddress: null },
        { ...domain, subaddress: '-' },
      ]);
      assert.equal(directory.domain('other.test'), null);
    });

    rule('removeDomain refuses while there are accounts or aliases', async (directory) => {
      const { id } = await directory.addAccount(account('ada'));
      await directory.putAlias({ address: 'info@example.test', targets: ['ada@example.test'] });
      await refuses('in-use', () => directory.removeDomain('example.test'));
      await directory.removeAccount(id);
      await refuses('in-use', () => directory.removeDomain('example.test'));
      await directory.removeAlias('info@example.test');
      await directory.removeDomain('example.test');
      await directory.removeDomain('example.test');
      assert.deepEqual(directory.domains(), []);
    });

    rule('addAccount gives the row back, and it is found by id and address', async (directory) => {
      const added = await directory.addAccount(account('ada', { quota: 1000, closedAt: 7 }));
      assert.deepEqual(plain(added), plain({ ...account('ada', { quota: 1000, closedAt: 7 }), id: added.id }));
      assert.deepEqual(plain(directory.accountById(added.id)), plain(added));
      assert.deepEqual(plain(directory.accountByAddress('ada@example.test')), plain(added));
      await directory.addAccount(account('aaron'));
      assert.deepEqual(
        directory.accounts().map((row) => row.address),
        ['aaron@example.test', 'ada@example.test'],
      );
    });

    rule('addAccount refuses a taken address and a foreign domain', async (directory) => {
      await directory.addAccount(account('ada'));
      await directory.putAlias({ address: 'info@example.test', targets: [] });
      await refuses('already-exists', () => directory.addAccount(account('ada')));
      await refuses('already-exists', () => directory.addAccount(account('info')));
      await refuses('nonexistent', () => directory.addAccount(account('ada', { address: 'ada@other.test' })));
      assert.equal(directory.accounts().length, 1);
    });

    rule('updateAccount changes what is given; a new address replaces the old one', async (directory) => {
      const { id } = await directory.addAccount(account('ada'));
      await directory.addAccount(account('ben'));
      const changed = await directory.updateAccount(id, { address: 'eve@example.test', quota: 5, scram: {} });
      assert.deepEqual(plain(changed), plain({ ...account('ada', { address: 'eve@example.test', quota: 5, scram: {} }), id }));
      assert.equal(directory.accountByAddress('ada@example.test'), null);
      assert.equal(directory.accountByAddress('eve@example.test')?.id, id);
      await refuses('already-exists', () => directory.updateAccount(id, { address: 'ben@example.test' }));
      await refuses('nonexistent', () => directory.updateAccount(4711, { name: 'x' }));
      await directory.updateAccount(id, { address: 'eve@example.test', name: 'Eve' });
      assert.equal(directory.accountById(id)?.name, 'Eve');
    });

    rule('an id is never given again', async (directory, { reopen }) => {
      const first = await directory.addAccount(account('ada'));
      await directory.removeAccount(first.id);
      const again = reopen === undefined ? directory : await reopen();
      assert.ok((await again.addAccount(account('ada'))).id > first.id);
    });

    rule('removeAccount takes its app passwords along', async (directory) => {
      const { id } = await directory.addAccount(account('ada'));
      await directory.addAppPassword(appPassword(id, 'aa'));
      await directory.removeAccount(id);
      await directory.removeAccount(id);
      assert.equal(directory.accountByAddress('ada@example.test'), null);
      assert.equal(directory.appPasswordBySha256('aa'), null);
      assert.deepEqual(directory.appPasswords(id), []);
    });

    rule('aliases are added, replaced and removed', async (directory) => {
      await directory.putAlias({ address: 'info@example.test', targets: ['ada@example.test', 'x@far.test'] });
      await directory.putAlias({ address: 'a@example.test', targets: [] });
      await directory.putAlias({ address: 'info@example.test', targets: ['ben@example.test'] });
      assert.deepEqual(directory.alias('info@example.test'), { address: 'info@example.test', targets: ['ben@example.test'] });
      assert.deepEqual(
        directory.aliases().map((row) => row.address),
        ['a@example.test', 'info@example.test'],
      );
      await directory.removeAlias('info@example.test');
      assert.equal(directory.alias('info@example.test'), null);
      await refuses('nonexistent', () => directory.putAlias({ address: 'info@other.test', targets: [] }));
      await directory.addAccount(account('ada'));
      await refuses('already-exists', () => directory.putAlias({ address: 'ada@example.test', targets: [] }));
    });

    rule('app passwords are found by hash, and their use is noted', async (directory, { reopen }) => {
      const { id } = await directory.addAccount(account('ada'));
      const added = await directory.addAppPassword(appPassword(id, 'aa'));
      assert.deepEqual(added, { ...appPassword(id, 'aa'), id: added.id, lastUsedAt: null, lastUsedFrom: null, uses: {} });
      assert.deepEqual(directory.appPasswordBySha256('aa'), added);
      await refuses('already-exists', () => directory.addAppPassword(appPassword(id, 'aa')));
      await refuses('nonexistent', () => directory.addAppPassword(appPassword(4711, 'bb')));
      directory.touchAppPassword(added.id, 90, '192.0.2.7', 'smtp');
      directory.touchAppPassword(added.id, 98, '192.0.2.8', 'imap');
      directory.touchAppPassword(added.id, 99, '192.0.2.1', 'imap');
      directory.touchAppPassword(4711, 99, '192.0.2.1', 'imap');
      const uses = { smtp: { at: 90, from: '192.0.2.7' }, imap: { at: 99, from: '192.0.2.1' } };
      const touched = { ...added, lastUsedAt: 99, lastUsedFrom: '192.0.2.1', uses };
      assert.deepEqual(directory.appPasswords(id), [touched]);
      let again = reopen === undefined ? directory : await reopen();
      assert.deepEqual(plain(again.appPasswordBySha256('aa')), plain(touched));
      // A later use of one protocol leaves the others as they were written.
      again.touchAppPassword(added.id, 120, '192.0.2.9', 'smtp');
      const later = { ...touched, lastUsedAt: 120, lastUsedFrom: '192.0.2.9', uses: { ...uses, smtp: { at: 120, from: '192.0.2.9' } } };
      if (reopen !== undefined) again = await reopen();
      assert.deepEqual(plain(again.appPasswordBySha256('aa')), plain(later));
      await again.removeAppPassword(added.id);
      assert.equal(again.appPasswordBySha256('aa'), null);
    });

    rule('an account at another provider has a number of its own, that nobody had or gets again', async (directory, { reopen }) => {
      const { id: owner } = await directory.addAccount(account('ada'));
      const added = await directory.addOutsideAccount(outside(owner, 'Ada@far.test'), sealed);
      assert.deepEqual(plain(added), plain({ ...outside(owner, 'Ada@far.test'), id: added.id, secret: sealed(added.id) }));
      assert.deepEqual(directory.outsideAccount(added.id), added);
      assert.deepEqual(directory.outsideAccountByAddress(owner, 'ada@FAR.test'), added);
      const { id: next } = await directory.addAccount(account('ben'));
      assert.deepEqual([added.id > owner, next > added.id], [true, true]);
      await directory.removeOutsideAccount(added.id);
      await directory.removeOutsideAccount(added.id);
      assert.equal(directory.outsideAccountByAddress(owner, 'ada@far.test'), null);
      const again = reopen === undefined ? directory : await reopen();
      assert.equal(again.outsideAccount(added.id), null);
      assert.ok((await again.addOutsideAccount(outside(owner, 'ada@far.test'), sealed)).id > next);
    });

    rule('one person has an address at another provider once; two people may have the same', async (directory) => {
      const { id: ada } = await directory.addAccount(account('ada'));
      const { id: ben } = await directory.addAccount(account('ben'));
      const first = await directory.addOutsideAccount(outside(ada, 'x@far.test'), sealed);
      const second = await directory.addOutsideAccount(outside(ada, 'y@far.test'), sealed);
      const other = await directory.addOutsideAccount(outside(ben, 'x@far.test'), sealed);
      await refuses('already-exists', () => directory.addOutsideAccount(outside(ada, 'X@far.test'), sealed));
      await refuses('already-exists', () => directory.updateOutsideAccount(second.id, { address: 'x@far.test' }));
      await refuses('nonexistent', () => directory.addOutsideAccount(outside(4711, 'x@far.test'), sealed));
      await refuses('nonexistent', () => directory.updateOutsideAccount(4711, { paused: true }));
      // The number of a person is no account at another provider.
      await refuses('nonexistent', () => directory.updateOutsideAccount(ada, { paused: true }));
      const ids = (rows: readonly OutsideAccountRow[]): number[] => rows.map(({ id }) => id);
      assert.deepEqual(ids(directory.outsideAccounts()), [first.id, second.id, other.id]);
      assert.deepEqual(ids(directory.outsideAccounts(ada)), [first.id, second.id]);
    });

    rule('a person has a hundred accounts at other providers at most', async (directory) => {
      const { id: ada } = await directory.addAccount(account('ada'));
      const { id: ben } = await directory.addAccount(account('ben'));
      for (let i = 0; i < mostOutsideAccounts; i++) await directory.addOutsideAccount(outside(ada, `x${i}@far.test`), sealed);
      await refuses('limit', () => directory.addOutsideAccount(outside(ada, 'x@far.test'), sealed));
      await directory.addOutsideAccount(outside(ben, 'x@far.test'), sealed);
    });

    rule('updateOutsideAccount changes what is given, but never whose it is', async (directory, { reopen }) => {
      const { id: owner } = await directory.addAccount(account('ada'));
      const { id } = await directory.addOutsideAccount(outside(owner, 'x@far.test'), sealed);
      const change = { address: 'z@far.test', leaving: { keep: 'none' }, closedAt: 9, secret: Uint8Array.of(7), provider: 'far' } as const;
      const changed = await directory.updateOutsideAccount(id, { ...change, owner: 4711 } as typeof change);
      assert.deepEqual(plain(changed), plain({ ...outside(owner, 'z@far.test'), ...change, id }));
      assert.equal(directory.outsideAccountByAddress(owner, 'x@far.test'), null);
      const again = reopen === undefined ? directory : await reopen();
      assert.deepEqual(plain(again.outsideAccounts()), plain([changed]));
    });

    rule('health is noted without telling anybody, and is there after opening again', async (directory, { reopen }) => {
      const { id: owner } = await directory.addAccount(account('ada'));
      const { id, health } = await directory.addOutsideAccount(outside(owner, 'x@far.test'), sealed);
      let heard = 0;
      directory.onChange(() => heard++);
      directory.noteOutsideHealth(id, { ...health, state: 'bad', cause: 'wrong-password', words: 'no', at: 20 });
      const last = { ...health, state: 'bad', cause: 'timeout', words: '…', at: 21 } as const;
      directory.noteOutsideHealth(id, last);
      directory.noteOutsideHealth(4711, last);
      assert.deepEqual([heard, directory.outsideAccount(id)?.health], [0, last]);
      // A change of something else does not take the note back.
      await directory.updateOutsideAccount(id, { name: 'Eve' });
      assert.deepEqual(directory.outsideAccount(id)?.health, last);
      const again = reopen === undefined ? directory : await reopen();
      assert.deepEqual(again.outsideAccount(id)?.health, last);
      again.noteOutsideHealth(id, { ...last, at: 22 });
      await again.updateOutsideAccount(id, { health: { ...last, at: 23 } });
      assert.equal(again.outsideAccount(id)?.health.at, 23);
    });

    rule('removeAccount takes its accounts at other providers along', async (directory, { reopen }) => {
      const { id: ada } = await directory.addAccount(account('ada'));
      const { id: ben } = await directory.addAccount(account('ben'));
      await directory.addOutsideAccount(outside(ada, 'x@far.test'), sealed);
      const kept = await directory.addOutsideAccount(outside(ben, 'x@far.test'), sealed);
      await directory.removeAccount(ada);
      assert.deepEqual(directory.outsideAccounts(), [kept]);
      const again = reopen === undefined ? directory : await reopen();
      assert.deepEqual(plain(again.outsideAccounts()), plain([kept]));
    });

    rule('a set-up link is claimed once, and by what it was used is kept', async (directory, { reopen }) => {
      const { id: owner } = await directory.addAccount(account('ada'));
      const row = { account: owner, sha256: 'cc', device: 'phone', createdAt: 5, expiresAt: 50 };
      const added = await directory.addSetupLink(row);
      assert.deepEqual(added, { ...row, id: added.id, used: null });
      assert.deepEqual(directory.setupLinkBySha256('cc'), added);
      await refuses('already-exists', () => directory.addSetupLink(row));
      await refuses('nonexistent', () => directory.addSetupLink({ ...row, account: 4711, sha256: 'dd' }));
      const used = { at: 7, browser: 'ee', choice: 'iphone imap', appPassword: null };
      const claims = await Promise.allSettled([directory.claimSetupLink(added.id, used), directory.claimSetupLink(added.id, used)]);
      assert.deepEqual(claims.map((one) => one.status).toSorted(), ['fulfilled', 'rejected']);
      await refuses('in-use', () => directory.claimSetupLink(added.id, used));
      await refuses('nonexistent', () => directory.claimSetupLink(4711, used));
      await directory.noteSetupLink(added.id, 12);
      const again = reopen === undefined ? directory : await reopen();
      assert.deepEqual(again.setupLinks(owner), [{ ...added, used: { ...used, appPassword: 12 } }]);
      await again.removeSetupLink(added.id);
      await again.removeSetupLink(added.id);
      assert.equal(again.setupLinkBySha256('cc'), null);
      await again.addSetupLink(row);
      await again.removeAccount(owner);
      assert.equal(again.setupLinkBySha256('cc'), null);
    });

    rule('browsers that are signed in: found by what they hold, noted, ended, and gone with the account', async (directory, { reopen }) => {
      const { id: owner } = await directory.addAccount(account('ada'));
      const row = { account: owner, sha256: 'dd', passwordMark: 'ee', device: 'Firefox', how: 'totp' as const };
      const added = await directory.addWebSession({ ...row, createdAt: 5, lastUsedAt: 5, lastUsedFrom: '192.0.2.1' });
      assert.deepEqual(directory.webSessionBySha256('dd'), added);
      await refuses('already-exists', () => directory.addWebSession(added));
      await refuses('nonexistent', () => directory.addWebSession({ ...added, sha256: 'ff', account: 4711 }));
      directory.touchWebSession(added.id, 9, '192.0.2.2');
      directory.touchWebSession(4711, 9, '192.0.2.2');
      const seen = { ...added, lastUsedAt: 9, lastUsedFrom: '192.0.2.2' };
      assert.deepEqual(directory.webSessions(owner), [seen]);
      const { id: ben } = await directory.addAccount(account('ben'));
      const his = await directory.addWebSession({ ...added, sha256: 'bb', account: ben });
      assert.deepEqual([directory.webSessions(ben), directory.webSessions()], [[his], [seen, his]]);
      await directory.removeAccount(ben);
      assert.deepEqual(directory.webSessions(), [seen]);
      const again = (await reopen?.()) ?? directory;
      assert.deepEqual(again.webSessions(owner), [seen]);
      await again.removeWebSession(added.id);
      await again.removeWebSession(added.id);
      assert.equal(again.webSessionBySha256('dd'), null);
      const other = await again.addWebSession({ ...row, createdAt: 5, lastUsedAt: 5, lastUsedFrom: '192.0.2.1' });
      assert.notEqual(other.id, added.id);
      await again.removeAccount(owner);
      assert.equal(again.webSessionBySha256('dd'), null);
    });

    rule(
      'what a person has besides the password: used in one step, found by credential, gone with the account',
      async (directory, opened) => {
        const { id: owner } = await directory.addAccount(account('ada'));
        const totp = await directory.addFactor({
          account: owner,
          name: 'phone',
          createdAt: 5,
          proof: { kind: 'totp', sealed: 'AA==', lastStep: 7 },
        });
        const key = { kind: 'passkey', credential: 'c-1', publicKey: 'k', count: 0 } as const;
        const passkey = await directory.addFactor({ account: owner, name: 'key', createdAt: 6, proof: key });
        await refuses('already-exists', () => directory.addFactor({ account: owner, name: 'key', createdAt: 6, proof: key }));
        await refuses('nonexistent', () =>
          directory.addFactor({ account: 4711, name: 'x', createdAt: 6, proof: { ...key, credential: 'c' } }),
        );
        assert.deepEqual(directory.factorByCredential('c-1'), passkey);
        const step = (row: FactorRow): FactorProof => {
          if (row.proof.kind !== 'totp' || row.proof.lastStep >= 8) throw new Refusal('authentication-failed', 'used');
          return { ...row.proof, lastStep: 8 };
        };
        const both = await Promise.allSettled([directory.useFactor(totp.id, 9, step), directory.useFactor(totp.id, 9, step)]);
        assert.deepEqual(both.map((one) => one.status).toSorted(), ['fulfilled', 'rejected']);
        await refuses('nonexistent', () => directory.useFactor(4711, 9, step));
        const after = { ...totp, lastUsedAt: 9, proof: { kind: 'totp', sealed: 'AA==', lastStep: 8 } };
        assert.deepEqual(directory.factors(owner), [after, passkey]);
        const again = (await opened.reopen?.()) ?? directory;
        assert.deepEqual(again.factors(owner), [after, passkey]);
        await again.removeFactor(totp.id);
        await again.removeFactor(totp.id);
        assert.deepEqual(again.factors(owner), [passkey]);
        await again.removeAccount(owner);
        assert.equal(again.factorByCredential('c-1'), null);
      },
    );

    rule('values are kept by name', async (directory) => {
      assert.equal(directory.value('instance'), null);
      await directory.putValue('instance', 'one');
      await directory.putValue('instance', 'two');
      assert.equal(directory.value('instance'), 'two');
    });

    rule('each change is heard once, after it can be read; a refused one is not', async (directory) => {
      const seen: (string | null)[] = [];
      const stop = directory.onChange(() => seen.push(directory.value('x')));
      await directory.putValue('x', '1');
      await refuses('nonexistent', () => directory.updateAccount(4711, {}));
      await directory.removeAlias('nobody@example.test');
      await directory.putValue('x', '2');
      stop();
      await directory.putValue('x', '3');
      assert.deepEqual(seen, ['1', '2']);
    });

    rule('everything is there after closing and opening again', async (directory, { reopen }) => {
      if (reopen === undefined) return;
      const { id } = await directory.addAccount(account('ada', { quota: 2 ** 40 }));
      await directory.putAlias({ address: 'info@example.test', targets: ['ada@example.test'] });
      await directory.addAppPassword(appPassword(id, 'aa'));
      await directory.putValue('x', '日本');
      const picture = (one: Directory): unknown =>
        plain([one.domains(), one.accounts(), one.aliases(), one.appPasswords(id), one.value('x')]);
      const before = picture(directory);
      assert.deepEqual(picture(await reopen()), before);
      await assert.rejects(() => directory.putValue('x', 'late'), Unavailable);
    });

    rule('another process sees changes when it looks, and writes on top of them', async (directory, { second }) => {
      if (second === undefined) return;
      const other = await second();
      let heard = 0;
      other.directory.onChange(() => heard++);
      await directory.addAccount(account('ada'));
      other.lookAgain();
      other.lookAgain();
      assert.equal(heard, 1);
      assert.equal(other.directory.accountByAddress('ada@example.test')?.name, 'The ada');
      await directory.addAccount(account('ben'));
      await refuses('already-exists', () => other.directory.addAccount(account('ben')));
      const { id } = await other.directory.addAccount(account('eve'));
      await refuses('already-exists', () => directory.addAccount(account('eve')));
      assert.equal(directory.accountById(id)?.address, 'eve@example.test');
      await other.directory.close();
    });
  });
}
