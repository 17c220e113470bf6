// Whoever opens the app asks for letters next: they are read while the page's scripts, which are served first, begin to work. Knows sessions and the store;
// knows no page.
import type { WebSurroundings } from '../../io/http/listener.ts';
import type { WebDoor } from '../../io/http/web-door.ts';
import type { AccountId, MailStore } from '../../store/contract.ts';

/** No script has been asked for so long: the page has them, and begins to work. */
const scriptsFirstMs = 60;

/** The person whose browser session asks. What comes with a key is nobody's visit, and is not proved either: a password costs a hash. */
export async function visitorOf(
  door: Pick<WebDoor, 'identify'>,
  request: Request,
  surroundings: WebSurroundings,
): Promise<AccountId | null> {
  if (request.headers.has('authorization')) return null;
  const identity = await door.identify(request, surroundings);
  return identity instanceof Response || identity.via !== 'cookie' ? null : identity.principal.account;
}

export interface LookAheadParts {
  readonly personOf: (request: Request, surroundings: WebSurroundings) => Promise<AccountId | null>;
  readonly store: Pick<MailStore, 'openShelf'>;
}

export interface LookAhead {
  /** The page has been asked for. What goes wrong is told to whoever asks in earnest. */
  begin(request: Request, surroundings: WebSurroundings): void;
  /** Another script has been asked for. */
  wait(): void;
}

export function openLookAhead({ personOf, store }: LookAheadParts): LookAhead {
  let ahead: NodeJS.Timeout | null = null;
  async function look(person: AccountId): Promise<void> {
    (await store.openShelf(person)).release();
  }
  return {
    begin(request, surroundings) {
      personOf(request, surroundings).then(
        (person) => {
          if (person === null) return;
          clearTimeout(ahead ?? undefined);
          ahead = setTimeout(() => {
            ahead = null;
            look(person).catch(() => {});
          }, scriptsFirstMs).unref();
        },
        () => {},
      );
    },
    wait: () => void ahead?.refresh(),
  };
}
