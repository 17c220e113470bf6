// Each cause as a sentence for anybody, Japanese and English: what is wrong, whose side it is, and one next step.
// Knows words; what the causes are and whose side each is stands in causes.ts. The peer's own words are shown one tap away, not here.
//
// The pictures are those of the word list: counters for ports, envelopes for encryption, a proof of identity for a certificate.
import { causeSides, type Cause, type CauseSide } from './causes.ts';
import { english } from './cause-sentences-en.ts';
import { japanese } from './cause-sentences-ja.ts';

export type SentenceLanguage = 'en' | 'ja';

/** What the sentences may name; what is missing is put in general words. */
export interface SentencePlaces {
  /** Host name. */
  readonly server?: string;
  readonly port?: number;
  /** Name of the provider as people know it. */
  readonly provider?: string;
}

/** `wrong` and `next` may hold `{server}`, `{port}` and `{provider}`. */
export interface CauseText {
  readonly wrong: string;
  readonly next: string;
}

export interface CauseSentence {
  /** What is wrong. */
  readonly wrong: string;
  /** The one thing to do next. */
  readonly next: string;
  readonly side: CauseSide;
  /** Whose side it is, in words. */
  readonly sideWords: string;
}

const texts: Readonly<Record<SentenceLanguage, Readonly<Record<Cause, CauseText>>>> = { en: english, ja: japanese };

const sides: Readonly<Record<SentenceLanguage, Readonly<Record<CauseSide, string>>>> = {
  en: {
    you: 'Something to correct here in the settings',
    provider: 'On the side of the mail provider',
    network: 'On the way there: the network',
    here: 'On the side of this Tayori',
  },
  ja: {
    you: '設定を直すところがあります',
    provider: 'メール会社の側です',
    network: '途中の通信回線の側です',
    here: 'この Tayori の側です',
  },
};

const general: Readonly<Record<SentenceLanguage, Readonly<Record<'server' | 'port' | 'provider', string>>>> = {
  en: { server: 'the mail server', port: '?', provider: 'the mail provider' },
  ja: { server: 'メールサーバー', port: '?', provider: 'メール会社' },
};

export function sentenceOf(cause: Cause, language: SentenceLanguage, places: SentencePlaces = {}): CauseSentence {
  const { wrong, next } = texts[language][cause];
  const side = causeSides[cause];
  return { wrong: fill(wrong, language, places), next: fill(next, language, places), side, sideWords: sides[language][side] };
}

/** Names come from outside: what could break a line or turn the direction of writing is left out. */
function fill(text: string, language: SentenceLanguage, places: SentencePlaces): string {
  return text.replaceAll(
    /( ?)\{(server|port|provider)\}( ?)/g,
    (_all, before: string, name: keyof SentencePlaces, after: string, at: number) => {
      const value = places[name];
      const clean =
        value === undefined
          ? ''
          : String(value)
              .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
              .slice(0, 100);
      if (clean !== '') return before + clean + after;
      const words = general[language][name];
      // Japanese puts a space only beside what is not Japanese; English begins a sentence with a capital letter.
      if (language === 'ja') return words;
      return before + (at === 0 || /[.:] ?$/.test(text.slice(0, at)) ? words.charAt(0).toUpperCase() + words.slice(1) : words) + after;
    },
  );
}
