// How JMAP says no: errors of methods and of single objects. The one place where trouble becomes JMAP's words; knows no object of mail.
import { Refusal, SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import { MethodError, type Json, type JsonObject, type SetError } from './contract.ts';

/** RFC 8620 §3.6.2. `names`: the arguments that are wrong. */
export function invalidArguments(description: string, names: readonly string[] = []): MethodError {
  return new MethodError('invalidArguments', description, names.length === 0 ? {} : { arguments: names });
}

export function requestTooLarge(description: string): MethodError {
  return new MethodError('requestTooLarge', description);
}

export function stateMismatch(): MethodError {
  return new MethodError('stateMismatch', 'The state is another by now.');
}

export function cannotCalculateChanges(description = 'Changes are not remembered so far back.'): MethodError {
  return new MethodError('cannotCalculateChanges', description);
}

export function forbidden(description: string): MethodError {
  return new MethodError('forbidden', description);
}

/** Thrown while one object of a /set is made, changed or destroyed; the others go on. */
export class NotSet extends Error {
  override readonly name = 'NotSet';
  readonly setError: SetError;
  constructor(setError: SetError) {
    super(setError.description ?? setError.type);
    this.setError = setError;
  }
}

/** RFC 8620 §5.3. `properties`: all that are wrong. */
export function setError(type: string, description?: string, more: { readonly [name: string]: Json } = {}): SetError {
  return { type, ...(description === undefined ? {} : { description }), ...more };
}

export function invalidProperties(properties: readonly string[], description?: string): SetError {
  return { type: 'invalidProperties', properties, ...(description === undefined ? {} : { description }) };
}

export function notFound(): SetError {
  return { type: 'notFound' };
}

export function invalidPatch(description: string): SetError {
  return { type: 'invalidPatch', description };
}

/** A SetError as JSON: members that are not there are left out. */
export function formatSetError(error: SetError): JsonObject {
  const formatted: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(error)) if (value !== undefined) formatted[name] = value;
  return formatted;
}

/**
 * Why one object of a /set failed, from what was thrown; null when the whole method is to fail with it.
 * Call it where the failed write was about this object only.
 */
export function setErrorOf(thrown: unknown): SetError | null {
  if (thrown instanceof NotSet) return thrown.setError;
  if (!(thrown instanceof Refusal)) return null;
  switch (thrown.code) {
    case 'nonexistent':
      return notFound();
    case 'over-quota':
    case 'limit':
      return setError('overQuota', thrown.message);
    case 'too-big':
      return setError('tooLarge', thrown.message);
    case 'no-perm':
    case 'authorization-failed':
    case 'policy':
    case 'cannot':
    case 'read-only':
      return setError('forbidden', thrown.message);
    case 'already-exists':
      return setError('alreadyExists', thrown.message);
    case 'login-delayed':
      return setError('rateLimit', thrown.message);
    default:
      return null;
  }
}

/** What the arguments of an `error` response are. `defect` is given what is nobody's fault but ours; its text is not told. */
export function formatMethodError(thrown: unknown, defect: (thrown: unknown) => void): JsonObject {
  if (thrown instanceof MethodError) return { type: thrown.type, description: thrown.message, ...thrown.more };
  if (thrown instanceof Unavailable) {
    // Whether it happened is not known: the client has to look (RFC 8620 §3.6.2 says so of this type alone).
    if (thrown.code === 'unknown-outcome') return { type: 'serverPartialFail', description: 'It is not known whether this was done.' };
    return { type: 'serverUnavailable', description: 'Not possible just now; try again later.' };
  }
  if (thrown instanceof NotSet) return { type: 'invalidArguments', description: thrown.message };
  if (thrown instanceof SyntaxTrouble) return { type: 'invalidArguments', description: thrown.message };
  if (thrown instanceof Refusal) return { type: typeOfRefusal(thrown), description: thrown.message };
  defect(thrown);
  return { type: 'serverFail', description: 'Something is broken here; it has been noted.' };
}

function typeOfRefusal(refusal: Refusal): string {
  switch (refusal.code) {
    case 'nonexistent':
      return 'notFound';
    case 'limit':
    case 'too-big':
      return 'requestTooLarge';
    case 'over-quota':
      return 'overQuota';
    case 'changed':
      return 'stateMismatch';
    case 'login-delayed':
      return 'rateLimit';
    case 'read-only':
      return 'accountReadOnly';
    case 'bad-charset':
    case 'unknown-cte':
    case 'parse':
      return 'invalidArguments';
    default:
      return 'forbidden';
  }
}
