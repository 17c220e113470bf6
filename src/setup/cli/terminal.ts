// The person at the command line: what is printed, what is asked. Knows streams and terminals; knows no command.
import { createInterface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { escapeText } from '../../io/log.ts';
import { CommandTrouble, type Progress } from './command.ts';

export interface Terminal {
  /** A line of the answer. */
  out(line?: string): void;
  /** A line beside the answer: warnings, errors. */
  err(line: string): void;
  /** A secret typed without being shown, or the first line of the input when that is no terminal. */
  secret(question: string): Promise<string>;
  /** Whether a person sits there who can answer a question. */
  readonly interactive: boolean;
  /** Whether the answer goes to a terminal that shows colours. */
  readonly colours: boolean;
  progress(progress: Progress): void;
  /** The progress line is over. */
  settle(): void;
}

const longestInput = 64 * 1024;
/** Where no terminal shows a bar, a line of progress is written so often. */
const plainProgressMs = 5_000;
const barWidth = 20;

export function openTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream, errors: NodeJS.WriteStream): Terminal {
  let lines: AsyncIterator<string> | null = null;
  let progressShown = '';
  let plainAt = performance.now();

  function clearProgress(): void {
    if (progressShown === '') return;
    errors.write(`\r${' '.repeat(widthOf(progressShown))}\r`);
    progressShown = '';
  }

  return {
    interactive: input.isTTY === true && errors.isTTY === true,
    colours: output.isTTY === true && process.env['NO_COLOR'] === undefined,
    out(line = '') {
      clearProgress();
      output.write(`${line}\n`);
    },
    err(line) {
      clearProgress();
      errors.write(`${line}\n`);
    },
    async secret(question) {
      if (input.isTTY && errors.isTTY) return typeHidden(input as ReadStream, errors as WriteStream, question);
      lines ??= createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
      const { value, done } = await lines.next();
      if (done || value === undefined) throw new CommandTrouble('no password came on the input; give one line, or use --generate', 2);
      if (value.length > longestInput) throw new CommandTrouble('the line on the input is too long for a password', 2);
      return value;
    },
    progress({ done, of, words, line }) {
      if (line !== undefined) return this.err(safe(line));
      const share = of > 0 ? Math.min(1, done / of) : 0;
      const text = words === undefined ? `${done} of ${of}` : `${String(Math.floor(share * 100)).padStart(3)} %  ${safe(words)}`;
      if (!errors.isTTY) {
        const now = performance.now();
        if (now - plainAt < plainProgressMs) return;
        plainAt = now;
        errors.write(`${text.trim()}\n`);
        return;
      }
      clearProgress();
      const filled = Math.round(share * barWidth);
      progressShown = `[${'='.repeat(filled)}${' '.repeat(barWidth - filled)}] ${text}`.slice(0, Math.max(40, errors.columns || 80) - 1);
      errors.write(progressShown);
    },
    settle: clearProgress,
  };
}

function typeHidden(input: ReadStream, output: WriteStream, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    output.write(`${question}: `);
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.resume();
    const end = (settle: () => void) => {
      input.off('data', take);
      input.setRawMode(false);
      input.pause();
      output.write('\n');
      settle();
    };
    function take(chunk: string): void {
      for (const character of chunk) {
        if (character === '\r' || character === '\n' || character === '\u0004') return end(() => resolve(typed));
        if (character === '\u0003') return end(() => reject(new CommandTrouble('stopped', 1)));
        if (character === '\u007f' || character === '\b') typed = [...typed].slice(0, -1).join('');
        else if (character >= ' ') typed += character;
      }
    }
    input.on('data', take);
  });
}

/** Text of a stranger, harmless on a terminal. */
export function safe(text: string): string {
  return escapeText(text);
}

/** Columns that a text takes up: East Asian wide characters two, combining ones none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (/\p{Mn}/u.test(character)) continue;
    const wide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1f300 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd);
    width += wide ? 2 : 1;
  }
  return width;
}

/** Rows in columns that stand below each other; the first row is the heading. */
export function formatColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell + ' '.repeat(widths[column]! - widthOf(cell))))
      .join('  ')
      .trimEnd(),
  );
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** `2026-11-23 04:48`, in the time of this machine. */
export function formatTime(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
