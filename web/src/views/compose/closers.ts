// How each open letter is put away, by its window: asked when the browser goes back on a phone.
import { writing } from '../../state/writing.svelte.ts';

export const closers = new Map<string, () => Promise<void>>();
writing.onClose = (key) => {
  const close = closers.get(key);
  if (close) void close();
  else writing.drop(key);
};
