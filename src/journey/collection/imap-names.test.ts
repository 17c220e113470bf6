import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignRoles, freeName, nameOfPath, pathOfName, roleOfName, type NameForm } from './imap-names.ts';

const slash: NameForm = { prefix: '', delimiter: '/' };
const courier: NameForm = { prefix: 'INBOX.', delimiter: '.' };
const dots: NameForm = { prefix: '', delimiter: '.' };
const flat: NameForm = { prefix: '', delimiter: '' };

// path there, form, name here, and the path that this name gets when it comes from here
const names: readonly [path: string, form: NameForm, name: string, back?: string][] = [
  ['INBOX', slash, 'INBOX'],
  ['inbox', slash, 'INBOX', 'INBOX'],
  ['Work/2026', slash, 'Work/2026'],
  ['INBOX.Sent', courier, 'Sent'],
  ['INBOX.Work.2026', courier, 'Work/2026'],
  ['INBOX/Below', slash, 'INBOX/Below'],
  ['INBOX.INBOX', courier, 'INBOX_', 'INBOX.INBOX_'],
  ['a.b', dots, 'a/b'],
  ['in/out', dots, 'in\u2215out'],
  ['[Gmail]/送信済みメール', slash, '[Gmail]/送信済みメール'],
  ['a//b', slash, 'a/_/b', 'a/_/b'],
  ['../etc', slash, '_/etc', '_/etc'],
  ['50%*', slash, '50__', '50__'],
  [' padded ', slash, 'padded', 'padded'],
  ['one', flat, 'one'],
];

for (const [path, form, name, back] of names)
  test(`${JSON.stringify(path)} divided by ${JSON.stringify(form.delimiter)} is ${name} here`, () => {
    assert.equal(nameOfPath(path, form), name);
    assert.equal(pathOfName(name, form), back ?? path);
  });

test('a level that holds the delimiter there, and levels where there are none', () => {
  assert.equal(pathOfName('v1.2/a', dots), 'v1_2.a');
  assert.equal(pathOfName('a/b', flat), 'a-b');
});

test('names stay bounded', () => {
  const name = nameOfPath(Array.from({ length: 500 }, () => 'x'.repeat(500)).join('/'), slash);
  assert.ok(name.split('/').length <= 20 && name.length <= 20 * 201);
});

test('a name that is taken gets a number', () => {
  assert.equal(
    freeName('Work', (name) => ['Work', 'Work (2)'].includes(name)),
    'Work (3)',
  );
});

test('roles: what is told goes before names, one folder a role', () => {
  const folders = [
    { path: 'INBOX', role: null },
    { path: 'Sent', role: null },
    { path: 'Gesendet', role: 'sent' as const },
    { path: '迷惑メール', role: null },
    { path: 'Trash', role: null },
    { path: 'Deleted Items', role: null },
    { path: 'Work/Drafts', role: null },
  ];
  assert.deepEqual(
    [...assignRoles(folders, slash)],
    [
      ['INBOX', 'inbox'],
      ['Gesendet', 'sent'],
      ['迷惑メール', 'junk'],
      ['Trash', 'trash'],
    ],
  );
  assert.equal(roleOfName('ＳＰＡＭ'), 'junk');
});
