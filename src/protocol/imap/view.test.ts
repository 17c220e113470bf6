import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyColumns, PackedMailbox } from '../../store/packed-mailbox.ts';
import { MailboxView } from './view.ts';

/** A mailbox whose changes are written as words: `add 4`, `expunge 2`, `flag 3`. */
class History {
  readonly state = new PackedMailbox(emptyColumns({ account: 1, mailbox: 1, uidValidity: 1, uidNext: 1, highestModSeq: 1 }));

  apply(words: string): void {
    const [what, ...numbers] = words.split(' ');
    const uids = numbers.map(Number);
    const { state } = this;
    const modSeq = state.highestModSeq + 1;
    const none = state.internFlags(0, []);
    const entry = (uid: number) => ({ uid, message: uid, modSeq, flags: none, size: 10, receivedAt: 0, savedAt: 0 });
    state.apply({
      modSeq,
      added: what === 'add' ? uids.map(entry) : [],
      expunged: what === 'expunge' ? uids : [],
      flags: what === 'flag' ? uids.map((uid) => ({ uid, flags: state.internFlags(modSeq % 32, []) })) : [],
      uidNext: Math.max(state.uidNext, ...(what === 'add' ? uids.map((uid) => uid + 1) : [])),
    });
  }
}

function tell(view: MailboxView, state: PackedMailbox, expunges: boolean): string {
  const { expunged, vanished, exists, flags } = view.sync(expunges);
  return [
    ...expunged.map((seq, i) => `-${seq}=${vanished[i]}`),
    ...(exists === null ? [] : [`exists ${exists}`]),
    ...flags.map(({ seq, index }) => `flags ${seq}=${state.uids[index]}`),
  ].join(', ');
}

/** name, what happens (`tell` and `hold` are sync with and without expunges, with what they say), the client's numbers at the end. */
const rows: [name: string, steps: string[], uids: number[]][] = [
  ['nothing', ['tell: '], [1, 2, 3, 4, 5]],
  ['a new letter', ['add 6', 'tell: exists 6'], [1, 2, 3, 4, 5, 6]],
  ['one goes', ['expunge 2', 'tell: -2=2'], [1, 3, 4, 5]],
  ['several go, the highest number first', ['expunge 2 3 5', 'tell: -5=5, -3=3, -2=2'], [1, 4]],
  ['all go', ['expunge 1 2 3 4 5', 'tell: -5=5, -4=4, -3=3, -2=2, -1=1'], []],
  ['what has gone keeps its number while it waits', ['expunge 2', 'hold: '], [1, 2, 3, 4, 5]],
  ['what is new waits with it', ['expunge 2', 'add 6', 'hold: ', 'tell: -2=2, exists 5'], [1, 3, 4, 5, 6]],
  ['as many come as go', ['expunge 1', 'add 6', 'tell: -1=1, exists 5'], [2, 3, 4, 5, 6]],
  ['what came and went unseen is never told', ['add 6', 'expunge 6', 'tell: '], [1, 2, 3, 4, 5]],
  ['other flags', ['flag 3', 'tell: flags 3=3', 'tell: '], [1, 2, 3, 4, 5]],
  ['flags of a letter that moved up', ['expunge 1', 'flag 3', 'tell: -1=1, flags 2=3'], [2, 3, 4, 5]],
  ['flags by the old number while one waits', ['expunge 1', 'flag 3', 'hold: flags 3=3', 'tell: -1=1'], [2, 3, 4, 5]],
  ['flags of what has gone are not told', ['flag 3', 'expunge 3', 'tell: -3=3'], [1, 2, 4, 5]],
  ['flags of a new letter come with the client asking for it', ['add 6', 'flag 6', 'tell: exists 6', 'tell: '], [1, 2, 3, 4, 5, 6]],
  ['our own change is not told again', ['flag 3', 'own', 'flag 4', 'tell: flags 4=4'], [1, 2, 3, 4, 5]],
  ['a later change of the same letter is', ['flag 3', 'own', 'flag 3', 'tell: flags 3=3'], [1, 2, 3, 4, 5]],
  ['twice held', ['expunge 1', 'hold: ', 'expunge 5', 'hold: ', 'tell: -5=5, -1=1'], [2, 3, 4]],
  [
    'growth moves the arrays, not the numbers',
    ['add 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21', 'tell: exists 21', 'flag 21', 'tell: flags 21=21'],
    Array.from({ length: 21 }, (_, i) => i + 1),
  ],
];

for (const [name, steps, uids] of rows)
  test(`view: ${name}`, () => {
    const history = new History();
    history.apply('add 1 2 3 4 5');
    const view = new MailboxView(history.state);
    for (const step of steps) {
      const told = /^(tell|hold): (.*)$/.exec(step);
      if (told !== null) assert.equal(tell(view, history.state, told[1] === 'tell'), told[2], step);
      else if (step === 'own') view.noteOwn(history.state.highestModSeq);
      else history.apply(step);
    }
    assert.equal(view.count, uids.length);
    assert.equal(view.lastUid, uids.at(-1) ?? 0);
    for (const [i, uid] of uids.entries()) {
      assert.equal(view.uidOf(i + 1), uid);
      assert.equal(view.seqOf(uid), i + 1);
    }
    for (let uid = 0; uid < 30; uid++) if (!uids.includes(uid)) assert.equal(view.seqOf(uid), 0);
  });

test('view: impossible numbers throw', () => {
  const history = new History();
  history.apply('add 1');
  const view = new MailboxView(history.state);
  for (const seq of [0, -1, 2, Number.NaN]) assert.throws(() => view.uidOf(seq), /no sequence number/);
});

test('view: what the client is told makes it hold what the mailbox holds, whatever happens', () => {
  // A client that follows the words of RFC 9051 §7.4, §7.5 alone, beside a thousand random changes.
  let seed = 20_260_101;
  const chance = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff) % below;
  const history = new History();
  const view = new MailboxView(history.state);
  const client: (number | null)[] = [];
  let next = 1;
  for (let step = 0; step < 1000; step++) {
    const uids = [...history.state.uids.subarray(0, history.state.count)];
    const some = uids.filter(() => chance(5) === 0);
    const what = chance(4);
    if (what === 0) history.apply(`add ${next++} ${next++}`);
    else if (some.length > 0) history.apply(`${what === 1 ? 'expunge' : 'flag'} ${some.join(' ')}`);
    if (chance(3) === 0) continue;
    const told = view.sync(chance(2) === 0);
    for (const [i, seq] of told.expunged.entries()) assert.ok([told.vanished[i], null].includes(client.splice(seq - 1, 1)[0]!));
    if (told.exists !== null) while (client.length < told.exists) client.push(null);
    for (const { seq, index } of told.flags) assert.ok([history.state.uids[index], null].includes(client[seq - 1]));
    assert.equal(client.length, view.count);
    for (let seq = 1; seq <= client.length; seq++) {
      const known = client[seq - 1] ?? null;
      if (known !== null) assert.equal(known, view.uidOf(seq));
      client[seq - 1] = view.uidOf(seq);
    }
  }
});
