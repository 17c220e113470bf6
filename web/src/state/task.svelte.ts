// Long work at the server, followed step by step: begun, watched, called off. Knows Task (docs/jmap.md); draws nothing.
import type { JsonObject } from '../engine/jmap/objects.ts';
import { engine } from './link.ts';
import { settings } from './settings.svelte.ts';
import { create, destroy, getAll, type Task } from './tayori.ts';

/** Beside what is pushed: a push may be lost. */
const lookEveryMs = 2500;

export class TaskRun {
  #task = $state.raw<Task | null>(null);
  #stop: (() => void) | null = null;
  #turn = 0;

  /** As it was last seen; null before it has begun. */
  get task(): Task | null {
    return this.#task;
  }
  get isRunning(): boolean {
    return this.#task?.state === 'running';
  }

  /** Settles when it has begun. @throws EngineTrouble. */
  async begin(wish: JsonObject): Promise<void> {
    this.end();
    const turn = this.#turn;
    const { id } = await create<{ id: string }>('Task', { language: settings.language, ...wish });
    if (turn === this.#turn) this.follow(id);
  }

  follow(id: string): void {
    this.end();
    const turn = this.#turn;
    this.#task = { id, kind: '', state: 'running', steps: [], openUrl: null, result: null, failure: null };
    let reading = false;
    let again = false;
    const look = async (): Promise<void> => {
      if (reading) {
        again = true;
        return;
      }
      reading = true;
      const [seen] = await getAll<Task>('Task', [id]).catch(() => [null]);
      reading = false;
      if (turn !== this.#turn) return;
      if (seen === undefined) this.#task = { ...this.#task!, state: 'cancelled' };
      else if (seen !== null) this.#task = seen;
      if (this.#task!.state !== 'running') this.#stop?.();
      else if (again) {
        again = false;
        void look();
      }
    };
    const watch = engine.watch('changed', { types: ['Task'] }, () => void look());
    const timer = setInterval(() => void look(), lookEveryMs);
    this.#stop = () => {
      watch.end();
      clearInterval(timer);
      this.#stop = null;
    };
    void look();
  }

  /** It is no longer followed; what runs is called off. */
  end(): void {
    this.#turn++;
    this.#stop?.();
    const task = this.#task;
    this.#task = null;
    if (task?.state === 'running') void destroy('Task', task.id).catch(() => undefined);
  }
}
