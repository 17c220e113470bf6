// How much and how long a store keeps. Knows numbers that every engine shares; knows no engine.

/** Keywords in one mailbox, those of letters that are gone included. */
export const maxKeywords = 200;
/** Characters of all different sets of keywords that the letters of an account have had since it was last read: they lie in memory. */
export const maxKeywordText = 16 << 20;
/** Mailboxes of one account: LIST stays quick, and a loop of CREATE ends. */
export const maxMailboxes = 10_000;

const day = 24 * 60 * 60 * 1000;
/** How long expunged letters can be brought back. */
export const restingTime = 30 * day;
/** How long a placement key is remembered. */
export const placementKeyTime = 30 * day;
/** How long a letter taken over is recognised when it is sent again. */
export const resendTime = day;
/** How long the journey of a letter can be read. */
export const traceTime = 30 * day;
/** Letters that went out of sight of one account, and mailboxes that are no more, that are remembered whatever their age, for `changesSince`. */
export const keptGone = 10_000;
/** Tombstones of one mailbox that are kept whatever their age, for `vanishedSince`. */
export const keptTombstones = 100_000;
/** The same for one kind of items. */
export const keptItemTombstones = 10_000;
/** Tombstones above the kept number go when they are older. */
export const keptTombstoneTime = 30 * day;
