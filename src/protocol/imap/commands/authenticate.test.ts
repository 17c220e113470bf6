import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64FromBytes, bytesFromBase64, bytesFromLatin1, latin1FromBytes, type Bytes } from '../../../base/bytes.ts';
import { MemoryWire } from '../../line/transcript.ts';
import { loginClient, plainClient, scramClient, type ClientExchange } from '../../sasl/client.ts';
import { openPlayedWorld } from '../played-world.ts';

const chance = { bytes: (length: number) => new Uint8Array(length).fill(7), fraction: () => 0 };

function say(bytes: Bytes): string {
  return bytes.length === 0 ? '' : base64FromBytes(bytes);
}

/** Signs in and gives the tagged answer. */
async function signIn(exchange: (tls: MemoryWire['tls']) => ClientExchange, security: string, initial: boolean): Promise<string> {
  const world = await openPlayedWorld(
    new Map([
      ['state', 'greeted'],
      ['security', security],
    ]),
  );
  const wire = new MemoryWire('test', world.tls ?? null);
  await wire.start(world.make);
  wire.takeOutput();
  const client = exchange(wire.tls);
  const first = initial ? client.initial() : null;
  let line = `a AUTHENTICATE ${client.mechanism}${first === null ? '' : ` ${say(first) || '='}`}`;
  for (;;) {
    await wire.send(bytesFromLatin1(`${line}\r\n`));
    const said = latin1FromBytes(wire.takeOutput()).trimEnd();
    if (!said.startsWith('+')) {
      wire.gone();
      await world.end?.();
      return said;
    }
    const challenge = bytesFromBase64(said.slice(2));
    line = say(challenge.length === 0 ? (client.initial() ?? (await client.respond(challenge))) : await client.respond(challenge));
  }
}

for (const initial of [true, false])
  for (const security of ['none', 'tls'])
    for (const password of ['secret', 'wrong'])
      for (const name of ['hanako', 'nobody']) {
        const person = { login: name, password };
        const exchanges: ((tls: MemoryWire['tls']) => ClientExchange)[] = [
          () => plainClient(person),
          () => loginClient(person),
          (tls) => scramClient('SHA-1', person, chance, { tls, bound: tls !== null }),
          (tls) => scramClient('SHA-256', person, chance, { tls, bound: tls !== null }),
        ];
        for (const exchange of exchanges)
          test(`${exchange(null).mechanism} ${initial ? 'with' : 'without'} initial response, ${security}: ${name}, ${password}`, async () => {
            const right = name === 'hanako' && password === 'secret';
            assert.match(
              await signIn(exchange, security, initial),
              right ? /^a OK \[CAPABILITY IMAP4rev2 .* AUTHENTICATE completed$/ : /^a NO \[AUTHENTICATIONFAILED\] /,
            );
          });
      }
