// Contact/suggest: whom somebody may mean who has typed some letters, by name, reading or address; a group is one answer with its members. Ranks by how often they were written to. Knows contacts and what the desk knows of letters sent.
import { aPositive, aText, nullable, readArguments } from '../arguments.ts';
import type { JsonObject, Method } from '../contract.ts';
import { formatId } from '../ids.ts';
import { anAccount } from '../standard.ts';
import type { TayoriParts } from './contract.ts';
import { contactKind } from './kept.ts';
import { checkOwn } from './properties.ts';

const standardLimit = 8;
const limitMax = 50;

interface Candidate {
  readonly name: string;
  readonly email: string;
  readonly contact: number | null;
  readonly uses: number;
  readonly reading?: string;
  readonly members?: readonly JsonObject[];
}

export function suggestMethod({ items, contacts }: Pick<TayoriParts, 'items' | 'contacts'>): Method {
  return async (args, asker) => {
    const call = readArguments(args, { accountId: anAccount(asker), text: aText, limit: nullable(aPositive) });
    const { account, id } = checkOwn(call.accountId);
    const limit = Math.min(call.limit ?? standardLimit, limitMax);
    const wanted = fold(call.text.slice(0, 200));
    const history = await contacts.history(account);
    const usesOf = new Map(history.map(({ email, uses }) => [fold(email), uses]));
    const all: Candidate[] = [];
    for (const item of await items.list(account, contactKind)) {
      const value = item.value as JsonObject;
      const reading = String(value['reading'] ?? '');
      if (value['kind'] === 'group') {
        const members = (value['addresses'] as readonly JsonObject[]).map((one) => ({
          name: one['label'] ?? '',
          email: one['email'] ?? '',
        }));
        const uses = Math.max(0, ...members.map(({ email }) => usesOf.get(fold(String(email))) ?? 0));
        if (members.length > 0) all.push({ name: String(value['name']), email: '', contact: item.id, uses, reading, members });
        continue;
      }
      for (const one of value['addresses'] as readonly JsonObject[])
        all.push({
          name: String(value['name']),
          email: String(one['email']),
          reading,
          contact: item.id,
          uses: usesOf.get(fold(String(one['email']))) ?? 0,
        });
    }
    const known = new Set(all.map(({ email }) => fold(email)));
    for (const one of history) if (!known.has(fold(one.email))) all.push({ ...one, contact: null });
    const ranked = all
      .map((candidate) => ({ candidate, fit: fitOf(candidate, wanted) }))
      .filter(({ fit }) => fit > 0)
      .toSorted((a, b) => b.candidate.uses - a.candidate.uses || b.fit - a.fit)
      .slice(0, limit);
    const list = ranked.map(({ candidate }): JsonObject => ({
      name: candidate.name,
      email: candidate.email,
      contactId: candidate.contact === null ? null : formatId('V', candidate.contact),
      uses: candidate.uses,
      ...(candidate.members === undefined ? {} : { members: candidate.members }),
    }));
    return { response: { accountId: id, list } };
  };
}

/** In any case of letters, width and kana: who types hiragana finds the katakana of a reading. */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u30a1-\u30f6]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60))
    .trim();
}

/** 0: not meant. A word that begins so fits better than one that holds it; Japanese names have no spaces, so the middle counts too. */
function fitOf({ name, email, reading = '' }: Pick<Candidate, 'name' | 'email' | 'reading'>, wanted: string): number {
  if (wanted === '') return 1;
  const texts = [fold(name), fold(email), fold(reading)];
  if (texts.some((text) => text.startsWith(wanted))) return 3;
  if (texts.some((text) => text.split(/[\s.@_-]+/).some((word) => word.startsWith(wanted)))) return 2;
  return texts.some((text) => text.includes(wanted)) ? 1 : 0;
}
