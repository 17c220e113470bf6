// A letter that is being written: its fields, what is attached, how far it is saved. Knows drafts and the engine's requests about them; draws nothing.
// The text lives in the editor and is asked for when it is saved, never at a key press.
import type { Draft, DraftAttachment, DraftQuote, FileView, Watch } from '../../engine/contract.ts';
import { htmlOfText, quotedLines } from '../../engine/letter-markup.ts';
import type { EmailAddress } from '../../engine/jmap/objects.ts';
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';
import { preferences } from '../../state/preferences.svelte.ts';
import type { Beginning } from '../../state/writing.svelte.ts';
import { longDate } from '../../texts/dates.ts';
import { each, readMailto } from './addresses.ts';
import { answerTo, showsPicture, type Author } from './answer.ts';
import { cleanLetter } from './clean.ts';
import { readAuthors } from './authors.ts';
import { plainText } from './plain-text.ts';
import { htmlSignature, signatureBlock, textSignature } from './signature.ts';
import { t } from './texts.ts';
import { takeUnsaved } from './unsaved.ts';

/** What holds the text: the editor with looks, or the plain one. */
export interface TextHolder {
  html(): string | null;
  text(): string;
  focus(): void;
}

/** Saved this long after the last change, and at least so often while one types on. */
const restMs = 400;
const longestMs = 2000;

export class LetterModel {
  readonly key: string;
  to = $state.raw<readonly EmailAddress[]>([]);
  cc = $state.raw<readonly EmailAddress[]>([]);
  bcc = $state.raw<readonly EmailAddress[]>([]);
  subject = $state('');
  isRich = $state(true);
  wantsReceipt = $state(false);
  quote = $state.raw<DraftQuote | null>(null);
  attachments = $state.raw<readonly DraftAttachment[]>([]);
  author = $state.raw<Author | null>(null);
  authors = $state.raw<readonly Author[]>([]);
  files = $state.raw<ReadonlyMap<string, FileView>>(new Map());
  /** `failed`: it is nowhere but on this page, such as on a device that is full. */
  saved = $state<'new' | 'typing' | 'here' | 'server' | 'failed'>('new');
  /** Changed by the person: worth keeping. */
  isTouched = $state(false);

  html: string | null = '';
  text = '';
  holder: TextHolder | null = null;
  #more: Pick<Draft, 'replyTo' | 'inReplyTo' | 'references' | 'about'> = { replyTo: [], inReplyTo: [], references: [], about: null };
  #timer: ReturnType<typeof setTimeout> | null = null;
  #since = 0;
  #saving: Promise<void> = Promise.resolve();
  #isEnded = false;
  /** What this window knows of the draft that is kept: its `changedAt`; null: none is kept yet. */
  #base: number | null = null;
  /** Whose words they are: somebody else who signs in meanwhile does not get them. */
  readonly #owner = live.status.username;
  /** Words that no saving has taken up yet; looking at a draft is none. */
  #isUnsaved = false;
  #running = 0;
  #problem: unknown = null;
  /** Told when another window had changed the draft, so that this one is of its own from now on. */
  onApart: () => void = () => undefined;
  readonly #watches: Watch<'files' | 'drafts'>[] = [];

  constructor(key: string) {
    this.key = key;
    this.#key = key;
  }

  // --- beginning ------------------------------------------------------------------------------------------------------

  /** False: there is nothing to open any more. @throws EngineTrouble. */
  async open(beginning: Beginning): Promise<boolean> {
    this.authors = await readAuthors();
    this.isRich = preferences.chosen.composeFormat === 'rich';
    if (beginning.kind === 'new') this.#beginNew(beginning.mailto);
    else if (beginning.kind === 'draft' || beginning.kind === 'kept') {
      const found =
        beginning.kind === 'draft' ? await engine.ask('openDraft', beginning) : await engine.ask('loadDraft', { key: this.key });
      const unsaved = takeUnsaved(this.key);
      if (!found && !unsaved) return false;
      this.#take(unsaved?.draft ?? found!.draft);
      this.#base = unsaved?.base === undefined ? (found?.changedAt ?? null) : unsaved.base;
      this.isTouched = true;
      this.saved = unsaved ? 'typing' : found!.saved;
      if (unsaved) this.touch();
    } else await this.#beginAnswer(beginning);
    this.#watchFiles();
    this.#watches.push(
      engine.watch('drafts', null, (drafts) => {
        const mine = drafts.find(({ draft }) => draft.key === this.#key);
        if (mine && (this.saved === 'here' || this.saved === 'server')) this.saved = mine.saved;
      }),
    );
    return true;
  }

  /** A letter of Drafts that this device has had before keeps the key that it had. */
  #key: string;
  get draftKey(): string {
    return this.#key;
  }

