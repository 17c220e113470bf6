// The names `header:Subject:asText:all` of an Email or a body part (RFC 8621 §4.1.3), and which form each field may be asked for (§4.1.2).
// Knows names and forms; knows no value and no letter.

const headerForms = ['Raw', 'Text', 'Addresses', 'GroupedAddresses', 'MessageIds', 'Date', 'URLs'] as const;
export type HeaderForm = (typeof headerForms)[number];

export interface HeaderProperty {
  /** As it was asked for: the answer has the same capitals. */
  readonly property: string;
  /** Field name in lower case. */
  readonly field: string;
  readonly form: HeaderForm;
  /** An array with every instance, instead of the last. */
  readonly all: boolean;
}

/** Fields of RFC 5322 and RFC 2369 and the parsed forms that make sense for each; fields of other books may have any. */
const formsOf: ReadonlyMap<string, HeaderForm | null> = new Map<string, HeaderForm | null>([
  ['subject', 'Text'],
  ['comments', 'Text'],
  ['keywords', 'Text'],
  ['from', 'Addresses'],
  ['sender', 'Addresses'],
  ['reply-to', 'Addresses'],
  ['to', 'Addresses'],
  ['cc', 'Addresses'],
  ['bcc', 'Addresses'],
  ['resent-from', 'Addresses'],
  ['resent-sender', 'Addresses'],
  ['resent-reply-to', 'Addresses'],
  ['resent-to', 'Addresses'],
  ['resent-cc', 'Addresses'],
  ['resent-bcc', 'Addresses'],
  ['message-id', 'MessageIds'],
  ['in-reply-to', 'MessageIds'],
  ['references', 'MessageIds'],
  ['resent-message-id', 'MessageIds'],
  ['date', 'Date'],
  ['resent-date', 'Date'],
  ['list-help', 'URLs'],
  ['list-unsubscribe', 'URLs'],
  ['list-subscribe', 'URLs'],
  ['list-post', 'URLs'],
  ['list-owner', 'URLs'],
  ['list-archive', 'URLs'],
  ['received', null],
  ['return-path', null],
]);

const shape = /^header:([\x21-\x39\x3b-\x7e]+)(?::as([A-Za-z]+))?(:all)?$/;

/** Null when it is no property of this kind, or one that may not be asked for. */
export function parseHeaderProperty(property: string): HeaderProperty | null {
  if (property.length > 1000) return null;
  const found = shape.exec(property);
  if (found === null) return null;
  const field = found[1]!.toLowerCase();
  const form = (found[2] ?? 'Raw') as HeaderForm;
  if (!headerForms.includes(form) || !mayHaveForm(field, form)) return null;
  return { property, field, form, all: found[3] !== undefined };
}

/** RFC 8621 §4.1.2. `field` is in lower case. */
function mayHaveForm(field: string, form: HeaderForm): boolean {
  if (form === 'Raw') return true;
  const own = formsOf.get(field);
  return own === undefined || own === form || (own === 'Addresses' && form === 'GroupedAddresses');
}

function convenience(property: string, field: string, form: HeaderForm): HeaderProperty {
  return { property, field, form, all: false };
}

/** RFC 8621 §4.1.3: each is another name of a header property. */
export const convenienceProperties: ReadonlyMap<string, HeaderProperty> = new Map(
  [
    convenience('messageId', 'message-id', 'MessageIds'),
    convenience('inReplyTo', 'in-reply-to', 'MessageIds'),
    convenience('references', 'references', 'MessageIds'),
    convenience('sender', 'sender', 'Addresses'),
    convenience('from', 'from', 'Addresses'),
    convenience('to', 'to', 'Addresses'),
    convenience('cc', 'cc', 'Addresses'),
    convenience('bcc', 'bcc', 'Addresses'),
    convenience('replyTo', 'reply-to', 'Addresses'),
    convenience('subject', 'subject', 'Text'),
    convenience('sentAt', 'date', 'Date'),
  ].map((one) => [one.property, one]),
);
