// How fast a log is read and its spans are replayed after a crash: from real files, undecided traces and decided ones, small requests
// and large.
// Run: node --expose-gc tests/bench/replay.bench.ts [--spans=1000000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '#proto/config/load.ts';
import { Pipeline } from '#collector/pipeline.ts';
import { tuneGarbageCollection } from '#collector/self/garbage-collection.ts';
import { logFilesIn } from '#collector/wal/log-files.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';

tuneGarbageCollection();
const SPANS = Number(process.argv.find((arg) => arg.startsWith('--spans='))?.split('=')[1] ?? 1_000_000);
const SPANS_PER_TRACE = 10;
const RUNS = 3;

function pipelineOf(): Pipeline {
  const flags = [
    '--store=none',
    '--buffer.max_bytes=4GiB',
    '--buffer.max_spans=4000000',
    '--sampling.wait.quiet=60s',
    '--sampling.wait.after_root=60s',
    '--sampling.wait.max=60s',
  ];
  const config = loadConfig({
    argv: ['--config=bench.yaml', ...flags],
    env: {},
    readFile: () => 'sampling: { rules: [{ name: rest, keep: 10% }] }',
  });
  if (!config.ok) throw new Error('the configuration of the benchmark is refused');
  return new Pipeline({
    config: config.value.config,
    nowMs: () => Math.floor(performance.timeOrigin + performance.now()),
    elapsedMs: () => performance.now(),
    seed: 7,
    onFailure: (error) => {
      throw error;
    },
    onRows: () => {},
  });
}

/** A log as a collector leaves it that is killed. @param decided whether all traces but the last request's are */
async function writeLog(directory: string, spansPerRequest: number, decided: boolean): Promise<void> {
  const log = new WriteAheadLog({
    files: logFilesIn(directory),
    sync: false,
    capBytes: 2 ** 34,
    existing: [],
    mostQueuedBytes: 2 ** 34,
  });
  const pipeline = pipelineOf();
  pipeline.makeDurable(log, { ...(await readLog(logFilesIn(directory))) });
  const requests = SPANS / spansPerRequest;
  for (let request = 0; request < requests; request++) {
    const body = traceRequest(
      Array.from({ length: spansPerRequest }, (_, i) => {
        const trace = Math.floor((request * spansPerRequest + i) / SPANS_PER_TRACE) + 1;
        const span = ((request * spansPerRequest + i) % SPANS_PER_TRACE) + 1;
        return { trace, span, padding: 60, ...(span > 1 && { parent: 1 }) };
      }),
    );
    if (decided && request === requests - 1) {
      while (pipeline.drain());
      const { durability } = pipeline;
      const view = { startHi: 0, startLo: 0 };
      for (let trace = 1; trace <= (request * spansPerRequest) / SPANS_PER_TRACE; trace++) {
        const id = traceWords(trace);
        durability!.decided.add(
          { ...view, ...id } as never,
          { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 },
          'rest',
          request * spansPerRequest,
        );
      }
      await durability!.beginCommit(1).write();
    }
    const answer = pipeline.accept({
      signal: 'traces',
      body,
      transport: 'grpc',
      encoding: 'protobuf',
      deadlineMs: Infinity,
    });
    if (request % 256 === 0) await answer;
  }
  await log.close();
}

function traceWords(trace: number): { id0: number; id1: number; id2: number; id3: number } {
  return { id0: Math.imul(trace, 0x9e3779b1) >>> 0, id1: 0x5eed, id2: Math.imul(trace, 0x85ebca6b) >>> 0, id3: trace };
}

/** Of all threads: other programs on the machine do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function measure(spansPerRequest: number, decided: boolean): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'winnow-replay-'));
  try {
    await writeLog(directory, spansPerRequest, decided);
    const runs: { readMs: number; againMs: number }[] = [];
    for (let run = 0; run < RUNS; run++) {
      const pipeline = pipelineOf();
      const beganMs = cpuMs();
      const left = await readLog(logFilesIn(directory));
      const readMs = cpuMs() - beganMs;
      const again = await pipeline.replay(left, 1);
      runs.push({ readMs, againMs: cpuMs() - beganMs - readMs });
      if (again.spans !== (decided ? spansPerRequest : SPANS)) throw new Error(`${again.spans} spans were taken again`);
    }
    const best = runs.reduce((a, b) => (a.readMs + a.againMs < b.readMs + b.againMs ? a : b));
    const spansPerCpuSecond = Math.round(SPANS / ((best.readMs + best.againMs) / 1000));
    console.log(
      JSON.stringify({
        bench: 'replay',
        spansPerRequest,
        decided,
        spansPerCpuSecond,
        readMs: Math.round(best.readMs),
        againMs: Math.round(best.againMs),
      }),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

for (const decided of [false, true])
  for (const spansPerRequest of [20, 100, 1000]) await measure(spansPerRequest, decided);
