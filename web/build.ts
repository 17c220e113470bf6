// How the app is built: hashed files, no inline script, no source that the policy of index.html would refuse. Started by scripts/build-web.ts.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { InlineConfig, Plugin, Rollup } from 'vite';

const root = import.meta.dirname;

/** Warnings of the Svelte compiler are errors: most of them are barriers for people who use a keyboard or a screen reader. */
function warned(warning: { readonly code: string; readonly message: string; readonly filename?: string | undefined }): never {
  throw new Error(`${warning.filename ?? ''}: ${warning.code}: ${warning.message}`);
}

/** The worker's script is fetched beside the page's own, not after it. */
function early(): Plugin {
  return {
    name: 'tayori-early-worker',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((file) => /\/worker-[^/]*\.js$/.test(file))
          .map((file) => ({ tag: 'link', attrs: { rel: 'modulepreload', href: `/${file}` }, injectTo: 'head' as const })),
    },
  };
}

/** The page and its worker. */
export function appBuild(outDir: string): InlineConfig {
  return {
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [early(), svelte({ configFile: false, onwarn: warned, compilerOptions: { runes: true } })],
    worker: { format: 'es' },
    // The one module of the server's that speaks of Buffer.
    resolve: { alias: [{ find: /^(?:\.\.\/)+(?:src\/)?base\/bytes\.ts$/, replacement: `${root}/src/engine/octets.ts` }] },
    build: {
      outDir,
      emptyOutDir: true,
      target: ['chrome120', 'firefox121', 'safari17'],
      manifest: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // How long a slow machine took for what is no warning.
      rolldownOptions: { checks: { bundlerTimings: false } },
    },
  };
}

/** The service worker: one file at a fixed address; `files` is what it keeps, `version` changes whenever one of them does. */
export function serviceWorkerBuild(outDir: string, files: readonly string[], version: string): InlineConfig {
  return {
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    define: { PRECACHE_FILES: JSON.stringify(files), PRECACHE_VERSION: JSON.stringify(version) },
    build: {
      outDir,
      emptyOutDir: false,
      target: ['chrome120', 'firefox121', 'safari17'],
      reportCompressedSize: false,
      rolldownOptions: { input: `${root}/src/service-worker.ts`, output: { format: 'iife', entryFileNames: 'service-worker.js' } },
    },
  };
}

export type Built = Rollup.RollupOutput;
