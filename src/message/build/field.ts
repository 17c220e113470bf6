// Writing header fields (RFC 5322 §2.2): checked against injection, folded, never a line above 998 octets.
// Knows names, values and lines; what a value means is the caller's.
import { SyntaxTrouble } from '../../base/trouble.ts';
import { encodeText, encodeWord } from '../header/encoded-word.ts';

/** RFC 5322 §2.1.1: characters that a line should have at most, and must. */
const preferred = 78;
const longest = 998;

/**
 * A whole field with its CRLF. `value` is structured text (ASCII, or UTF-8 by RFC 6532), folded at its spaces.
 * @throws SyntaxTrouble when a CR, LF or NUL would begin a line of its own, the name is none, or a word is longer than a line.
 */
export function formatField(name: string, value: string): string {
  if (!/^[!-9;-~]{1,76}$/.test(name))
    throw new SyntaxTrouble(`write a header field: ${JSON.stringify(name.slice(0, 80))} is no field name`);
  const forbidden = /[\r\n\0]/.exec(value);
  if (forbidden !== null) throw new SyntaxTrouble(`write the header field ${name}: a line end or NUL stands in its value`, forbidden.index);
  return `${fold(`${name}: ${value}`)}\r\n`;
}

/** A field of free text: what is not plain ASCII becomes encoded words, so that reading gives `text` again. */
export function formatTextField(name: string, text: string): string {
  const forbidden = /[\r\n\0]/.exec(text);
  if (forbidden !== null) throw new SyntaxTrouble(`write the header field ${name}: a line end or NUL stands in its value`, forbidden.index);
  return formatField(name, encodeFreeText(text));
}

function encodeFreeText(text: string): string {
  // Spaces at the ends and in rows would be lost or make empty lines; very long words would break the limit of a line.
  if (/^ | $|  |\t/.test(text) || text.split(' ').some((word) => word.length > 900)) return encodeWord(text);
  return encodeText(text);
}

/** RFC 5322 §2.2.3: a line end before a space, as late as the line allows, never so that a line has only white space. */
function fold(text: string): string {
  if (text.length <= preferred && !/[^\x20-\x7e]/.test(text)) return text;
  const lines: string[] = [];
  let lineStart = 0;
  // The last place where the line may end, and its width there.
  let place = -1;
  let width = 0;
  let widthAtPlace = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 32 && at > lineStart + 1 && text[at - 1] !== ' ' && text[at + 1] !== ' ' && at + 1 < text.length && !isName(text, at)) {
      if (width > preferred && place > lineStart) {
        lines.push(text.slice(lineStart, place));
        lineStart = place;
        width -= widthAtPlace;
      }
      place = at;
      widthAtPlace = width;
    }
    width += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code <= 0xdfff ? 2 : 3;
  }
  if (width > preferred && place > lineStart) {
    lines.push(text.slice(lineStart, place));
    lineStart = place;
  }
  lines.push(text.slice(lineStart));
  for (const line of lines)
    if (line.length > longest / 3 && new TextEncoder().encode(line).length > longest)
      throw new SyntaxTrouble('write a header field: a word is longer than a line may be');
  return lines.join('\r\n');
}

/** The space behind the colon of the name: a line end there would leave a first line with the name alone. */
function isName(text: string, at: number): boolean {
  return at < preferred && text.indexOf(':') === at - 1;
}
