// The settings of a person: each with its reader and its default. Knows what may be chosen; knows no page that shows it.
import { aBoolean, nullable, oneOf, type Reader } from '../arguments.ts';
import { MethodError, type Json, type JsonObject } from '../contract.ts';
import { isId } from '../ids.ts';
import { aLine, aNumber, aShortList } from './properties.ts';

interface Setting {
  readonly read: Reader<Json>;
  readonly standard: Json;
}

const of = (read: Reader<Json>, standard: Json): Setting => ({ read, standard });
const swipes = ['archive', 'trash', 'snooze', 'flag', 'seen', 'none'] as const;

/** An object whose keys are the things chosen: single ones are added and taken away by a patch. */
function aMap(most: number, key: (text: string) => boolean, reader: Reader<Json>): Reader<JsonObject> {
  return (value, name) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new MethodError('invalidArguments', `"${name}" has to be an object.`, { arguments: [name] });
    const entries = Object.entries(value as JsonObject);
    if (entries.length > most || entries.some(([one]) => !key(one)))
      throw new MethodError('invalidArguments', `"${name}" has at most ${most} entries, each with a key of its kind.`, {
        arguments: [name],
      });
    return Object.fromEntries(entries.map(([one, inner]) => [one, reader(inner, name)]));
  };
}

const onlyTrue: Reader<true> = (value, name) => {
  if (value !== true) throw new MethodError('invalidArguments', `"${name}" holds nothing but true.`, { arguments: [name] });
  return value;
};

/** An address, or `@` and a domain for all of it. */
const isSender = (text: string): boolean => /^[^\s@\p{Cc}]{0,128}@[^\s@\p{Cc}]{1,254}$/u.test(text);
const isName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9.-]{0,63}$/.test(text);

/** By name. */
export const settings = {
  /** Null: that of the browser. */
  language: of(nullable(oneOf(['ja', 'en'])), null),
  theme: of(oneOf(['system', 'light', 'dark']), 'system'),
  /** Dark colours for letters, too. */
  darkLetters: of(aBoolean, true),
  density: of(oneOf(['comfortable', 'compact']), 'comfortable'),
  readingPane: of(oneOf(['right', 'none']), 'right'),
  /** Pixels by the name of a part. */
  paneSizes: of(aMap(20, isName, aNumber(0, 10_000)), {}),
  conversations: of(aBoolean, true),
  unifiedInbox: of(aBoolean, true),
  accountOrder: of(
    aShortList((value, name) => {
      if (typeof value !== 'string' || !isId(value))
        throw new MethodError('invalidArguments', `"${name}" holds ids.`, { arguments: [name] });
      return value;
    }, 200),
    [],
  ),
  /** A letter that is looked at so long counts as read; null: never by itself. */
  readAfterSeconds: of(nullable(aNumber(0, 60)), 0),
  /** How long a letter that was sent can be called back. */
  undoSeconds: of(aNumber(0, 30), 10),
  /** When remote images of a letter are loaded: never, when asked for, for those who are among the contacts. */
  images: of(oneOf(['never', 'ask', 'contacts']), 'ask'),
  /** Senders whose images are loaded: an address, or `@` and a domain. */
  imageSenders: of(aMap(2_000, isSender, onlyTrue), {}),
  composeFormat: of(oneOf(['rich', 'plain']), 'rich'),
  replyTo: of(oneOf(['sender', 'all']), 'sender'),
  quote: of(oneOf(['below', 'above', 'none']), 'below'),
  signatureOnReplies: of(aBoolean, true),
  /** By account: which identity a new letter begins with. */
  defaultIdentity: of(aMap(200, isId, aLine(255, 1)), {}),
  forgottenAttachment: of(aBoolean, true),
  /** Whether those who ask for it learn that a letter was read. */
  sendReceipts: of(oneOf(['never', 'ask', 'always']), 'ask'),
  notifications: of(oneOf(['all', 'contacts', 'none']), 'all'),
  notificationPreview: of(aBoolean, true),
  notificationSound: of(aBoolean, false),
  shortcuts: of(aBoolean, true),
  /** Other keys for what shortcuts do. */
  shortcutKeys: of(aMap(200, isName, aLine(40)), {}),
  swipeLeft: of(oneOf(swipes), 'archive'),
  swipeRight: of(oneOf(swipes), 'seen'),
  offlineDays: of(aNumber(0, 3650), 30),
  /** IANA name; null: that of the browser. */
  timeZone: of(nullable(aLine(64, 1)), null),
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof settings;
export const settingNames = Object.keys(settings) as readonly SettingName[];

/** Kind of the one item that holds what a person has chosen. */
export const settingKind = 'setting';

export function standardSettings(): JsonObject {
  return Object.fromEntries(settingNames.map((name) => [name, settings[name].standard]));
}

/** What is kept, with the defaults of what is not; what a version of ours no longer knows or takes is left out. */
export function settingsOf(kept: unknown): JsonObject {
  const chosen = typeof kept === 'object' && kept !== null ? (kept as JsonObject) : {};
  return Object.fromEntries(
    settingNames.map((name) => {
      if (!Object.hasOwn(chosen, name)) return [name, settings[name].standard];
      try {
        return [name, settings[name].read(chosen[name], name)];
      } catch {
        return [name, settings[name].standard];
      }
    }),
  );
}
