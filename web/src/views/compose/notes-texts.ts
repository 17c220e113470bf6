// What is said about writing where letters are read.
import { words } from '../../texts/words.svelte.ts';

export const t = words({
  en: {
    goesOut: (when: string) => `Goes out ${when}.`,
    cancel: 'Do not send',
    asks: (who: string) => `${who} would like to be told that you have read this letter.`,
    yes: 'Tell them',
    no: 'Do not tell',
    told: 'They are told that you have read it.',
  },
  ja: {
    goesOut: (when: string) => `${when}に送ります。`,
    cancel: '送るのをやめる',
    asks: (who: string) => `${who}さんが、開封の知らせを求めています。`,
    yes: '知らせる',
    no: '知らせない',
    told: '開封したことを知らせました。',
  },
});
