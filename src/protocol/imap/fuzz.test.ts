import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bytesFromLatin1, bytesFromUtf8, latin1FromBytes } from '../../base/bytes.ts';
import { MemoryWire, parseTranscript } from '../line/transcript.ts';
import { openPlayedWorld } from './played-world.ts';

/** Set FUZZ_SEED to play a failure again, FUZZ_SECONDS for a longer hunt. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_007);
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 3);

const folder = new URL('./transcripts/', import.meta.url);
const lines = readdirSync(folder).flatMap((file) =>
  parseTranscript(file, readFileSync(new URL(file, folder), 'utf8')).steps.flatMap((step) =>
    step.kind === 'send' ? [latin1FromBytes(bytesFromUtf8(step.text))] : [],
  ),
);
const words = [...new Set(lines.flatMap((line) => line.split(/([\s()"]+)/)))].filter((word) => word !== '');
const odd = [
  '{1+}\r\n',
  '{70000+}\r\n',
  '{5}\r\n',
  '~{3+}\r\n',
  '"',
  '(',
  ')',
  '\\',
  '\0',
  '\xff',
  '*',
  '1:*',
  '4294967296',
  '$',
  ' ',
  '\r\n',
  '\r',
  '\n',
  'NIL',
  '(('.repeat(40),
];

function mulberry(state: number): (below: number) => number {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function spoil(line: string, chance: (below: number) => number): string {
  const cut = (): number => chance(line.length + 1);
  switch (chance(8)) {
    case 0:
      return line;
    case 1:
      return line.slice(0, cut()) + line.slice(cut());
    case 2:
      return line.slice(0, cut()) + odd[chance(odd.length)]! + line.slice(cut());
    case 3: {
      const at = cut();
      return `${line.slice(0, at)}${String.fromCharCode(chance(256))}${line.slice(at + 1)}`;
    }
    case 4:
      return line.replace(/\d+/, () => String([0, 1, 7, 4_294_967_295, 2 ** 53, -1][chance(6)]));
    default: {
      const parts = line.split(' ');
      parts[chance(parts.length)] = words[chance(words.length)]!;
      return parts.join(' ');
    }
  }
}

test(`whatever is sent, each session answers or closes, and no defect shows (FUZZ_SEED=${seed})`, async () => {
  const begin = performance.now();
  for (let round = 0; performance.now() - begin < seconds * 1000; round++) {
    const chance = mulberry(seed + round);
    const state = ['greeted', 'authenticated', 'selected', 'selected'][chance(4)]!;
    const small: [string, string][] = ['letter', 'command', 'greetedLiteral', 'thrownAway'].map((name) => [`limit.${name}`, '2000']);
    const header = new Map([
      ['state', state],
      ['messages', '5'],
      ['flags', '1 \\Seen; 2 \\Deleted $x'],
      ['mailboxes', 'Work, Work/2026, Sent \\Sent'],
      ...small,
      ['limit.faults', '1000000'],
      ['limit.greetedFaults', '1000000'],
      ['limit.greetedTotal', '1000000'],
    ] as [string, string][]);
    if (state !== 'greeted' && chance(2) === 0) header.set('enable', ['IMAP4rev2', 'QRESYNC', 'CONDSTORE UTF8=ACCEPT'][chance(3)]!);
    const world = await openPlayedWorld(header);
    const wires = [new MemoryWire('a', null), new MemoryWire('b', null)];
    const sent: string[] = [];
    try {
      for (const wire of wires) await wire.start(world.make);
      for (let i = 0; i < 12; i++) {
        const wire = wires[chance(2)]!;
        // Not COMPRESS: what follows it would have to be compressed.
        const text = spoil(lines[chance(lines.length)]!, chance).replace(/compress/gi, 'NOOP');
        sent.push(text);
        if (!wire.closed) await wire.send(bytesFromLatin1(text));
      }
      for (const wire of wires) {
        // Ends whatever is open: a literal, a quoted string, IDLE, an exchange.
        if (!wire.closed) await wire.send(bytesFromLatin1('\r\n'.repeat(2100)));
        if (!wire.closed) await wire.send(bytesFromLatin1('DONE\r\n*\r\nzz NOOP\r\n'));
        const said = latin1FromBytes(wire.takeOutput());
        assert.ok(wire.closed ? /\* (?:BYE|BAD) /.test(said) : said.endsWith('zz OK NOOP completed\r\n'), `no answer: ${said.slice(-200)}`);
        assert.doesNotMatch(said, /SERVERBUG/);
        if (!wire.closed) wire.gone();
      }
      await world.end?.();
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${seed + round}: ${JSON.stringify(sent)}`, { cause });
    }
  }
});
