// `tayori outside pause`, `resume`, `remove` and `restore`: accounts at rest. Knows what is asked and shown.
import type { OutsideAccountRow } from '../../store/outside-contract.ts';
import type { Office } from '../office.ts';
import { jsonOption, personArgument } from './account.ts';
import { officeCommand } from './command.ts';
import { languageOf, languageOption, type Language } from './language.ts';
import { addressArgument, find, findOpen, named, shown, type ShownOutside } from './outside-common.ts';
import { safe } from './terminal.ts';

interface SimpleWords {
  readonly words: string;
  readonly sentence: string;
  readonly example: string;
  readonly done: Readonly<Record<Language, string>>;
  readonly notes?: string;
  /** Also of one that was taken away. */
  readonly alsoClosed?: true;
}

function simple(
  { words: name, sentence, example, done, notes, alsoClosed }: SimpleWords,
  change: (office: Office, row: OutsideAccountRow) => Promise<OutsideAccountRow>,
) {
  return officeCommand<{ person: string; address: string }, ShownOutside>({
    words: name,
    sentence,
    arguments: [personArgument, addressArgument],
    options: [languageOption, jsonOption],
    examples: [{ line: `tayori ${name} hanako taro@ocn.ne.jp`, sentence: example }],
    ...(notes === undefined ? {} : { notes }),
    ask: named,
    perform: async ({ person, address }, office) =>
      shown(await change(office, (alsoClosed ? find : findOpen)(office, person, address)), office),
    show: (row, terminal, input) => terminal.out(safe(`${row.address}: ${done[languageOf(input)]}`)),
  });
}

const pause = simple(
  {
    words: 'outside pause',
    sentence: 'Let an account rest: nothing is fetched until it is resumed.',
    example: 'Letters stay where they are.',
    done: { ja: 'お休みします。', en: 'rests; tayori outside resume wakes it.' },
  },
  (office, row) => office.outside.accounts.pause(row.id),
);

const resume = simple(
  {
    words: 'outside resume',
    sentence: 'Fetch letters of an account again.',
    example: 'What came meanwhile is fetched.',
    done: { ja: 'また受け取ります。', en: 'is fetched again.' },
  },
  (office, row) => office.outside.accounts.resume(row.id),
);

const remove = simple(
  {
    words: 'outside remove',
    alsoClosed: true,
    sentence: 'Take an account away; its letters here rest and can come back.',
    example: 'At the provider nothing changes.',
    done: {
      ja: '外しました。30日のあいだは tayori outside restore で元に戻せます。',
      en: 'was taken away; tayori outside restore brings it back within 30 days.',
    },
    notes:
      'Letters, servers and password rest for 30 days and then go for good. At the provider nothing is removed.\nLetters that still wait to go out through it come back to the person as undelivered.',
  },
  (office, row) => office.outside.accounts.close(row.id),
);

const restore = simple(
  {
    words: 'outside restore',
    alsoClosed: true,
    sentence: 'Bring an account back that was taken away.',
    example: 'With all letters and the same password.',
    done: { ja: '元に戻りました。', en: 'is back.' },
  },
  (office, row) => office.outside.accounts.reopen(row.id),
);

export const commands = [pause, resume, remove, restore];
