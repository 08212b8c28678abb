// Makes the data directory of another version: node tests/e2e/old-data/make.ts TREE OUT.tgz, where TREE is a checkout of that version with its packages.
// Its processes are killed while traces are undecided, blocks wait in the spool, and ClickHouse has the rest.
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExactBatch } from '#tests/support/exact-load.ts';
import { ITEMS_FILE, newLoad, OLD_FLAGS, type OldItems } from './old-items.ts';

const READY_MS = 60_000;
const STORE_MS = 12_000;
const DECIDE_MS = 4_000;
const SIGNAL_PATHS = { traces: '/v1/traces', logs: '/v1/logs', metrics: '/v1/metrics' } as const;

interface Ready {
  readonly kind: string;
  readonly role: string;
  readonly addresses: Readonly<Record<string, string>>;
}

const [tree, out] = process.argv.slice(2);
if (tree === undefined || out === undefined) {
  process.stderr.write('node tests/e2e/old-data/make.ts TREE OUT.tgz\n');
  process.exit(2);
}
const home = mkdtempSync(path.join(tmpdir(), 'winnow-old-'));
const data = path.join(home, 'data');
const listen = ['otlp_grpc', 'otlp_http', 'http', 'admin'].map((name) => `--listen.${name}=127.0.0.1:0`);
const child = fork(path.join(path.resolve(tree), 'deploy/all-in-one.ts'), ['--data', data, ...listen, ...OLD_FLAGS], {
  cwd: tree,
  execArgv: [],
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  detached: true, // all of its processes are killed at once
});
const addresses = await new Promise<Ready['addresses']>((resolve, reject) => {
  setTimeout(() => reject(new Error('it is not ready')), READY_MS).unref();
  child.on('message', (message: Ready) => {
    if (message.kind === 'ready' && message.role === 'all-in-one') resolve(message.addresses);
  });
});
const load = newLoad();
const items: OldItems = { spans: 0, logs: 0, points: 0, wholeTraces: 0 };

async function send(batch: ExactBatch): Promise<void> {
  const answer = await fetch(`http://${addresses['otlp_http']}${SIGNAL_PATHS[batch.signal]}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(batch.body),
  });
  if (answer.status !== 200) throw new Error(`${batch.signal}: ${answer.status} ${await answer.text()}`);
  const name = batch.signal === 'traces' ? 'spans' : batch.signal === 'logs' ? 'logs' : 'points';
  items[name] += batch.items.length;
}

async function sendAll(requests: number): Promise<void> {
  for (let i = 0; i < requests; i++) {
    await send(load.spans(Date.now(), 20));
    await send(load.logs(Date.now(), 5));
    await send(load.points(Date.now(), 5));
  }
}

await sendAll(10);
await sleep(STORE_MS); // decided, stored, counted
const engine = execFileSync('pgrep', ['-P', String(child.pid), '-f', 'embedded-clickhouse'])
  .toString()
  .trim();
process.kill(Number(engine.split('\n')[0]), 'SIGSTOP');
await sendAll(10);
await sleep(DECIDE_MS); // decided, in blocks of the spool
await sendAll(10);
await sleep(300); // undecided, in the log
process.kill(-child.pid!, 'SIGKILL');
await sleep(500);
items.wholeTraces = load.traces.filter(({ isWhole }) => isWhole).length;
writeFileSync(path.join(home, ITEMS_FILE), `${JSON.stringify(items)}\n`);
execFileSync('tar', ['-czf', path.resolve(out), '-C', home, 'data', ITEMS_FILE], {
  env: { ...process.env, GZIP: '-9' },
});
rmSync(home, { recursive: true });
process.stdout.write(`${out}: ${JSON.stringify(items)}\n`);
