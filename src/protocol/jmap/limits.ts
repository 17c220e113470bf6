// How much of JMAP is taken at once. The numbers that RFC 8620 §2 has announced, and bounds of our own. Knows numbers only.

/** RFC 8620 §2: what stands in `urn:ietf:params:jmap:core`, and what is kept. */
export const coreLimits = {
  maxSizeUpload: 50_000_000,
  maxConcurrentUpload: 4,
  maxSizeRequest: 10_000_000,
  maxConcurrentRequests: 8,
  maxCallsInRequest: 32,
  maxObjectsInGet: 1000,
  maxObjectsInSet: 1000,
} as const;

/** RFC 4790 names of the comparisons that a sort may ask for: code points, ASCII without case, Unicode without case. */
export const collations = ['i;octet', 'i;ascii-casemap', 'i;unicode-casemap'] as const;

/** Arrays and objects inside one another in a request; nothing of the book needs ten. */
export const depthMax = 64;
/** Values (objects, arrays, members, elements) in a request. */
export const valuesMax = 500_000;
/** Filters inside one another, and all operators and conditions of one filter. */
export const filterDepthMax = 16;
export const filterSizeMax = 500;
/** Comparators of one sort. */
export const sortMax = 16;
/** Ids that a /changes answers at once when the client names no number. */
export const changesMax = 10_000;
/** Octets of an answer's JSON that one request may come to, all methods together. */
export const answerOctetsMax = 64 * 1024 * 1024;
