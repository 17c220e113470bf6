// ENABLE (RFC 9051 §6.3.1, RFC 5161).
import type { Command, Context } from '../context.ts';

/** What can be enabled, and what enabling does. */
const features: Readonly<Record<string, (context: Context) => void>> = {
  IMAP4REV2: ({ enabled }) => void (enabled.rev2 = true),
  CONDSTORE: (context) => context.enableCondstore(),
  // RFC 7162 §3.2.3: QRESYNC stands on CONDSTORE.
  QRESYNC: (context) => {
    context.enableCondstore();
    context.enabled.qresync = true;
  },
  'UTF8=ACCEPT': ({ enabled }) => void (enabled.utf8 = true), // RFC 9755 §3
};

export const enable: Command<readonly string[]> = {
  parse(cursor) {
    const names: string[] = [];
    do {
      cursor.space();
      names.push(cursor.word('a capability'));
    } while (!cursor.atEnd && cursor.peekChar() === ' ' && cursor.at + 1 < cursor.bytes.length);
    cursor.end();
    return names;
  },
  run(context, names) {
    // Unknown names are passed over; each stands once in the answer, as it is spelled in the capabilities.
    const wanted = [...new Set(names)].filter((name) => Object.hasOwn(features, name));
    context.untagged(['ENABLED', ...wanted.map((name) => name.replace('REV2', 'rev2'))].join(' '));
    for (const name of wanted) features[name]!(context);
    return { text: 'ENABLE completed' };
  },
};
