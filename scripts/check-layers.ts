// Proves that imports only go down (ARCHITECTURE.md, "Layers") and that only io, setup and main.ts name node: modules.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const order = ['base', 'message', 'store', 'protocol', 'journey', 'io', 'setup', 'main.ts'];
/** Pure modules of Node that each stand in one file. */
const allowedNode: Record<string, string[]> = { 'src/base/bytes.ts': ['node:buffer'], 'src/base/digest.ts': ['node:crypto'] };
/** Sisters in `protocol` that all others may import. */
const openProtocols = ['line', 'sasl'];

const layerOf = (file: string): string => file.split('/')[1] ?? '';
const faults: string[] = [];
for (const file of globSync('src/**/*.ts').map((path) => path.replaceAll('\\', '/'))) {
  const isTest = file.endsWith('.test.ts') || file.endsWith('-suite.ts');
  const layer = layerOf(file);
  for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(
    /(?:^|\s)(?:import|export)\s[^'"]*?['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/g,
  )) {
    if (target.startsWith('node:')) {
      if (!isTest && order.indexOf(layer) < order.indexOf('io') && !allowedNode[file]?.includes(target))
        faults.push(`${file}: ${target} (only io, setup and main.ts may name node: modules)`);
      continue;
    }
    if (!target.startsWith('.')) continue;
    const to = normalize(join(dirname(file), target)).replaceAll('\\', '/');
    const below = layerOf(to);
    if (isTest) continue;
    if (order.indexOf(below) > order.indexOf(layer))
      faults.push(`${file}: ${to} (${layer} may import ${order.slice(0, order.indexOf(layer) + 1).join(', ')})`);
    const [, , sister = ''] = to.split('/');
    const [, , own = ''] = file.split('/');
    if (layer === 'protocol' && below === 'protocol' && sister !== own && !openProtocols.includes(sister))
      faults.push(`${file}: ${to} (protocols import of each other only ${openProtocols.join(', ')})`);
    if (layer === 'journey' && below === 'journey' && sister !== own && !to.endsWith('/contract.ts') && !to.endsWith('/causes.ts'))
      faults.push(`${file}: ${to} (stations know each other by contract.ts)`);
  }
}
// The mail app: within it engine ← state ← parts ← views; of the server only what is pure, and of protocols only the shapes of JMAP.
const webOrder = ['engine', 'texts', 'state', 'parts', 'views'];
const webMay = /^src\/(?:base|message|protocol\/jmap)\//;
for (const file of globSync('web/src/**/*.{ts,svelte}').map((path) => path.replaceAll('\\', '/'))) {
  if (file.endsWith('.test.ts')) continue;
  const [, , layer = ''] = file.split('/');
  for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(
    /(?:^|\s)(?:import|export)\s[^'"]*?['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/g,
  )) {
    if (target.startsWith('node:')) faults.push(`${file}: ${target} (the mail app runs in browsers)`);
    if (!target.startsWith('.')) continue;
    const to = normalize(join(dirname(file), target)).replaceAll('\\', '/');
    if (to.startsWith('src/') && !webMay.test(to)) faults.push(`${file}: ${to} (the mail app may import base, message and protocol/jmap)`);
    if (!to.startsWith('web/src/')) {
      if (to.startsWith('web/')) faults.push(`${file}: ${to} (only tests may import the demo)`);
      continue;
    }
    const [, , below = ''] = to.split('/');
    // `texts` and `state` know each other: the language is a setting, and what was done is said.
    const rank = (name: string): number => (name === 'texts' ? webOrder.indexOf('state') : webOrder.indexOf(name));
    const isEntry = !webOrder.includes(layer);
    if (!isEntry && rank(below) > rank(layer)) faults.push(`${file}: ${to} (in the mail app engine ← texts, state ← parts ← views)`);
    // The grammar of searches, and what both write into a letter, are text and nothing else.
    const isOnlyContract = /\/engine\/(?:contract|port|worker|search-grammar|letter-markup|frame-address|jmap\/objects)\.ts/.test(to);
    if (layer !== 'engine' && below === 'engine' && !isOnlyContract)
      faults.push(`${file}: ${to} (the page knows the engine by its contract)`);
  }
}
for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? 'layers: every import goes down' : `layers: ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
