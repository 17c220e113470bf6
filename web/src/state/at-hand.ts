// Asks the engine to bring letters to this device, as soon as somebody is there who hands them out without a network (the service worker). Knows both; draws nothing.
import { engine } from './link.ts';

let asked = '';

/** Called whenever who is there, the colours, the language or the days are others. */
export function keepAtHand(isIn: boolean, theme: 'light' | 'dark', language: 'ja' | 'en', days: number): void {
  const look = `${theme} ${language} ${days}`;
  if (!isIn || days === 0 || asked === look || !('serviceWorker' in navigator)) return;
  asked = look;
  void navigator.serviceWorker.ready.then(() => engine.ask('keepAtHand', { theme, language, days })).catch(() => undefined);
}
