// npm run test:setup: installs the Debian packages that the tests with real mail apps need. Changes the machine by apt-get only.
import { spawnSync } from 'node:child_process';
import { isInstalled, missingPrograms } from './debian-packages.ts';

const missing = [...new Set(missingPrograms().map((program) => program.package))];
if (missing.length === 0) console.log('every program for the tests is there');
else if (!isInstalled('apt-get')) {
  console.error(`this is no Debian; install by hand what these packages bring: ${missing.join(', ')}`);
  process.exitCode = 1;
} else {
  const root = process.getuid?.() === 0;
  const apt = (...words: string[]): boolean => {
    const line = root ? ['apt-get', ...words] : ['sudo', 'apt-get', ...words];
    console.log(line.join(' '));
    return (
      spawnSync(line[0]!, line.slice(1), { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status === 0
    );
  };
  const install = (): boolean => apt('install', '-y', '--no-install-recommends', ...missing);
  // Package lists may be old or empty: fetched only when the first try fails.
  if (!install() && !(apt('update') && install())) {
    console.error(`could not install ${missing.join(', ')}`);
    process.exitCode = 1;
  }
  const still = missingPrograms();
  if (still.length > 0) {
    console.error(`still missing: ${still.map((program) => program.command).join(', ')}`);
    process.exitCode = 1;
  }
}
