// From stations to stops: order, seals, branches, and no stop that nobody has written down but the grey ones that say so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Station, Way } from '../thread/ways.svelte.ts';
import { roadOf, type Stop } from './road.ts';

const station = (name: string, second: number, more: Partial<Station> = {}): Station => ({
  at: new Date(1_800_000_000_000 + second * 1000).toISOString(),
  station: name,
  result: 'done',
  word: name,
  term: name,
  picture: '',
  recipient: null,
  sentence: '',
  proof: [],
  facts: {},
  why: null,
  ...more,
});
const way = (direction: Way['direction'], stations: readonly Station[], waitsFor: Way['waitsFor'] = []): Way => ({
  letterId: 'x',
  direction,
  state: 'arrived',
  waitsFor,
  stations,
});
const names = (stops: readonly Stop[]): string[] =>
  stops.map((stop) =>
    stop.kind === 'known' ? stop.station.station : stop.kind === 'earlier' ? `(${stop.tries} tries)` : `(${stop.what})`,
  );

test('a letter that was brought', () => {
  const road = roadOf(
    way('received', [
      station('mailbox', 1, { facts: { mailbox: 'INBOX' } }),
      station('reception', 0, { facts: { peer: 'mx.far.test', tls: 'TLSv1.3' } }),
    ]),
  );
  assert.deepEqual([names(road.trunk), road.branches], [['(before)', 'reception', 'mailbox', '(own-app)'], []]);
  const [, brought, laid] = road.trunk;
  assert.ok(brought?.kind === 'known' && laid?.kind === 'known');
  assert.deepEqual([brought.seal, brought.place, laid.seal, laid.place], ['sealed', 'mx.far.test', null, 'INBOX']);
});

test('a letter that was sent: a branch for each recipient', () => {
  const to = (recipient: string) => ({ recipient });
  const road = roadOf(
    way(
      'sent',
      [
        station('submission', 0, { facts: { login: 'hanako' } }),
        station('queue', 1, to('far@far.test')),
        station('delivery', 3, { ...to('far@far.test'), facts: { peer: 'mx.far.test' } }),
        station('mailbox', 2, to('taro@here.test')),
        station('queue', 5, { ...to('no@far.test'), result: 'failed' }),
        station('delivery', 4, { ...to('late@far.test'), result: 'later' }),
      ],
      [{ recipient: 'late@far.test', attempts: 1, nextAt: '2027-01-15T08:10:00Z', lastReply: '450 busy', isHeld: false }],
    ),
  );
  assert.deepEqual(names(road.trunk), ['submission']);
  assert.deepEqual(
    road.branches.map(({ recipient, state, stops, waits }) => [recipient, state, names(stops), waits?.lastReply ?? null]),
    [
      ['far@far.test', 'handed-over', ['queue', 'delivery', '(their-box)'], null],
      ['taro@here.test', 'arrived', ['mailbox'], null],
      ['late@far.test', 'waits', ['delivery'], '450 busy'],
      ['no@far.test', 'returned', ['queue'], null],
    ],
  );
  const delivery = road.branches[0]?.stops[1];
  assert.ok(delivery?.kind === 'known' && delivery.seal === 'open');
  // What did not come about was neither sealed nor open.
  const later = road.branches[2]?.stops[0];
  assert.ok(later?.kind === 'known' && later.seal === null);
});

test('of a letter without stations there is no road', () => {
  assert.deepEqual(roadOf(way('received', [])), { trunk: [], branches: [] });
});

test('one recipient: one road in the order of time, earlier tries folded', () => {
  const to = { recipient: 'late@far.test' };
  const attempt = (second: number, result: 'later' | 'done'): Station[] => [
    station('routing', second),
    station('delivery', second + 1, { ...to, result }),
    ...(result === 'later' ? [station('queue', second + 2, { ...to, result })] : []),
  ];
  const stations = [station('submission', 0), station('queue', 1, to), ...attempt(2, 'later'), ...attempt(10, 'later')];
  const road = roadOf(way('sent', stations));
  assert.deepEqual(
    [names(road.trunk), names(road.branches[0]!.stops)],
    [['submission'], ['queue', 'routing', 'delivery', 'queue', 'routing', 'delivery', 'queue']],
  );
  const longer = roadOf(way('sent', [...stations, ...attempt(20, 'later'), ...attempt(30, 'done')]));
  assert.deepEqual(names(longer.branches[0]!.stops), ['queue', '(3 tries)', 'routing', 'delivery', '(their-box)']);
  assert.equal(longer.branches[0]!.state, 'handed-over');
});
