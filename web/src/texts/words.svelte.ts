// Texts in the person's language. Knows tables of two languages; knows no sentence.
//
//   export const t = words({ en: { hello: 'Hello', letters: (n: number) => `${n} letters` }, ja: { … } });
//   {t.hello} {t.letters(3)}        in a component: follows when the language changes
//
// A key that one language lacks is a type error.
import { settings } from '../state/settings.svelte.ts';

export type Language = 'en' | 'ja';
type Sentence = string | ((...words: never[]) => string);

export function words<T extends Record<string, Sentence>>(table: {
  readonly en: T;
  readonly ja: { readonly [K in keyof T]: T[K] extends string ? string : T[K] };
}): T {
  return new Proxy(table.en, { get: (_en, key) => table[settings.language][key as keyof T & string] });
}
