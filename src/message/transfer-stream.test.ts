import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, concatBytes, hexFromBytes } from '../base/bytes.ts';
import { openTransferDecoder } from './transfer-stream.ts';
import { decodeTransfer } from './transfer.ts';
import { runs } from '../../test/support/depth.ts';

const octets = fc.array(fc.constantFrom(...'abYZ09+/=== \t\r\n', 'é', '=41', '=\r\n', '= \n', '\r\n', 'A'.repeat(70_000)), {
  maxLength: 60,
});

for (const encoding of ['base64', 'quoted-printable', '7bit', 'x-unknown'])
  test(`${encoding}: in any pieces the same as at once`, () =>
    fc.assert(
      fc.property(octets, fc.array(fc.nat(200_000), { maxLength: 8 }), (texts, places) => {
        const whole = bytesFromLatin1(texts.join(''));
        const decoder = openTransferDecoder(encoding);
        const cuts = [...places.map((place) => place % (whole.length + 1)), whole.length].toSorted((a, b) => a - b);
        const pieces = cuts.map((end, index) => decoder.add(whole.subarray(cuts[index - 1] ?? 0, end)));
        const decoded = concatBytes([...pieces, decoder.end()]);
        assert.equal(hexFromBytes(decoded), hexFromBytes(decodeTransfer(encoding, whole)));
      }),
      { numRuns: runs(200) },
    ));
