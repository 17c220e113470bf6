// Web servers for tests: a certificate authority of their own, https and http on free ports, answers by a function that may misbehave.
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeLeaf, makeRoot, type MadeCertificate } from '../../src/setup/ca-making.ts';

const day = 86_400_000;

export interface TestAuthority {
  readonly root: MadeCertificate;
  /** A certificate for these names; `days` counts its end from now, so that a negative one has expired. */
  issue(names: readonly string[], days?: number): Promise<MadeCertificate>;
}

export async function makeAuthority(): Promise<TestAuthority> {
  const now = Date.now();
  const root = await makeRoot('Authority of a test', { from: new Date(now - 20 * day), to: new Date(now + 20 * day) });
  return {
    root,
    issue: (names, days = 10) => makeLeaf(names, { from: new Date(now - 10 * day), to: new Date(now + days * day) }, root),
  };
}

export interface WebServer {
  readonly port: number;
  /** `GET host /path?query`, in the order of their coming. */
  readonly seen: string[];
  close(): Promise<void>;
}

export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** With a certificate https, without one http. */
export async function openWebServer(answer: Answering, certificate: MadeCertificate | null, address = '127.0.0.1'): Promise<WebServer> {
  const seen: string[] = [];
  const answering: Answering = (request, response) => {
    seen.push(`${request.method} ${request.headers.host} ${request.url}`);
    answer(request, response);
  };
  const server: Server = certificate
    ? (createServer({ cert: certificate.certificate, key: certificate.key }, answering) as unknown as Server)
    : createPlain(answering);
  await new Promise<void>((done) => server.listen(0, address, done));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A whole text as the answer. */
export function answerText(response: ServerResponse, text: string, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end(text);
}
