// `tayori account alias …`: addresses that stand for others. Knows what is asked and shown.
import type { AliasRow } from '../../store/directory-contract.ts';
import { jsonOption } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { formatColumns, safe } from './terminal.ts';

const list = officeCommand<null, { aliases: readonly AliasRow[] }>({
  words: 'account alias list',
  sentence: 'List addresses that stand for others.',
  options: [jsonOption],
  examples: [{ line: 'tayori account alias list', sentence: 'Each address with those it leads to.' }],
  ask: () => null,
  perform: async (_ask, office) => ({ aliases: office.people.aliases() }),
  show({ aliases }, terminal) {
    if (aliases.length === 0) return terminal.out('There are no aliases.');
    for (const line of formatColumns([
      ['address', 'leads to'],
      ...aliases.map((alias) => [safe(alias.address), safe(alias.targets.join(', '))]),
    ]))
      terminal.out(line);
  },
});

const add = officeCommand<{ address: string; targets: readonly string[] }, AliasRow>({
  words: 'account alias add',
  sentence: 'Let an address stand for others.',
  arguments: [
    { name: 'ADDRESS', sentence: 'The address, of one of our domains.' },
    { name: 'TARGET', sentence: 'Where its letters go: people here, or addresses elsewhere.', repeated: true },
  ],
  options: [jsonOption],
  examples: [
    { line: 'tayori account alias add info@example.com hanako@example.com taro@example.com', sentence: 'Both get the letters to info.' },
  ],
  notes: 'Targets are added to those that are there. Who is the only target of an address may also write from it.',
  ask: (input) => ({ address: input.arguments['ADDRESS']!, targets: input.rest }),
  async perform({ address, targets }, office) {
    const there = office.people.aliases().find((alias) => alias.address === address.toLowerCase())?.targets ?? [];
    return office.people.putAlias(address, [...new Set([...there, ...targets])]);
  },
  show: (alias, terminal) => terminal.out(`Letters to ${safe(alias.address)} go to ${safe(alias.targets.join(', '))}.`),
});

const remove = officeCommand<{ address: string; targets: readonly string[] }, { address: string; targets: readonly string[] }>({
  words: 'account alias remove',
  sentence: 'Take such an address away, or one target of it.',
  arguments: [
    { name: 'ADDRESS', sentence: 'The address.' },
    { name: 'TARGET', sentence: 'Only this target; without any the whole address.', optional: true, repeated: true },
  ],
  options: [jsonOption],
  examples: [{ line: 'tayori account alias remove info@example.com taro@example.com', sentence: 'Taro gets the letters to info no more.' }],
  ask: (input) => ({ address: input.arguments['ADDRESS']!, targets: input.rest }),
  async perform({ address, targets }, office) {
    const there = office.people.aliases().find((alias) => alias.address === address.toLowerCase());
    const stranger = targets.find((target) => !there?.targets.includes(target.toLowerCase()));
    if (there && stranger !== undefined)
      throw new CommandTrouble(`${address} does not lead to ${stranger}; tayori account alias list shows where it leads`);
    const left = there?.targets.filter((target) => !targets.some((gone) => gone.toLowerCase() === target)) ?? [];
    if (targets.length === 0 || left.length === 0) await office.people.removeAlias(address);
    else await office.people.putAlias(address, left);
    return { address, targets: targets.length === 0 ? [] : left };
  },
  show: ({ address, targets }, terminal) =>
    terminal.out(
      targets.length === 0
        ? `${safe(address)} stands for nobody any more.`
        : `Letters to ${safe(address)} go to ${safe(targets.join(', '))}.`,
    ),
});

export const commands = [list, add, remove];
