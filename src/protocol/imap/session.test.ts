import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, latin1FromBytes } from '../../base/bytes.ts';
import type { MailStore } from '../../store/contract.ts';
import type { Session, Wire } from '../line/session.ts';
import { MemoryWire } from '../line/transcript.ts';
import { openPlayedWorld, type PlayedImap } from './played-world.ts';
import { imapSessions } from './session.ts';
import { effort } from '../../../test/support/effort.ts';

async function world(...header: [string, string][]): Promise<PlayedImap> {
  return openPlayedWorld(new Map(header));
}

async function connect(played: PlayedImap): Promise<{ wire: MemoryWire; ask: (text: string) => Promise<string> }> {
  const wire = new MemoryWire('test', played.tls ?? null);
  await wire.start(played.make);
  wire.takeOutput();
  return {
    wire,
    ask: async (text) => {
      await wire.send(bytesFromLatin1(text));
      return latin1FromBytes(wire.takeOutput());
    },
  };
}

/** A wire that only notes what it is asked for. */
class NotedWire implements Wire {
  readonly remote = { address: '192.0.2.1', port: 1 };
  readonly local = { address: '192.0.2.2', port: 143 };
  readonly tls = null;
  readonly id = 'noted';
  readonly closing = false;
  congested = false;
  readonly notes: string[] = [];
  waiting: (() => void)[] = [];
  write(data: string | Uint8Array): void {
    this.notes.push(typeof data === 'string' ? data.trim() : `${data.length} octets`);
  }
  flush(): void {}
  drained(): Promise<void> {
    return new Promise((go) => this.waiting.push(go));
  }
  want(): void {}
  patience(ms: number): void {
    this.notes.push(`patience ${ms}`);
  }
  startTls(): void {}
  startDeflate(): void {
    this.notes.push('deflate');
  }
  close(): void {
    this.notes.push('close');
  }
  wake(): void {
    this.notes.push('wake');
  }
  takeOutput(): void {}
}

const line = (text: string) => ({ kind: 'line', bytes: bytesFromLatin1(text), bareLf: false }) as const;

async function noted(played: PlayedImap): Promise<{ wire: NotedWire; session: Session }> {
  const wire = new NotedWire();
  const session = played.make(wire);
  await session.open();
  wire.notes.length = 0;
  return { wire, session };
}

test('a session without anything to wait for answers without a promise', async () => {
  const played = await world();
  const { wire, session } = await noted(played);
  assert.equal(session.receive(line('a NOOP')), undefined);
  assert.deepEqual(wire.notes, ['a OK NOOP completed']);
});

test('B-055: nothing more is read while the peer does not read', async () => {
  const played = await world();
  const { wire, session } = await noted(played);
  wire.congested = true;
  const answering = session.receive(line('a NOOP'));
  assert.ok(answering instanceof Promise);
  let settled = false;
  void answering.then(() => (settled = true));
  await Promise.resolve();
  assert.ok(!settled);
  wire.waiting.forEach((go) => go());
  await answering;
});

test('B-055: ten thousand commands in one write are answered in order', async () => {
  const { ask } = await connect(await world());
  const said = await ask(Array.from({ length: 10_000 }, (_, i) => `t${i} NOOP\r\n`).join(''));
  assert.equal(said, Array.from({ length: 10_000 }, (_, i) => `t${i} OK NOOP completed\r\n`).join(''));
});

test('COMPRESS (RFC 4978): after its answer, once, and not offered any more', async () => {
  const played = await world();
  const { wire, session } = await noted(played);
  await session.receive(line('a COMPRESS DEFLATE'));
  await session.receive(line('b COMPRESS DEFLATE'));
  await session.receive(line('c CAPABILITY'));
  assert.deepEqual(wire.notes.slice(0, 3), ['a OK DEFLATE from here on', 'deflate', 'b NO [COMPRESSIONACTIVE] DEFLATE is on already']);
  assert.doesNotMatch(wire.notes[3]!, /COMPRESS/);
});

