// How a letter leaves its window: sent after what has to be asked, kept in Drafts, or thrown away with a way back. Knows the model of the letter and the
// windows; draws nothing.
import type { Draft } from '../../engine/contract.ts';
import { takeBack, tellTrouble } from '../../state/act.ts';
import { live } from '../../state/live.svelte.ts';
import { preferences } from '../../state/preferences.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { writing } from '../../state/writing.svelte.ts';
import { t as words } from '../../state/writing-texts.ts';
import { t as app } from '../../texts/texts.ts';
import { doubtOf, type Doubt, type Question } from './before-sending.ts';
import type { LetterModel } from './letter-model.svelte.ts';
import { textSignature } from './signature.ts';
import { t } from './texts.ts';
import { keepUnsaved } from './unsaved.ts';

export interface EndingParts {
  readonly letter: LetterModel;
  /** The window. */
  readonly key: string;
  /** Addresses that are typed and no chip yet become one. */
  commit(): void;
  askForRecipient(): void;
  chooseFiles(): void;
  giveFocusBack(): void;
}

/** A letter that was thrown away can be brought back so long. */
const wayBackMs = 8000;

export class Ending {
  readonly #parts: EndingParts;
  question = $state.raw<Question | null>(null);
  needsRecipient = $state(false);
  /** Pressed twice, it goes once. */
  isSending = false;

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  async send(at: string | null = null, answered: ReadonlySet<Doubt['kind']> = new Set()): Promise<void> {
    const { letter, commit, askForRecipient, chooseFiles } = this.#parts;
    commit();
    const draft = letter.snapshot();
    if (!draft) return;
    const doubt = doubtOf(draft, answered, {
      reminds: preferences.chosen.forgottenAttachment,
      signature: textSignature(letter.author?.identity ?? null),
      forwardHead: t.forwardHead,
      most: mostAttached(draft.accountId),
    });
    if (doubt?.kind === 'nobody') {
      this.needsRecipient = true;
      toasts.say(t.noRecipients);
      askForRecipient();
      return;
    }
    if (doubt) {
      const { kind, what } = doubt;
      this.question = { kind, what, go: () => void this.send(at, new Set([...answered, kind])), attach: chooseFiles };
      return;
    }
    const key = letter.draftKey;
    if (this.isSending) return;
    this.isSending = true;
    try {
      if (!(await letter.send(at))) return void toasts.show(words.apartSent, null, 'trouble', 12_000);
    } catch (error) {
      if (letter.saved === 'failed') toasts.show(t.notKept, null, 'trouble');
      else tellTrouble(error);
      return;
    } finally {
      this.isSending = false;
    }
    this.#leave();
    if (!live.status.isOffline) return void toasts.show(words.sending, null, 'done', 60_000);
    toasts.show(words.waits, { label: words.undo, run: () => void takeBack(key) }, 'done', 12_000);
  }

  /** Kept in Drafts; a letter in which nothing stands is not. What could not be kept stays open. */
  async close(): Promise<void> {
    const { letter, commit } = this.#parts;
    commit();
    if (letter.isTouched && isEmpty(letter.snapshot())) void letter.drop().catch(() => undefined);
    else if (letter.isTouched) {
      await letter.save();
      if (letter.saved === 'failed') return void toasts.show(t.notKept, null, 'trouble');
      toasts.show(t.keptInDrafts);
    }
    this.#leave();
  }

  /** It goes for good only when the way back has gone. That way waits for the last words: a window that opened before them would take them for another's. */
  discard(): void {
    const { letter } = this.#parts;
    const draft = letter.snapshot();
    const saved = letter.save();
    letter.end();
    this.#leave();
    if (!letter.isTouched) return;
    const timer = setTimeout(() => void letter.drop().catch(() => undefined), wayBackMs);
    toasts.show(t.discarded, {
      label: app.undo,
      run: () => {
        clearTimeout(timer);
        void saved.then(() => {
          if (letter.saved === 'failed' && draft) keepUnsaved(draft, letter.base);
          writing.begin({ kind: 'kept' }, letter.draftKey);
        });
      },
    });
  }

  #leave(): void {
    writing.drop(this.#parts.key);
    this.#parts.giveFocusBack();
  }
}

function isEmpty(draft: Draft | null): boolean {
  if (!draft) return true;
  const { to, cc, bcc, attachments, subject, text } = draft;
  return [to, cc, bcc, attachments].every(({ length }) => length === 0) && subject.trim() === '' && text.trim() === '';
}

function mostAttached(accountId: string): number {
  const account = live.status.accounts.find(({ id }) => id === accountId);
  const mail = account?.capabilities['urn:ietf:params:jmap:mail'] as { readonly maxSizeAttachmentsPerEmail?: number } | undefined;
  return Number(mail?.maxSizeAttachmentsPerEmail ?? Infinity);
}
