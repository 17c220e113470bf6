// Files put into one, without packing them tighter (APPNOTE 4.3, method 0): "save all". Knows the ZIP format; knows no letters.

export interface ZipFile {
  readonly name: string;
  readonly octets: Uint8Array;
}

const table = Uint32Array.from({ length: 256 }, (_none, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function checksum(octets: Uint8Array): number {
  let value = 0xffffffff;
  for (const octet of octets) value = table[(value ^ octet) & 0xff]! ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** Pieces of the archive, in order. Names are made different where two are the same. */
export function zip(files: readonly ZipFile[], at: Date): Uint8Array<ArrayBuffer>[] {
  const time = (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
  const date = ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const central: Uint8Array<ArrayBuffer>[] = [];
  const taken = new Set<string>();
  let offset = 0;
  for (const { name, octets } of files) {
    const label = new TextEncoder().encode(freeName(name, taken));
    // Version 2.0, names in UTF-8 (bit 11), stored.
    const common = [
      [20, 2],
      [0x800, 2],
      [0, 2],
      [time, 2],
      [date, 2],
      [checksum(octets), 4],
      [octets.length, 4],
      [octets.length, 4],
      [label.length, 2],
      [0, 2],
    ] as const;
    const head = record(0x04034b50, common, label);
    pieces.push(head, Uint8Array.from(octets));
    central.push(record(0x02014b50, [[20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]], label));
    offset += head.length + octets.length;
  }
  const size = central.reduce((sum, one) => sum + one.length, 0);
  const end = record(
    0x06054b50,
    [
      [0, 2],
      [0, 2],
      [files.length, 2],
      [files.length, 2],
      [size, 4],
      [offset, 4],
      [0, 2],
    ],
    new Uint8Array(),
  );
  return [...pieces, ...central, end];
}

function record(mark: number, fields: readonly (readonly [value: number, octets: 2 | 4])[], tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = 4 + fields.reduce((sum, [, octets]) => sum + octets, 0);
  const made = new Uint8Array(length + tail.length);
  const view = new DataView(made.buffer);
  view.setUint32(0, mark, true);
  let at = 4;
  for (const [value, octets] of fields) {
    if (octets === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += octets;
  }
  made.set(tail, length);
  return made;
}

/** Without what leads out of a folder. */
function freeName(wanted: string, taken: Set<string>): string {
  const safe =
    wanted
      .replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '_')
      .replace(/^\.+/, '_')
      .slice(0, 120) || 'file';
  const dot = safe.lastIndexOf('.');
  const [stem, kind] = dot > 0 ? [safe.slice(0, dot), safe.slice(dot)] : [safe, ''];
  let name = safe;
  for (let count = 2; taken.has(name); count++) name = `${stem} (${count})${kind}`;
  taken.add(name);
  return name;
}
