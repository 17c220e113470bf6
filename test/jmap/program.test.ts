// JMAP against the whole program: session, requests, files, events, WebSocket, and their ends.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createTransport } from 'nodemailer';
import { WebSocket } from 'ws';
import { jmapAsker, type JmapAsker } from '../support/jmap.ts';
import { inFolder, start, tayori, type Started } from '../support/program.ts';

describe('JMAP over HTTP', () => {
  let server: Started;
  let data: string;
  let hanako: JmapAsker;
  let taro: JmapAsker;
  let own: string;
  let end: () => void;
  let whole: Promise<void>;

  before(async () => {
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    end = () => ended.resolve();
    whole = inFolder(async (folder) => {
      data = join(folder, 'data');
      server = await start(data);
      const origin = `http://localhost:${server.portOf('http')}`;
      const [first, second] = server.listening.people;
      hanako = jmapAsker(origin, first!.address, first!.password);
      taro = jmapAsker(origin, second!.address, second!.password);
      ready.resolve();
      await ended.promise;
      const { code, err } = await server.stop();
      assert.equal(code, 0, err);
      assert.doesNotMatch(err, /"level":"error"/);
    });
    whole.catch(ready.reject);
    await ready.promise;
    own = (await hanako.session()).primaryAccounts['urn:ietf:params:jmap:blob'];
  });
  after(async () => {
    end();
    await whole;
  });

  test('the session: at both addresses, the same state as in answers', async () => {
    const session = await hanako.session();
    assert.equal(session.username, server.listening.people[0]!.address);
    assert.equal(session.apiUrl, `${hanako.origin}/jmap/api`);
    assert.equal(session.capabilities['urn:ietf:params:jmap:core'].maxCallsInRequest, 32);
    assert.equal(session.capabilities['urn:ietf:params:jmap:websocket'].url, `${hanako.origin.replace('http', 'ws')}/jmap/ws`);
    assert.match(session.capabilities['urn:ietf:params:jmap:webpush-vapid'].applicationServerKey, /^[\w-]{87}$/);
    assert.equal(session.primaryAccounts['urn:ietf:params:jmap:core'], undefined);
    for (const variable of ['accountId', 'blobId', 'type', 'name']) assert.ok(session.downloadUrl.includes(`{${variable}}`));
    const answer = await hanako.fetch('/jmap/session');
    assert.equal(answer.headers.get('cache-control'), 'no-cache, no-store, must-revalidate');
    assert.deepEqual(await answer.json(), session);
    const echoed = await hanako.fetch('/jmap/api', {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: '{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":1},"x"]]}',
    });
    assert.deepEqual(await echoed.json(), { methodResponses: [['Core/echo', { a: 1 }, 'x']], sessionState: session.state });
  });

  test('nobody without a key, and errors as problem details', async () => {
    const bare = await fetch(`${hanako.origin}/jmap/session`);
    assert.equal(bare.status, 401);
    assert.match(bare.headers.get('www-authenticate') ?? '', /^Bearer/);
    const wrongType = await hanako.fetch('/jmap/api', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
    assert.equal(wrongType.status, 400);
    assert.equal(wrongType.headers.get('content-type'), 'application/problem+json');
    assert.equal(((await wrongType.json()) as { type: string }).type, 'urn:ietf:params:jmap:error:notJSON');
    const large = await hanako.fetch('/jmap/api', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: ' '.repeat(10_000_001),
    });
    assert.deepEqual([large.status, ((await large.json()) as { limit: string }).limit], [400, 'maxSizeRequest']);
    assert.equal((await hanako.fetch('/jmap/api')).status, 405);
    assert.equal((await hanako.fetch('/jmap/nothing')).status, 404);
  });

  const upload = async (asker: JmapAsker, account: string, body: Uint8Array | string, type = 'application/octet-stream') => {
    const answer = await asker.fetch(`/jmap/upload/${account}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: body as string,
    });
    return { status: answer.status, ...((await answer.json()) as { blobId: string; size: number; type: string; limit?: string }) };
  };
  const download = (path: string, headers: Record<string, string> = {}) => hanako.fetch(`/jmap/download/${own}/${path}`, { headers });

  test('files go up and come down, whole and in pieces', async () => {
    const octets = Buffer.alloc(3_000_000, 'tayori ');
    const up = await upload(hanako, own, octets, 'text/plain; charset=utf-8');
    assert.deepEqual([up.status, up.size, up.type], [201, octets.length, 'text/plain; charset=utf-8']);
    const down = await download(`${up.blobId}/a.txt?type=text/plain`);
    assert.equal(down.headers.get('content-length'), String(octets.length));
    assert.ok(Buffer.from(await down.arrayBuffer()).equals(octets));
    const etag = down.headers.get('etag')!;
    const rows: readonly (readonly [Record<string, string>, number, string | null, string])[] = [
      [{ range: 'bytes=0-5' }, 206, `bytes 0-5/${octets.length}`, 'tayori'],
      [{ range: 'bytes=2999995-' }, 206, `bytes 2999995-2999999/${octets.length}`, octets.subarray(-5).toString()],
      [{ range: 'bytes=-3' }, 206, `bytes 2999997-2999999/${octets.length}`, octets.subarray(-3).toString()],
      [{ range: 'bytes=7-13', 'if-range': etag }, 206, `bytes 7-13/${octets.length}`, 'tayori '],
      [{ 'if-none-match': etag }, 304, null, ''],
    ];
    for (const [headers, status, range, text] of rows) {
      const answer = await download(`${up.blobId}/a.txt?type=text/plain`, headers);
      assert.deepEqual(
        [answer.status, answer.headers.get('content-range'), await answer.text()],
        [status, range, text],
        JSON.stringify(headers),
      );
    }
    assert.equal((await download(`${up.blobId}/a`, { range: 'bytes=3000000-' })).status, 416);
    const changed = await download(`${up.blobId}/a`, { range: 'bytes=0-5', 'if-range': '"other"' });
    assert.equal(changed.status, 200);
    await changed.body!.cancel();
    const [[, { list }]] = (await hanako.call([
      ['Blob/get', { accountId: own, ids: [up.blobId], properties: ['digest:sha-256'] }, 'a'],
    ])) as any;
    assert.equal(list[0]['digest:sha-256'], createHash('sha256').update(octets).digest('base64'));
  });

  test('an upload in pieces, put together: what makes it resumable', async () => {
    const pieces = ['first ', 'second ', 'third'];
    const ids = [];
    for (const piece of pieces) ids.push((await upload(hanako, own, piece)).blobId);
    const [[, { created }]] = (await hanako.call([
      ['Blob/upload', { accountId: own, create: { k: { type: 'text/plain', data: ids.map((blobId) => ({ blobId })) } } }, 'a'],
    ])) as any;
    assert.equal(await (await download(`${created.k.id}/x?type=text/plain`)).text(), pieces.join(''));
  });

  test('what a browser might run goes out as octets to be saved', async () => {
    const { blobId } = await upload(hanako, own, '<script>alert(1)</script>', 'text/html');
    const rows: readonly (readonly [string, string, RegExp])[] = [
      ['text/html', 'application/octet-stream', /^attachment/],
      ['TEXT/HTML;charset=utf-8', 'application/octet-stream', /^attachment/],
      ['image/svg+xml', 'application/octet-stream', /^attachment/],
      ['application/xhtml+xml', 'application/octet-stream', /^attachment/],
      ['text/javascript', 'application/octet-stream', /^attachment/],
      ['text/css', 'application/octet-stream', /^attachment/],
      ['application/wasm', 'application/octet-stream', /^attachment/],
      ['multipart/x-mixed-replace', 'application/octet-stream', /^attachment/],
      ['text/plain\r\nx: y', 'application/octet-stream', /^attachment/],
      ['nonsense', 'application/octet-stream', /^attachment/],
      ['application/zip', 'application/zip', /^attachment/],
      ['image/png', 'image/png', /^inline/],
      ['text/plain;charset=iso-2022-jp', 'text/plain; charset=iso-2022-jp', /^inline/],
      ['application/pdf', 'application/pdf', /^inline/],
      ['audio/mpeg', 'audio/mpeg', /^inline/],
    ];
    for (const [asked, type, disposition] of rows) {
      const answer = await download(`${blobId}/x?type=${encodeURIComponent(asked)}`);
      await answer.body!.cancel();
      assert.equal(answer.headers.get('content-type'), type, asked);
      assert.match(answer.headers.get('content-disposition')!, disposition, asked);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      if (type !== 'application/pdf') assert.match(answer.headers.get('content-security-policy')!, /^sandbox; default-src 'none'/);
    }
    const names: readonly (readonly [string, string])[] = [
      ['絵 "1".png', `attachment; filename="_ _1_.png"; filename*=UTF-8''%E7%B5%B5%20_1_.png`],
      ['../../etc/passwd', 'attachment; filename="passwd"'],
      ['a\r\nset-cookie: b', 'attachment; filename="aset-cookie_ b"'],
      ['%', 'attachment; filename="_"; filename*=UTF-8\'\'%25'],
    ];
    for (const [name, wanted] of names) {
      const answer = await download(`${blobId}/${encodeURIComponent(name)}?type=text/html`);
      await answer.body!.cancel();
      assert.equal(answer.headers.get('content-disposition'), wanted, name);
    }
  });

  test("another's files and accounts are as if they were not", async () => {
    const { blobId } = await upload(hanako, own, 'mine');
    const theirs = (await taro.session()).primaryAccounts['urn:ietf:params:jmap:blob'];
    const answers = await Promise.all(
      [`${own}/${blobId}`, `${own}/U99999`, `${theirs}/${blobId}`, `A99999/${blobId}`, 'x/y'].map(async (path) => {
        const answer = await taro.fetch(`/jmap/download/${path}/x`);
        return `${answer.status} ${await answer.text()}`;
      }),
    );
    assert.deepEqual(new Set(answers).size, 1, answers.join('\n'));
    assert.match(answers[0]!, /^404 /);
    assert.equal((await upload(taro, own, 'x')).status, 404);
    const [called] = await taro.call([['Blob/get', { accountId: own, ids: [blobId] }, 'a']]);
    assert.equal(called![1].type, 'accountNotFound');
  });

  test('too large, told at once and while it comes', async () => {
    const told = await upload(hanako, own, Buffer.alloc(50_000_001));
    assert.deepEqual([told.status, told.limit], [413, 'maxSizeUpload']);
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if ((sent += 1_000_000) > 52_000_000) controller.close();
        else controller.enqueue(new Uint8Array(1_000_000));
      },
    });
    const untold = await hanako.fetch(`/jmap/upload/${own}`, { method: 'POST', body, duplex: 'half' } as RequestInit);
    assert.equal(untold.status, 413);
  });

  const deliver = () =>
    createTransport({
      host: '127.0.0.1',
      port: server.portOf('submissions'),
      secure: true,
      tls: { rejectUnauthorized: false },
      auth: { user: server.listening.people[1]!.address, pass: server.listening.people[1]!.password },
    }).sendMail({
      from: server.listening.people[1]!.address,
      to: server.listening.people[0]!.address,
      subject: 'こんにちは',
      text: 'お元気ですか',
    });

  test('a letter that comes is told within a second, by events and by WebSocket; what was missed, at the next connection', async () => {
    const stream = await hanako.events('types=*&closeafter=no&ping=60');
    const once = await hanako.events('types=Email,Nothing&closeafter=state&ping=0');
    const other = await hanako.events('types=Quota&closeafter=no&ping=1');
    const talk = await hanako.socket();
    talk.send({ '@type': 'WebSocketPushEnable', dataTypes: ['EmailDelivery', 'Mailbox'] });
    talk.send({ '@type': 'Request', id: 'R1', using: ['urn:ietf:params:jmap:core'], methodCalls: [['Core/echo', { x: 1 }, 'a']] });
    assert.deepEqual((await talk.next()).methodResponses, [['Core/echo', { x: 1 }, 'a']]);
    await deliver();
    const began = performance.now();
    const [byEvents, byOne, bySocket] = await Promise.all([stream.next(), once.next(), talk.next()]);
    // A second on a machine of its own; this one may be busy.
    assert.ok(performance.now() - began < 5_000);
    const [, { state }] = (await hanako.call([['Email/get', { accountId: own, ids: [] }, 'a']]))[0]!;
    assert.equal(byEvents!.event, 'state');
    assert.equal(byEvents!.data['@type'], 'StateChange');
    assert.deepEqual(Object.keys(byEvents!.data.changed[own]).toSorted(), ['Email', 'EmailDelivery', 'Mailbox', 'Thread']);
    assert.equal(byEvents!.data.changed[own].Email, state);
    assert.deepEqual(byOne!.data.changed, { [own]: { Email: state } });
    assert.equal(await once.next(), null);
    assert.deepEqual(Object.keys(bySocket.changed[own]).toSorted(), ['EmailDelivery', 'Mailbox']);
    assert.match(bySocket.pushState, /./);
    // Nothing of it is a change of a quota: a ping is all that comes.
    assert.deepEqual(await other.next(), { event: 'ping', id: '', data: { interval: 1 } });
    for (const one of [stream, other]) one.close();
    talk.close();
    await talk.closed;

    await deliver();
    const again = await hanako.events('types=*&closeafter=no&ping=0', { 'last-event-id': byEvents!.id });
    const missed = await again.next();
    assert.notEqual(missed!.data.changed[own].Email, state);
    const quiet = await hanako.events('types=*&closeafter=no&ping=1', { 'last-event-id': missed!.id });
    assert.equal((await quiet.next())!.event, 'ping');
    const back = await hanako.socket();
    back.send({ '@type': 'WebSocketPushEnable', dataTypes: ['EmailDelivery', 'Mailbox'], pushState: bySocket.pushState });
    assert.equal((await back.next())['@type'], 'StateChange');
    back.send({ '@type': 'WebSocketPushDisable' });
    for (const one of [again, quiet, back]) one.close();
  });

  test('what becomes of a letter that went is told as it happens: refused, with the report of it', async () => {
    const using = ['core', 'mail', 'submission'].map((name) => `urn:ietf:params:jmap:${name}`);
    const stream = await hanako.events('types=EmailSubmission&closeafter=no&ping=0');
    const [from, to] = [server.listening.people[0]!.address, 'nobody@elsewhere.example'];
    const boxes = (await hanako.call([['Mailbox/get', { accountId: own, ids: null }, 'a']]))[0]![1].list as Record<string, any>[];
    const drafts = boxes.find(({ role }) => role === 'drafts')!.id as string;
    const email = { mailboxIds: { [drafts]: true }, from: [{ email: from }], to: [{ email: to }], subject: 'hello' };
    const envelope = { mailFrom: { email: from, parameters: { HOLDFOR: '1' } }, rcptTo: [{ email: to }] };
    const answers = await hanako.call(
      [
        ['Identity/get', { accountId: own, ids: null }, 'a'],
        ['Email/set', { accountId: own, create: { d: email } }, 'b'],
        ['EmailSubmission/get', { accountId: own, ids: [] }, 'c'],
      ],
      using,
    );
    const identityId = answers[0]![1].list[0].id as string;
    const emailId = answers[1]![1].created.d.id as string;
    const sinceState = answers[2]![1].state as string;
    const set = { accountId: own, create: { s: { identityId, emailId, envelope } } };
    const { id } = (await hanako.call([['EmailSubmission/set', set, 'a']], using))[0]![1].created.s;
    const look = async (): Promise<Record<string, any>> =>
      (await hanako.call([['EmailSubmission/get', { accountId: own, ids: [id] }, 'a']], using))[0]![1].list[0];
    // Each step is told: taken, gone, refused by this very server, which sends nothing out.
    let now = await look();
    while (now['deliveryStatus'][to].delivered !== 'no' || now['dsnBlobIds'].length === 0) {
      assert.ok((await stream.next())!.data.changed[own].EmailSubmission);
      now = await look();
    }
    stream.close();
    assert.match(now['deliveryStatus'][to].smtpReply, /^5\d\d 5\./);
    assert.equal(now['undoStatus'], 'final');
    const report = await hanako.fetch(`/jmap/download/${own}/${now['dsnBlobIds'][0]}/report.eml?type=message/rfc822`);
    assert.match(await report.text(), /Final-Recipient: rfc822; nobody@elsewhere\.example/);
    const changes = (await hanako.call([['EmailSubmission/changes', { accountId: own, sinceState }, 'a']], using))[0]![1];
    assert.deepEqual([changes['created'], changes['updated']], [[id], []]);
    await hanako.call([['Email/set', { accountId: own, destroy: [emailId, now['dsnBlobIds'][0].replace('B', 'M')] }, 'a']]);
  });

  test('a letter and its parts as files', async () => {
    const [[, { list }]] = (
      await hanako.call([
        ['Email/query', { accountId: own }, 'q'],
        [
          'Email/get',
          {
            accountId: own,
            '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
            properties: ['blobId', 'size', 'textBody', 'subject'],
          },
          'a',
        ],
      ])
    ).slice(1) as any;
    const letter = await (await download(`${list[0].blobId}/letter.eml?type=message/rfc822`)).text();
    assert.equal(Buffer.byteLength(letter), list[0].size);
    assert.match(letter, /^Received: |^Return-Path: /m);
    assert.equal(list[0].subject, 'こんにちは');
    assert.match(await (await download(`${list[0].textBody[0].blobId}/x?type=text/plain`)).text(), /^お元気ですか/);
  });

  test('a WebSocket: answers with their ids, errors of the book, text only', async () => {
    const talk = await hanako.socket();
    const rows: readonly (readonly [object | string, object])[] = [
      ['{', { '@type': 'RequestError', type: 'urn:ietf:params:jmap:error:notJSON', status: 400 }],
      [[], { '@type': 'RequestError', type: 'urn:ietf:params:jmap:error:notRequest', status: 400 }],
      [
        { '@type': 'Other', id: 'q' },
        { '@type': 'RequestError', requestId: 'q', type: 'urn:ietf:params:jmap:error:notRequest', status: 400 },
      ],
      [
        { '@type': 'Request', id: 'r', using: ['urn:x'], methodCalls: [] },
        { '@type': 'RequestError', requestId: 'r', type: 'urn:ietf:params:jmap:error:unknownCapability', status: 400 },
      ],
      [
        { '@type': 'WebSocketPushEnable', dataTypes: 5 },
        { '@type': 'RequestError', type: 'urn:ietf:params:jmap:error:notRequest', status: 400 },
      ],
    ];
    for (const [message, wanted] of rows) {
      talk.send(message);
      const { detail, ...got } = await talk.next();
      assert.equal(typeof detail, 'string');
      assert.deepEqual(got, wanted);
    }
    talk.send({ '@type': 'Request', id: 'ok', using: [], methodCalls: [], createdIds: {} });
    const { sessionState, ...rest } = await talk.next();
    assert.equal(sessionState, (await hanako.session()).state);
    assert.deepEqual(rest, { '@type': 'Response', requestId: 'ok', methodResponses: [], createdIds: {} });
    talk.send(Buffer.from('{}'));
    assert.equal(await talk.closed, 1003);
  });

  test('a WebSocket without key or subprotocol is none', async () => {
    for (const headers of [{}, hanako.headers]) {
      const answer = await fetch(`${hanako.origin}/jmap/ws`, { headers });
      assert.ok([401, 404].includes(answer.status), String(answer.status));
    }
  });

  test('a browser: its cookie opens a WebSocket for a page of ours only, and the session ends it', async () => {
    const { address, password } = server.listening.people[0]!;
    const signedIn = await fetch(`${hanako.origin}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: hanako.origin },
      body: JSON.stringify({ login: address, password }),
    });
    assert.equal(signedIn.status, 200);
    const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!;
    const open = (headers: Record<string, string>) =>
      new Promise<WebSocket | number>((resolve) => {
        const socket = new WebSocket(`${hanako.origin.replace('http', 'ws')}/jmap/ws`, 'jmap', { headers });
        socket.on('open', () => resolve(socket));
        socket.on('unexpected-response', (_request, response) => (socket.terminate(), resolve(response.statusCode!)));
        socket.on('error', () => {});
      });
    assert.equal(await open({}), 401);
    assert.equal(await open({ cookie }), 403);
    assert.equal(await open({ cookie, origin: 'https://elsewhere.test' }), 403);
    const socket = await open({ cookie, origin: hanako.origin });
    assert.ok(socket instanceof WebSocket);
    const foreign = await fetch(`${hanako.origin}/jmap/api`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json', origin: 'https://elsewhere.test' },
      body: '{"using":[],"methodCalls":[]}',
    });
    assert.equal(foreign.status, 403);
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    const out = await fetch(`${hanako.origin}/auth/logout`, {
      method: 'POST',
      headers: { cookie, origin: hanako.origin, 'content-type': 'application/json' },
      body: '{}',
    });
    assert.equal(out.status, 200);
    assert.equal(await closed, 1008);
  });

  test('event streams: what is asked wrongly, and more than ten', async () => {
    for (const query of ['', 'types=*', 'types=*&closeafter=maybe&ping=0', 'types=&closeafter=no&ping=0', 'types=*&closeafter=no&ping=-1'])
      assert.equal((await hanako.events(query)).status, 400, query);
    // The head alone holds nothing open.
    for (let n = 0; n < 11; n += 1) {
      const head = await taro.fetch('/jmap/events?types=*&closeafter=no&ping=300', { method: 'HEAD' });
      assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'text/event-stream']);
    }
    const streams = [];
    for (let n = 0; n < 10; n += 1) streams.push(await taro.events('types=*&closeafter=no&ping=300'));
    assert.deepEqual(
      streams.map(({ status }) => status),
      Array(10).fill(200),
    );
    assert.equal((await taro.events('types=*&closeafter=no&ping=300')).status, 429);
    for (const stream of streams) stream.close();
  });

  test('with the password end the connections that stood by it', async () => {
    const talk = await taro.socket();
    const stream = await taro.events('types=*&closeafter=no&ping=300');
    assert.equal((await tayori(['--data', data, 'account', 'password', 'taro', '--generate'])).code, 0);
    assert.equal(await talk.closed, 1008);
    assert.equal(await stream.next(), null);
  });

  test('the end of the program ends connections', async () => {
    const talk = await hanako.socket();
    const stream = await hanako.events('types=*&closeafter=no&ping=300');
    void server.stop();
    assert.ok([1001, 1008, 1006].includes(await talk.closed));
    await stream.next().catch(() => null);
  });
});
