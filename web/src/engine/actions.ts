// What each action means for each letter: patches, and those that take them back. Knows roles of mailboxes and keywords; knows no server.
import { carryOf } from './carry.ts';
import { snoozedName, trouble, type Action, type LetterRef } from './contract.ts';
import type { EmailHead, Id, Json, Mailbox, PatchObject } from './jmap/objects.ts';
import { invertPatch, pathOf, type Change } from './overlay.ts';

/** What is asked of an account to know what an action means there. */
export interface Ground {
  readonly mailboxes: ReadonlyMap<Id, Mailbox> | null;
  mailboxOf(role: string): Mailbox | null;
  head(id: Id): EmailHead | null;
}

export interface Deed {
  readonly change: Change;
  /** Null: for good. */
  readonly inverse: Change | null;
  readonly count: number;
}

/** Null: there is nothing to do. @throws EngineTrouble `refused` `noMailbox` when the account lacks the mailbox that it takes. */
export function deedOf(action: Action, { accountId, emailIds }: LetterRef, ground: Ground): Deed | null {
  const heads = emailIds.flatMap((id) => ground.head(id) ?? []);
  if (action.name === 'destroy') {
    const destroy = heads.map(({ id }) => id);
    return destroy.length === 0 ? null : { change: { accountId, update: {}, destroy }, inverse: null, count: destroy.length };
  }
  if (action.name === 'carry') {
    const { toAccountId, to, keeps } = action;
    return carryOf(accountId, heads, { toAccountId, to, from: action.from[accountId] ?? null, keeps });
  }
  const update: Record<Id, PatchObject> = {};
  const back: Record<Id, PatchObject> = {};
  for (const head of heads) {
    const patch = patchOf(action, head, ground);
    const inverse = invertPatch(head, patch);
    // What is so already is left alone, also by the undo.
    const paths = Object.keys(patch).filter((path) => patch[path] !== inverse[path]);
    if (paths.length === 0) continue;
    update[head.id] = Object.fromEntries(paths.map((path) => [path, patch[path] ?? null]));
    back[head.id] = Object.fromEntries(paths.map((path) => [path, inverse[path] ?? null]));
  }
  const count = Object.keys(update).length;
  if (count === 0) return null;
  if (action.name === 'snooze' || action.name === 'unsnooze') {
    const isAway = action.name === 'snooze';
    return {
      change: { accountId, update, destroy: [], snooze: { until: isAway ? action.until : null } },
      inverse: { accountId, update: back, destroy: [], snooze: { until: isAway ? null : action.until } },
      count,
    };
  }
  return { change: { accountId, update, destroy: [] }, inverse: { accountId, update: back, destroy: [] }, count };
}

function patchOf(action: Exclude<Action, { name: 'destroy' | 'carry' }>, head: EmailHead, ground: Ground): PatchObject {
  switch (action.name) {
    case 'read':
      return { [pathOf('keywords', '$seen')]: true };
    case 'unread':
      return { [pathOf('keywords', '$seen')]: null };
    case 'flag':
      return { [pathOf('keywords', '$flagged')]: true };
    case 'unflag':
      return { [pathOf('keywords', '$flagged')]: null };
    case 'keyword':
      return { [pathOf('keywords', action.keyword)]: action.on ? true : null };
    case 'snooze':
      return snoozed(head, ground);
    case 'unsnooze':
      return woken(head, ground);
    case 'archive':
      return archived(head, ground);
    case 'delete':
      return placed(head, Object.keys(head.mailboxIds), need(ground, 'trash'));
    case 'junk':
      return {
        ...placed(head, Object.keys(head.mailboxIds), need(ground, 'junk')),
        [pathOf('keywords', '$junk')]: true,
        [pathOf('keywords', '$notjunk')]: null,
      };
    case 'not-junk':
      return {
        ...placed(head, Object.keys(head.mailboxIds), need(ground, 'inbox')),
        [pathOf('keywords', '$junk')]: null,
        [pathOf('keywords', '$notjunk')]: true,
      };
    case 'move': {
      // Of a conversation only the letters that lie there move; a reply in Sent stays.
      if (action.from !== null && head.mailboxIds[action.from] !== true) return {};
      return placed(head, action.from === null ? Object.keys(head.mailboxIds) : [action.from], action.to);
    }
  }
}

/** Out of the inbox. A letter that is not there and lies in folders of its own goes from them; sent letters and drafts stay. */
function archived(head: EmailHead, ground: Ground): PatchObject {
  const archive = need(ground, 'archive');
  const inbox = ground.mailboxOf('inbox')?.id;
  if (inbox !== undefined && head.mailboxIds[inbox] === true) return placed(head, [inbox], archive);
  const leaves = Object.keys(head.mailboxIds).filter((id) => {
    const role = ground.mailboxes?.get(id)?.role ?? null;
    return role === null || role === 'junk' || role === 'trash';
  });
  return leaves.length === 0 ? {} : placed(head, leaves, archive);
}

function snoozedBox(ground: Ground): Id | null {
  return ground.mailboxes?.values().find(({ name, parentId }) => name === snoozedName && parentId === null)?.id ?? null;
}

/** Only what lies in the inbox; a reply in Sent stays. What is away already is put off anew. */
function snoozed(head: EmailHead, ground: Ground): PatchObject {
  const inbox = need(ground, 'inbox');
  const away = snoozedBox(ground);
  const role = (id: Id): string | null => ground.mailboxes?.get(id)?.role ?? null;
  const leaves =
    head.mailboxIds[inbox] === true ? inbox : Object.keys(head.mailboxIds).find((id) => role(id) === null || role(id) === 'archive');
  if (leaves === undefined) return {};
  // A change has to be seen for it to be told: where nothing moves, the time alone is new.
  if (leaves === away) return { [pathOf('keywords', '$snoozed-anew')]: true };
  return { [pathOf('mailboxIds', leaves)]: null, ...(away === null ? {} : { [pathOf('mailboxIds', away)]: true }) };
}

function woken(head: EmailHead, ground: Ground): PatchObject {
  const away = snoozedBox(ground);
  if (away === null || head.mailboxIds[away] !== true) return {};
  return placed(head, [away], need(ground, 'inbox'));
}

function placed(head: EmailHead, leaves: readonly Id[], to: Id): PatchObject {
  const patch: Record<string, Json> = {};
  for (const id of leaves) if (id !== to) patch[pathOf('mailboxIds', id)] = null;
  patch[pathOf('mailboxIds', to)] = true;
  return patch;
}

function need(ground: Ground, role: string): Id {
  const mailbox = ground.mailboxOf(role);
  if (!mailbox) throw trouble('refused', 'noMailbox', role);
  return mailbox.id;
}
