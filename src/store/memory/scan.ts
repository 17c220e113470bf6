// Search by looking: does one letter hold a text? Knows the fields of RFC 9051 §6.4.4; knows no index.
import { fold } from '../search/fold.ts';
import type { TextQuery } from '../contract.ts';
import type { MemoryLetter } from './account.ts';
import { readTexts } from './substitute-facts.ts';

export function findInLetter(query: TextQuery): (letter: MemoryLetter) => boolean {
  const wanted = fold(query.text);
  const holds = (text: string): boolean => fold(text).includes(wanted);
  return (letter) => {
    const { field } = query;
    if (field !== 'body' && field !== 'text') return holds(letter.facts[field]);
    const { header, body } = readTexts(letter.bytes);
    return holds(body) || (field === 'text' && holds(header));
  };
}
