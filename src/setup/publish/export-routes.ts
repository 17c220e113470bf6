// A person's letters to take along, as files that a browser saves: a mailbox as one mbox file, or all of them in a ZIP archive, as `tayori export` writes
// them and `tayori import` takes them back octet for octet. Knows HTTP and which letter goes into which file; draws no page.
import { Readable } from 'node:stream';
import { Hono, type Context } from 'hono';
import { ZipFile } from 'yazl';
import type { Clock } from '../../base/clock.ts';
import { bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { formatDisposition } from '../../io/http/jmap-download.ts';
import type { WebSurroundings } from '../../io/http/listener.ts';
import { takenStream } from '../../io/http/taken-stream.ts';
import { problem, type WebDoor } from '../../io/http/web-door.ts';
import { formatMboxLetter } from '../../message/mbox.ts';
import { formatStatus } from '../../message/mbox-status.ts';
import { formatId } from '../../protocol/jmap/ids.ts';
import type { JmapService } from '../../protocol/jmap/service.ts';
import type { AccountId, MailboxInfo, MailStore } from '../../store/contract.ts';
import { freePath, mboxPath } from '../move/mailbox-names.ts';
import { readPicture, takePicture, type Picture } from '../move/picture.ts';
import { exportTrouble } from '../move/sentences.ts';
import { exportNote, type ExportNote } from '../move/sources.ts';

export const exportPath = '/export';

export interface ExportRoutesParts {
  readonly service: Pick<JmapService, 'accountsOf' | 'gates'>;
  readonly door: Pick<WebDoor, 'identify'>;
  readonly store: MailStore;
  readonly clock: Clock;
  readonly log: Log;
}

type Ask = Context<{ Bindings: WebSurroundings }>;

/** A browser that takes nothing for so long has gone to sleep: what is held for it is let go, and the file stays unfinished there. */
const silenceMs = 120_000;
/** From here on an archive's old form has no room for a file's length (APPNOTE 4.3.9.2). What marks and quoting add is counted in. */
const longFile = 0xffff_ffff / 2;

export function exportRoutes(parts: ExportRoutesParts): Hono<{ Bindings: WebSurroundings }> {
  const { service, door, store, clock, log } = parts;
  const routes = new Hono<{ Bindings: WebSurroundings }>();

  /** `GET /export/{accountId}`: everything. `GET /export/{accountId}/{mailboxId}?name=…`: one mailbox, called so. */
  async function answer(context: Ask): Promise<Response> {
    const entrant = await door.identify(context.req.raw, context.env);
    if (entrant instanceof Response) return entrant;
    const account = service.accountsOf(entrant).get(context.req.param('account') ?? '');
    // A foreign account and a missing one are the same.
    if (account === undefined) return problem(404, 'there is no such account');
    const wanted = context.req.param('mailbox') ?? null;
    const leave = service.gates.enter('exports', entrant.principal.account);
    if (leave === null) return problem(429, 'too many exports at once');
    let isStreaming = false;
    try {
      const all = await store.mailboxes(account.account);
      const mailbox = wanted === null ? null : all.find(({ id }) => formatId('F', id) === wanted);
      if (mailbox === undefined) return problem(404, 'there is no such mailbox');
      const day = new Date(clock.now()).toISOString().slice(0, 10);
      const failed = (trouble: unknown): void => log.error('an export came to an end too early', { account: account.id }, trouble);
      const name = mailbox === null ? `${account.name} ${day}.zip` : `${calledBy(context.req.query('name') ?? mailbox.name)} ${day}.mbox`;
      const headers = {
        'content-type': mailbox === null ? 'application/zip' : 'application/mbox',
        'content-disposition': formatDisposition('attachment', name),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      };
      if (context.req.method === 'HEAD') return new Response(null, { status: 200, headers });
      const source =
        mailbox === null
          ? archive(account.account, all)
          : Readable.from(mboxOf(await takePicture(store, account.account, mailbox.id), placeOf));
      isStreaming = true;
      const pieces = source[Symbol.asyncIterator]() as AsyncIterator<Bytes, undefined>;
      const body = takenStream({
        next: async () => (await pieces.next()).value ?? null,
        clock,
        silenceMs,
        done(trouble) {
          source.destroy();
          leave();
          if (trouble !== null) failed(trouble);
        },
      });
      return new Response(body, { status: 200, headers });
    } catch (trouble) {
      if (trouble instanceof Refusal) return problem(404, 'there is no such mailbox');
      if (trouble instanceof Unavailable) return problem(503, 'not possible just now; try again later', { 'retry-after': '10' });
      throw trouble;
    } finally {
      if (!isStreaming) leave();
    }
  }

  /** `unreadable`: what stands in the place of a letter that cannot be read; null for nothing. */
  async function* mboxOf(picture: Picture, unreadable: (uid: number) => Bytes | null): AsyncGenerator<Bytes, number> {
    let written = 0;
    for await (const batch of readPicture(store, picture)) {
      const texts: Bytes[] = [];
      for (const { letter, receivedAt, flags, uid } of batch) {
        const octets = letter === 'damaged' ? unreadable(uid) : letter === 'gone' ? null : letter;
        if (octets !== null) texts.push(formatMboxLetter(octets, receivedAt, formatStatus(flags)));
      }
      written += texts.length;
      if (texts.length > 0) yield Buffer.concat(texts);
    }
    return written;
  }

  /** One mailbox after the other, each as it is when its turn comes. */
  function archive(account: AccountId, mailboxes: readonly MailboxInfo[]): Readable {
    const zip = new ZipFile();
    const used = new Set<string>();
    const noted: ExportNote['mailboxes'][number][] = [];
    const unreadable: string[] = [];
    const out = zip.outputStream as Readable;
    /** The mailbox that is being read: whoever goes away meanwhile ends that. */
    let texting: Readable | null = null;
    out.once('close', () => texting?.destroy());
    const mtime = new Date(clock.now());
    const add = (path: string, octets: number, texts: () => AsyncIterable<Bytes>): void =>
      zip.addReadStreamLazy(path, { mtime, forceZip64Format: octets > longFile }, (take) => {
        texting = Readable.from(texts(), { objectMode: false });
        texting.on('error', (trouble) => out.destroy(trouble));
        take(null, texting);
      });
    for (const { id, name, role, subscribed, size } of mailboxes) {
      const path = freePath(mboxPath(name), used);
      add(path, size, async function* () {
        const picture = await takePicture(store, account, id).catch((trouble: unknown) => {
          if (!(trouble instanceof Refusal)) throw trouble;
          return null;
        });
        // Deleted before its turn came: its file is empty, and the others come all the same.
        if (picture === null) return;
        const letters = yield* mboxOf(picture, (uid) => {
          unreadable.push(exportTrouble.damaged(name, uid));
          return null;
        });
        noted.push({ name, role, subscribed, path, letters });
      });
    }
    add(exportNote, 0, async function* () {
      const note: ExportNote = {
        tayori: 1,
        format: 'mbox',
        mailboxes: noted,
        ...(unreadable.length > 0 ? { notReadable: unreadable } : {}),
      };
      yield Buffer.from(`${JSON.stringify(note, null, 2)}\n`);
    });
    zip.end();
    zip.on('error', (trouble: Error) => out.destroy(trouble));
    return out;
  }

  routes.get(`${exportPath}/:account/:mailbox?`, answer);
  routes.all('*', () => problem(405, 'not by this method'));
  return routes;
}

/** A file name of what a mailbox is called. */
function calledBy(name: string): string {
  return name.replaceAll('/', ' - ').slice(0, 100) || 'mailbox';
}

/** A single file has no note beside it: nothing is left out without a word. */
function placeOf(uid: number): Bytes {
  return bytesFromUtf8(
    `From: Tayori <>\r\nSubject: A letter that could not be read (UID ${uid})\r\n\r\nIt is not in this file. "tayori verify" tells more.\r\n`,
  );
}
