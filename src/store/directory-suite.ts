// Every rule of the directory contract as a test; all directories pass the same. Knows directory-contract.ts; knows no directory.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Refusal, Unavailable, type RefusalCode } from '../base/trouble.ts';
import type { AccountRow, Directory, DomainRow, NewAppPassword } from './directory-contract.ts';

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