test('IDLE: its own patience, and the listener goes with it', async () => {
  const played = await world(['limit.idleSilence', '7'], ['limit.silence', '9']);
  const { wire, session } = await noted(played);
  const [inbox] = await played.store.mailboxes(1);
  const state = await played.store.openMailbox(1, inbox!.id);
  let listeners = 0;
  const listen = state.listen.bind(state);
  state.listen = (heard) => {
    listeners++;
    const stop = listen(heard);
    return () => (listeners--, stop());
  };
  const touch = () => state.apply({ modSeq: state.highestModSeq + 1, added: [], flags: [], expunged: [], uidNext: 1 });
  await session.receive(line('a IDLE'));
  assert.equal(listeners, 1);
  assert.deepEqual(wire.notes.splice(0), ['+ idling', 'patience 7']);
  touch();
  assert.deepEqual(wire.notes.splice(0), ['wake']);
  await session.receive(line('DONE'));
  assert.equal(listeners, 0);
  assert.deepEqual(wire.notes.splice(0), ['patience 9', 'a OK IDLE terminated']);
  touch();
  assert.deepEqual(wire.notes, []);
  await session.receive(line('b IDLE'));
  session.gone();
  assert.equal(listeners, 0);
});

/** Counts how often mailboxes are opened and released. */
function counted(store: MailStore): { store: MailStore; open: () => number; hold: (until: Promise<void>) => void } {
  let open = 0;
  let until = Promise.resolve();
  const wrapped: MailStore = Object.create(store, {
    openMailbox: {
      value: async (...args: Parameters<MailStore['openMailbox']>) => {
        await until;
        const state = await store.openMailbox(...args);
        open++;
        // The same state each time: its way to release is wrapped once.
        if (!Object.hasOwn(state, 'release')) {
          const release = state.release.bind(state);
          state.release = () => {
            open--;
            release();
          };
        }
        return state;
      },
    },
  }) as MailStore;
  return {
    store: new Proxy(store, { get: (target, name) => (name === 'openMailbox' ? wrapped.openMailbox : bound(target, name)) }),
    open: () => open,
    hold: (promise) => void (until = promise),
  };
}

function bound(target: MailStore, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
}

test('every opened mailbox is released, however the session ends', async () => {
  const played = await world(['state', 'greeted'], ['mailboxes', 'Work']);
  const count = counted(played.store);
  const make = imapSessions({ ...played.parts, store: count.store });
  const endings: [string, string[]][] = [
    ['gone', []],
    ['CLOSE', ['c CLOSE']],
    ['UNSELECT', ['c UNSELECT']],
    ['another SELECT', ['c SELECT Work', 'd UNSELECT']],
    ['a SELECT that fails', ['c SELECT Nowhere']],
    ['LOGOUT', ['c LOGOUT']],
    ['DELETE', ['c SELECT Work', 'd DELETE Work']],
  ];
  for (const [name, lines] of endings) {
    const session = make(new NotedWire());
    await session.open();
    for (const text of ['a LOGIN hanako secret', 'b SELECT INBOX']) await session.receive(line(text));
    assert.equal(count.open(), 1, name);
    for (const text of lines) await session.receive(line(text));
    if (name !== 'gone') assert.equal(count.open(), 0, name);
    session.gone();
    assert.equal(count.open(), 0, name);
  }
  // The peer goes while the mailbox is being opened.
  const session = make(new NotedWire());
  await session.open();
  await session.receive(line('a LOGIN hanako secret'));
  const { promise, resolve: go } = Promise.withResolvers<void>();
  count.hold(promise);
  const selecting = session.receive(line('b SELECT INBOX'));
  session.gone();
  go();
  await selecting;
  assert.equal(count.open(), 0);
});

test('a defect of ours is told as SERVERBUG, without its words, and the session goes on', async () => {
  const played = await world();
  const store = new Proxy(played.store, {
    get: (target, name) => (name === 'usage' ? () => Promise.reject(new TypeError('secret path /x')) : bound(target, name)),
  });
  const authenticator = {
    ...played.parts.authenticator,
    checkPassword: async () => ({ account: 1, login: 'hanako', name: '', quota: 9000, appPassword: null }),
  };
  const session = imapSessions({ ...played.parts, store, authenticator })(new NotedWire());
  const wire = new NotedWire();
  const other = imapSessions({ ...played.parts, store, authenticator })(wire);
  session.gone();
  await other.open();
  for (const text of ['a LOGIN hanako secret', 'b GETQUOTA ""', 'c NOOP']) await other.receive(line(text));
  assert.deepEqual(wire.notes.slice(-2), ['b NO [SERVERBUG] the server made a mistake; it has been noted', 'c OK NOOP completed']);
  assert.doesNotMatch(wire.notes.join(), /secret path/);
});

