// The words between the page and its worker: requests that are answered once, watches that push. Knows message ports; knows nothing of mail.
// `serveEngine` stands in the worker, `linkEngine` on the page; both are tested over a MessageChannel.
import {
  EngineTrouble,
  trouble,
  type Engine,
  type RequestName,
  type Requests,
  type TopicName,
  type Topics,
  type Trouble,
  type Watch,
} from './contract.ts';

export type ToEngine =
  | { readonly id: number; readonly ask: RequestName; readonly args: unknown }
  | { readonly id: number; readonly watch: TopicName; readonly args: unknown }
  | { readonly id: number; readonly adjust: unknown }
  | { readonly id: number; readonly end: true };

export type FromEngine =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly trouble: Trouble }
  | { readonly id: number; readonly push: unknown };

/** A Worker, a MessagePort, or a worker's own scope. */
export interface Port<Out, In> {
  postMessage(message: Out): void;
  addEventListener(name: 'message', heard: (event: { readonly data: In }) => void): void;
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof EngineTrouble) return error.trouble;
  return trouble(
    'defect',
    error instanceof Error ? error.name : 'unknown',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  ).trouble;
}

export function serveEngine(engine: Engine, port: Port<FromEngine, ToEngine>): void {
  const watches = new Map<number, Watch<TopicName>>();
  port.addEventListener('message', ({ data }) => {
    const { id } = data;
    if ('ask' in data) {
      engine.ask(data.ask, data.args as never).then(
        (answer) => port.postMessage({ id, answer }),
        (error: unknown) => port.postMessage({ id, trouble: troubleOf(error) }),
      );
    } else if ('watch' in data) {
      watches.set(
        id,
        engine.watch(data.watch, data.args as never, (push) => port.postMessage({ id, push })),
      );
    } else if ('adjust' in data) {
      watches.get(id)?.adjust(data.adjust as never);
    } else {
      watches.get(id)?.end();
      watches.delete(id);
    }
  });
}

export function linkEngine(port: Port<ToEngine, FromEngine>): Engine {
  const asked = new Map<number, { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }>();
  const watched = new Map<number, (push: never) => void>();
  let last = 0;
  port.addEventListener('message', ({ data }) => {
    if ('push' in data) {
      watched.get(data.id)?.(data.push as never);
      return;
    }
    const waiter = asked.get(data.id);
    asked.delete(data.id);
    if ('trouble' in data) waiter?.reject(new EngineTrouble(data.trouble));
    else waiter?.resolve(data.answer as never);
  });
  return {
    ask<N extends RequestName>(name: N, args: Requests[N]['args']): Promise<Requests[N]['answer']> {
      const id = ++last;
      return new Promise((resolve, reject) => {
        asked.set(id, { resolve, reject });
        port.postMessage({ id, ask: name, args });
      });
    },
    watch<T extends TopicName>(topic: T, args: Topics[T]['args'], heard: (push: Topics[T]['push']) => void): Watch<T> {
      const id = ++last;
      watched.set(id, heard);
      port.postMessage({ id, watch: topic, args });
      return {
        adjust: (changed) => port.postMessage({ id, adjust: changed }),
        end: () => {
          watched.delete(id);
          port.postMessage({ id, end: true });
        },
      };
    },
  };
}
