// The control socket: questions and answers whole, troubles as such, deep folders, hostile octets, permissions.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../base/log.ts';
import { askControl, ControlTrouble, NobodyThere, openControl, type ControlOptions, type Json } from './control.ts';

async function withControl(answer: ControlOptions['answer'], work: (path: string) => Promise<void>, deep = ''): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-control-'));
  try {
    await mkdir(join(folder, deep), { recursive: true });
    const path = join(folder, deep, 'control.sock');
    const control = await openControl({ path, answer, log: silentLog });
    try {
      await work(path);
    } finally {
      await control.close();
    }
    await assert.rejects(askControl(path, {}), NobodyThere);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('control: progress and answer arrive in order, large ones too, by many at once', () =>
  withControl(
    async (ask, say) => {
      for (let step = 1; step <= 3; step++) say({ step });
      return { ask, long: 'あ'.repeat(100_000) };
    },
    async (path) => {
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      await Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          const heard: Json[] = [];
          const answer = await askControl(path, { index }, (progress) => heard.push(progress));
          assert.deepEqual(heard, [{ step: 1 }, { step: 2 }, { step: 3 }]);
          assert.deepEqual(answer, { ask: { index }, long: 'あ'.repeat(100_000) });
        }),
      );
    },
  ));

test('control: trouble is told in its words, a defect is not', () =>
  withControl(
    async (ask) => {
      if (ask === 'refuse') throw new ControlTrouble({ kind: 'refused', message: 'there is no such account' });
      throw new Error('secret detail');
    },
    async (path) => {
      await assert.rejects(
        askControl(path, 'refuse'),
        (error: unknown) => error instanceof ControlTrouble && error.failure.message === 'there is no such account',
      );
      await assert.rejects(
        askControl(path, 'break'),
        (error: unknown) => error instanceof ControlTrouble && error.failure.kind === 'defect' && !error.message.includes('secret'),
      );
    },
  ));

test('control: a data folder deeper than a socket address is reached', () =>
  withControl(
    async () => 'here',
    async (path) => assert.equal(await askControl(path, null), 'here'),
    'deep'.repeat(40),
  ));

for (const [name, octets] of [
  ['a length above the bound', [0xff, 0xff, 0xff, 0xff]],
  ['no JSON', [0, 0, 0, 2, 0x7b, 0x7b]],
  ['an answer instead of a question', [...Buffer.from('\0\0\0\x0d{"answer":12}')]],
] as const)
  test(`control: ${name} closes that connection only`, () =>
    withControl(
      async () => 'fine',
      async (path) => {
        await new Promise<void>((resolve) => {
          const socket = connect(path, () => socket.write(new Uint8Array(octets)));
          socket.on('error', () => {});
          socket.on('close', () => resolve());
        });
        assert.equal(await askControl(path, null), 'fine');
      },
    ));

test('control: a client that goes away aborts its command', () => {
  let aborted: () => void;
  const seen = new Promise<void>((resolve) => (aborted = resolve));
  return withControl(
    (_ask, _say, signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          aborted();
          resolve(null);
        }),
      ),
    async (path) => {
      const socket = connect(path, () => socket.write(Buffer.from('\0\0\0\x0a{"ask":12}'), () => setImmediate(() => socket.destroy())));
      await seen;
    },
  );
});
