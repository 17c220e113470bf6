import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8, latin1FromBytes } from '../../base/bytes.ts';
import { MemoryWire } from '../line/transcript.ts';
import { openPlayedWorld } from './played-world.ts';
import { commandRows, findCommand, isAllowed, mayTellExpunges, nextState, type CommandName, type StateName } from './states.ts';

/** Arguments with which each command is right, in a world with one letter; and what it answers where it is allowed, if not OK. */
const right: Readonly<Record<CommandName, string | readonly [args: string, answer: 'NO' | 'BAD' | '+']>> = {
  CAPABILITY: '',
  NOOP: '',
  LOGOUT: '',
  ID: ' NIL',
  STARTTLS: '',
  AUTHENTICATE: [' PLAIN', '+'],
  LOGIN: ' hanako secret',
  ENABLE: ' CONDSTORE',
  SELECT: ' INBOX',
  EXAMINE: ' INBOX',
  CREATE: ' New',
  DELETE: ' Work',
  RENAME: ' Work Play',
  SUBSCRIBE: ' Work',
  UNSUBSCRIBE: ' INBOX',
  LIST: ' "" *',
  LSUB: ' "" *',
  NAMESPACE: '',
  STATUS: ' INBOX (MESSAGES)',
  APPEND: ' INBOX {1+}\r\nx',
  IDLE: ['', '+'],
  COMPRESS: [' LZW', 'BAD'],
  GETQUOTA: ' ""',
  GETQUOTAROOT: ' INBOX',
  CHECK: '',
  CLOSE: '',
  UNSELECT: '',
  EXPUNGE: '',
  'UID EXPUNGE': ' 1',
  SEARCH: ' ALL',
  'UID SEARCH': ' ALL',
  SORT: ' (DATE) UTF-8 ALL',
  'UID SORT': ' (DATE) UTF-8 ALL',
  THREAD: ' REFERENCES UTF-8 ALL',
  'UID THREAD': ' REFERENCES UTF-8 ALL',
  FETCH: ' 1 FLAGS',
  'UID FETCH': ' 1 FLAGS',
  STORE: ' 1 +FLAGS (\\Seen)',
  'UID STORE': ' 1 +FLAGS (\\Seen)',
  COPY: ' 1 Work',
  'UID COPY': ' 1 Work',
  MOVE: ' 1 Work',
  'UID MOVE': ' 1 Work',
};

const beginnings: readonly StateName[] = ['greeted', 'authenticated', 'selected'];

async function ask(state: StateName, text: string): Promise<{ wire: MemoryWire; said: string; end: () => Promise<void> }> {
  const world = await openPlayedWorld(
    new Map([
      ['state', state],
      ['messages', '1'],
      ['mailboxes', 'Work'],
      ['security', 'starttls'],
    ]),
  );
  const wire = new MemoryWire('test', null);
  await wire.start(world.make);
  wire.takeOutput();
  await wire.send(bytesFromUtf8(text));
  return {
    wire,
    said: latin1FromBytes(wire.takeOutput()),
    end: async () => {
      if (!wire.closed) wire.gone();
      await world.end?.();
    },
  };
}

const lastLine = (said: string): string => said.split('\r\n').at(-2) ?? '';

for (const [name, row] of Object.entries(commandRows) as [CommandName, (typeof commandRows)[CommandName]][])
  for (const state of beginnings)
    test(`${name} when ${state}`, async () => {
      const [args, answer] = typeof right[name] === 'string' ? [right[name], 'OK'] : right[name];
      const { wire, said, end } = await ask(state, `t ${name}${args}\r\n`);
      const wanted = isAllowed(row, state) ? answer : 'BAD';
      assert.match(said, wanted === '+' ? /^\+ .*\r\n$/ : new RegExp(`(?:^|\r\n)t ${wanted} `), said);
      if (name === 'LOGOUT') {
        assert.ok(wire.closed);
        assert.match(said, /^\* BYE /);
      } else if (wanted !== '+' && !wire.closed && name !== 'STARTTLS') {
        // It is where the table says: CHECK is only allowed with a mailbox, NAMESPACE only after login.
        const after = nextState(row, state, wanted === 'OK' ? 'OK' : 'BAD');
        const now = wanted === 'OK' ? after : state;
        await wire.send(bytesFromUtf8('u CHECK\r\nv NAMESPACE\r\n'));
        const next = latin1FromBytes(wire.takeOutput());
        assert.match(next, now === 'selected' ? /u OK / : /u BAD /);
        assert.match(next, now === 'greeted' ? /v BAD / : /v OK /);
      }
      await end();
    });

for (const name of Object.keys(commandRows) as CommandName[])
  test(`${name} with arguments that are wrong`, async () => {
    const state = beginnings.find((one) => isAllowed(commandRows[name], one))!;
    for (const args of [' (', ' {', ' "', ' \u0000', ' x y z (', ' {3+}\r\n(((', `${' ('.repeat(60)}`, ' ]', ' 0', ' \\']) {
      const { wire, said, end } = await ask(state, `t ${name}${args}\r\n`);
      assert.match(lastLine(said), /^(?:t (?:BAD|NO|OK) |\* BYE |\* BAD )/, `${args}: ${said}`);
      assert.doesNotMatch(said, /SERVERBUG/, args);
      if (!wire.closed) {
        await wire.send(bytesFromUtf8('u NOOP\r\n'));
        assert.match(lastLine(latin1FromBytes(wire.takeOutput())), /^u OK /);
      }
      await end();
    }
  });

test('the table: what is told when', () => {
  for (const name of ['FETCH', 'STORE', 'SEARCH', 'SORT', 'THREAD'] as const) assert.ok(!mayTellExpunges(commandRows[name]), name);
  for (const name of ['UID FETCH', 'NOOP', 'EXPUNGE', 'IDLE', 'COPY', 'UID SEARCH'] as const)
    assert.ok(mayTellExpunges(commandRows[name]), name);
  assert.equal(findCommand('NOSUCH'), null);
  assert.equal(findCommand('toString'), null);
  assert.equal(nextState(commandRows.SELECT, 'selected', 'NO'), 'authenticated');
  assert.equal(nextState(commandRows.SELECT, 'selected', 'BAD'), 'selected');
});