test('B-043: a megabyte of parentheses', async () => {
  const greeted = await connect(await world(['state', 'greeted']));
  assert.match(await greeted.ask(`a LOGIN ${'('.repeat(1_000_000)}\r\n`), /^\* BAD .*\r\n\* BYE \[TOOBIG\] .*\r\n$/);
  assert.ok(greeted.wire.closed);
  const selected = await connect(await world());
  assert.match(await selected.ask(`a SEARCH ${'('.repeat(1_000_000)}\r\n`), /^\* BAD the line is too long/);
  assert.match(await selected.ask(`b SEARCH ${'('.repeat(10_000)}\r\n`), /^b (?:BAD|NO \[LIMIT\]) /);
  assert.match(await selected.ask(`c FETCH 1 ${'('.repeat(10_000)}\r\n`), /^c BAD /);
  assert.match(await selected.ask('d NOOP\r\n'), /^d OK /);
});

test('B-044: tags', async () => {
  const rows: [text: string, answer: RegExp][] = [
    [`${'t'.repeat(1_000_000)} NOOP\r\n`, /^\* BAD the line is too long/],
    [`${'t'.repeat(201)} NOOP\r\n`, /^\* BAD a command begins with a tag/],
    [`${'t'.repeat(200)} NOOP\r\n`, /^t{200} OK /],
    ['+ NOOP\r\n', /^\* BAD/],
    ['a+ NOOP\r\n', /^\* BAD/],
    ['* NOOP\r\n', /^\* BAD/],
    [' NOOP\r\n', /^\* BAD/],
    ['a\r\n', /^\* BAD/],
    ['a \r\n', /^a BAD/],
    ['a  NOOP\r\n', /^a BAD/],
    ['a NO\0OP\r\n', /^a BAD/],
    ['a\0 NOOP\r\n', /^\* BAD/],
    ['a NOOP \r\n', /^a OK/],
    ['a]b NOOP\r\n', /^a\]b OK/],
    ['\xff NOOP\r\n', /^\* BAD/],
    ['a \xff\r\n', /^a BAD/],
    ['a UID NOOP\r\n', /^a BAD/],
    ['a UID\r\n', /^a BAD/],
    ['a NOOP\n', /^a OK/],
  ];
  for (const [text, answer] of rows) {
    const { ask, wire } = await connect(await world());
    assert.match(await ask(text), answer, text.slice(0, 40));
    wire.gone();
  }
});

test('B-045: ten thousand exchanges that are given up leave nothing', async () => {
  const played = await world(['state', 'greeted']);
  for (let i = 0; i < 3334; i++) {
    const { ask, wire } = await connect(played);
    const said = await ask('a AUTHENTICATE PLAIN\r\n*\r\nb AUTHENTICATE PLAIN\r\n*\r\nc AUTHENTICATE PLAIN\r\n*\r\n');
    assert.ok(wire.closed && said.endsWith('* BYE too many wrong commands\r\n'));
  }
});

test('a command made of literals has a limit, whatever each of them has', async () => {
  const { ask } = await connect(await world());
  const said = await ask(`a LIST "" (${'{1000+}\r\n'.concat('x'.repeat(1000), ' ').repeat(100)})\r\nb NOOP\r\n`);
  assert.equal(said, 'a NO [TOOBIG] the literal is too large for this command\r\nb OK NOOP completed\r\n');
});

test('wrong commands in a row end the session after login too; a right one forgives', async () => {
  const { ask, wire } = await connect(await world());
  for (let i = 0; i < 19; i++) assert.match(await ask('a NOSUCH\r\n'), /^a BAD/);
  assert.match(await ask('b NOOP\r\n'), /^b OK/);
  for (let i = 0; i < 19; i++) await ask('a NOSUCH\r\n');
  assert.match(await ask('a NOSUCH\r\n'), /^a BAD .*\r\n\* BYE /);
  assert.ok(wire.closed);
});

test('wrong passwords end the session after five', async () => {
  const { ask, wire } = await connect(await world(['state', 'greeted']));
  for (let i = 0; i < 4; i++) assert.match(await ask('a LOGIN hanako wrong\r\n'), /^a NO \[AUTHENTICATIONFAILED\] .*\r\n$/);
  assert.match(await ask('a LOGIN hanako wrong\r\n'), /\* BYE too many failed logins/);
  assert.ok(wire.closed);
});

test('B-052: LIST of 2,000 wildcards over 5,000 mailboxes', async () => {
  const played = await world();
  for (let i = 0; i < 5000; i++) await played.store.createMailbox(1, `mailbox ${i}`, null);
  const { ask } = await connect(played);
  const begin = effort();
  assert.match(await ask(`a LIST "" "${'%*'.repeat(1000)}z"\r\n`), /^a OK/);
  assert.ok(effort() - begin < 1000);
});

