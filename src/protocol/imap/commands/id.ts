// ID (RFC 2971): who we are, and who the client says it is. Knows the form; decides nothing by it.
import type { Command } from '../context.ts';
import type { Cursor } from '../grammar/cursor.ts';
import { formatQuoted } from '../response.ts';

export type IdFields = ReadonlyMap<string, string | null>;

/** RFC 2971 §3.3: at most 30 pairs, names to 30 octets, values to 1024. */
export function parseIdFields(cursor: Cursor): IdFields {
  const fields = new Map<string, string | null>();
  if (!cursor.atList) {
    if (cursor.nstring() !== null) cursor.fail('expected NIL or a list');
    return fields;
  }
  cursor.list(() => {
    const begin = cursor.at;
    const name = cursor.string();
    cursor.space();
    const value = cursor.nstring();
    if (name.length > 30 || (value ?? '').length > 1024 || fields.size === 30) cursor.fail('the ID is too long', begin);
    fields.set(name.toLowerCase(), value);
  }, true);
  return fields;
}

export function formatIdFields(fields: IdFields): string {
  if (fields.size === 0) return 'NIL';
  return `(${[...fields].map(([name, value]) => `${formatQuoted(name)} ${value === null ? 'NIL' : formatQuoted(value)}`).join(' ')})`;
}

export const id: Command<IdFields> = {
  parse(cursor) {
    cursor.space();
    const fields = parseIdFields(cursor);
    cursor.end();
    return fields;
  },
  run(context, fields) {
    context.log.debug('imap-client', { name: fields.get('name')?.slice(0, 100), version: fields.get('version')?.slice(0, 100) });
    const ours = new Map([
      ['name', 'Tayori'],
      ['version', context.parts.version],
    ]);
    context.untagged(`ID ${formatIdFields(ours)}`);
    return { text: 'ID completed' };
  },
};
