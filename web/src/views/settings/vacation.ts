// VacationResponse (RFC 8621 §8) as a form has it: moments in the device's own time, texts never null. Knows both shapes.
import type { JsonObject } from '../../engine/jmap/objects.ts';

export interface VacationObject {
  readonly isEnabled: boolean;
  readonly fromDate: string | null;
  readonly toDate: string | null;
  readonly subject: string | null;
  readonly textBody: string | null;
  readonly htmlBody: string | null;
}

export interface VacationForm {
  readonly isEnabled: boolean;
  /** As `datetime-local` has it; empty for none. */
  readonly from: string;
  readonly until: string;
  readonly subject: string;
  readonly text: string;
}

export const noVacation: VacationForm = { isEnabled: false, from: '', until: '', subject: '', text: '' };

function local(iso: string | null): string {
  if (iso === null) return '';
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
function utc(text: string): string | null {
  const date = new Date(text);
  return text === '' || Number.isNaN(date.getTime()) ? null : `${date.toISOString().slice(0, 19)}Z`;
}

export function readVacation({ isEnabled, fromDate, toDate, subject, textBody }: VacationObject): VacationForm {
  return { isEnabled, from: local(fromDate), until: local(toDate), subject: subject ?? '', text: textBody ?? '' };
}

/** The HTML of another app would contradict the text that is typed here. */
export function writeVacation({ isEnabled, from, until, subject, text }: VacationForm): JsonObject {
  return {
    isEnabled,
    fromDate: utc(from),
    toDate: utc(until),
    subject: subject.trim() === '' ? null : subject.trim(),
    textBody: text.trim() === '' ? null : text,
    htmlBody: null,
  };
}

export function isReversed({ from, until }: VacationForm): boolean {
  return from !== '' && until !== '' && new Date(until) <= new Date(from);
}
