// How each open letter is put away, by its window: asked when the browser goes back on a phone.
import { writing } from '../../state/writing.svelte.ts';

export const closers = new Map<string, () => Promise<void>>();
writing.onClose = async (key) => {
  const close = closers.get(key);
  if (close) await close();
  else writing.drop(key);
};
