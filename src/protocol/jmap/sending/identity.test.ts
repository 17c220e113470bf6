// Identity, VacationResponse and MDN by the book on the memory store.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import type { JsonObject } from '../contract.ts';
import { openPost, type Post } from './office-suite.ts';

async function list(post: Post, person: string, type: string): Promise<JsonObject[]> {
  return (await post.one(person, `${type}/get`, { ids: null }))['list'] as JsonObject[];
}

test('an account’s own addresses are there by themselves, once, and cannot be taken away', async () => {
  const post = await openPost();
  const [first, second] = await Promise.all([list(post, 'hanako', 'Identity'), list(post, 'hanako', 'Identity')]);
  assert.deepEqual(first, second);
  const usual = { name: '花子', replyTo: null, bcc: null, textSignature: '', htmlSignature: '', mayDelete: false };
  // `all@` is a list of two: nobody's own.
  assert.deepEqual(first, [
    { id: 'I1', email: 'hanako@local.test', ...usual },
    { id: 'I2', email: 'info@local.test', ...usual },
  ]);
  const { notDestroyed } = await post.one('hanako', 'Identity/set', { destroy: ['I1'] });
  assert.equal(((notDestroyed as JsonObject)['I1'] as JsonObject)['type'], 'forbidden');
});

test('an alias that comes or goes is told as a change', async () => {
  const post = await openPost();
  await list(post, 'hanako', 'Identity');
  const { state } = await post.one('hanako', 'Identity/get', { ids: [] });
  await post.directory.putAlias({ address: 'shop@local.test', targets: ['hanako@local.test'] });
  await post.directory.removeAlias('info@local.test');
  const changes = await post.one('hanako', 'Identity/changes', { sinceState: state! });
  assert.deepEqual([changes['created'], changes['updated'], changes['destroyed']], [['I3'], [], ['I2']]);
  const again = await post.one('hanako', 'Identity/changes', { sinceState: changes['newState']! });
  assert.deepEqual([again['created'], again['destroyed'], again['newState']], [[], [], changes['newState']]);
});

test('one of its own with a signature, changed and destroyed', async () => {
  const post = await openPost();
  const { created } = await post.one('hanako', 'Identity/set', {
    create: { k: { email: 'hanako+shop@local.test', name: 'Shop', textSignature: '-- \nShop' } },
  });
  const { id } = (created as JsonObject)['k'] as { id: string };
  assert.deepEqual((created as JsonObject)['k'], { id, mayDelete: true, replyTo: null, bcc: null, htmlSignature: '' });
  const patch = { replyTo: [{ name: null, email: 'x@y.z' }], htmlSignature: '<b>Shop</b>', name: null };
  assert.deepEqual((await post.one('hanako', 'Identity/set', { update: { [id]: patch } }))['updated'], { [id]: null });
  const found = (await list(post, 'hanako', 'Identity')).find((one) => one['id'] === id);
  assert.deepEqual([found!['name'], found!['replyTo'], found!['textSignature']], ['', patch.replyTo, '-- \nShop']);
  assert.deepEqual((await post.one('hanako', 'Identity/set', { destroy: [id] }))['destroyed'], [id]);
});

const badIdentities: [name: string, identity: JsonObject, type: string, properties?: string[]][] = [
  ['somebody else’s address', { email: 'taro@local.test' }, 'forbiddenFrom'],
  ['an address elsewhere', { email: 'x@remote.test' }, 'forbiddenFrom'],
  ['a whole domain', { email: '*@local.test' }, 'forbiddenFrom'],
  ['no address', { email: 'nonsense' }, 'invalidProperties', ['email']],
  ['none at all', { name: 'x' }, 'invalidProperties', ['email']],
  ['a name of two lines', { email: 'hanako@local.test', name: 'a\nb' }, 'invalidProperties', ['name']],
  ['what the server sets', { email: 'hanako@local.test', mayDelete: true }, 'invalidProperties', ['mayDelete']],
  ['an address list that is none', { email: 'hanako@local.test', replyTo: 'x@y.z' }, 'invalidProperties', ['replyTo']],
];
for (const [name, identity, type, properties] of badIdentities)
  test(`identity refused: ${name}`, async () => {
    const post = await openPost();
    const { notCreated } = await post.one('hanako', 'Identity/set', { create: { k: identity } });
    const error = (notCreated as JsonObject)['k'] as JsonObject;
    assert.equal(error['type'], type);
    if (properties !== undefined) assert.deepEqual(error['properties'], properties);
  });

test('an identity’s address never changes', async () => {
  const post = await openPost();
  await list(post, 'hanako', 'Identity');
  const { notUpdated } = await post.one('hanako', 'Identity/set', { update: { I1: { email: 'info@local.test' }, I9: { name: 'x' } } });
  assert.deepEqual(notUpdated, { I1: { type: 'invalidProperties', properties: ['email'] }, I9: { type: 'notFound' } });
});

// --- VacationResponse -------------------------------------------------------------------------------------------------

