// What the settings say. Grows with what can be set.
import { words } from '../../texts/words.svelte.ts';

export const t = words({
  en: {
    title: 'Settings',
    look: 'Look',
    language: 'Language',
    theme: 'Appearance',
    auto: 'Automatic',
    light: 'Light',
    dark: 'Dark',
    reading: 'Reading',
    threads: 'Letters as conversations',
    threadsNote: 'What belongs together is one line.',
    account: 'Account',
    apps: 'Set up another mail app',
    appsNote: 'Phones, Outlook, Thunderbird and others',
    signOut: 'Sign out',
    signOutNote: 'What this device has kept of your mail is removed.',
  },
  ja: {
    title: '設定',
    look: '見た目',
    language: '言語',
    theme: '明るさ',
    auto: '自動',
    light: '明るい',
    dark: '暗い',
    reading: '読むとき',
    threads: 'やりとりごとにまとめる',
    threadsNote: '関係のあるメールを一行にします。',
    account: 'アカウント',
    apps: 'ほかのメールアプリを設定する',
    appsNote: 'スマートフォン、Outlook、Thunderbirdなど',
    signOut: 'サインアウト',
    signOutNote: 'この端末に保存したメールを消します。',
  },
});
