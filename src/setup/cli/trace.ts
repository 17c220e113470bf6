// `tayori trace`: a letter's journey in words. Knows what is asked and shown; the words are journey/trace's.
import { describeJourney } from '../../journey/trace/describe.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import { jsonOption } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { languageOf, languageOption } from './language.ts';
import { safe } from './terminal.ts';

const standardLimit = 10;

interface Journey {
  readonly letter: string;
  readonly events: readonly TraceEvent[];
}

const trace = officeCommand<{ what: string; limit: number }, { journeys: readonly Journey[] }>({
  words: 'trace',
  sentence: "Tell a letter's journey in words.",
  arguments: [
    {
      name: 'WHAT',
      sentence: 'A letter id (as in the log, in replies and in trace headers), a Message-ID, or an address of sender or recipient.',
    },
  ],
  options: [
    languageOption,
    { name: 'limit', value: 'N', sentence: `At most so many letters, newest first; ${standardLimit} unless said.` },
    jsonOption,
  ],
  examples: [
    { line: 'tayori trace hanako@example.com --limit 3', sentence: 'The last three letters from or to Hanako.' },
    { line: "tayori trace '<abc@example.net>' --language ja", sentence: 'One letter by its Message-ID, in Japanese.' },
  ],
  ask(input) {
    // A language that we do not speak is told before anything is looked for.
    languageOf(input);
    const { limit } = input.options;
    const number = limit === undefined ? standardLimit : Number(limit);
    if (!Number.isInteger(number) || number < 1 || number > 1_000)
      throw new CommandTrouble(`--limit is a number from 1 to 1000, not ${limit}`, 2);
    return { what: input.arguments['WHAT']!, limit: number };
  },
  async perform({ what, limit }, office) {
    const { trace: store } = office.store;
    const letters = await store.find(what, limit);
    const journeys = await Promise.all(letters.map(async (letter) => ({ letter, events: await store.ofLetter(letter) })));
    return { journeys: journeys.filter((journey) => journey.events.length > 0) };
  },
  show({ journeys }, terminal, input) {
    const language = languageOf(input);
    if (journeys.length === 0)
      return terminal.out(
        language === 'ja'
          ? 'その手紙の記録はありません。番号、Message-ID、アドレスのつづりを確かめてください。'
          : 'No letter like that was seen; check the spelling of the id, the Message-ID or the address.',
      );
    for (const [index, { letter, events }] of journeys.entries()) {
      if (index > 0) terminal.out();
      terminal.out(language === 'ja' ? `手紙 ${letter}` : `Letter ${letter}`);
      for (const line of describeJourney(events, language)) terminal.out(`  ${safe(line)}`);
    }
  },
});

export const commands = [trace];
