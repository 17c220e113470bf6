// npm run bench: our own figures, one after the other, each in a process of its own (`npm run bench -- store` runs those whose name holds
// "store"). Beside other servers: bench/README.md.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const wanted = process.argv.slice(2);
const files = globSync('bench/*.ts')
  .toSorted()
  .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`there is no bench like ${wanted.join(', ')}; there are ${globSync('bench/*.ts').toSorted().join(', ')}`);
  process.exitCode = 2;
}
for (const file of files) {
  console.log(`\n${file}`);
  if (spawnSync(process.execPath, ['--expose-gc', file], { stdio: 'inherit' }).status !== 0) process.exitCode = 1;
}
