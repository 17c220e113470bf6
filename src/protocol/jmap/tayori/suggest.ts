// Contact/suggest: whom somebody may mean who has typed some letters, by name, reading or address; a group is one answer with its members. Ranks by how often they were written to. Knows contacts and what the desk knows of letters sent.
import { aPositive, aText, nullable, readArguments } from '../arguments.ts';
import type { JsonObject, Method } from '../contract.ts';
import { formatId } from '../ids.ts';
import { anAccount } from '../standard.ts';
import type { AccountId } from '../../../store/contract.ts';
import type { Item } from '../../../store/items-contract.ts';
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
  readonly members?: readonly JsonObject[];
  /** Name, address and reading, folded. */
  readonly texts: readonly string[];
  /** The words in them, each behind a line break. */
  readonly words: string;
}

/** All whom an account could mean, as long as neither its contacts nor its letters sent have changed. */
interface Known {
  readonly state: number;
  readonly history: History;
  readonly all: readonly Candidate[];
}
type History = Awaited<ReturnType<TayoriParts['contacts']['history']>>;

/** So many are kept, of whoever asked last: a person who types asks at each letter. Some 50 MB. */
const keptMax = 100_000;

export function suggestMethod({ items, contacts }: Pick<TayoriParts, 'items' | 'contacts'>): Method {
  const kept = new Map<AccountId, Known>();
  let size = 0;

  async function candidatesOf(account: AccountId): Promise<readonly Candidate[]> {
    const history = await contacts.history(account);
    const state = await items.state(account, contactKind);
    let known = kept.get(account);
    if (known?.state !== state || known.history !== history)
      known = { state, history, all: gather(await items.list(account, contactKind), history) };
    // Those who asked last stay.
    size += known.all.length - (kept.get(account)?.all.length ?? 0);
    kept.delete(account);
    kept.set(account, known);
    for (const [other, { all }] of kept) {
      if (size <= keptMax || other === account) break;
      kept.delete(other);
      size -= all.length;
    }
    return known.all;
  }

  return async (args, asker) => {
    const call = readArguments(args, { accountId: anAccount(asker), text: aText, limit: nullable(aPositive) });
    const { account, id } = checkOwn(call.accountId);
    const limit = Math.min(call.limit ?? standardLimit, limitMax);
    const wanted = fold(call.text.slice(0, 200));
    const ranked = (await candidatesOf(account))
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

/** A contact once with each address, a group once with its members, and whoever was written to without being a contact. */
function gather(list: readonly Item[], history: History): readonly Candidate[] {
  const usesOf = new Map(history.map(({ email, uses }) => [fold(email), uses]));
  const known = new Set<string>();
  const all: Candidate[] = [];
  const add = (one: Omit<Candidate, 'texts' | 'words'>, reading = ''): void => {
    const texts = [fold(one.name), fold(one.email), fold(reading)];
    known.add(texts[1]!);
    all.push({ ...one, texts, words: texts.map((text) => `\n${text.replace(/[\s.@_-]+/g, '\n')}`).join('') });
  };
  for (const { id, value } of list) {
    const { name: named, reading, kind, addresses } = value as JsonObject;
    const name = String(named);
    const members = (addresses as readonly JsonObject[]).map(({ label, email }) => ({ name: String(label ?? ''), email: String(email) }));
    const uses = members.map(({ email }) => usesOf.get(fold(email)) ?? 0);
    if (kind !== 'group') members.forEach(({ email }, at) => add({ name, email, contact: id, uses: uses[at]! }, String(reading ?? '')));
    else if (members.length > 0) add({ name, email: '', contact: id, uses: Math.max(...uses), members }, String(reading ?? ''));
  }
  for (const one of history) if (!known.has(fold(one.email))) add({ ...one, contact: null });
  return all;
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
function fitOf({ texts, words }: Pick<Candidate, 'texts' | 'words'>, wanted: string): number {
  if (wanted === '') return 1;
  if (texts.some((text) => text.startsWith(wanted))) return 3;
  if (words.includes(`\n${wanted}`)) return 2;
  return texts.some((text) => text.includes(wanted)) ? 1 : 0;
}
