// Serves the built app over an office in memory, under the policy that the real server sends: for looking at the pages, and for their tests.
//   node web/demo/serve.ts [letters]     then http://127.0.0.1:PORT/ as it prints it; any password but "wrong" opens
import { createServer, type Server } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../src/engine/jmap/objects.ts';
import { fill } from './letters.ts';
import { Office } from './office.ts';

const dist = join(import.meta.dirname, '../dist');
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; " +
  "frame-src 'self' blob:; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; " +
  'trusted-types svelte-trusted-html tayori';

export interface DemoServer {
  readonly office: Office;
  readonly address: string;
  /** While false every request is refused, as if the server were gone. */
  isThere: boolean;
  signedIn: boolean;
  close(): Promise<void>;
}

export async function serveDemo(letters: number): Promise<DemoServer> {
  const office = new Office('A1', 'hana@example.jp');
  fill(office, letters);
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (!demo.isThere) {
      request.destroy();
      return;
    }
    const json = (body: unknown, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      if (pathname === '/auth/login') {
        const { password } = JSON.parse(text) as { password: string };
        demo.signedIn = password !== 'wrong';
        json(demo.signedIn ? { state: 'in' } : {}, demo.signedIn ? 200 : 401);
      } else if (pathname === '/auth/logout') {
        demo.signedIn = false;
        json({ state: 'out' });
      } else if (pathname.startsWith('/jmap/') && !demo.signedIn) json({}, 401);
      else if (pathname === '/jmap/session') {
        const { capabilities, ...session } = office.session;
        const { 'urn:ietf:params:jmap:websocket': _none, ...others } = capabilities as JsonObject;
        json({ ...session, capabilities: others });
      } else if (pathname === '/jmap/api') json(office.request(JSON.parse(text) as JsonObject));
      else if (pathname === '/jmap/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        response.write(': hello\n\n');
        const heard = (change: JsonObject): void => void response.write(`event: state\ndata: ${JSON.stringify(change)}\n\n`);
        office.ears.add(heard);
        response.on('close', () => office.ears.delete(heard));
      } else if (pathname.startsWith('/letter/')) {
        const letter = office.letters.get(pathname.split('/')[3] ?? '');
        const dark = searchParams.get('theme') === 'dark';
        response.writeHead(letter ? 200 : 404, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        });
        response.end(
          `<!doctype html><style>body{margin:0;font:15px/1.7 system-ui;color:${dark ? '#ede8de' : '#211d18'}}</style>${letter?.html ?? ''}`,
        );
      } else {
        const file = join(dist, pathname);
        const found = pathname !== '/' && existsSync(file) && extname(file) !== '' ? file : join(dist, 'index.html');
        const isPage = found.endsWith('.html');
        response.writeHead(200, {
          'content-type': types[extname(found)] ?? 'application/octet-stream',
          ...(isPage ? { 'content-security-policy': policy } : {}),
        });
        response.end(readFileSync(found));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const demo: DemoServer = {
    office,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isThere: true,
    signedIn: true,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return demo;
}

if (import.meta.main) console.log((await serveDemo(Number(process.argv[2] ?? 2000))).address);
