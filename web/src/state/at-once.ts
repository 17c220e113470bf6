// What was on screen when the app was left, for the first picture of the next start: it stands there before the worker has begun, and gives way to what
// the engine tells. Knows localStorage, which build wrote it and whose it is; nothing of it outlasts a sign-out, and nobody else sees it.
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
/** Who is signed in in this browser, as the window knew that heard of it last. */
const hereKey = 'tayori.here';
const rowsMost = 30;
/** UTF-16 units; a person with very many mailboxes waits for the worker. */
const longest = 200_000;
const build = document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? '';

function read(): Picture | null {
  try {
    const picture = JSON.parse(localStorage.getItem(key) ?? 'null') as Picture | null;
    return picture?.build === build && picture.status.username === localStorage.getItem(hereKey) ? picture : null;
  } catch {
    return null;
  }
}

const before = read();
let shown: ListPicture | null = before?.list ?? null;
/** Until the engine has told its list, the one before stays: who leaves at once finds it again. */
let now: Partial<Omit<Picture, 'build'>> = before ? { list: before.list } : {};
/** Whose `now` is. */
let person: string | null = before?.status.username ?? null;
let isLeaving = false;

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
  const { status } = told;
  if (status && status.session !== 'in') {
    isLeaving = false;
    forget();
    return;
  }
  if (isLeaving) return;
  if (status && status.username !== person) {
    now = {};
    shown = null;
    person = status.username;
    if (localStorage.getItem(hereKey) !== person) localStorage.removeItem(key);
    write(hereKey, person);
  }
  now = { ...now, ...told };
}

/** The person signs out: from now on nothing is kept, whatever the engine still tells. */
export function forgetForNextStart(): void {
  forget();
  isLeaving = true;
}

function forget(): void {
  // What another window has kept of somebody else is theirs.
  if (person === null || localStorage.getItem(hereKey) === person) for (const name of [key, hereKey]) localStorage.removeItem(name);
  now = {};
  shown = null;
  person = null;
}

function keep(): void {
  const { status, mailboxes, list } = now;
  // Somebody else has signed in, or this one out, in another window of which we have not heard yet.
  if (!status || !mailboxes || localStorage.getItem(hereKey) !== person) return;
  const isTheirs = ({ accountId }: { readonly accountId: string }): boolean => status.accounts.some(({ id }) => id === accountId);
  if (!mailboxes.mailboxes.every(isTheirs)) return;
  const picture: Picture = {
    build,
    status: { ...status, line: 'on', isOffline: false, waiting: 0, waitingLetters: 0, undo: null, history: [] },
    mailboxes,
    list: list?.rows.every(isTheirs) ? { ...list, rows: list.rows.slice(0, rowsMost) } : null,
  };
  const text = JSON.stringify(picture);
  if (text.length <= longest) write(key, text);
  else localStorage.removeItem(key);
}

function write(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // A browser that keeps nothing: the next start waits for the worker.
  }
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') keep();
});
