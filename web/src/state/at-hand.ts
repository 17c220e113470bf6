// Asks the engine to bring letters to this device, as soon as somebody is there who hands them out without a network (the service worker). Knows both; draws nothing.
import { engine } from './link.ts';

let asked = '';

/** Called whenever who is there, the colours, the language or the days are others. `username`: null when nobody is. */
export function keepAtHand(username: string | null, theme: 'light' | 'dark', language: 'ja' | 'en', days: number): void {
  // Who has signed out took the letters along.
  if (username === null) asked = '';
  const look = `${username} ${theme} ${language} ${days}`;
  if (username === null || days === 0 || asked === look || !('serviceWorker' in navigator)) return;
  asked = look;
  void navigator.serviceWorker.ready.then(() => engine.ask('keepAtHand', { theme, language, days })).catch(() => undefined);
}
