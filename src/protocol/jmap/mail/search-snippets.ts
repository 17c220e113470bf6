// SearchSnippet/get (RFC 8621 §5): why a letter was found, in its subject and in its text. Knows filters and letters; the marking is snippet-text.ts.
import { Refusal } from '../../../base/trouble.ts';
import { collapse } from '../../../message/html-text.ts';
import { readTexts } from '../../../message/text.ts';
import type { MailStore, MessageId } from '../../../store/contract.ts';
import type { Shelf } from '../../../store/shelf-contract.ts';
import { anIdOrReference, listOf, nullable, readArguments } from '../arguments.ts';
import type { Id, JsonObject, Method } from '../contract.ts';
import { requestTooLarge } from '../errors.ts';
import { parseId } from '../ids.ts';
import { readFilter, type Filter } from '../query.ts';
import { anAccount, resolveId } from '../standard.ts';
import { readCondition, type EmailCondition } from './email-condition.ts';
import { withShelf, type MailParts } from './parts.ts';
import { findHits, markAll, snippet } from './snippet-text.ts';

/** Letters of one call: each is read whole. */
const mostLetters = 100;
/** RFC 8621 §5: "It MUST NOT be bigger than 255 octets in size." */
const previewOctets = 255;
/** Octets of one letter up to which its text is looked at, and characters of its text. */
const largeLetter = 10_000_000;
const mostText = 500_000;

interface Terms {
  readonly subject: readonly string[];
  readonly body: readonly string[];
}

export function searchSnippetGet({ store }: Pick<MailParts, 'store'>): Method {
  return async (args, asker) => {
    const call = readArguments(args, {
      accountId: anAccount(asker),
      filter: nullable((value) => readFilter(value, { condition: readCondition, sort: {} })),
      emailIds: listOf(anIdOrReference),
    });
    const ids = [...new Set(call.emailIds.map((id) => resolveId(asker, id) ?? id))];
    if (ids.length > mostLetters) throw requestTooLarge(`At most ${mostLetters} emails at once.`);
    const terms = termsOf(call.filter);
    return withShelf(store, call.accountId.account, async (shelf) => {
      const list: JsonObject[] = [];
      const notFound: Id[] = [];
      for (const id of ids) {
        const found = await snippetOf(store, shelf, parseId('M', id) ?? 0, terms);
        if (found === null) notFound.push(id);
        else list.push({ emailId: id, ...found });
      }
      return { response: { accountId: call.accountId.id, list, notFound: notFound.length === 0 ? null : notFound } };
    });
  };
}

/** What was searched for in the places that a snippet shows. What a letter must not have is not marked. */
function termsOf(filter: Filter<EmailCondition> | null): Terms {
  const subject = new Set<string>();
  const body = new Set<string>();
  const walk = (part: Filter<EmailCondition>): void => {
    if (!('condition' in part)) {
      if (part.operator !== 'NOT') for (const condition of part.conditions) walk(condition);
      return;
    }
    for (const leaf of part.condition.leaves) {
      if (leaf.kind !== 'search') continue;
      if (leaf.field === 'text' || leaf.field === 'subject') subject.add(leaf.text);
      if (leaf.field === 'text' || leaf.field === 'body') body.add(leaf.text);
    }
  };
  if (filter !== null) walk(filter);
  return { subject: [...subject], body: [...body] };
}

/** Null when there is no such letter. */
async function snippetOf(store: MailStore, shelf: Shelf, message: MessageId, terms: Terms): Promise<JsonObject | null> {
  const index = shelf.indexOf(message);
  if (index < 0) return null;
  if (terms.subject.length === 0 && terms.body.length === 0) return { subject: null, preview: null };
  const size = shelf.sizes[index]!;
  const { subject } = await store.readFacts(shelf.account, [message], ['subject']);
  if (subject[0] === undefined) return null;
  const hits = findHits(subject[0], terms.subject);
  const marked = hits.length === 0 ? null : markAll(subject[0], hits);
  if (terms.body.length === 0) return { subject: marked, preview: null };
  let preview: string | null = null;
  try {
    const letter = await store.openLetter(shelf.account, message);
    const text = collapse(readTexts(await letter.read(0, Math.min(size, largeLetter))).body).slice(0, mostText);
    const found = findHits(text, terms.body);
    if (found.length > 0) preview = snippet(text, found, previewOctets);
  } catch (trouble) {
    if (!(trouble instanceof Refusal && trouble.code === 'nonexistent')) throw trouble;
    return null;
  }
  return { subject: marked, preview };
}
