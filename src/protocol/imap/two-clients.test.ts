// Two apps on one mailbox do as they like; each keeps its own picture from what it is told. At the end all pictures are the mailbox: the promise of
// RFC 9051 §7.5.1 and RFC 7162 that is easiest to break.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openLettersWorld, type Client, type LettersWorld } from './letters-world.ts';
import { runs } from '../../../test/support/depth.ts';

/** What one app believes: UIDs by number (null: not told yet), and flags by UID. */
class Picture {
  readonly client: Client;
  readonly qresync: boolean;
  numbers: (number | null)[] = [];
  flags = new Map<number, string>();

  constructor(client: Client, qresync: boolean) {
    this.client = client;
    this.qresync = qresync;
  }

  /** @throws AssertionError when an answer does not fit the picture. */
  take(answer: string, holdsStill: boolean): void {
    for (const line of answer.split('\r\n').slice(0, -2)) {
      const [, n = '', word = '', rest = ''] = /^\* (\d+) (EXPUNGE|EXISTS|FETCH)(.*)$/s.exec(line) ?? [];
      const number = Number(n);
      if (word === 'EXPUNGE') {
        assert.ok(!holdsStill && !this.qresync, `not now: ${line}`);
        assert.ok(number >= 1 && number <= this.numbers.length, line);
        this.numbers.splice(number - 1, 1);
      } else if (word === 'EXISTS') {
        assert.ok(number >= this.numbers.length, `shrinks: ${line}`);
        while (this.numbers.length < number) this.numbers.push(null);
      } else if (word === 'FETCH') {
        assert.ok(number >= 1 && number <= this.numbers.length, line);
        const uid = Number(/UID (\d+)/.exec(rest)?.[1]);
        if (!Number.isNaN(uid)) {
          const known = this.numbers[number - 1];
          assert.ok(known === null || known === uid, `${line}, but number ${number} is UID ${known}`);
          this.numbers[number - 1] = uid;
        }
        const flags = /FLAGS \(([^)]*)\)/.exec(rest)?.[1];
        const owner = this.numbers[number - 1];
        if (flags !== undefined && owner != null) this.flags.set(owner, flags.split(' ').sort().join(' '));
      } else if (line.startsWith('* VANISHED ')) {
        assert.ok(!holdsStill && this.qresync, `not now: ${line}`);
        for (const part of line.slice(11).split(',')) {
          const [low, high = low] = part.split(':').map(Number);
          for (let uid = low!; uid <= high!; uid++) {
            let at = this.numbers.indexOf(uid);
            // One that has only been counted so far: a number without a UID, behind all lower UIDs.
            if (at < 0)
              at = this.numbers.findIndex(
                (one, i) => one === null && !this.numbers.slice(i).some((later) => later !== null && later < uid),
              );
            assert.ok(at >= 0, `${line}: UID ${uid} was not there`);
            this.numbers.splice(at, 1);
          }
        }
      }
    }
  }

  async ask(command: string): Promise<string> {
    const answer = await this.client.ask(command);
    assert.match(answer, /(?:^|\r\n)a (?:OK|NO|BAD) [^\r\n]*\r\n$/, command);
    this.take(answer, /^(?:FETCH|STORE|SEARCH|SORT|THREAD) /.test(command));
    return answer;
  }
}

async function openPicture(world: LettersWorld, qresync: boolean): Promise<Picture> {
  const client = await world.client();
  if (qresync) await client.ask('ENABLE QRESYNC');
  const picture = new Picture(client, qresync);
  picture.take(await client.ask('SELECT INBOX'), false);
  await picture.ask('UID FETCH 1:* (FLAGS)');
  return picture;
}

const number = fc.integer({ min: 1, max: 12 });
const set = fc.oneof(
  number.map(String),
  fc.tuple(number, number).map(([a, b]) => `${a}:${b}`),
  fc.constant('1:*'),
  fc.constant('*'),
);
const flag = fc.constantFrom('\\Deleted', '\\Deleted', '\\Seen', '\\Flagged', 'work');
const command = fc.oneof(
  fc.constantFrom(
    'NOOP',
    'NOOP',
    'EXPUNGE',
    'CHECK',
    'SEARCH ALL',
    'UID SEARCH UNSEEN',
    'SORT (REVERSE ARRIVAL) UTF-8 ALL',
    'UID THREAD REFERENCES UTF-8 ALL',
  ),
  set.map((s) => `FETCH ${s} (UID FLAGS)`),
  set.map((s) => `UID FETCH ${s} (FLAGS)`),
  set.map((s) => `FETCH ${s} (UID BODY[TEXT]<0.1>)`),
  fc
    .tuple(set, fc.constantFrom('+', '-', ''), fc.constantFrom('.SILENT', ''), flag, fc.boolean())
    .map(([s, sign, silent, f, uid]) => ({ s, sign, silent, f, uid })),
  fc
    .tuple(fc.constantFrom('COPY', 'UID COPY', 'MOVE', 'UID MOVE'), set, fc.constantFrom('INBOX', 'Work'))
    .map(([word, s, to]) => `${word} ${s} ${to}`),
  set.map((s) => `UID EXPUNGE ${s}`),
);
const step = fc.record({ who: fc.integer({ min: 0, max: 2 }), command });

test('whatever three apps do, each knows the mailbox in the end', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const world = await openLettersWorld(Array.from({ length: 8 }, (_, i) => ({ text: `Subject: ${i}\r\n\r\nx\r\n` })));
      try {
        const apps = [await openPicture(world, false), await openPicture(world, true), await openPicture(world, false)];
        for (const { who, command } of steps) {
          const app = apps[who]!;
          if (typeof command === 'string') {
            await app.ask(command);
            continue;
          }
          const { s, sign, silent, f, uid } = command;
          const answer = await app.ask(`${uid ? 'UID ' : ''}STORE ${s} ${sign}FLAGS${silent} (${f})`);
          // After .SILENT the app knows by itself; asking again stands for that.
          if (silent !== '' && answer.includes('a OK')) await app.ask('UID FETCH 1:* (FLAGS)');
        }
        for (const app of apps) await app.ask('NOOP');
        const truth = Array.from(
          { length: world.state.count },
          (_, i) => [world.state.uids[i]!, world.state.flagsAt(i).text.slice(1, -1).split(' ').sort().join(' ')] as const,
        );
        for (const app of apps) {
          assert.equal(app.numbers.length, truth.length, 'as many letters');
          const before = new Map(app.flags);
          app.flags.clear();
          await app.ask('UID FETCH 1:* (FLAGS)');
          assert.deepEqual(
            app.numbers,
            truth.map(([uid]) => uid),
          );
          assert.deepEqual([...app.flags], truth);
          // Flags that the app had a picture of had been told before it asked.
          for (const [uid, flags] of truth) if (before.has(uid)) assert.equal(before.get(uid), flags, `flags of UID ${uid}`);
        }
      } finally {
        await world.end();
      }
    }),
    { numRuns: runs(150) },
  ));
