// Group commit alone: how long a record waits until it is on the disk (fsync) when requests come at a steady rate, one record each.
// Run: node tests/bench/group-commit.bench.ts [--seconds=10] [--bytes=20000] [--directory=DIR]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logFilesIn } from '#collector/wal/log-files.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';

const option = (name: string): string | undefined =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1];
const SECONDS = Number(option('seconds') ?? 10);
const BYTES = Number(option('bytes') ?? 20_000);
const DIRECTORY = option('directory') ?? tmpdir();
const RATES = [50, 200, 1000];
const TURN_MS = 2;

const body = Buffer.alloc(BYTES, 7);
const head = {
  type: 'request',
  signal: 'traces',
  transport: 'grpc',
  encoding: 'protobuf',
  number: 0,
  overloadSteps: 0,
  atMs: 0,
  digest: undefined,
} as const;

async function run(rate: number): Promise<{ tookMs: number[]; writes: number }> {
  const directory = mkdtempSync(path.join(DIRECTORY, 'winnow-group-commit-'));
  const log = new WriteAheadLog({ files: logFilesIn(directory), sync: true, capBytes: 2 ** 34, existing: [] });
  const tookMs: number[] = [];
  const beganMs = performance.now();
  let sent = 0;
  while (performance.now() - beganMs < SECONDS * 1000) {
    for (const due = ((performance.now() - beganMs) / 1000) * rate; sent < due; sent++) {
      const appendedMs = performance.now();
      void log.append(head, body).then(() => tookMs.push(performance.now() - appendedMs));
    }
    await sleep(TURN_MS);
  }
  await log.close();
  rmSync(directory, { recursive: true });
  return { tookMs: tookMs.toSorted((a, b) => a - b), writes: log.writes };
}

for (const rate of RATES) {
  const { tookMs, writes } = await run(rate);
  const at = (share: number): string => tookMs[Math.floor((tookMs.length - 1) * share)]!.toFixed(1);
  process.stdout.write(
    `${rate} records/s of ${BYTES} bytes: ${tookMs.length} in ${writes} writes; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms\n`,
  );
}
