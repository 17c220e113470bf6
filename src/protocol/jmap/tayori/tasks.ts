// Task/get, /changes and /set: long work is begun by creating a Task, followed by its state, cancelled by an update. Knows the object as it
// is shown; the board keeps it, the desk does the work.
import { formatUtcDate } from '../arguments.ts';
import type { Asker, Id, JsonObject, Method } from '../contract.ts';
import { cannotCalculateChanges, invalidProperties, NotSet, notFound, setError } from '../errors.ts';
import { formatId, parseId } from '../ids.ts';
import { runSet } from '../set.ts';
import { answerGet, formatChanges, readGet, readSet } from '../standard.ts';
import type { TayoriParts, TaskKind } from './contract.ts';
import { checkInPerson, checkOwn } from './properties.ts';
import { readWordedChanges } from './worded-changes.ts';
import { readTask } from './task-arguments.ts';
import type { Task } from './task-board.ts';

const properties: ReadonlySet<string> = new Set([
  'kind',
  'state',
  'language',
  'createdAt',
  'endedAt',
  'steps',
  'openUrl',
  'result',
  'failure',
]);

/** Those that bring or move a secret. */
const inPerson: ReadonlySet<TaskKind> = new Set(['setUp', 'password', 'switch']);

function showTask({ id, createdAt, endedAt, steps, ...task }: Task): JsonObject & { readonly id: Id } {
  return {
    id: formatId('W', id),
    kind: task.kind,
    state: task.state,
    language: task.language,
    createdAt: formatUtcDate(createdAt),
    endedAt: endedAt === null ? null : formatUtcDate(endedAt),
    steps: steps.map((step): JsonObject => ({ ...step, at: formatUtcDate(step.at) })),
    openUrl: task.openUrl,
    result: task.result,
    failure: task.failure === null ? null : { ...task.failure, server: task.failure.server === null ? null : { ...task.failure.server } },
  };
}

export function taskMethods({ tasks, desk }: Pick<TayoriParts, 'tasks' | 'desk'>): Readonly<Record<string, Method>> {
  // A page to sign in at is for the browser that asked for it; an app with a key has no business there.
  const shown = (task: Task, asker: Asker): JsonObject & { readonly id: Id } => {
    const object = showTask(task);
    return asker.inPerson ? object : { ...object, openUrl: null };
  };
  return {
    'Task/get': async (args, asker) => {
      const call = readGet(args, asker, (name) => properties.has(name), {});
      const { account } = checkOwn(call.account);
      const all = new Map(tasks.list(account).map((task) => [formatId('W', task.id), shown(task, asker)]));
      return { response: answerGet(call, tasks.state(account), all) };
    },

    'Task/changes': async (args, asker) => {
      const call = readWordedChanges(args, asker);
      const { account } = checkOwn(call.account);
      const found = tasks.changes(account, call.sinceState);
      if (found === null) throw cannotCalculateChanges();
      const ids = (list: readonly number[]): Id[] => list.map((id) => formatId('W', id));
      const { created, updated, destroyed } = found;
      if (created.length + updated.length + destroyed.length > call.maxChanges)
        throw cannotCalculateChanges('There are more changes than asked for.');
      const changes = {
        newState: tasks.state(account),
        hasMoreChanges: false,
        created: ids(created),
        updated: ids(updated),
        destroyed: ids(destroyed),
      };
      return { response: formatChanges(call, changes) };
    },

    'Task/set': async (args, asker) => {
      const call = readSet(args, asker, {});
      const { account } = checkOwn(call.account);
      const { response } = await runSet(call, asker, {
        state: async () => tasks.state(account),
        async create(object) {
          const { wish, language } = readTask(object);
          if (inPerson.has(wish.kind)) checkInPerson(asker);
          await desk.ready();
          const task = tasks.begin(account, wish, language, desk);
          const { id, state, createdAt } = shown(task, asker);
          return { id, state: state!, createdAt: createdAt! };
        },
        async update(id, patch) {
          const number = parseId('W', id);
          if (number === null || tasks.find(account, number) === null) throw new NotSet(notFound());
          const wrong = Object.keys(patch).filter((name) => name !== 'state');
          if (wrong.length > 0) throw new NotSet(invalidProperties(wrong, 'Of a task only its state can be set.'));
          if (patch['state'] !== 'cancelled') throw new NotSet(invalidProperties(['state'], 'A task can be cancelled, nothing else.'));
          const { state } = tasks.find(account, number)!;
          if (state === 'done' || state === 'failed') throw new NotSet(setError('forbidden', 'It has ended already.'));
          tasks.cancel(account, number);
          return null;
        },
        async destroy(id) {
          const number = parseId('W', id);
          if (number === null || !tasks.remove(account, number)) throw new NotSet(notFound());
        },
      });
      return { response };
    },
  };
}
