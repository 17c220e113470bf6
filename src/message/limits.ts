// How much of a letter is looked at. Beyond a limit the rest is opaque: stored and sent whole, but not indexed, never an error.
// Knows numbers only; each reader beside it keeps to them.

/** Levels of multipart and message nesting that are opened. */
export const maxDepth = 100;
/** Parts of one letter that are told apart. */
export const maxParts = 10_000;
/** Octets of one header section in which fields are looked for. */
export const maxHeaderSection = 1_000_000;
/** Octets of one field that are read. */
export const maxField = 100_000;
/** Addresses read from one list, group members included. */
export const maxAddresses = 10_000;
/** Parameters of one field, each RFC 2231 segment counted. */
export const maxParameters = 128;
/** Message ids taken from References and In-Reply-To. */
export const maxReferences = 200;
/** Octets of a multipart boundary; RFC 2046 §5.1.1 allows 70, a line could carry no more than this. */
export const maxBoundary = 990;
/** Characters of a media type, subtype, encoding or charset name. */
export const maxToken = 100;
/** Characters of parameters, descriptions and inner envelopes that the structure of one letter shows; parts beyond are shown without theirs. */
export const maxStructure = 1_000_000;
/** Characters of text taken from one letter for search. */
export const maxText = 1_000_000;
