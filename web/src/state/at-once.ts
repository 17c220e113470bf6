// What was on screen when the app was left, for the first picture of the next start: it stands there before the worker has begun, and gives way to what
// the engine tells. Knows localStorage and which build wrote it; nothing of it outlasts a sign-out.
import type { ListQuery, MailboxesView, Row, StatusView } from '../engine/contract.ts';

export interface ListPicture {
  readonly query: ListQuery;
  readonly threads: boolean;
  readonly total: number | null;
  /** From the first on. */
  readonly rows: readonly Row[];
}
interface Picture {
  /** What one build has written, another does not read. */
  readonly build: string;
  readonly status: StatusView;
  readonly mailboxes: MailboxesView;
  readonly list: ListPicture | null;
}

const key = 'tayori.at-once';
const rowsMost = 30;
/** UTF-16 units; a person with very many mailboxes waits for the worker. */
const longest = 200_000;
const build = document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? '';

function read(): Picture | null {
  try {
    const picture = JSON.parse(localStorage.getItem(key) ?? 'null') as Picture | null;
    return picture?.build === build ? picture : null;
  } catch {
    return null;
  }
}

const before = read();
let shown: ListPicture | null = before?.list ?? null;
let now: Partial<Omit<Picture, 'build'>> = {};

/** As it was left; null: nobody was here, or it was another build. */
export const lastStatus: StatusView | null = before?.status ?? null;
export const lastMailboxes: MailboxesView | null = before?.mailboxes ?? null;

/** For the first list of a start and no other: what is opened later comes from the engine. */
export function takeLastList(query: ListQuery, threads: boolean): ListPicture | null {
  const list = shown;
  shown = null;
  return list && list.threads === threads && JSON.stringify(list.query) === JSON.stringify(query) ? list : null;
}

/** What the engine tells. Kept when the page goes out of sight. */
export function noteForNextStart(told: Partial<Omit<Picture, 'build'>>): void {
  now = { ...now, ...told };
  if (told.status && told.status.session !== 'in') forget();
}

function forget(): void {
  now = {};
  shown = null;
  localStorage.removeItem(key);
}

function keep(): void {
  const { status, mailboxes, list } = now;
  if (!status || !mailboxes) return;
  const picture: Picture = {
    build,
    status: { ...status, line: 'on', isOffline: false, waiting: 0, waitingLetters: 0, undo: null, history: [] },
    mailboxes,
    list: list ? { ...list, rows: list.rows.slice(0, rowsMost) } : null,
  };
  const text = JSON.stringify(picture);
  try {
    if (text.length <= longest) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing: the next start waits for the worker.
  }
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') keep();
});
// Somebody signed out in another window.
addEventListener('storage', (event) => {
  if (event.key === key && event.newValue === null) now = {};
});
