// What long work about accounts at other providers says while it is under way and when it fails: steps, failures and news in words for an app.
// Knows sentences; does nothing.
import { Refusal, type RefusalCode } from '../base/trouble.ts';
import { CauseTrouble, causeSides, type Cause } from '../journey/outside/causes.ts';
import { sentenceOf } from '../journey/outside/cause-sentences.ts';
import type { CheckFacts, CheckStep } from '../journey/outside/check-contract.ts';
import type { ProofProgress } from '../journey/outside/proof.ts';
import type { JsonObject } from '../protocol/jmap/contract.ts';
import type { Language, TaskFailure, TaskStep } from '../protocol/jmap/tayori/contract.ts';
import { sideWords, stepWords } from './cli/outside-words.ts';
import type { Words } from './discover/contract.ts';
import type { SetUpResult } from './outside-setup.ts';

export type Step = Omit<TaskStep, 'at'>;

export function told(sentence: string, mark: TaskStep['mark'] = 'told'): Step {
  return { mark, sentence, side: null, step: null, words: '', facts: {} };
}

export function sayCheckStep(side: 'receive' | 'send', { step, verdict, cause, words, facts }: CheckStep, language: Language): Step {
  const sentence =
    language === 'ja' ? `${sideWords[side].ja}：${stepWords[step].ja}` : `${capital(sideWords[side].en)}: ${stepWords[step].en}`;
  return {
    mark: verdict === 'failed' ? 'failed' : 'passed',
    sentence: cause === null ? sentence : `${sentence}${language === 'ja' ? '。' : '. '}${sentenceOf(cause, language).wrong}`,
    side,
    step,
    words,
    facts: asJson(facts),
  };
}

export function sayProof(progress: ProofProgress, language: Language): Step | null {
  switch (progress.kind) {
    case 'step':
      return progress.step.verdict === 'skipped' ? null : sayCheckStep(progress.side, progress.step, language);
    case 'sent':
      return {
        ...told({ ja: '自分あての手紙を出しました', en: 'A letter to yourself is on its way' }[language], 'passed'),
        side: 'letter',
        step: 'letter',
      };
    // Once is enough: the app shows that it goes on.
    case 'waiting':
      return progress.looks === 1
        ? {
            ...told({ ja: '手紙が届くのを待っています', en: 'Waiting for the letter to come back' }[language]),
            side: 'letter',
            step: 'letter',
          }
        : null;
    case 'found':
      return { ...told({ ja: '手紙が届きました', en: 'The letter came back' }[language], 'passed'), side: 'letter', step: 'letter' };
  }
}

export function failureOf(
  cause: Cause,
  language: Language,
  more: Partial<Pick<TaskFailure, 'words' | 'side' | 'server' | 'needs'>> & { readonly provider?: string | null } = {},
): TaskFailure {
  const { words = '', side = null, server = null, needs = [], provider } = more;
  const {
    wrong,
    next,
    side: whose,
    sideWords: whoseWords,
  } = sentenceOf(cause, language, {
    ...(server === null ? {} : { server: server.host, port: server.port }),
    ...(provider == null ? {} : { provider }),
  });
  return { cause, sentence: wrong, next, whose, whoseWords, words, side, server, needs };
}

export function failureOfSetUp(
  { side, cause, words, server, needs }: NonNullable<SetUpResult['failure']>,
  language: Language,
): TaskFailure {
  return failureOf(cause, language, { side, words, server: { host: server.host, port: server.port }, needs });
}

const refusals: Readonly<Partial<Record<RefusalCode, { readonly wrong: Words; readonly next: Words }>>> = {
  limit: {
    wrong: { ja: '短いあいだに、たくさん試しました。', en: 'That was too much in too short a time.' },
    next: { ja: 'すこし待ってから、もう一度お試しください。', en: 'Please wait a little, then try again.' },
  },
  'already-exists': {
    wrong: { ja: 'このアドレスは、もう加えてあります。', en: 'This address is here already.' },
    next: { ja: 'アカウントの一覧をご覧ください。', en: 'Look for it in the list of accounts.' },
  },
  nonexistent: {
    wrong: { ja: 'そのアカウントはありません。', en: 'There is no such account.' },
    next: { ja: '一覧を読み直してください。', en: 'Load the list again.' },
  },
  cannot: {
    wrong: { ja: 'これはできません。', en: 'This cannot be done.' },
    next: { ja: 'くわしい言葉をご覧ください。', en: 'See the words below.' },
  },
  expired: {
    wrong: { ja: '時間が過ぎたか、取り消されました。', en: 'The time was over, or it was cancelled.' },
    next: { ja: 'はじめから、もう一度お試しください。', en: 'Please begin again.' },
  },
};

/** `cause` is `defect` for what nobody has foreseen. */
export function explain(trouble: unknown, language: Language): TaskFailure {
  if (trouble instanceof CauseTrouble) return failureOf(trouble.why, language, { words: trouble.words, provider: trouble.provider });
  if (trouble instanceof Refusal) {
    const said = refusals[trouble.code] ?? refusals.cannot!;
    return {
      cause: trouble.code,
      sentence: said.wrong[language],
      next: said.next[language],
      whose: 'you',
      whoseWords: '',
      words: trouble.message,
      side: null,
      server: null,
      needs: [],
    };
  }
  return {
    cause: 'defect',
    sentence: { ja: 'こちらの不具合で、うまくいきませんでした。', en: 'Something is broken here.' }[language],
    next: { ja: 'しばらくしてから、もう一度お試しください。記録は残しました。', en: 'Please try again later; it has been noted.' }[
      language
    ],
    whose: 'here',
    whoseWords: { ja: 'この Tayori の側です', en: 'On the side of this Tayori' }[language],
    words: '',
    side: null,
    server: null,
    needs: [],
  };
}

export function isCause(text: string | null): text is Cause {
  return text !== null && Object.hasOwn(causeSides, text);
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** Facts of a check as they go to an app. */
export function asJson(facts: CheckFacts): JsonObject {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      Array.isArray(value) ? [...(value as readonly string[])] : (value as string | number | boolean),
    ]),
  );
}
