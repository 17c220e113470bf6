// A row of the word list as it is written down. Knows the shape only.
import type { Term, TermWords } from './glossary.ts';

type Three = readonly [word: string, sentence: string, picture: string];

/** Id, terms in Japanese and English, then everyday word, sentence and picture in Japanese and in English. */
export function term(id: string, terms: readonly [ja: string, en: string], ja: Three, en: Three): Term {
  const words = ([word, sentence, picture]: Three): TermWords => ({ word, sentence, picture });
  return { id, term: { ja: terms[0], en: terms[1] }, ja: words(ja), en: words(en) };
}
