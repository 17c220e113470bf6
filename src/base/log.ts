// What a part may say to the operator. Knows the shape of a log line, not where it goes.
// No secret and no body of a letter is ever put into a field.

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields, cause?: unknown): void;
  error(event: string, fields?: LogFields, cause?: unknown): void;
  /** A log whose lines all carry `fields`. */
  with(fields: LogFields): Log;
}

/** Says nothing; for tests and tools. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLog,
};
