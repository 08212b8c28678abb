// What `durability` costs: requests through the pipeline, the log and the spool on a real disk, with a store that takes every block at
// once.
// Spans a second and a CPU-second by mode, alternating, and how long an answer takes.
// Run: node --expose-gc tests/bench/durability.bench.ts [--seconds=4] [--rounds=3] [--spans=1000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '#proto/config/load.ts';
import { Pipeline } from '#collector/pipeline.ts';
import { runTicks } from '#collector/run/run-ticks.ts';
import { tuneGarbageCollection } from '#collector/self/garbage-collection.ts';
import { spoolFilesIn } from '#collector/store/spool-files.ts';
import { Spool } from '#collector/store/spool.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import { logFilesIn } from '#collector/wal/log-files.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';
import { FreshIds } from './fresh-ids.ts';

tuneGarbageCollection();
const numberOf = (name: string, otherwise: number): number =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const SECONDS = numberOf('seconds', 4);
const ROUNDS = numberOf('rounds', 3);
const SPANS = numberOf('spans', 1000);
const SPANS_PER_TRACE = 10;
/** Requests that wait for their answer at a time. */
const IN_FLIGHT = 8;
const MODES = ['memory', 'written', 'fsync'] as const;

interface Figures {
  readonly spansPerSecond: number;
  readonly spansPerCpuSecond: number;
  readonly answerMs: { readonly p50: number; readonly p99: number };
}

async function run(mode: (typeof MODES)[number], load: FreshIds, fresh: () => number): Promise<Figures> {
  const directory = mkdtempSync(path.join(tmpdir(), 'winnow-durability-'));
  const nowMs = (): number => Math.floor(performance.timeOrigin + performance.now());
  const config = loadConfig({
    argv: [
      '--config=bench.yaml',
      '--clickhouse.url=http://nowhere',
      '--sampling.wait.quiet=500ms',
      '--sampling.wait.after_root=1s',
      '--sampling.wait.max=2s',
    ],
    env: {},
    readFile: () => 'sampling: { rules: [{ name: rest, keep: 10% }] }',
  });
  if (!config.ok) throw new Error('the configuration of the benchmark is refused');
  let writer: StoreWriter | undefined;
  const pipeline = new Pipeline({
    config: config.value.config,
    nowMs,
    elapsedMs: () => performance.now(),
    seed: 7,
    installId: 'bench',
    onFailure: (error) => {
      throw error;
    },
    onRows: () => writer?.check(),
  });
  const sync = mode === 'fsync';
  const files = logFilesIn(path.join(directory, 'wal'));
  const left = await readLog(files);
  if (mode !== 'memory')
    pipeline.makeDurable(new WriteAheadLog({ files, sync, capBytes: 2 ** 32, existing: [] }), left);
  const spool = await Spool.open({
    files: spoolFilesIn(path.join(directory, 'spool')),
    capBytes: 2 ** 31,
    sync,
    newInstallId: 'bench',
  });
  writer = new StoreWriter({
    spool,
    tables: pipeline.tables.all,
    nowMs,
    log: () => undefined,
    insert: async () => undefined,
    commits: mode === 'memory' ? undefined : pipeline.commits,
    onStored: (table, rows) => pipeline.blocks.stored(table, rows),
    onDropped: (table, rows, reason) => pipeline.blocks.lost(table, rows, reason),
  });
  writer.start();
  await pipeline.replay(left, writer.lastBlock);
  const stopTicks = runTicks({ tick: () => pipeline.tick(), onLag: (lagMs) => void pipeline.noteLag(lagMs) }, () =>
    performance.now(),
  );
  const flusher = setInterval(() => pipeline.flushDerived(), 1000);
  const tookMs: number[] = [];
  let next = load.requests.length;
  const send = async (untilMs: number): Promise<void> => {
    while (performance.now() < untilMs) {
      if (next === load.requests.length) {
        next = 0;
        load.renew(fresh());
      }
      // The log may still be writing the request when its place is renewed.
      const body = Buffer.from(load.requests[next++]!);
      const beganMs = performance.now();
      const answer = await pipeline.accept({
        signal: 'traces',
        body,
        transport: 'grpc',
        encoding: 'protobuf',
        deadlineMs: 60_000,
      });
      if (answer.kind !== 'accepted') throw new Error(answer.message);
      tookMs.push(performance.now() - beganMs);
      await new Promise(setImmediate);
    }
  };
  const began = { ms: performance.now(), cpu: process.cpuUsage() };
  await Promise.all(Array.from({ length: IN_FLIGHT }, () => send(began.ms + SECONDS * 1000)));
  const seconds = (performance.now() - began.ms) / 1000;
  const cpu = process.cpuUsage(began.cpu);
  stopTicks();
  clearInterval(flusher);
  await writer.close(0);
  await pipeline.durability?.close();
  rmSync(directory, { recursive: true, force: true });
  const spans = tookMs.length * SPANS;
  tookMs.sort((a, b) => a - b);
  const quantile = (share: number): number => Number(tookMs[Math.floor(tookMs.length * share)]!.toFixed(1));
  return {
    spansPerSecond: spans / seconds,
    spansPerCpuSecond: spans / ((cpu.user + cpu.system) / 1e6),
    answerMs: { p50: quantile(0.5), p99: quantile(0.99) },
  };
}

const load = new FreshIds(
  Array.from({ length: 64 }, (_, request) =>
    traceRequest(
      Array.from({ length: SPANS }, (_span, i) => ({
        trace: Math.floor((request * SPANS + i) / SPANS_PER_TRACE) + 1,
        span: (i % SPANS_PER_TRACE) + 1,
        padding: 60,
        ...(i % SPANS_PER_TRACE > 0 && { parent: 1 }),
      })),
    ),
  ),
);
let renewed = 0;
const figures = new Map<string, Figures[]>(MODES.map((mode) => [mode, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const mode of MODES) {
    const measured = await run(mode, load, () => ++renewed);
    if (round > 0) figures.get(mode)!.push(measured); // the first one warms up
  }
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const of = (mode: string, read: (figures: Figures) => number): number => median(figures.get(mode)!.map(read));
for (const mode of MODES) {
  console.log(
    JSON.stringify({
      bench: 'durability',
      mode,
      spansPerRequest: SPANS,
      spansPerSecond: Math.round(of(mode, (one) => one.spansPerSecond)),
      spansPerCpuSecond: Math.round(of(mode, (one) => one.spansPerCpuSecond)),
      partOfMemory: Number(
        (of(mode, (one) => one.spansPerSecond) / of('memory', (one) => one.spansPerSecond)).toFixed(2),
      ),
      partOfMemoryByCpu: Number(
        (of(mode, (one) => one.spansPerCpuSecond) / of('memory', (one) => one.spansPerCpuSecond)).toFixed(2),
      ),
      answerMs: { p50: of(mode, (one) => one.answerMs.p50), p99: of(mode, (one) => one.answerMs.p99) },
    }),
  );
}
process.exit(0);
