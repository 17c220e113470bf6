import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CauseTrouble, hideSecret } from './causes.ts';

test('a trouble loses the secret everywhere: words, message, stack, cause', () => {
  const inner = new Error('said hunter2');
  const trouble = hideSecret(new CauseTrouble('wrong-password', 'refused: hunter2', 'no hunter2', inner), 'hunter2');
  assert.deepEqual([trouble.words, trouble.message, inner.message], ['no …', 'refused: …', 'said …']);
  assert.ok(!`${trouble.stack}${inner.stack}`.includes('hunter2'));
});
