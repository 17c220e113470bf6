// What the sheet of keys says beside the names of the commands.
import { words } from '../../texts/words.svelte.ts';

export const t = words({
  en: {
    use: 'Use single keys',
    other: 'Choose other keys',
    choose: 'Press the key that is to be another one.',
    press: (what: string) => `Now press the key for “${what}”. Esc leaves it as it is.`,
    change: (what: string, keys: string) => `${what}: ${keys}. Choose another key`,
    isNow: (what: string, keys: string) => `${what}: ${keys}`,
    notThis: 'This key belongs to the browser. Please choose another one.',
    usual: 'The usual keys',
    done: 'Done',
  },
  ja: {
    use: '1文字のキーを使う',
    other: 'キーを変える',
    choose: '変えたいキーを押してください。',
    press: (what) => `「${what}」に使うキーを押してください。Escでやめます。`,
    change: (what, keys) => `${what}: ${keys}。キーを変える`,
    isNow: (what, keys) => `${what}: ${keys}`,
    notThis: 'このキーはブラウザーが使います。ほかのキーを選んでください。',
    usual: '元のキーに戻す',
    done: '完了',
  },
});
