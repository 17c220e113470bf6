// An archive that another program opens: names, octets, two of one name, none that leads out.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { zip } from './zip.ts';

test('python opens it and finds nothing wrong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tayori-zip-'));
  try {
    const octets = Uint8Array.from({ length: 70_000 }, (_none, index) => index % 251);
    const pieces = zip(
      [
        { name: '写真.jpg', octets },
        { name: '写真.jpg', octets: Uint8Array.of(1, 2, 3) },
        { name: '../../etc/passwd', octets: new Uint8Array() },
      ],
      new Date(2026, 3, 1, 10, 20, 30),
    );
    writeFileSync(join(folder, 'a.zip'), Buffer.concat(pieces));
    const script =
      'import zipfile,sys,json;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;print(json.dumps([[i.filename,i.file_size,list(i.date_time)] for i in z.infolist()]));z.extract("写真.jpg",sys.argv[2])';
    const said = execFileSync('python3', ['-c', script, join(folder, 'a.zip'), folder], { encoding: 'utf8' });
    const time = [2026, 4, 1, 10, 20, 30];
    assert.deepEqual(JSON.parse(said), [
      ['写真.jpg', 70_000, time],
      ['写真 (2).jpg', 3, time],
      ['__.._etc_passwd', 0, time],
    ]);
    assert.deepEqual(readFileSync(join(folder, '写真.jpg')), Buffer.from(octets));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
