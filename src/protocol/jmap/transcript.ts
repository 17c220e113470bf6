// Plays requests and expected answers, kept as plain text, against a dispatcher. Knows the text form; knows no method. For tests.
//
//   using: core blob                 capabilities by the end of their URN; kept until the next such line
//   # a sentence                     says why; cites the RFC
//   > [["Core/echo", {}, "a"]]       methodCalls; further lines are indented
//   < [["Core/echo", {}, "a"]]       methodResponses, as JSON
//   >> {"using": …}                  a whole body, as it stands
//   << {"type": …}                   a whole Response object, or the problem of RFC 8620 §3.6.1
//
// In what is expected, `…` stands for any value and, as the last of an array or as `"…": …`, for any further ones; `$name` is remembered where it
// comes first and has to be the same from then on (also as the name of a member), and is put in for itself in what is sent.
import { bytesFromUtf8 } from '../../base/bytes.ts';
import type { Json, JsonObject } from './contract.ts';
import { isArray, isObject } from './arguments.ts';
import type { Dispatcher, Who } from './dispatch.ts';
import { formatRequestTrouble, RequestTrouble } from './request.ts';

interface Step {
  readonly line: number;
  readonly mark: '>' | '<' | '>>' | '<<';
  readonly text: string;
  readonly using: readonly string[];
}

export function parseTranscript(name: string, text: string): readonly Step[] {
  const steps: Step[] = [];
  let using: readonly string[] = ['urn:ietf:params:jmap:core'];
  for (const [index, line] of text.split('\n').entries()) {
    const match = /^(>>?|<<?) ?(.*)$/.exec(line);
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (line.startsWith('using:')) {
      using = line
        .slice(6)
        .trim()
        .split(/\s+/)
        .map((word) => (word.includes(':') ? word : `urn:ietf:params:jmap:${word}`));
    } else if (match !== null) steps.push({ line: index + 1, mark: match[1] as Step['mark'], text: match[2]!, using });
    else if (/^\s/.test(line) && steps.length > 0) steps[steps.length - 1] = { ...steps.at(-1)!, text: `${steps.at(-1)!.text}\n${line}` };
    else throw new Error(`${name}:${index + 1}: cannot read "${line}"`);
  }
  return steps;
}

export interface Played {
  readonly line: number;
  readonly wanted: string;
  readonly got: string;
}

/** What did not come as expected; empty when all did. */
export async function playTranscript(
  steps: readonly Step[],
  dispatcher: Dispatcher,
  who: Who,
  memory: Map<string, Json> = new Map(),
): Promise<readonly Played[]> {
  const faults: Played[] = [];
  let answer: JsonObject = {};
  for (const { line, mark, text, using } of steps) {
    if (mark === '>' || mark === '>>') {
      const filled = fill(text, memory);
      const body = mark === '>>' ? filled : JSON.stringify({ using, methodCalls: JSON.parse(filled) as Json });
      // oxlint-disable-next-line no-await-in-loop -- a dialogue
      answer = await ask(body, dispatcher, who);
    } else {
      const wanted = JSON.parse(text.replaceAll(/(?<!")…(?!")/g, '"…"')) as Json;
      const got = mark === '<' ? (answer['methodResponses'] ?? answer) : answer;
      if (!isAsWanted(wanted, got, memory)) faults.push({ line, wanted: text, got: JSON.stringify(got, null, 1) });
    }
  }
  return faults;
}

async function ask(body: string, dispatcher: Dispatcher, who: Who): Promise<JsonObject> {
  try {
    return JSON.parse(await dispatcher.answer(dispatcher.read(bytesFromUtf8(body)), who, 'session')) as JsonObject;
  } catch (trouble) {
    if (!(trouble instanceof RequestTrouble)) throw trouble;
    return formatRequestTrouble(trouble);
  }
}

/** `"$name"` is the whole value; `$name` inside a longer string is its text. */
function fill(text: string, memory: ReadonlyMap<string, Json>): string {
  return text
    .replaceAll(/"\$([a-z]\w*)"/gi, (whole, name: string) => (memory.has(name) ? JSON.stringify(memory.get(name)) : whole))
    .replaceAll(/\$\{([a-z]\w*)\}/gi, (whole, name: string) => (memory.has(name) ? String(memory.get(name)) : whole));
}

function isAsWanted(wanted: Json, got: Json | undefined, memory: Map<string, Json>): boolean {
  if (got === undefined) return false;
  if (wanted === '…') return true;
  if (typeof wanted === 'string' && /^\$[a-z]\w*$/i.test(wanted)) {
    const name = wanted.slice(1);
    if (memory.has(name)) return JSON.stringify(memory.get(name)) === JSON.stringify(got);
    memory.set(name, got);
    return true;
  }
  if (isArray(wanted)) {
    if (!isArray(got)) return false;
    const isOpen = wanted.length > 1 && wanted.at(-1) === '…';
    const parts = isOpen ? wanted.slice(0, -1) : wanted;
    if (isOpen ? got.length < parts.length : got.length !== parts.length) return false;
    return parts.every((part, index) => isAsWanted(part, got[index], memory));
  }
  if (isObject(wanted)) {
    if (!isObject(got)) return false;
    const names = Object.keys(wanted).filter((name) => name !== '…');
    if (!Object.hasOwn(wanted, '…') && names.length !== Object.keys(got).length) return false;
    return names.every((name) => {
      const real = name.startsWith('$') && memory.has(name.slice(1)) ? String(memory.get(name.slice(1))) : name;
      return Object.hasOwn(got, real) && isAsWanted(wanted[name]!, got[real], memory);
    });
  }
  return wanted === got;
}
