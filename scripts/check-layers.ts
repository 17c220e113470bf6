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
for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? 'layers: every import goes down' : `layers: ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
