// The word list: every term of mail that a person may meet, with its everyday word, one sentence, and its picture at a post office; Japanese and
// English. The one place for them. Knows words; knows no page.
import { addressTerms } from './glossary-addresses.ts';
import { letterTerms } from './glossary-letters.ts';
import { wayTerms } from './glossary-ways.ts';

export interface TermWords {
  /** The everyday word. */
  readonly word: string;
  readonly sentence: string;
  /** What it is at a post office. */
  readonly picture: string;
}

export interface Term {
  /** For links; stays as it is. */
  readonly id: string;
  /** As programs and help pages write it, by language. */
  readonly term: { readonly ja: string; readonly en: string };
  readonly ja: TermWords;
  readonly en: TermWords;
}

export const glossary: readonly Term[] = [...wayTerms, ...addressTerms, ...letterTerms];

/** All terms in one language, in their order. */
export function termsIn(language: 'ja' | 'en'): readonly ({ readonly id: string; readonly term: string } & TermWords)[] {
  return glossary.map((one) => ({ id: one.id, term: one.term[language], ...one[language] }));
}
