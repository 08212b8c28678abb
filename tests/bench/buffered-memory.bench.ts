// What a million buffered spans cost: bytes beyond their payload, the longest full collection, the longest step under pressure.
// Run: node --expose-gc tests/bench/buffered-memory.bench.ts
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { TraceShard } from '#collector/assemble/shard.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { frames } from '#tests/support/frames.ts';
import { NoDecisionMemory } from '#tests/support/no-decision-memory.ts';
import { FreshIds } from './fresh-ids.ts';

const SPANS = 1_000_000;
const STEP_BUDGET = 10_000;
const REQUESTS_TOGETHER = 20;

const captured = frames('otlp/online-boutique-9min.otlp.pb.frames');
const batched: Buffer[] = [];
for (let at = 0; at < captured.length; at += REQUESTS_TOGETHER)
  batched.push(Buffer.concat(captured.slice(at, at + REQUESTS_TOGETHER)));
const load = new FreshIds(batched);
const collect = (globalThis as { gc?: () => void }).gc ?? ((): void => {});

function run(maxBytes: number, spans: number): { shard: TraceShard; longestMs: number; rssGrowth: number } {
  const memory = createSpanMemory(4_000_000, 7);
  const index = new RequestIndex(memory);
  const waits = { quietMs: 60_000, afterRootMs: 60_000, maxMs: 60_000 };
  const shard = new TraceShard(
    memory,
    { ...waits, maxBytes, spansPerTrace: 100_000, bytesPerTrace: 2 ** 26, traceCapacity: 500_000, seed: 7 },
    {
      decisions: new NoDecisionMemory(),
      onTrace: () => ({ keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 }),
      onFailure: (error) => {
        throw error;
      },
    },
  );
  collect();
  const before = process.memoryUsage().rss;
  let longestMs = 0;
  for (let round = 0; shard.ledger.received < spans; round++) {
    load.renew(round);
    for (const request of load.requests) {
      if (shard.ledger.received >= spans) break;
      const started = performance.now();
      index.index(request);
      shard.accept(index, request, 1000 + round * 100);
      shard.tick(1000 + round * 100, STEP_BUDGET);
      longestMs = Math.max(longestMs, performance.now() - started);
    }
  }
  return { shard, longestMs, rssGrowth: process.memoryUsage().rss - before };
}

run(2 ** 31, SPANS / 10); // warm
const { shard, rssGrowth, longestMs } = run(2 ** 31, SPANS);
const { slabs } = shard.memory;
const gcStarted = performance.now();
collect();
const fullGcMs = performance.now() - gcStarted;
const pending = shard.ledger.pending;
console.log(
  JSON.stringify({
    bench: 'buffered spans',
    spans: pending,
    traces: shard.traces,
    payloadBytesPerSpan: Math.round(slabs.liveBytes / pending),
    slabBytesPerSpan: Math.round(slabs.heldBytes / pending),
    rssBytesPerSpan: Math.round(rssGrowth / pending),
    fullGcMs: Number(fullGcMs.toFixed(1)),
    longestStepMs: Number(longestMs.toFixed(1)),
  }),
);
const pressed = run(2 ** 27, SPANS * 2);
console.log(
  JSON.stringify({
    bench: 'under pressure, 128 MiB',
    spans: pressed.shard.ledger.received,
    pending: pressed.shard.ledger.pending,
    longestStepMs: Number(pressed.longestMs.toFixed(1)),
    liveMegabytes: Math.round(pressed.shard.liveBytes / 1e6),
    slabMegabytes: Math.round(pressed.shard.memory.slabs.heldBytes / 1e6),
    isBalanced: pressed.shard.ledger.isBalanced(),
  }),
);
