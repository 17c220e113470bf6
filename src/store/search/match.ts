// Does a letter hold a text? The rule that every engine's search comes down to (RFC 9051 §6.4.4).
// Knows decoded texts; knows no octets, no index and no engine.
import type { LetterTexts } from '../../message/text.ts';
import type { TextQuery } from '../contract.ts';
import { fold } from './fold.ts';

/** Folds the query once; the answer looks at one letter. */
export function textMatcher(query: TextQuery): (texts: LetterTexts) => boolean {
  const wanted = fold(query.text);
  const { field } = query;
  if (field !== 'text') return (texts) => fold(texts[field]).includes(wanted);
  return (texts) => fold(texts.header).includes(wanted) || fold(texts.body).includes(wanted);
}
