// Where Prometheus reads: /metrics on a loopback address. Knows HTTP and the format (prom-client, loaded at the first look); knows
// nothing of what is counted.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../base/log.ts';
import { once } from '../base/once.ts';
import type { Metrics, Sample } from './metrics.ts';

export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

/** `/metrics` on a loopback address. @throws Error when the port cannot be had. */
export function openMetricsListener(host: string, port: number, metrics: Metrics, log: Log): Promise<MetricsListener> {
  const exposition = once(() => openExposition(metrics));
  const server: Server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('there is only /metrics here\n');
      return;
    }
    exposition()
      .then((expose) => expose())
      .then(({ type, text }) => response.writeHead(200, { 'content-type': type }).end(text))
      .catch((error: unknown) => {
        log.error('cannot show metrics', {}, error);
        response.writeHead(500).end();
      });
  });
  server.maxConnections = 32;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      server.on('error', (error) => log.warn('metrics listener failed', {}, error));
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

/** Puts our numbers and those of the process (memory, CPU, event loop, descriptors) into a registry of prom-client. */
async function openExposition(metrics: Metrics): Promise<() => Promise<{ readonly type: string; readonly text: string }>> {
  const { collectDefaultMetrics, Gauge, Registry } = (await import('prom-client')).default;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const current = new Map<string, Sample>();

  /** A metric whose values are ours and whose format is prom-client's. */
  class Mirror extends Gauge {
    readonly #name: string;
    constructor(name: string) {
      super({ name, help: helpOf(name), registers: [] });
      this.#name = name;
    }
    override async get() {
      const metric = await super.get();
      const { kind, values } = current.get(this.#name)!;
      return { ...metric, type: kind as never, values: [...values] as typeof metric.values };
    }
  }

  return async () => {
    for (const sample of metrics.samples()) {
      if (!current.has(sample.name)) registry.registerMetric(new Mirror(sample.name));
      current.set(sample.name, sample);
    }
    return { type: registry.contentType, text: await registry.metrics() };
  };
}

function helpOf(name: string): string {
  return name
    .replace(/^tayori_/, '')
    .replace(/_(total|seconds|octets)$/, '')
    .replaceAll('_', ' ');
}
