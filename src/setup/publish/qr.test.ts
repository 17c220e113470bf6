// What is drawn is read again by another library: the picture and the terminal's lines.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import jsqr from 'jsqr';
import { qrLines, qrSvg } from './qr.ts';

type Decode = (data: Uint8ClampedArray, width: number, height: number) => { readonly data: string } | null;
const decode = ((jsqr as unknown as { default?: Decode }).default ?? jsqr) as Decode;

const scale = 4;

/** Grey squares → what the camera sees. */
function read(dark: (x: number, y: number) => boolean, size: number): string | null {
  const width = size * scale;
  const pixels = new Uint8ClampedArray(width * width * 4);
  for (let y = 0; y < width; y++)
    for (let x = 0; x < width; x++) {
      const shade = dark(Math.floor(x / scale), Math.floor(y / scale)) ? 0 : 255;
      pixels.set([shade, shade, shade, 255], (y * width + x) * 4);
    }
  return decode(pixels, width, width)?.data ?? null;
}

function readSvg(svg: string): string | null {
  const size = Number(/viewBox="0 0 (\d+)/.exec(svg)![1]);
  const set = new Set<string>();
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let i = 0; i < Number(length); i++) set.add(`${Number(x) + i} ${y}`);
  return read((x, y) => set.has(`${x} ${y}`), size);
}

const texts = [
  'https://mail.example.test/setup/abcdefghijklmnopqrstuv',
  '[1,[1,1],[0,"mail.example.test",993,3,1,"hanako@example.test"],[[[0,"mail.example.test",465,3,1,"hanako@example.test"],["hanako@example.test","山田 花子"]]]]',
];

suite('QR codes', () => {
  for (const text of texts) {
    test(`the picture says ${text.slice(0, 30)}…`, () => assert.equal(readSvg(qrSvg(text, 'x')), text));

    test(`the terminal says ${text.slice(0, 30)}…`, () => {
      const lines = qrLines(text, false);
      const size = lines[0]!.length;
      const dark = (x: number, y: number): boolean => {
        const block = lines[Math.floor(y / 2)]?.[x] ?? '█';
        return y % 2 === 0 ? block === ' ' || block === '▄' : block === ' ' || block === '▀';
      };
      assert.equal(read(dark, size), text);
    });
  }

  test('the label is text, not markup', () => assert.match(qrSvg('x', '"><b>'), /aria-label="&quot;>&lt;b>"/));
});
