// Proves that citations and rfc/index.tsv agree: each RFC cited in src stands in the index, each one marked `yes` is cited, each folder
// named exists. `--list` prints the reverse: RFC → files.
import { globSync, readFileSync, statSync } from 'node:fs';

interface Row {
  readonly rfc: string;
  readonly far: string;
  readonly folders: readonly string[];
  readonly remark: string;
}

const file = 'rfc/index.tsv';
const words = ['yes', 'partly', 'no', 'planned'];
const faults: string[] = [];

const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
const rows = lines.map((line, index): Row => {
  const [rfc = '', far = '', folders = '', remark = '', ...more] = line.split('\t');
  if (!/^\d+$/.test(rfc) || !words.includes(far) || remark === '' || more.length > 0)
    faults.push(`${file}:${index + 2}: not "RFC, ${words.join(' / ')}, folders, remark" between tabs`);
  return { rfc, far, folders: folders === '' ? [] : folders.split(', '), remark };
});
for (const [index, row] of rows.entries()) {
  const before = rows[index - 1];
  if (before && Number(before.rfc) >= Number(row.rfc)) faults.push(`${file}: ${row.rfc} stands after ${before.rfc}`);
  for (const folder of row.folders)
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      faults.push(`${file}: RFC ${row.rfc} names ${folder}, which is no folder`);
}

const cited = new Map<string, Set<string>>();
let citations = 0;
let grammarLines = 0;
for (const path of globSync('src/**/*.ts').toSorted()) {
  const text = readFileSync(path, 'utf8');
  const found = [...text.matchAll(/\bRFC (\d{3,5})\b/g)];
  for (const [, rfc] of found) {
    let files = cited.get(rfc!);
    if (!files) cited.set(rfc!, (files = new Set()));
    files.add(path);
  }
  if (/^src\/(message|protocol)\//.test(path) && !path.endsWith('.test.ts')) {
    citations += found.length;
    grammarLines += text.split('\n').length;
  }
}
for (const [rfc, files] of cited)
  if (!rows.some((row) => row.rfc === rfc)) faults.push(`${[...files][0]}: cites RFC ${rfc}, which does not stand in ${file}`);
for (const row of rows)
  if (row.far === 'yes' && !cited.has(row.rfc)) faults.push(`${file}: RFC ${row.rfc} is marked yes and cited nowhere`);

if (process.argv.includes('--list'))
  for (const row of rows)
    console.log(`RFC ${row.rfc}  ${row.far}  ${row.remark}\n${[...(cited.get(row.rfc) ?? [])].map((path) => `    ${path}\n`).join('')}`);
for (const fault of faults) console.error(fault);
const density = Math.round((citations * 1000) / Math.max(1, grammarLines));
console.log(
  faults.length === 0
    ? `rfc: ${rows.length} in the index, ${cited.size} cited; in message and protocol ${density} citations per 1,000 lines`
    : `rfc: ${faults.length} faults`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
