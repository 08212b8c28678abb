// Spans per CPU-second of everything between transport and store: index, RED, assembly, a decision by R at 10 %, release.
// Run: node --expose-gc tests/bench/receive-decide.bench.ts
import { DecidedSpans } from '#collector/assemble/decided-spans.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { TraceShard } from '#collector/assemble/shard.ts';
import type { ShardOptions } from '#collector/assemble/shard-options.ts';
import { RedTable } from '#collector/derive/red/red-table.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import type { Decision } from '#collector/model/trace.ts';
import { DEFAULT_BOUNDS_MS } from '#tests/support/default-bounds.ts';
import { frames } from '#tests/support/frames.ts';
import { NoDecisionMemory } from '#tests/support/no-decision-memory.ts';
import { FreshIds } from './fresh-ids.ts';

const ROUNDS = 20;
const WARM_ROUNDS = 4;
const REQUESTS_TOGETHER = 20;
/** Load of the virtual clock: the buffer holds this times the wait. */
const SPANS_PER_SECOND = 200_000;
const TICK_BUDGET = 10_000;
const KEEP_ABOVE_HI = Math.floor(2 ** 28 * 0.9);

const options: ShardOptions = {
  quietMs: 1000,
  afterRootMs: 5000,
  maxMs: 30_000,
  maxBytes: 2 ** 31,
  spansPerTrace: 100_000,
  bytesPerTrace: 2 ** 26,
  traceCapacity: 500_000,
  seed: 7,
};

const captured = frames('otlp/online-boutique-9min.otlp.pb.frames');
const batched: Buffer[] = [];
for (let at = 0; at < captured.length; at += REQUESTS_TOGETHER)
  batched.push(Buffer.concat(captured.slice(at, at + REQUESTS_TOGETHER)));
const load = new FreshIds(batched);

const memory = createSpanMemory(4_000_000, 7);
const index = new RequestIndex(memory);
const red = new RedTable({ capacity: 20_000, boundsMs: DEFAULT_BOUNDS_MS });
const decision: Decision = { keep: false, rule: 0, thresholdHi: KEEP_ABOVE_HI, thresholdLo: 0, weight: 10 };
const triggers = new Map<string, number>();
const shard = new TraceShard(memory, options, {
  decisions: new NoDecisionMemory(),
  decidedSpans: new DecidedSpans(memory.spans, 7),
  onTrace: (trace) => {
    // R: the low 56 bits of the trace id, as two halves of 28.
    decision.keep = (trace.id2 & 0xffffff) * 16 + (trace.id3 >>> 28) >= KEEP_ABOVE_HI;
    triggers.set(trace.trigger, (triggers.get(trace.trigger) ?? 0) + 1);
    return decision;
  },
  onFailure: (error) => {
    throw error;
  },
});

let nowMs = 1_000_000;
let cpuUs = 0;
let spans = 0;
let longestMs = 0;
let peakPending = 0;
let shardUs = 0;
for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
  load.renew(round + WARM_ROUNDS);
  const before = process.cpuUsage();
  for (const request of load.requests) {
    const from = performance.now();
    const problem = index.index(request);
    if (problem !== undefined) throw new Error(problem);
    const mid = performance.now();
    shard.accept(index, request, nowMs);
    red.add(index.columns, index.count, memory.resources, nowMs);
    nowMs += (index.count / SPANS_PER_SECOND) * 1000;
    shard.tick(nowMs, TICK_BUDGET);
    const to = performance.now();
    if (round >= 0) {
      longestMs = Math.max(longestMs, to - from);
      shardUs += (to - mid) * 1000;
    }
  }
  peakPending = Math.max(peakPending, shard.ledger.pending);
  if (round < 0) continue;
  const used = process.cpuUsage(before);
  cpuUs += used.user + used.system;
  spans += load.spans;
}
red.flush(nowMs, () => {});
const bufferedSpans = shard.ledger.pending;
const bufferedBytes = memory.slabs.heldBytes;
while (shard.drain(TICK_BUDGET));
if (!shard.ledger.isBalanced() || shard.ledger.pending !== 0) throw new Error('the ledger does not balance');
console.log(
  JSON.stringify({
    bench: 'receive to decision, no transport',
    spansPerCpuSecond: Math.round((spans / cpuUs) * 1e6),
    keptPart: Number((shard.ledger.kept / shard.ledger.received).toFixed(4)),
    nsPerSpanInShard: Math.round((shardUs / spans) * 1000),
    longestStepMs: Number(longestMs.toFixed(2)),
    peakPending,
    slabBytesPerBufferedSpan: Math.round(bufferedBytes / Math.max(1, bufferedSpans)),
    rssMegabytes: Math.round(process.memoryUsage().rss / 1e6),
    triggers: Object.fromEntries(triggers),
  }),
);
