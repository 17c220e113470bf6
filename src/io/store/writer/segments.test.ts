// Segments in large numbers: every large letter is one.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openForWriting } from '../schema.ts';
import { Segments } from './segments.ts';

test('a shard with hundreds of thousands of segments is opened and written to', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tayori-segments-'));
  const db = openForWriting(join(dir, 'mail.sqlite'));
  try {
    const many = 200_000;
    db.exec(
      `insert into segment with recursive n(id) as (select 1 union all select id + 1 from n where id < ${many}) select id, 10, 10 from n`,
    );
    const segments = new Segments(join(dir, 'segments'), db, 1 << 20, () => {}, false, null);
    assert.deepEqual(segments.append(new Uint8Array(5)), { segment: many + 1, start: 0 });
    segments.sync();
    segments.count(many + 1, 5);
    segments.flush();
    segments.committed();
    segments.count(7, -10);
    segments.flush();
    segments.committed();
    assert.deepEqual(segments.wasteful(0), [7]);
    const rows = db.prepare('select id, size, live from segment where id in (7, ?) order by id').all(many + 1);
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [
        { id: 7, size: 10, live: 0 },
        { id: many + 1, size: 5, live: 5 },
      ],
    );
    segments.close();
  } finally {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