test('vacation: one object, whole or by patches', async () => {
  const post = await openPost();
  const empty = { id: 'singleton', isEnabled: false, fromDate: null, toDate: null, subject: null, textBody: null, htmlBody: null };
  assert.deepEqual(await list(post, 'hanako', 'VacationResponse'), [empty]);
  const patch = { isEnabled: true, fromDate: '2026-11-23T00:00:00Z', textBody: 'away' };
  assert.deepEqual((await post.one('hanako', 'VacationResponse/set', { update: { singleton: patch } }))['updated'], { singleton: null });
  assert.deepEqual(await list(post, 'hanako', 'VacationResponse'), [{ ...empty, ...patch }]);
  await post.one('hanako', 'VacationResponse/set', { update: { singleton: { ...empty, ...patch, fromDate: null } } });
  assert.deepEqual(await list(post, 'hanako', 'VacationResponse'), [{ ...empty, isEnabled: true, textBody: 'away' }]);
  assert.deepEqual((await post.one('hanako', 'VacationResponse/get', { ids: ['singleton', 'x'], properties: ['isEnabled'] }))['notFound'], [
    'x',
  ]);
});

const badVacations: [name: string, args: JsonObject, type: string][] = [
  ['a second one', { create: { k: { isEnabled: true } } }, 'singleton'],
  ['taken away', { destroy: ['singleton'] }, 'singleton'],
  ['another id', { update: { x: { isEnabled: true } } }, 'notFound'],
  ['no truth', { update: { singleton: { isEnabled: 'yes' } } }, 'invalidProperties'],
  ['no date', { update: { singleton: { fromDate: 'today' } } }, 'invalidProperties'],
  [
    'an end before its beginning',
    { update: { singleton: { fromDate: '2026-11-23T00:00:00Z', toDate: '2026-11-22T00:00:00Z' } } },
    'invalidProperties',
  ],
  ['a subject of two lines', { update: { singleton: { subject: 'a\r\nBcc: x@y.z' } } }, 'invalidProperties'],
  ['what is not there', { update: { singleton: { mood: 'x' } } }, 'invalidProperties'],
];
for (const [name, args, type] of badVacations)
  test(`vacation refused: ${name}`, async () => {
    const answer = await (await openPost()).one('hanako', 'VacationResponse/set', args);
    const errors = { ...(answer['notCreated'] as object), ...(answer['notUpdated'] as object), ...(answer['notDestroyed'] as object) };
    assert.deepEqual(
      Object.values(errors).map((error) => (error as JsonObject)['type']),
      [type],
    );
  });

// --- MDN --------------------------------------------------------------------------------------------------------------

const asking = [
  'Return-Path: <taro@local.test>',
  'From: Taro <taro@local.test>',
  'To: hanako@local.test',
  'Subject: =?utf-8?B?5Lu25ZCN?=',
  'Message-ID: <ask@local.test>',
  'Disposition-Notification-To: Taro <taro@local.test>',
  '',
  'Please tell me.',
  '',
].join('\r\n');
const shown = { actionMode: 'manual-action', sendingMode: 'mdn-sent-manually', type: 'displayed' };

async function received(post: Post, text = asking): Promise<string> {
  const blobId = await post.upload('hanako', text);
  const { created } = await post.one('hanako', 'Email/import', {
    emails: { i: { blobId, mailboxIds: { [await post.mailbox('hanako', 'inbox')]: true } } },
  });
  return ((created as JsonObject)['i'] as JsonObject)['id'] as string;
}

test('a receipt: written, sent, noted at the letter, and read by the one who asked', async () => {
  const post = await openPost();
  await list(post, 'hanako', 'Identity');
  const forEmailId = await received(post);
  const answers = await post.ask('hanako', [
    [
      'MDN/send',
      {
        accountId: '$hanako',
        identityId: 'I1',
        send: { k: { forEmailId, disposition: shown, reportingUA: 'Tayori; Tayori', extensionFields: { 'X-Mood': 'calm' } } },
        onSuccessUpdateEmail: { '#k': { 'keywords/$mdnsent': true } },
      },
      '0',
    ],
  ]);
  assert.deepEqual(answers[0]![1]['sent'], { k: { finalRecipient: 'rfc822; hanako@local.test', originalMessageId: '<ask@local.test>' } });
  assert.deepEqual(answers[1]![1]['updated'], { [forEmailId]: null });
  const [letter] = await post.letters('taro', 'inbox');
  assert.match(letter!, /^Return-Path: <>\r\n/);
  assert.match((await simpleParser(Buffer.from(letter!, 'latin1'))).subject ?? '', /Read: 件名/);
  const parsed = await post.one('taro', 'MDN/parse', { blobIds: ['B1', 'B77'] });
  assert.deepEqual(parsed['notFound'], ['B77']);
  const { textBody, subject, ...mdn } = (parsed['parsed'] as JsonObject)['B1'] as JsonObject;
  assert.match(textBody as string, /displayed/);
  assert.match(subject as string, /件名/);
  assert.deepEqual(mdn, {
    forEmailId: null,
    includeOriginalMessage: false,
    reportingUA: 'Tayori; Tayori',
    disposition: shown,
    mdnGateway: null,
    originalRecipient: null,
    finalRecipient: 'rfc822; hanako@local.test',
    originalMessageId: '<ask@local.test>',
    error: null,
    extensionFields: { 'X-Mood': 'calm' },
  });
  const again = await post.one('hanako', 'MDN/send', { identityId: 'I1', send: { k: { forEmailId, disposition: shown } } });
  assert.equal(((again['notSent'] as JsonObject)['k'] as JsonObject)['type'], 'mdnAlreadySent');
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
});

