// Tayori's own capability of JMAP, fulfilled: tasks, desks and look-ups joined on the office. Knows which part needs which; knows no argument and
// no page. docs/jmap.md says what it is for.
import { once } from '../base/once.ts';
import { CauseTrouble } from '../journey/outside/causes.ts';
import type { CollectionProgress } from '../journey/collection/contract.ts';
import { readRule } from '../journey/arrival/rule.ts';
import { MethodError, type JsonObject, type MethodGroup } from '../protocol/jmap/contract.ts';
import type { JourneyDesk, TaskDesk, TayoriParts } from '../protocol/jmap/tayori/contract.ts';
import { tayoriGroups } from '../protocol/jmap/tayori/group.ts';
import { TaskBoard } from '../protocol/jmap/tayori/task-board.ts';
import type { AccountId } from '../store/contract.ts';
import type { Office } from './office.ts';
import { openOutsideChanges } from './own-capability-changes.ts';
import { openDeviceDesk } from './own-capability-devices.ts';
import { openContactDesk, openSnoozeDesk } from './own-capability-letters.ts';
import { openOutsideDesk } from './own-capability-outside-desk.ts';
import { openUnsubscribeDesk } from './own-capability-unsubscribe.ts';
import type { TaskParts } from './own-capability-tasks.ts';

export interface OwnCapabilityParts {
  readonly office: Office;
  /** How far a long fetch has come (setup/collection.ts). */
  readonly progressOf: (account: AccountId) => CollectionProgress | null;
  /** The address of a page of ours as another device opens it; null where no page listens. */
  readonly pageUrl: (path: string) => string | null;
  readonly discovery?: TaskParts['discovery'];
}

export interface OwnCapability {
  readonly groups: readonly MethodGroup[];
  /** Work under way begins nothing any more. */
  close(): void;
}

export function openOwnCapability({ office, progressOf, pageUrl, discovery }: OwnCapabilityParts): OwnCapability {
  const { store, clock, log, outside } = office;
  const tasks = new TaskBoard({ clock, failed: (kind, trouble) => log.error('a task of a person failed', { kind }, trouble) });
  const parts: TayoriParts = {
    items: store.items,
    clock,
    tasks,
    desk: lazyDesk({ office, ...(discovery === undefined ? {} : { discovery }) }),
    outside: openOutsideDesk({ office, progressOf }),
    devices: openDeviceDesk({ office, pageUrl }),
    journeys: lazyJourneys(office),
    snoozes: openSnoozeDesk({ store }),
    contacts: openContactDesk({ store }),
    unsubscribe: openUnsubscribeDesk({ store, web: async () => (await outside.roads()).web }),
    async known(address, language) {
      const [{ discoverAtOnce }, { showDiscovery }, { sentenceOf }] = await Promise.all([
        import('./discover/discover.ts'),
        import('./own-capability-discovery.ts'),
        import('../journey/outside/cause-sentences.ts'),
      ]);
      try {
        const found = discoverAtOnce(address);
        return found === null ? null : showDiscovery(found, language, outside.clients);
      } catch (trouble) {
        if (!(trouble instanceof CauseTrouble)) throw trouble;
        const { wrong, next } = sentenceOf(trouble.why, language);
        throw new MethodError('invalidArguments', `${wrong} ${next}`, { arguments: ['address'], cause: trouble.why });
      }
    },
    async domain(owner, domain, language) {
      const { lookAtDomain } = await import('./own-capability-domain.ts');
      return lookAtDomain(
        { allowance: outside.allowance, resolver: async () => (await outside.roads()).resolver },
        owner,
        domain,
        language,
      );
    },
    async glossary(language) {
      const { termsIn } = await import('./glossary.ts');
      return termsIn(language).map((one): JsonObject => ({ ...one }));
    },
    readRule: (value) => readRule(value) as unknown as JsonObject,
    hasMailbox: async (account, mailbox) => (await store.mailboxes(account)).some(({ id }) => id === mailbox),
  };
  const changes = openOutsideChanges({ office, progressOf });
  return {
    groups: tayoriGroups({ ...parts, changed: changes.listen }),
    close() {
      tasks.close();
      changes.close();
    },
  };
}

/** Checks, dialogues and sentences are loaded with the first task: most starts of the program see none. */
function lazyDesk(parts: TaskParts): TaskDesk {
  let loaded: Omit<TaskDesk, 'ready'> | null = null;
  const desk = (): Omit<TaskDesk, 'ready'> => {
    if (loaded === null) throw new Error('nobody has waited for the desk');
    return loaded;
  };
  return {
    async ready() {
      loaded ??= (await import('./own-capability-tasks.ts')).openTaskDesk(parts);
    },
    check: (...asked) => desk().check(...asked),
    run: (...asked) => desk().run(...asked),
    explain: (...asked) => desk().explain(...asked),
  };
}

function lazyJourneys(office: Office): JourneyDesk {
  const desk = once(async () => (await import('./own-capability-journey.ts')).openJourneyDesk(office));
  return {
    lettersOf: async (...asked) => (await desk()).lettersOf(...asked),
    look: async (...asked) => (await desk()).look(...asked),
    underWay: async (...asked) => (await desk()).underWay(...asked),
  };
}
