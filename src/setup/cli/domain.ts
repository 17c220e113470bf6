// `tayori domain …`: the domains whose letters are ours. Knows what is asked and shown.
import type { DomainRow } from '../../store/directory-contract.ts';
import { jsonOption } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { formatColumns, safe } from './terminal.ts';

const domainArgument = { name: 'DOMAIN', sentence: 'Such as example.com; Unicode names too.' };

const list = officeCommand<null, { domains: readonly (DomainRow & { accounts: number })[] }>({
  words: 'domain list',
  sentence: 'List the domains whose letters are ours.',
  options: [jsonOption],
  examples: [{ line: 'tayori domain list', sentence: 'With the number of people in each.' }],
  ask: () => null,
  async perform(_ask, office) {
    const people = office.people.list();
    const count = (name: string) => people.filter((person) => person.address.endsWith(`@${name}`)).length;
    return {
      domains: office.people.domains().map(({ name, catchAll, subaddress }) => ({ name, catchAll, subaddress, accounts: count(name) })),
    };
  },
  show({ domains }, terminal) {
    if (domains.length === 0) return terminal.out('There is no domain yet; tayori domain add DOMAIN takes one in.');
    const rows = domains.map((row) => [
      row.name,
      String(row.accounts),
      safe(row.catchAll ?? 'refused'),
      row.subaddress === null ? 'off' : `user${row.subaddress}word`,
    ]);
    for (const line of formatColumns([['domain', 'people', 'unknown people', 'subaddresses'], ...rows])) terminal.out(line);
  },
});

const add = officeCommand<{ name: string; subaddress: string | null | undefined }, DomainRow>({
  words: 'domain add',
  sentence: 'Take a domain in.',
  arguments: [domainArgument],
  options: [
    { name: 'subaddress', value: 'SIGN', sentence: 'What divides user+word: one of + = _ # ~ -, or off; + unless said.' },
    jsonOption,
  ],
  examples: [{ line: 'tayori domain add example.org', sentence: 'Letters to example.org are ours from now on.' }],
  notes: 'The domain of the settings is taken in by itself at the start. Adding a domain that is there changes only what is said.',
  makesData: true,
  ask(input) {
    const sign = input.options['subaddress'];
    return { name: input.arguments['DOMAIN']!, subaddress: sign === undefined ? undefined : sign === 'off' ? null : String(sign) };
  },
  perform: ({ name, subaddress }, office) => office.people.putDomain(name, subaddress === undefined ? {} : { subaddress }),
  show: (row, terminal) => terminal.out(`Letters to ${row.name} are ours. Next: tayori account add SOMEBODY@${row.name}`),
});

const remove = officeCommand<{ name: string }, { removed: string }>({
  words: 'domain remove',
  sentence: 'Give a domain up.',
  arguments: [domainArgument],
  options: [jsonOption],
  examples: [{ line: 'tayori domain remove example.org', sentence: 'Only when no account and no alias is left in it.' }],
  ask: (input) => ({ name: input.arguments['DOMAIN']! }),
  async perform({ name }, office) {
    if (name.toLowerCase() === office.settings.domain)
      throw new CommandTrouble(
        `${name} is the domain of the settings and would come back at the next start; change the setting "domain" first`,
      );
    await office.people.removeDomain(name);
    return { removed: name };
  },
  show: ({ removed }, terminal) => terminal.out(`${safe(removed)} is no domain of ours any more.`),
});

const catchAll = officeCommand<{ name: string; target: string | null }, DomainRow>({
  words: 'domain catch-all',
  sentence: 'Say where letters for unknown people of a domain go.',
  arguments: [domainArgument, { name: 'ADDRESS', sentence: 'Who gets them, or off to refuse them.' }],
  options: [jsonOption],
  examples: [
    { line: 'tayori domain catch-all example.com hanako@example.com', sentence: 'Whatever stands before the @, Hanako gets it.' },
    { line: 'tayori domain catch-all example.com off', sentence: 'Letters for unknown people are refused.' },
  ],
  ask: (input) => ({ name: input.arguments['DOMAIN']!, target: input.arguments['ADDRESS'] === 'off' ? null : input.arguments['ADDRESS']! }),
  async perform({ name, target }, office) {
    if (office.directory.domain(name.toLowerCase()) === null)
      throw new CommandTrouble(`${name} is not a domain of ours; tayori domain list shows them`);
    return office.people.putDomain(name, { catchAll: target });
  },
  show: (row, terminal) =>
    terminal.out(
      row.catchAll === null
        ? `Letters for unknown people of ${row.name} are refused.`
        : `Letters for unknown people of ${row.name} go to ${safe(row.catchAll)}.`,
    ),
});

export const commands = [list, add, remove, catchAll];
