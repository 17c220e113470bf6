// I-JSON (RFC 7493): JSON with one meaning. Bounds are looked at before anything is built. Knows texts; knows no request.
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { Bytes } from '../../base/bytes.ts';
import { textOfUtf8 } from './arguments.ts';
import type { Json } from './contract.ts';
import { depthMax, valuesMax } from './limits.ts';

/**
 * Liberal: noncharacters such as U+FFFE are taken (RFC 7493 §2.1 forbids them): people paste them, and nothing here minds.
 * @throws SyntaxTrouble for octets that are no UTF-8, text that is no JSON, a name twice in one object, a lone surrogate, too deep, too many values.
 */
export function parseIJson(bytes: Bytes): Json {
  const text = textOfUtf8(bytes);
  if (text === null) throw new SyntaxTrouble('The octets are not UTF-8.');
  return parseIJsonText(text);
}

/** The same for text. */
function parseIJsonText(text: string): Json {
  checkShape(text);
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The parser's own words repeat what was sent.
    throw new SyntaxTrouble('This is not JSON.');
  }
}

/** One pass over brackets and strings; what is wrong with the rest, the parser says. */
function checkShape(text: string): void {
  /** Names of each open object; null for an array. */
  const open: (Set<string> | null)[] = [];
  let isName = false;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfString(text, at);
        const raw = text.slice(at, end);
        const value = raw.includes('\\') ? unescape(raw, at) : raw.slice(1, -1);
        if (!value.isWellFormed()) throw new SyntaxTrouble('There is half a character in a string.', at);
        const names = open.at(-1);
        if (isName && names) {
          if (names.has(value)) throw new SyntaxTrouble('An object has a name twice.', at);
          names.add(value);
          isName = false;
        }
        at = end - 1;
        break;
      }
      case 0x7b:
        open.push(new Set());
        isName = true;
        values += 1;
        break;
      case 0x5b:
        open.push(null);
        isName = false;
        values += 1;
        break;
      case 0x7d:
      case 0x5d:
        open.pop();
        isName = false;
        break;
      case 0x2c:
        isName = open.at(-1) instanceof Set;
        values += 1;
        break;
      default:
        continue;
    }
    if (open.length > depthMax) throw new SyntaxTrouble('It is too deep.', at);
    if (values > valuesMax) throw new SyntaxTrouble('There are too many values in it.', at);
  }
}

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  throw new SyntaxTrouble('A string has no end.', start);
}

function unescape(raw: string, at: number): string {
  try {
    return JSON.parse(raw) as string;
  } catch {
    throw new SyntaxTrouble('This is not JSON.', at);
  }
}
