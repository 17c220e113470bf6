// START HERE. The program's entrance: reads the command line and runs one command; `tayori serve` (setup/cli/serve.ts, setup/serve.ts)
// makes the parts, joins them and listens. Knows how the program starts fast and ends; knows nothing of mail.
//
// Only node: modules are imported here: the compile cache must be on before anything else is loaded.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** As bin/tayori has it already, for who starts this file by hand. By the environment the store's threads learn of it too. */
const cache = process.env['NODE_COMPILE_CACHE'] ?? fileURLToPath(new URL('../node_modules/.cache/tayori', import.meta.url));
if (enableCompileCache(cache).directory !== undefined) process.env['NODE_COMPILE_CACHE'] = cache;

const [{ run }, { openTerminal }] = await Promise.all([import('./setup/cli/run.ts'), import('./setup/cli/terminal.ts')]);

// What is written here are letters and keys: for their owner only.
process.umask(0o077);
// A server is ended by force sometimes: what was compiled at its start is kept by then.
setTimeout(flushCompileCache, 3_000).unref();
// The reader of a pipe may stop early (tayori queue list | head) and a terminal be closed (EIO); a server goes on without its log.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  folder: process.cwd(),
  terminal: openTerminal(process.stdin, process.stdout, process.stderr),
});
