// When a letter may go out that is not to go now. Knows the clock of this device; knows no server.

export type LaterName = 'tonight' | 'tomorrow' | 'monday';
export interface Later {
  readonly name: LaterName;
  readonly at: Date;
}

/** Tonight at 20:00 while that is more than an hour away, tomorrow morning and Monday morning at 8:00; each moment once. */
export function laterChoices(now: Date): Later[] {
  const at = (days: number, hour: number): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const tonight = at(0, 20);
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return [
    ...(tonight.getTime() - now.getTime() > 3_600_000 ? [{ name: 'tonight', at: tonight } as const] : []),
    { name: 'tomorrow', at: at(1, 8) },
    ...(toMonday > 1 ? [{ name: 'monday', at: at(toMonday, 8) } as const] : []),
  ];
}

/** For `<input type="datetime-local">`. */
export function localValue(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