test('of two receipts for one letter at once one goes, and none after it, whether the client notes it or not', async () => {
  const post = await openPost();
  await list(post, 'hanako', 'Identity');
  const forEmailId = await received(post);
  const send = () => post.one('hanako', 'MDN/send', { identityId: 'I1', send: { k: { forEmailId, disposition: shown } } });
  const answers = [...(await Promise.all([send(), send()])), await send()];
  const types = answers.map(({ notSent }) => (notSent === null ? 'sent' : ((notSent as JsonObject)['k'] as JsonObject)['type']));
  assert.deepEqual(types.toSorted(), ['mdnAlreadySent', 'mdnAlreadySent', 'sent']);
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
});

test('a receipt that could not go may go later', async () => {
  const post = await openPost();
  await list(post, 'hanako', 'Identity');
  const forEmailId = await received(post);
  const send = (more: JsonObject) =>
    post.one('hanako', 'MDN/send', { identityId: 'I1', send: { k: { forEmailId, disposition: shown, ...more } } });
  assert.equal((await send({ finalRecipient: 'rfc822; taro@local.test' }))['sent'], null);
  assert.equal((await send({}))['notSent'], null);
});

test('MDN/parse: every Error field, and what has no meaning here, as it was written (RFC 8098 §3.2.7, §3.3)', async () => {
  const post = await openPost();
  const fields = 'Final-Recipient: rfc822;\r\n a@b\r\nDisposition: automatic-action/MDN-sent-automatically; processed/error';
  const machine = `Content-Type: message/disposition-notification\r\n\r\n${fields}\r\nError: one\r\nerror: two\r\nX-Mood: calm\r\n`;
  const letter = `Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nWords.\r\n--b\r\n${machine}\r\n--b--\r\n`;
  const blob = `B${(await received(post, letter)).slice(1)}`;
  const { parsed } = await post.one('hanako', 'MDN/parse', { blobIds: [blob] });
  const { error, extensionFields, disposition, finalRecipient, textBody } = (parsed as JsonObject)[blob] as JsonObject;
  assert.deepEqual([error, extensionFields, finalRecipient], [['one', 'two'], { 'X-Mood': 'calm' }, 'rfc822; a@b']);
  assert.deepEqual(disposition, { actionMode: 'automatic-action', sendingMode: 'mdn-sent-automatically', type: 'processed' });
  assert.match(textBody as string, /Words/);
});

const badReceipts: [name: string, mdn: JsonObject, type: string, letter?: string][] = [
  ['a letter that is not there', { forEmailId: 'M99' }, 'notFound'],
  ['nobody asked', {}, 'notFound', asking.replace(/Disposition-Notification-To.*\r\n/, '')],
  ['a receipt of a receipt', {}, 'notFound', asking.replace('Subject', 'Content-Type: multipart/report; boundary=x\r\nSubject')],
  ['for somebody else', { finalRecipient: 'rfc822; taro@local.test' }, 'forbiddenFrom'],
  ['no disposition', { disposition: null }, 'invalidProperties'],
  ['an unknown disposition', { disposition: { ...shown, type: 'eaten' } }, 'invalidProperties'],
  ['what the server sets', { originalMessageId: '<x@y>' }, 'invalidProperties'],
  ['a field that has a meaning', { extensionFields: { Disposition: 'x' } }, 'invalidProperties'],
  ['a line end in a field', { extensionFields: { 'X-A': 'x\r\nBcc: a@b.c' } }, 'invalidProperties'],
  ['a line end in the subject', { subject: 'a\r\nb' }, 'invalidProperties'],
];
for (const [name, more, type, letter = asking] of badReceipts)
  test(`no receipt: ${name}`, async () => {
    const post = await openPost();
    await list(post, 'hanako', 'Identity');
    const forEmailId = await received(post, letter);
    const { notSent, sent } = await post.one('hanako', 'MDN/send', {
      identityId: 'I1',
      send: { k: { forEmailId, disposition: shown, ...more } },
    });
    assert.equal(sent, null);
    assert.equal(((notSent as JsonObject)['k'] as JsonObject)['type'], type);
    assert.deepEqual(await post.letters('taro', 'inbox'), []);
  });

test('an identity that is not there is a wrong argument; what is no receipt cannot be parsed', async () => {
  const post = await openPost();
  const answer = await post.one('hanako', 'MDN/send', { identityId: 'I99', send: {} });
  assert.equal((answer['error'] as JsonObject)['type'], 'invalidArguments');
  const id = await received(post);
  const blob = `B${id.slice(1)}`;
  assert.deepEqual((await post.one('hanako', 'MDN/parse', { blobIds: [blob] }))['notParsable'], [blob]);
});
