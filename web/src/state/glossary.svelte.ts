// The word list, in the person's language, for every screen: read once from the server and kept on this device. Knows Glossary/get
// (docs/jmap.md); draws nothing.
import { tayoriCapability } from '../engine/contract.ts';
import type { JsonObject } from '../engine/jmap/objects.ts';
import { engine } from './link.ts';
import { settings } from './settings.svelte.ts';

export interface Word {
  readonly id: string;
  /** As programs and help pages write it. */
  readonly term: string;
  /** The everyday word. */
  readonly word: string;
  readonly sentence: string;
  /** What it is at a post office. */
  readonly picture: string;
}

class Glossary {
  #words = $state.raw<Readonly<Record<string, readonly Word[]>>>({});
  readonly #asked = new Set<string>();

  /** In the language of now; null until they have come. */
  get words(): readonly Word[] | null {
    return this.#words[settings.language] ?? null;
  }
  find(id: string): Word | null {
    return this.words?.find((word) => word.id === id) ?? null;
  }

  /** Reads them, unless they are here. Quiet when there is no way to the server: then what was kept is shown. */
  async need(): Promise<void> {
    const { language } = settings;
    if (this.#asked.has(language)) return;
    this.#asked.add(language);
    const key = `tayori.words.${language}`;
    try {
      const kept = localStorage.getItem(key);
      if (kept !== null) this.#words = { ...this.#words, [language]: JSON.parse(kept) as readonly Word[] };
    } catch {
      // A browser that keeps nothing.
    }
    try {
      const [answer] = await engine.ask('call', { using: [tayoriCapability], calls: [['Glossary/get', { language }, 'g']] });
      const list = answer?.[0] === 'Glossary/get' ? (answer[1]['list'] as readonly JsonObject[] | undefined) : undefined;
      if (!list) throw new TypeError('no word list');
      this.#words = { ...this.#words, [language]: list as unknown as readonly Word[] };
      localStorage.setItem(key, JSON.stringify(list));
    } catch {
      if (this.words === null) this.#asked.delete(language);
    }
  }
}

export const glossary = new Glossary();
