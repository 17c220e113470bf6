// A letter's way as a line of stops: what is common to all, then a branch for each recipient, with what nobody here can know in grey. Knows stations
// (docs/jmap.md, Journey); knows no sentence and draws nothing. Invents no stop: a grey one only says that something lies there.
import type { Station, Way } from '../thread/ways.svelte.ts';

export interface KnownStop {
  readonly kind: 'known';
  readonly station: Station;
  /** Under seal (TLS), in the open, or where that is no question. */
  readonly seal: 'sealed' | 'open' | null;
  readonly place: string;
}
/** `before`: how it came to the other office. `their-app`: the sender's. `their-box`: the recipient's letter box at another office. `own-app`: this one. */
export interface UnknownStop {
  readonly kind: 'unknown';
  readonly what: 'before' | 'their-app' | 'their-box' | 'own-app';
}
/** Tries that came to nothing before the last one, folded. */
export interface EarlierStop {
  readonly kind: 'earlier';
  readonly tries: number;
  readonly stops: readonly KnownStop[];
}
export type Stop = KnownStop | UnknownStop | EarlierStop;

export interface Branch {
  readonly recipient: string;
  readonly stops: readonly Stop[];
  readonly state: 'arrived' | 'handed-over' | 'waits' | 'returned' | 'unknown';
  readonly waits: Way['waitsFor'][number] | null;
}

export interface Road {
  readonly trunk: readonly Stop[];
  readonly branches: readonly Branch[];
}

const travels = new Set(['submission', 'reception', 'delivery', 'collection']);

export function stopOf(station: Station): KnownStop {
  const fact = (name: string): string => String(station.facts[name] ?? '');
  const seal = !travels.has(station.station) || station.result !== 'done' ? null : fact('tls') !== '' ? 'sealed' : 'open';
  const place =
    {
      routing: fact('mx') || fact('domain'),
      mailbox: fact('mailbox'),
      submission: fact('login'),
      read: fact('protocol').toUpperCase(),
      queue: fact('via'),
    }[station.station as string] ?? '';
  return { kind: 'known', station, seal, place: place || fact('peer') || fact('peerAddress') };
}

export function roadOf(way: Way): Road {
  const inOrder = way.stations.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const isSent = way.direction === 'sent';
  const recipients = isSent
    ? [...new Set([...inOrder.flatMap(({ recipient }) => recipient ?? []), ...way.waitsFor.map(({ recipient }) => recipient)])]
    : [];
  const isAlone = recipients.length === 1;
  const parting = isAlone ? inOrder.findIndex(({ recipient }) => recipient !== null) : -1;
  // With one recipient there is one road: what happened to the whole letter later on stands where it happened.
  const common = parting >= 0 ? inOrder.slice(0, parting) : isSent ? inOrder.filter(({ recipient }) => recipient === null) : inOrder;
  const first = common[0]?.station;
  const trunk: Stop[] = common.map(stopOf);
  // A letter that another office brought has been somewhere before.
  if (!isSent && (first === 'reception' || first === 'collection')) trunk.unshift({ kind: 'unknown', what: 'before' });
  else if (!isSent && first === 'submission') trunk.unshift({ kind: 'unknown', what: 'their-app' });
  if (!isSent && trunk.length > 0) trunk.push({ kind: 'unknown', what: 'own-app' });
  return {
    trunk,
    branches: recipients.map((recipient) => branchOf(way, recipient, parting >= 0 ? inOrder.slice(parting) : inOrder, isAlone)),
  };
}

function branchOf(way: Way, recipient: string, stations: readonly Station[], isAlone: boolean): Branch {
  const own = stations.filter((station) => station.recipient === recipient || (isAlone && station.recipient === null));
  const waits = way.waitsFor.find((row) => row.recipient === recipient) ?? null;
  const has = (name: string, result: Station['result']): boolean =>
    own.some(({ station, result: said }) => station === name && said === result);
  const state = waits
    ? 'waits'
    : has('mailbox', 'done')
      ? 'arrived'
      : has('delivery', 'done')
        ? 'handed-over'
        : has('queue', 'failed') || has('delivery', 'failed')
          ? 'returned'
          : 'unknown';
  const stops: Stop[] = foldTries(own.map(stopOf));
  if (state === 'handed-over') stops.push({ kind: 'unknown', what: 'their-box' });
  return { recipient, stops, state, waits };
}

/** From three tries on, all but the last are one stop. */
function foldTries(stops: readonly KnownStop[]): Stop[] {
  const tries = stops.flatMap(({ station }, index) => (station.station === 'delivery' && station.result === 'later' ? [index] : []));
  const ended = stops.findLastIndex(({ station }) => station.station === 'delivery');
  // The last try begins where the road was asked for, just before it.
  let last = ended;
  while (last > 0 && stops[last - 1]!.station.station === 'routing') last--;
  const from = stops.findIndex(({ station }) => station.result === 'later');
  const earlier = tries.filter((index) => index < last).length;
  if (earlier < 2 || from < 0 || from >= last) return [...stops];
  let first = from;
  while (first > 0 && stops[first - 1]!.station.station === 'routing') first--;
  return [...stops.slice(0, first), { kind: 'earlier', tries: earlier, stops: stops.slice(first, last) }, ...stops.slice(last)];
}
