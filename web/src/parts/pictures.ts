// Pictures from the post office: what stands for a term or a station. Lines of 1.5 in a square of 48; `red` is drawn in the colour of the seal,
// where a stamp, a seal or the 〒 is meant. Knows shapes; knows no word.
export interface Drawing {
  readonly ink: string;
  readonly red?: string;
}

export const drawings = {
  /** A phone or screen on which a letter is written or read. */
  app: {
    ink: 'M15 6h18a3 3 0 0 1 3 3v30a3 3 0 0 1-3 3H15a3 3 0 0 1-3-3V9a3 3 0 0 1 3-3zM21 38h6M17 14h14v10H17z',
    red: 'm17 14.5 7 5.5 7-5.5',
  },
  /** The counter where letters are handed in. */
  counter: {
    ink: 'M6 40V12h36v28M6 28h36M10 28v12M38 28v12M17.5 28a6.5 6.5 0 0 1 13 0M24 14.5a3 3 0 1 0 .1 0M6 12l3-5h30l3 5',
    red: 'M20 33h8M20 36h8M24 36v4',
  },
  /** The door where vans of other offices arrive. */
  door: { ink: 'M6 42V16L24 7l18 9v26M13 42V24h22v18M13 30h22M13 36h22', red: 'M21 14.5h6M20.5 17.5h7M24 17.5v3.5' },
  /** A shelf on which letters wait. */
  shelf: {
    ink: 'M8 6v36M40 6v36M8 18h32M8 30h32M8 42h32M12 18v-7h8v7M22 18V9h7v9M13 30v-6h11v6M28 30l2-7 6 2-1.5 5M14 42v-8h7v8',
    red: 'M31 38h5M33.5 35.5v5',
  },
  /** The address book of the net. */
  book: {
    ink: 'M24 11c-4-3-9-3.5-15-3v29c6-.5 11 0 15 3 4-3 9-3.5 15-3V8c-6-.5-11 0-15 3zM24 11v29M13 15c3 0 5 .3 7 1.2M13 21c3 0 5 .3 7 1.2M13 27c3 0 5 .3 7 1.2M28 16.2c2-.9 4-1.2 7-1.2',
    red: 'M31 21h4.5v9l-2.2-2-2.3 2z',
  },
  /** A van on its way to another office. */
  van: {
    ink: 'M4 33V13h24v20M28 19h8l8 8v6h-3M4 33h5M18 33h14M13.5 37a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM36.5 37a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM33 23v5h9',
    red: 'M12 18h8M12 21.5h8M16 21.5V27',
  },
  /** A letter box at a house. */
  box: {
    ink: 'M10 40V20a8 8 0 0 1 8-8h16a8 8 0 0 1 8 8v20zM10 40h32M18 12a8 8 0 0 1 8 8v20M30 21h8M4 44h40M15 20h6',
    red: 'M36 21v-9h6v4h-6',
  },
  /** Taken out of the box, carried home. */
  home: { ink: 'M6 24 24 8l18 16M11 20v21h26V20M20 41V29h8v12', red: 'M30 14V9h4v8.5' },
  /** A card that comes back to the sender. */
  back: { ink: 'M8 14h32v22H8zM8 14l16 12 16-12M18 42H8', red: 'm12 39-4 3 4 3' },
  /** An envelope that is sealed. */
  seal: { ink: 'M6 12h36v26H6zM6 12l18 15 18-15', red: 'M24 21.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM21.5 26.5l2 2 3-3.5' },
  /** A letter with its envelope. */
  letter: { ink: 'M7 13h34v24H7zM7 13l17 13 17-13', red: 'M32 30h5v4h-5z' },
  /** A bundle tied with string. */
  bundle: { ink: 'M10 12h28v8H10zM8 20h32v9H8zM10 29h28v8H10z', red: 'M24 10v30M20 8l4 3 4-3' },
  /** A key. */
  key: { ink: 'M16 31a9 9 0 1 1 6.3-15.4L40 16v6h-4v4h-5v-4h-6.5A9 9 0 0 1 16 31zM14 20.5a2 2 0 1 0 .1 0' },
  /** A card that says who one is. */
  card: {
    ink: 'M6 11h36v26H6zM15 23a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM9.5 32c.7-4 2.5-6 5.5-6s4.8 2 5.5 6M26 18h11M26 24h11',
    red: 'M30 29h7v4h-7z',
  },
  /** A warning on a letter. */
  warning: { ink: 'M24 7 43 40H5zM24 19v10', red: 'M24 33.5v.2' },
  /** A pile that is put away. */
  drawer: { ink: 'M8 8h32v32H8zM8 19h32M8 30h32M21 13.5h6M21 24.5h6M21 35.5h6' },
  /** A plate with a number at a house or a window. */
  plate: { ink: 'M9 12h30v24H9zM13 16h.1M35 16h.1M13 32h.1M35 32h.1M22 20l3-2v12M21 30h8' },
  /** A clock beside a letter. */
  clock: { ink: 'M24 42a18 18 0 1 0 0-36 18 18 0 0 0 0 36zM24 13v11l7 5', red: 'M24 8v2M24 38v2M8 24h2M38 24h2' },
  /** A sorter that puts letters into pigeonholes. */
  sorter: { ink: 'M6 8h36v32H6zM18 8v32M30 8v32M6 24h36M9 20h6v-5H9zM33 36h6v-6h-6z', red: 'M21 20h6v-7h-6z' },
} as const satisfies Readonly<Record<string, Drawing>>;
export type DrawingName = keyof typeof drawings;

/** What a term of the word list is drawn as; what is not here is a letter. */
const ofTerms: Readonly<Record<string, DrawingName>> = {
  smtp: 'counter',
  imap: 'drawer',
  pop3: 'home',
  jmap: 'app',
  server: 'door',
  client: 'app',
  provider: 'door',
  port: 'counter',
  tls: 'seal',
  starttls: 'seal',
  certificate: 'card',
  login: 'card',
  password: 'key',
  'app-password': 'key',
  oauth: 'key',
  passkey: 'key',
  totp: 'clock',
  op25b: 'warning',
  idle: 'app',
  autodiscover: 'card',
  queue: 'shelf',
  sync: 'drawer',
  offline: 'home',
  address: 'plate',
  domain: 'plate',
  dns: 'book',
  ip: 'plate',
  mx: 'book',
  ptr: 'book',
  srv: 'book',
  spf: 'card',
  dkim: 'seal',
  dmarc: 'book',
  'mta-sts': 'seal',
  dnssec: 'seal',
  alias: 'plate',
  subaddress: 'plate',
  identity: 'card',
  'mailing-list': 'bundle',
  firewall: 'door',
  proxy: 'van',
  thread: 'bundle',
  rule: 'sorter',
  vacation: 'box',
  folder: 'drawer',
  archive: 'drawer',
  spam: 'warning',
  phishing: 'warning',
  bounce: 'back',
  receipt: 'back',
  quota: 'box',
  unsubscribe: 'back',
  schedule: 'clock',
  snooze: 'clock',
  'undo-send': 'counter',
  flag: 'sorter',
};

export function drawingOf(term: string): DrawingName {
  return ofTerms[term] ?? 'letter';
}

/** What a station of a letter's journey is drawn as. */
const ofStations: Readonly<Record<string, DrawingName>> = {
  submission: 'counter',
  reception: 'door',
  queue: 'shelf',
  routing: 'book',
  delivery: 'van',
  mailbox: 'box',
  collection: 'van',
  read: 'home',
  report: 'back',
};

export function drawingOfStation(station: string): DrawingName {
  return ofStations[station] ?? 'app';
}
