import { runDirectorySuite } from '../directory-suite.ts';
import { openMemoryDirectory } from './directory.ts';

runDirectorySuite('memory', async () => {
  const directory = openMemoryDirectory();
  return { directory, end: () => directory.close() };
});
