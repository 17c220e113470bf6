// The meter and what Prometheus reads of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../base/log.ts';
import { openMetricsListener } from './metrics-listener.ts';
import { Metrics } from './metrics.ts';

test('Metrics: counters, gauges and histograms are shown in the format of Prometheus, beside those of the process', async () => {
  const metrics = new Metrics();
  metrics.count('tayori_letters_total', { protocol: 'smtp' });
  metrics.count('tayori_letters_total', { protocol: 'smtp' }, 2);
  metrics.count('tayori_letters_total', { protocol: 'lmtp' });
  metrics.gauge('tayori_open', () => 7);
  for (const seconds of [0.0004, 0.02, 100]) metrics.observe('tayori_commit_seconds', seconds);
  const listener = await openMetricsListener('127.0.0.1', 0, metrics, silentLog);
  try {
    const answer = await fetch(`http://127.0.0.1:${listener.port}/metrics`, { headers: { 'accept-encoding': 'identity' } });
    const text = await answer.text();
    for (const line of [
      '# TYPE tayori_letters_total counter',
      'tayori_letters_total{protocol="smtp"} 3',
      'tayori_letters_total{protocol="lmtp"} 1',
      'tayori_open 7',
      '# TYPE tayori_commit_seconds histogram',
      'tayori_commit_seconds_bucket{le="0.0005"} 1',
      'tayori_commit_seconds_bucket{le="0.025"} 2',
      'tayori_commit_seconds_bucket{le="+Inf"} 3',
      'tayori_commit_seconds_count 3',
    ])
      assert.ok(text.split('\n').includes(line), line);
    assert.match(text, /^process_resident_memory_bytes \d+/m);
    metrics.count('tayori_later_total');
    const again = await (await fetch(`http://127.0.0.1:${listener.port}/metrics`)).text();
    assert.match(again, /^tayori_later_total 1$/m);
    assert.equal((await fetch(`http://127.0.0.1:${listener.port}/`)).status, 404);
  } finally {
    await listener.close();
  }
});

test('Metrics: label sets are bounded; what is above is counted together', () => {
  const metrics = new Metrics();
  for (let index = 0; index < 2_000; index++) metrics.count('tayori_names_total', { name: String(index) });
  assert.equal(metrics.total('tayori_names_total'), 2_000);
  const { values } = metrics.samples()[0]!;
  assert.equal(values.length, 501);
  assert.equal(values.at(-1)?.value, 1_500);
});