test('QRESYNC when expunges are no longer remembered: what is not there has vanished (RFC 7162 §3.2.5.2)', async () => {
  const played = await world(['messages', '30']);
  const [inbox] = await played.store.mailboxes(1);
  // The example of the RFC: only UIDs divisible by three are there.
  const others = Array.from({ length: 30 }, (_, i) => i + 1).filter((uid) => uid % 3 !== 0);
  await played.store.expunge(1, inbox!.id, others, false);
  const store = new Proxy(played.store, {
    get: (target, name) => (name === 'vanishedSince' ? () => Promise.resolve(null) : bound(target, name)),
  });
  const rows: [params: string, vanished: string | null][] = [
    ['', '1:2,4:5,7:8,10:11,13:14,16:17,19:20,22:23,25:26,28:29'],
    [' 1:10', '1:2,4:5,7:8,10'],
    [' 1:4294967295', '1:2,4:5,7:8,10:11,13:14,16:17,19:20,22:23,25:26,28:29'],
    [' 3,6', null],
    [' (5,7 15,21)', '22:23,25:26,28:29'],
    [' 1:29 (5,7,9 15,21,28)', '22:23,25:26,28:29'],
    [' (5,7 15,22)', '16:17,19:20,22:23,25:26,28:29'],
    [' (1:4294967295 1:4294967295)', '1:2,4:5,7:8,10:11,13:14,16:17,19:20,22:23,25:26,28:29'],
    [' (11 33)', '1:2,4:5,7:8,10:11,13:14,16:17,19:20,22:23,25:26,28:29'],
  ];
  for (const [params, vanished] of rows) {
    const wire = new NotedWire();
    const asking = imapSessions({ ...played.parts, store })(wire);
    await asking.open();
    for (const text of ['a LOGIN hanako secret', 'b ENABLE QRESYNC', `c SELECT INBOX (QRESYNC (${inbox!.uidValidity} 9999${params}))`])
      await asking.receive(line(text));
    const told = wire.notes.find((note) => note.startsWith('* VANISHED'));
    assert.equal(told, vanished === null ? undefined : `* VANISHED (EARLIER) ${vanished}`, params);
    assert.match(wire.notes.at(-1)!, /^c OK \[READ-WRITE\]/);
    asking.gone();
  }
});

test('S-04: 64 KiB are enough to sign in', async () => {
  const { ask, wire } = await connect(await world(['state', 'greeted']));
  for (let i = 0; i < 8; i++)
    assert.match(await ask(`a ID ("name" "${'x'.repeat(1000)}" "a" "${'x'.repeat(1000)}")\r\nb NOOP${' '.repeat(6000)}\r\n`), /b OK/);
  assert.match(await ask(`a NOOP${' '.repeat(8000)}\r\n`), /^\* BYE \[TOOBIG\]/);
  assert.ok(wire.closed);
});

test('a defect outside of any command ends the session and does not escape', async () => {
  const played = await world(['messages', '1']);
  const wire = new NotedWire();
  const store = new Proxy(played.store, {
    get: (target, name) =>
      name === 'openMailbox'
        ? async (...args: Parameters<MailStore['openMailbox']>) =>
            new Proxy(await target.openMailbox(...args), {
              get: (state, key) => {
                if (key === 'changedSince') throw new TypeError('broken');
                const value: unknown = Reflect.get(state, key, state);
                return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(state) : value;
              },
            })
        : bound(target, name),
  });
  const session = imapSessions({ ...played.parts, store })(wire);
  await session.open();
  for (const text of ['a LOGIN hanako secret', 'b SELECT INBOX']) await session.receive(line(text));
  await played.store.setFlags(1, (await played.store.mailboxes(1))[0]!.id, [1], { how: 'add', flags: ['\\Seen'] });
  await session.receive(line('c NOOP'));
  assert.deepEqual(wire.notes.slice(-2), ['* BYE [SERVERBUG] the server made a mistake; it has been noted', 'close']);
});

test('a SELECT whose name cannot be read leaves no mailbox selected either (RFC 9051 §6.3.2)', async () => {
  for (const name of ['"\xff"', '&ZeV']) {
    const { ask } = await connect(await world());
    assert.match(await ask(`a SELECT ${name}\r\n`), /^\* OK \[CLOSED\] .*\r\na NO \[CANNOT\] /);
    assert.match(await ask('b CHECK\r\n'), /^b BAD/);
  }
});
