// Any character of Unicode for random texts: controls, all planes, no half of a pair. As fast-check's unit 'binary', which draws up a table of all the
// million first: two seconds of every process that asks for it.
import fc from 'fast-check';

const firstHalf = 0xd800;
const halves = 0x800;

export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(fc.nat({ max: 0x7f }), fc.nat({ max: 0xffff - halves }), fc.nat({ max: 0x10ffff - halves }))
  .map((number) => String.fromCodePoint(number < firstHalf ? number : number + halves));