  #watchFiles(): void {
    this.#watches.push(engine.watch('files', { key: this.#key }, (files) => (this.files = new Map(files.map((file) => [file.id, file])))));
  }

  #take(draft: Draft): void {
    this.#key = draft.key;
    // A stored letter may name somebody twice.
    this.to = each(draft.to);
    this.cc = each(draft.cc);
    this.bcc = each(draft.bcc);
    this.subject = draft.subject;
    this.isRich = draft.html !== null;
    this.html = draft.html;
    this.text = draft.text;
    this.quote = draft.quote;
    this.attachments = draft.attachments;
    this.wantsReceipt = draft.wantsReceipt;
    this.author =
      this.authors.find(({ accountId, identity }) => accountId === draft.accountId && identity.id === draft.identityId) ??
      this.authors.find(
        ({ accountId, identity }) => accountId === draft.accountId && identity.email.toLowerCase() === draft.from?.email.toLowerCase(),
      ) ??
      this.#usualAuthor();
    const { replyTo, inReplyTo, references, about } = draft;
    this.#more = { replyTo, inReplyTo, references, about };
  }

  #usualAuthor(accountId = this.authors[0]?.accountId): Author | null {
    const wanted = accountId === undefined ? undefined : preferences.chosen.defaultIdentity[accountId];
    const mine = this.authors.filter((author) => author.accountId === accountId);
    return mine.find(({ identity }) => identity.id === wanted) ?? mine[0] ?? this.authors[0] ?? null;
  }

  #beginNew(mailto: string): void {
    const { to, cc, bcc, subject, body, inReplyTo } = readMailto(mailto);
    [this.to, this.cc, this.bcc, this.subject] = [each(to), each(cc), each(bcc), subject];
    this.#more = { ...this.#more, inReplyTo, references: inReplyTo };
    this.author = this.#usualAuthor();
    this.#setText(body === '' ? '' : htmlOfText(body), body, true);
    this.isTouched = this.#isUnsaved = body !== '';
  }

  async #beginAnswer({ kind, accountId, emailId }: Extract<Beginning, { kind: 'reply' | 'reply-all' | 'forward' }>): Promise<void> {
    const source = await engine.ask('source', { accountId, emailId });
    const whole = source.html === null ? null : cleanLetter(source.html);
    const words = { wrote: t.wrote, forwarded: t.forwardHead, from: t.from, to: t.to, cc: t.cc, date: t.date, subject: t.subject };
    const answer = answerTo(
      kind,
      accountId,
      source,
      this.authors,
      whole?.html ?? null,
      longDate(source.body.sentAt ?? source.head.receivedAt),
      words,
      () => crypto.randomUUID(),
    );
    [this.to, this.cc, this.subject, this.attachments] = [each(answer.to), each(answer.cc), answer.subject, answer.attachments];
    this.author = answer.author ?? this.#usualAuthor();
    this.#more = { replyTo: [], inReplyTo: answer.inReplyTo, references: answer.references, about: answer.about };
    const text = (source.text || (whole ? plainText(whole.tree) : '')).replace(/\r\n/g, '\n').trimEnd();
    const isForward = kind === 'forward';
    const quotes = isForward || preferences.chosen.quote !== 'none';
    const isAbove = !isForward && preferences.chosen.quote === 'above';
    const quote: DraftQuote = {
      head: answer.head,
      text,
      html: whole?.html ?? null,
      isForward,
      ...(isAbove ? { isAbove } : {}),
      source: { accountId, emailId },
    };
    // In plain text it stands there as lines, to be written between.
    const below = !quotes
      ? ''
      : isAbove
        ? `${quote.head}\n${quotedLines(text)}\n\n`
        : isForward
          ? `\n\n${quote.head}\n\n${text}\n`
          : `\n\n${quote.head}\n${quotedLines(text)}\n`;
    this.#setText('', this.isRich ? '' : below, isForward || preferences.chosen.signatureOnReplies);
    this.quote = this.isRich && quotes ? quote : null;
    if (!this.isRich) this.attachments = this.attachments.map((file) => ({ ...file, cid: null }));
    // A forwarded letter is worth keeping from the beginning.
    this.isTouched = false;
  }

  #setText(html: string, text: string, signs: boolean): void {
    const identity = signs ? (this.author?.identity ?? null) : null;
    const sign = textSignature(identity);
    this.html = this.isRich ? `${html === '' ? '<div><br></div>' : html}${signatureBlock(identity)}` : null;
    this.text = sign === '' ? text : text.startsWith('\n\n') ? `\n\n${sign}${text}` : `${text}\n\n${sign}`;
  }

  // --- changing -------------------------------------------------------------------------------------------------------

  /** Another sender, and with it another signature, as long as the old one stands there untouched. */
  chooseAuthor(author: Author, replaceHtml: (html: string) => void, replaceText: (from: string, to: string) => void): void {
    const before = textSignature(this.author?.identity ?? null);
    this.author = author;
    if (this.isRich) replaceHtml(htmlSignature(author.identity));
    else replaceText(before, textSignature(author.identity));
    this.touch();
  }

  /** Something was changed: it is saved on the next pause. Cheap: called at every key. */
  touch(): void {
    if (this.#isEnded) return;
    if (!this.isTouched) this.isTouched = true;
    this.#isUnsaved = true;
    if (this.saved !== 'typing') this.saved = 'typing';
    const now = performance.now();
    if (this.#timer === null) this.#since = now;
    else clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), Math.max(0, Math.min(restMs, this.#since + longestMs - now)));
  }

  snapshot(): Draft | null {
    const { author } = this;
    if (!author) return null;
    if (this.holder) {
      this.html = this.holder.html();
      this.text = this.holder.text();
    }
    const { identity, accountId } = author;
    const attachments = this.attachments.filter(
      ({ cid }) => cid === null || this.html === null || showsPicture(`${this.html}${this.quote?.html ?? ''}`, cid),
    );
    return {
      key: this.#key,
      accountId,
      identityId: identity.id === '' ? null : identity.id,
      from: { name: identity.name || null, email: identity.email },
      to: this.to,
      cc: this.cc,
      bcc: this.bcc,
      ...this.#more,
      replyTo: identity.replyTo ?? this.#more.replyTo,
      subject: this.subject,
      text: this.text,
      html: this.isRich ? this.html : null,
      attachments,
      quote: this.quote,
      wantsReceipt: this.wantsReceipt,
    };
  }

  /** Settles when it is kept on this device. */
  save(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#isUnsaved || this.#isEnded || live.status.username !== this.#owner) return this.#saving;
    const draft = this.snapshot();
    if (!draft) return this.#saving;
    this.#isUnsaved = false;
    this.#running += 1;
    this.#saving = this.#saving
      .then(() => engine.ask('saveDraft', { ...draft, key: this.#key, base: this.#base }))
      .then(({ changedAt, apart }) => {
        this.#base = changedAt;
        this.#problem = null;
        if (apart) this.#goApart(apart, draft.attachments);
        if (this.#timer === null) this.saved = 'here';
      })
      .catch((error: unknown) => {
        this.#problem = error;
        this.#isUnsaved = true;
        this.saved = 'failed';
      })
      .finally(() => (this.#running -= 1));
    return this.#saving;
  }

  #goApart({ key, attachments }: Draft, before: readonly DraftAttachment[]): void {
    this.#key = key;
    // Copies stand in the place of what was attached; what came meanwhile is of this window anyway.
    const copies = new Map(before.map(({ id }, at) => [id, attachments[at]!]));
    this.attachments = this.attachments.map((one) => copies.get(one.id) ?? one);
    if (!this.#isEnded) this.#watchFiles();
    this.onApart();
  }

  /** What the window knew last of the draft; undefined while it is being saved. */
  get base(): number | null | undefined {
    return this.#running > 0 ? undefined : this.#base;
  }

  get hasUnsaved(): boolean {
    return (this.#isUnsaved || this.#running > 0) && live.status.username === this.#owner;
  }

  attach(file: File, cid: string | null): DraftAttachment {
    const id = crypto.randomUUID();
    const accountId = this.author?.accountId ?? '';
    const made: DraftAttachment = {
      id,
      blobId: null,
      from: accountId,
      type: file.type || 'application/octet-stream',
      name: file.name || `${t.pictureFrom}.png`,
      size: file.size,
      cid,
    };
    this.attachments = [...this.attachments, made];
    void engine.ask('attach', { id, accountId, key: this.#key, file, name: made.name }).catch(() => undefined);
    this.touch();
    return made;
  }

  detach(id: string): void {
    this.attachments = this.attachments.filter((file) => file.id !== id);
    void engine.ask('detach', { id }).catch(() => undefined);
    this.touch();
  }

  get recipients(): readonly EmailAddress[] {
    return [...this.to, ...this.cc, ...this.bcc];
  }

  // --- the end --------------------------------------------------------------------------------------------------------

  /** Into the outbox. False: another window was first; what was written here is a draft of its own, and not sent. @throws EngineTrouble when it could not be kept. */
  async send(at: string | null): Promise<boolean> {
    // Even what nobody touched: what goes out is what this window shows.
    this.isTouched = this.#isUnsaved = true;
    const key = this.#key;
    await this.save();
    if (this.#key !== key) return false;
    // Not as it was some words ago.
    if (this.#problem !== null) throw this.#problem;
    // What is typed while it is handed over belongs to no letter; should it come back, it is saved with the next word.
    this.#isEnded = true;
    try {
      await engine.ask('send', { key: this.#key, options: { undoSeconds: preferences.chosen.undoSeconds, at } });
    } catch (error) {
      this.#isEnded = false;
      throw error;
    }
    this.end();
    return true;
  }

  /** For good, once what is being saved is kept; what another window has written since stays. @throws EngineTrouble. */
  async drop(): Promise<void> {
    this.end();
    await this.#saving;
    if (this.#base !== null) await engine.ask('dropDraft', { key: this.#key, base: this.#base });
  }

  /** Nothing is saved from now on. */
  end(): void {
    this.#isEnded = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const watch of this.#watches.splice(0)) watch.end();
  }
}
