// The random model of mail by JMAP on the embedded engine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { runMailModel } from '../../protocol/jmap/mail/mail-model-suite.ts';
import { systemChance, systemClock } from '../clock.ts';
import { openEmbeddedStore } from './embedded.ts';

const base = mkdtempSync(join(tmpdir(), 'jmap-model-'));
let number = 0;
after(() => rmSync(base, { recursive: true, force: true }));

runMailModel('embedded', 8, () =>
  openEmbeddedStore({
    dir: join(base, `${number++}`),
    shards: 1,
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
  }),
);
