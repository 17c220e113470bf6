// Where log lines go: structured JSON, or readable lines on a terminal. Knows pino and one output stream; knows no secret, for
// none is handed to it, and nothing of mail.
//
// The service never waits for its log: what the output does not take is held up to a bound and then dropped and counted
// (reliability FT-29). Control characters are escaped, texts are cut, so that a line stays a line whatever a stranger sends (S-27).
import { pino, type Logger } from 'pino';
import type { Log, LogFields } from '../base/log.ts';

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOutput {
  write(text: string): boolean;
  readonly writableLength: number;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** `json` for machines, `lines` for people. */
  readonly format: 'json' | 'lines';
  readonly output: LogOutput;
  /** Octets held while nobody reads the output. */
  readonly bound?: number;
  readonly colours?: boolean;
}

export interface OpenLog {
  readonly log: Log;
  /** Lines that were dropped because nobody read the output. */
  dropped(): number;
  /** Hands over what was gathered in this turn; called before the process ends. */
  flush(): void;
}

const defaultBound = 16 * 1024 * 1024;
/** A field is cut here: long enough for a path or a peer's reply, short enough for a line. */
const longestText = 500;
const longestStack = 4_000;

export function openLog(options: LogOptions): OpenLog {
  const { output, bound = defaultBound } = options;
  const gathered: string[] = [];
  let gatheredLength = 0;
  let scheduled = false;
  let dropped = 0;
  let untold = 0;

  function flush(): void {
    scheduled = false;
    if (gathered.length === 0) return;
    const text = gathered.join('');
    gathered.length = 0;
    gatheredLength = 0;
    output.write(text);
  }

  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    {
      // Lines of one turn of the event loop go out in one write.
      write(line: string) {
        if (output.writableLength + gatheredLength + line.length > bound) {
          dropped++;
          untold++;
          return;
        }
        if (untold > 0) {
          const told = untold;
          untold = 0;
          logger.warn({ lines: told }, 'log lines dropped');
        }
        const text = options.format === 'json' ? line : formatLine(line, options.colours ?? false);
        gathered.push(text);
        gatheredLength += text.length;
        if (!scheduled) {
          scheduled = true;
          setImmediate(flush);
        }
      },
    },
  );
  return { log: wrap(logger), dropped: () => dropped, flush };
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, fields) => {
      if (logger.isLevelEnabled('debug')) logger.debug(cut(fields), event);
    },
    info: (event, fields) => {
      if (logger.isLevelEnabled('info')) logger.info(cut(fields), event);
    },
    warn: (event, fields, cause) => logger.warn(withCause(fields, cause, false), event),
    error: (event, fields, cause) => logger.error(withCause(fields, cause, true), event),
    with: (fields) => wrap(logger.child(cut(fields))),
  };
}

/** Long texts cut; most lines hold none and pass as they are. */
function cut(fields: LogFields | undefined): Record<string, unknown> {
  if (fields === undefined) return {};
  let copy: Record<string, unknown> | null = null;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string' && value.length > longestText) {
      copy ??= { ...fields };
      copy[name] = `${value.slice(0, longestText)}…`;
    } else if (Array.isArray(value) && (value.length > 50 || value.some((item) => typeof item === 'string' && item.length > longestText))) {
      copy ??= { ...fields };
      copy[name] = value.slice(0, 50).map((item: unknown) => (typeof item === 'string' ? item.slice(0, longestText) : item));
    }
  }
  return copy ?? fields;
}

function withCause(fields: LogFields | undefined, cause: unknown, stack: boolean): Record<string, unknown> {
  if (cause === undefined) return cut(fields);
  return { ...cut(fields), ...describeCause(cause, stack) };
}

function describeCause(cause: unknown, stack: boolean): Record<string, unknown> {
  if (!(cause instanceof Error)) return { cause: String(cause).slice(0, longestText) };
  const inner = cause.cause instanceof Error ? ` (${cause.cause.message})` : '';
  return {
    cause: `${cause.name}: ${cause.message}${inner}`.slice(0, longestText),
    ...(stack && cause.stack !== undefined && { stack: cause.stack.slice(0, longestStack) }),
  };
}

const colourOf: Readonly<Record<string, string>> = { debug: '\x1b[2m', info: '', warn: '\x1b[33m', error: '\x1b[31m' };

/** One JSON line as a readable one: time, event, fields. Texts keep their JSON escapes, so a terminal cannot be steered by a stranger. */
export function formatLine(line: string, colours: boolean): string {
  const { level = 'info', time = '', event = '', stack, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const parts = [String(time).slice(11, 19), level === 'info' ? '' : `${String(level).toUpperCase()} `, escapeText(String(event))];
  let text = `${parts[0]} ${parts[1]}${parts[2]}`;
  for (const [name, value] of Object.entries(fields)) text += ` ${name}=${formatValue(value)}`;
  if (typeof stack === 'string') text += `\n    ${escapeText(stack.replaceAll(/\n\s*/g, '\n    '), true)}`;
  const colour = colours ? (colourOf[String(level)] ?? '') : '';
  return colour === '' ? `${text}\n` : `${colour}${text}\x1b[0m\n`;
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.@:/+<>[\],{}"-]+$/.test(text) ? text : escapeText(JSON.stringify(value));
}

/** C0, DEL, C1 and the characters that turn the direction of writing become escapes. */
export function escapeText(text: string, keepLines = false): string {
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (found) =>
    keepLines && found === '\n' ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
