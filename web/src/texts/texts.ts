// The app's own texts: `t.inbox`. A screen's own stand beside it, made by `words` as these are.
import { en } from './en.ts';
import { ja } from './ja.ts';
import { words } from './words.svelte.ts';

export const t = words({ en, ja });
