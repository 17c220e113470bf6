// All contacts of a person, however many: read in portions as large as the server gives them. Knows Contact/query and Contact/get (docs/jmap.md); asks by
// whatever way it is given, so that the service worker reads them too; keeps nothing.
import { trouble } from '../engine/contract.ts';
import type { Id, JsonObject } from '../engine/jmap/objects.ts';

type Call = readonly [name: string, args: JsonObject, id: string];

/** Calls of one request, and their answers. */
export type AskCalls = (calls: readonly Call[]) => Promise<readonly Call[]>;

/** By id. Read anew when somebody changes them meanwhile, or one that moved up would be missed. @throws EngineTrouble `refused`, and as `ask`. */
export async function readContacts<T extends object>(
  ask: AskCalls,
  accountId: Id,
  properties: readonly string[] | null = null,
): Promise<readonly T[]> {
  const contacts: T[] = [];
  for (let state: unknown = null, total = 1; contacts.length < total;) {
    // oxlint-disable-next-line no-await-in-loop -- one portion after the other: the last one tells how many there are
    const answers = await ask([
      ['Contact/query', { accountId, position: contacts.length, calculateTotal: true }, 'q'],
      // RFC 8620 §3.7.
      ['Contact/get', { accountId, '#ids': { resultOf: 'q', name: 'Contact/query', path: '/ids' }, properties }, 'c'],
    ]);
    const query = answerOf(answers, 'q');
    const list = answerOf(answers, 'c')['list'] as unknown as readonly T[];
    const isAnother = state !== null && query['queryState'] !== state;
    state = query['queryState'];
    total = Number(query['total']);
    if (isAnother) contacts.length = 0;
    else if (list.length === 0) break;
    else contacts.push(...list);
  }
  return contacts;
}

function answerOf(answers: readonly Call[], id: string): JsonObject {
  const [name = 'error', answer = {}] = answers.find((one) => one[2] === id) ?? [];
  if (name === 'error') throw trouble('refused', String(answer['type'] ?? 'noAnswer'), String(answer['description'] ?? ''));
  return answer;
}
