import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { chosenKeys, exchanged, isLetterKey, mayBeChosen, settingOf, type OwnKeys } from './own-keys.ts';

const archive = ['e', 'y'];
const remove = ['#', 'Shift+#'];
const all = [archive, remove, ['g i'], ['Mod+k']];

function after(own: OwnKeys, patch: Readonly<Record<string, string | null>>): OwnKeys {
  return Object.fromEntries(Object.entries({ ...own, ...patch }).filter((entry): entry is [string, string] => entry[1] !== null));
}

suite('own keys', () => {
  test('the setting takes the names that the server takes', () => {
    for (const [first] of all) assert.match(settingOf(first!), /^[A-Za-z][A-Za-z0-9.-]{0,63}$/);
    assert.equal(new Set(all.map(([first]) => settingOf(first!))).size, all.length);
  });

  test('a free key: this one only; its usual ones are free', () => {
    const own = after({}, exchanged(archive, 'q', all, {}));
    assert.deepEqual(chosenKeys(archive, own), ['q']);
    assert.deepEqual(chosenKeys(remove, own), remove);
  });

  test('a key that another has: they exchange, and back again leaves nothing', () => {
    const own = after({}, exchanged(archive, '#', all, {}));
    assert.deepEqual([chosenKeys(archive, own), chosenKeys(remove, own)], [['#'], ['e']]);
    assert.deepEqual(after(own, exchanged(archive, 'e', all, own)), {});
  });

  test('a second key that another has: the other keeps its first', () => {
    const own = after({}, exchanged(remove, 'y', all, {}));
    assert.deepEqual([chosenKeys(archive, own), chosenKeys(remove, own)], [['e'], ['y']]);
  });

  test('letters, and what is the browser’s', () => {
    assert.deepEqual(['e', 'Shift+u', 'g i', '#', 'Mod+k', 'Escape', 'Enter'].map(isLetterKey), [
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    assert.deepEqual(['e', 'g x', 'é', '?', ' ', 'Mod+e', 'Tab'].map(mayBeChosen), [true, true, true, false, false, false, false]);
  });
});
