// What two other readers of mail make of a letter, in the words of the corpus: postal-mime and mailparser.
import { createRequire } from 'node:module';

export type ReaderName = 'postal-mime' | 'mailparser';
export type Aspect = 'subject' | 'from' | 'to' | 'date' | 'files' | 'text' | 'throws';

export interface Reading {
  subject: string;
  from: string[];
  to: string[];
  date: string | null;
  files: string[];
  text: string;
}

interface OtherAddress {
  readonly name?: string;
  readonly address?: string;
  readonly group?: readonly OtherAddress[];
}
interface OtherLetter {
  readonly subject?: string;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly date?: string | Date;
  readonly text?: string;
  readonly attachments?: readonly { readonly filename?: string | null }[];
}

const require = createRequire(import.meta.url);
const mailparser = require('mailparser') as { simpleParser(bytes: Buffer, options: object): Promise<OtherLetter> };
const postalMime = require('postal-mime') as { default: { parse(bytes: Buffer): Promise<OtherLetter> } };

function addressText({ name = '', address = '', group }: OtherAddress): string {
  if (group !== undefined) return `${name}: ${group.map(addressText).join(', ')};`;
  if (name === '') return address;
  return address === '' ? name : `${name} <${address}>`;
}

/** postal-mime: one or a list; mailparser: `{ value: list }`, or a list of those. */
function addressTexts(found: unknown): string[] {
  if (found === undefined || found === null) return [];
  if (Array.isArray(found)) return found.flatMap(addressTexts);
  if (typeof found === 'object' && 'value' in found) return addressTexts(found.value);
  return [addressText(found as OtherAddress)];
}

function isoOf(date: string | Date | undefined): string | null {
  if (date === undefined) return null;
  const time = new Date(date).getTime();
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

export async function readWith(reader: ReaderName, bytes: Buffer): Promise<Reading> {
  const letter =
    reader === 'postal-mime'
      ? await postalMime.default.parse(bytes)
      : await mailparser.simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true });
  return {
    subject: letter.subject ?? '',
    from: addressTexts(letter.from),
    to: addressTexts(letter.to),
    date: isoOf(letter.date),
    files: (letter.attachments ?? []).map(({ filename }) => filename ?? '').filter((name) => name !== ''),
    text: letter.text ?? '',
  };
}
