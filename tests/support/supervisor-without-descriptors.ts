// A supervisor whose file descriptors run out while its roles die, and are there again later. Run it with a small `ulimit -n`.
// usage: supervisor-without-descriptors.ts DIRECTORY; lines on stdout say what happened.
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { superviseClickHouse } from '#deploy/supervised-clickhouse.ts';
import { SupervisedRole } from '#deploy/supervised-role.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const failed = Promise.withResolvers<void>();
const failures = { store: 0, role: 0 };
const noteFailure = (of: 'store' | 'role', line: string): void => {
  if (line.includes('EMFILE')) failures[of]++;
  if (failures.store > 2 && failures.role > 2) failed.resolve();
};

const store = await superviseClickHouse(process.argv[2]!, 0, (line) => {
  if (/does not start|is back/.test(line)) say(`store: ${line}`);
  noteFailure('store', line);
});
const role = new SupervisedRole({
  name: 'role',
  module: fileURLToPath(new URL('ready-role.ts', import.meta.url)),
  args: () => [],
  env: () => process.env,
  log: (line) => {
    if (/ended|is back/.test(line)) say(`role: ${line}`);
    noteFailure('role', line);
    if (line.includes('is back')) back.resolve();
  },
  onHopeless: () => say('role: hopeless'),
});
const back = Promise.withResolvers<void>();
await role.start();
const [storeBefore, roleBefore] = [store.pid(), role.pid!];
const held: number[] = [];
/** Also those that the ends of the two give back. */
const takeAll = (): void => {
  for (;;) {
    try {
      held.push(openSync('/dev/null', 'r'));
    } catch {
      return;
    }
  }
};
takeAll();
say(`descriptors held: ${held.length > 0}`);
const taking = setInterval(takeAll, 1);
process.kill(storeBefore, 'SIGKILL');
process.kill(roleBefore, 'SIGKILL');
await failed.promise;
clearInterval(taking);
for (const one of held) closeSync(one);
await back.promise;
while (store.pid() === storeBefore) await new Promise((resolve) => setTimeout(resolve, 20));
say(`both run again: ${role.pid !== roleBefore && (await fetch(`${new URL(store.url).origin}/ping`)).ok}`);
await role.stop(5000);
await store.stop();
say('stopped');
process.exit(0);
