// References to results of earlier calls (RFC 8620 §3.7): an argument `#name` becomes the argument `name`. Knows JSON pointers with `*`;
// knows no method.
import { isArray, isObject } from './arguments.ts';
import { MethodError, type Json, type JsonObject } from './contract.ts';
import { invalidArguments } from './errors.ts';
import { depthMax, valuesMax } from './limits.ts';
import { parsePointer } from './patch.ts';

/** One answer so far. */
export interface Response {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly id: string;
}

/** @throws MethodError `invalidResultReference`, `invalidArguments` (a name in both forms). */
export function resolveReferences(args: JsonObject, responses: readonly Response[]): JsonObject {
  const names = Object.keys(args);
  if (!names.some((name) => name.startsWith('#'))) return args;
  const resolved: [string, Json][] = [];
  for (const name of names) {
    const value = args[name]!;
    if (!name.startsWith('#')) resolved.push([name, value]);
    else if (Object.hasOwn(args, name.slice(1))) throw invalidArguments(`"${name.slice(1, 60)}" is there in both forms.`, [name]);
    else resolved.push([name.slice(1), resolve(value, responses)]);
  }
  const whole: JsonObject = Object.fromEntries(resolved);
  // An echo of an echo, each twice as long: what grows so must not be written out.
  measure(whole, { left: valuesMax }, 0);
  return whole;
}

function failed(description: string): MethodError {
  return new MethodError('invalidResultReference', description);
}

function resolve(reference: Json, responses: readonly Response[]): Json {
  if (!isObject(reference)) throw failed('A result reference is an object.');
  const { resultOf, name, path } = reference;
  if (typeof resultOf !== 'string' || typeof name !== 'string' || typeof path !== 'string') {
    throw failed('A result reference has resultOf, name and path.');
  }
  // "Find the first response with a method call id identical to resultOf."
  const response = responses.find(({ id }) => id === resultOf);
  if (response === undefined) throw failed('No call before this has that id.');
  if (response.name !== name) throw failed('The answer of that call has another name.');
  if (path === '') return response.arguments;
  const tokens = path.startsWith('/') ? parsePointer(path.slice(1)) : null;
  if (tokens === null || tokens.length > depthMax) throw failed('The path is no pointer.');
  return evaluate(response.arguments, tokens, 0);
}

function evaluate(value: Json, tokens: readonly string[], at: number): Json {
  const token = tokens[at];
  if (token === undefined) return value;
  if (isArray(value)) {
    if (token === '*') {
      const mapped: Json[] = [];
      for (const element of value) {
        const result = evaluate(element, tokens, at + 1);
        // "The contents of this array are added to the output rather than the array itself."
        if (isArray(result)) for (const part of result) mapped.push(part);
        else mapped.push(result);
        if (mapped.length > valuesMax) throw failed('The result is too long.');
      }
      return mapped;
    }
    // RFC 6901 §4: no leading zeros; `-` is behind the last, where nothing is.
    const element = /^(?:0|[1-9][0-9]{0,8})$/.test(token) ? value[Number(token)] : undefined;
    if (element === undefined) throw failed('The path leads nowhere.');
    return evaluate(element, tokens, at + 1);
  }
  if (!isObject(value) || !Object.hasOwn(value, token)) throw failed('The path leads nowhere.');
  return evaluate(value[token]!, tokens, at + 1);
}

function measure(value: Json, budget: { left: number }, depth: number): void {
  budget.left -= typeof value === 'string' ? 1 + value.length / 32 : 1;
  if (budget.left < 0 || depth > depthMax) throw failed('The result is too long.');
  if (isArray(value)) for (const element of value) measure(element, budget, depth + 1);
  else if (isObject(value)) for (const element of Object.values(value)) measure(element, budget, depth + 1);
}
