// Brings names and passwords into one form before they are compared or hashed, so that the same keys on two keyboards
// give the same secret. Knows Unicode only; knows no mechanism.
import { SyntaxTrouble } from '../../base/trouble.ts';

/** In octets of UTF-8. Far above what people type, far below what costs time. */
export const maxPasswordLength = 1024;

/** RFC 3454 table C.1.2, which RFC 4013 §2.1 maps to a plain space. */
const otherSpaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu;
/** RFC 3454 table B.1: mapped to nothing. */
const toNothing = /[\u{AD}\u{1806}\u{2060}\u{FEFF}]|[\u{200C}-\u{200D}]|\u{34F}|[\u{180B}-\u{180D}]|[\u{FE00}-\u{FE0F}]/gu;
/** RFC 4013 §2.3: control, private use, non-character, surrogate, tagging and other unfit characters. */
const prohibited =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06DD\u070F\u180E\u200E\u200F\u2028-\u202E\u2061-\u2063\u206A-\u206F\u2FF0-\u2FFB\uFFF9-\uFFFD\u{1D173}-\u{1D17A}\u{E0001}\u{E0020}-\u{E007F}]/u;
const plainAscii = /^[\x20-\x7E]*$/;

/**
 * SASLprep (RFC 4013), as SCRAM asks for it (RFC 5802 §2.2). Liberal: the bidirectional rule of §2.4 and the ban on unassigned
 * code points are left out, as RFC 8265 §4.2 (OpaqueString) leaves the first one out; a password that someone could type must keep working.
 * @throws SyntaxTrouble for prohibited characters, for nothing at all, and above the bound.
 */
export function prepareSecret(text: string): string {
  if (text.length > maxPasswordLength) throw new SyntaxTrouble(`a name or password is longer than ${maxPasswordLength} octets`);
  if (plainAscii.test(text)) {
    if (text === '') throw new SyntaxTrouble('a name or password is empty');
    return text;
  }
  const prepared = text.replace(otherSpaces, ' ').replace(toNothing, '').normalize('NFKC');
  const unfit = prohibited.exec(prepared);
  if (unfit) throw new SyntaxTrouble('a name or password has a character that cannot be used', unfit.index);
  if (prepared === '') throw new SyntaxTrouble('a name or password is empty');
  return prepared;
}
