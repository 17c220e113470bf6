// Tayori for the side-by-side benchmark: production settings, durable, its own password hash. Knows the harness's adapter form.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const bin = path.join(path.dirname(new URL(import.meta.url).pathname), '../../bin/tayori');

export default (ctx) => {
  const b = ctx.basePort;
  const data = path.join(ctx.dir, 'data');
  const settings = path.join(ctx.dir, 'tayori.toml');
  const password = 'benchpass1';
  return {
    // The order of --port-base.
    ports: { smtp: b, submission: b + 1, submissions: b + 2, pop3: b + 3, pop3s: b + 4, imap: b + 5, imaps: b + 6 },
    senderDomain: 'localhost',
    user: (i) => ({ login: `u${i}@bench.test`, address: `u${i}@bench.test`, pass: password }),
    async setup() {
      fs.writeFileSync(
        settings,
        [
          'domain = "bench.test"',
          'hostname = "localhost"',
          `data = ${JSON.stringify(data)}`,
          'listen = ["127.0.0.1"]',
          `certificate = ${JSON.stringify(ctx.tls.cert)}`,
          `key = ${JSON.stringify(ctx.tls.key)}`,
          'delivery = "off"',
          '',
        ].join('\n'),
      );
    },
    async createUsers() {
      for (let i = 0; i < ctx.users; i += 4)
        await Promise.all(
          [0, 1, 2, 3]
            .filter((k) => i + k < ctx.users)
            .map((k) => {
              const child = run(bin, ['--data', data, 'account', 'add', `u${i + k}@bench.test`, '--password-stdin']);
              child.child.stdin.end(`${password}\n`);
              return child;
            }),
        );
    },
    async start() {
      return [ctx.spawn(bin, ['serve', '--settings', settings, '--port-base', String(b)])];
    },
  };
};
