// Asks the engine to bring letters to this device, as soon as somebody is there who hands them out without a network (the service worker). Knows both; draws nothing.
import { engine } from './link.ts';

let asked = '';

/** Called whenever who is there, the colours or the language are others. */
export function keepAtHand(isIn: boolean, theme: 'light' | 'dark', language: 'ja' | 'en'): void {
  const look = `${theme} ${language}`;
  if (!isIn || asked === look || !('serviceWorker' in navigator)) return;
  asked = look;
  void navigator.serviceWorker.ready.then(() => engine.ask('keepAtHand', { theme, language })).catch(() => undefined);
}
