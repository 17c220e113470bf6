// Which names a new person may have before the @. Knows scripts and role names; knows no directory.
import { Refusal } from '../../base/trouble.ts';

/** RFC 2142 and what people take for the voice of the house (reliability B-112). They can be aliases, never a person's own name. */
export const roleNames: ReadonlySet<string> = new Set(
  'postmaster abuse mailer-daemon hostmaster webmaster security noc admin administrator root support noreply no-reply'.split(' '),
);

/** Sets of scripts that people write together (UTS 39 §5.1: the augmented script sets of Japanese, Korean and Chinese). */
const together: readonly RegExp[] = [
  /^\p{Script_Extensions=Latin}*$/u,
  /^[\p{Script_Extensions=Han}\p{Script_Extensions=Hiragana}\p{Script_Extensions=Katakana}]*$/u,
  /^[\p{Script_Extensions=Han}\p{Script_Extensions=Hangul}]*$/u,
  /^[\p{Script_Extensions=Han}\p{Script_Extensions=Bopomofo}]*$/u,
  /^\p{Script=Cyrillic}*$/u,
  /^\p{Script=Greek}*$/u,
  /^[\p{Script=Arabic}\p{Mn}]*$/u,
  /^[\p{Script=Hebrew}\p{Mn}]*$/u,
  /^[\p{Script=Devanagari}\p{Mn}]*$/u,
  /^[\p{Script=Bengali}\p{Mn}]*$/u,
  /^[\p{Script=Tamil}\p{Mn}]*$/u,
  /^[\p{Script=Thai}\p{Mn}]*$/u,
  /^\p{Script=Georgian}*$/u,
  /^\p{Script=Armenian}*$/u,
];

/** Letters of other scripts that look like an ASCII letter (UTS 39 confusables, the lower-case ones). A word of these only looks like another word. */
const lookalikes: ReadonlyMap<string, string> = new Map(
  [
    'аa вb сc ԁd еe һh іi јj кk ӏl мm пn оo рp ԛq гr ѕs тt цu ѵv ԝw хx уy з3', // Cyrillic
    'αa βb ϲc εe ηn ιi κk νv οo ρp τt υu χx γy ωw', // Greek
    'ոn օo սu հh ցg զq', // Armenian
    'ıi ɡg ɑa', // Latin beside the alphabet
  ]
    .flatMap((row) => row.split(' '))
    .map((pair) => [pair.slice(0, -1), pair.slice(-1)]),
);

/** RFC 5321 §4.5.3.1.1, in octets. */
const longest = 64;

/**
 * The local part of a new account in its one spelling: lower case, NFKC.
 * Strict: of the characters that RFC 5321 allows only letters, digits and `. _ - '` are for new names: the others mean something to some
 * program (`%`, `!`, `|`) or divide a subaddress.
 * @throws Refusal `cannot`, with a sentence for the person who chose it.
 */
export function checkLocalPart(given: string, subaddress: string | null): string {
  const name = given.normalize('NFKC').toLowerCase();
  const refuse = (why: string): never => {
    throw new Refusal('cannot', `"${given}" cannot be the name of an account: ${why}`);
  };
  if (name === '') refuse('it is empty');
  if (new TextEncoder().encode(name).length > longest) refuse(`it is longer than ${longest} octets`);
  if (!/^[\p{L}\p{N}\p{M}._'-]+$/u.test(name)) refuse("only letters, digits and . _ - ' may be used");
  if (/^\.|\.$|\.\./.test(name)) refuse('a dot stands between other characters');
  if (/^\p{M}/u.test(name)) refuse('it begins with an accent without its letter');
  if (subaddress !== null && name.includes(subaddress)) refuse(`${subaddress} divides a subaddress`);
  if (roleNames.has(name)) refuse('this name speaks for the whole house; make it an alias');
  const letters = name.replace(/[0-9._'-]/g, '');
  if (!together.some((script) => script.test(letters))) refuse('it mixes scripts that look alike');
  if (letters !== '' && !/[a-z]/.test(letters) && [...letters].every((letter) => lookalikes.has(letter)))
    refuse('it looks like a name in other letters');
  if (/[a-z]/.test(letters) && [...letters].some((letter) => lookalikes.has(letter))) refuse('it has a letter that looks like another');
  return name;
}
