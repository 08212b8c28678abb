// What second chances cost: CPU of the trace stage (10 % kept, no store) with and without the rescue ring, at two loads, and a late span that
// is dropped. Rounds with and without take turns, and the lower quartile is told. Run: node --expose-gc tests/bench/rescue.bench.ts
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import type { RescueRingOptions } from '#collector/rescue/rescue-ring.ts';
import { zstdCodec } from '#collector/rescue/segment-codec.ts';
import { SignalLedger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/shard/trace-stage.ts';
import { frames } from '#tests/support/frames.ts';
import { FreshIds } from './fresh-ids.ts';

const ROUNDS = 12;
const REQUESTS_TOGETHER = 20;
const MIB = 1024 * 1024;

const captured = frames('otlp/online-boutique-9min.otlp.pb.frames');
const batched: Buffer[] = [];
for (let at = 0; at < captured.length; at += REQUESTS_TOGETHER)
  batched.push(Buffer.concat(captured.slice(at, at + REQUESTS_TOGETHER)));

class Run {
  readonly load = new FreshIds(batched);
  readonly stage: TraceStage;
  readonly ledger = new SignalLedger();
  nowMs = 1_000_000;
  #round = 0;

  constructor(ring: RescueRingOptions | undefined) {
    const rules = compileRules({ rules: [{ name: 'rest', keep: '10%' }] });
    if (!rules.ok) throw new Error('rules');
    this.stage = new TraceStage({
      shard: {
        quietMs: 1000,
        afterRootMs: 5000,
        maxMs: 30_000,
        maxBytes: 2 ** 31,
        spansPerTrace: 100_000,
        bytesPerTrace: 2 ** 26,
        traceCapacity: 500_000,
        seed: 7,
      },
      memory: createSpanMemory(4_000_000, 7),
      decisionMemoryBytes: 64 * MIB,
      red: { capacity: 20_000, boundsMs: [2, 10, 100, 1000] },
      decider: new RuleDecider(rules.value),
      clocks: new HostPairClock(),
      sink: undefined,
      ledger: this.ledger,
      rescue: { ring, triggers: ['late-error', 'error-log', 'link'], seed: 7 },
      onFailure: (error) => {
        throw error;
      },
    });
  }

  /** CPU ns per span of one round, compression in other threads included. */
  async round(spansPerSecond: number): Promise<number> {
    this.load.renew(this.#round++);
    const before = process.cpuUsage();
    for (const body of this.load.requests) {
      this.stage.accept({ body, transport: 'grpc', encoding: 'protobuf' }, this.nowMs);
      this.nowMs += (this.load.spans / this.load.requests.length / spansPerSecond) * 1000;
      this.stage.rescue.tick(this.nowMs);
      this.stage.shard.tick(this.nowMs, 10_000);
      await new Promise(setImmediate);
    }
    const used = process.cpuUsage(before);
    return ((used.user + used.system) * 1000) / this.load.spans;
  }
}

/** The lower quartile: what others on the machine do only ever adds. */
function quartile(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2]!;
}

for (const [spansPerSecond, warmRounds] of [
  [20_000, 3],
  [200_000, 12],
  [1_000_000, 40],
] as const) {
  const ring = (): RescueRingOptions => ({
    maxBytes: 32 * MIB,
    diskBytes: 0,
    leastHorizonMs: 10_000,
    codec: zstdCodec,
    disk: undefined,
    seed: 7,
  });
  const [without, with_] = [new Run(undefined), new Run(ring())];
  const times: [number[], number[]] = [[], []];
  // Until the ring has seen what is offered in a horizon.
  for (let round = 0; round < warmRounds; round++) for (const run of [without, with_]) await run.round(spansPerSecond);
  for (let round = -2; round < ROUNDS; round++) {
    const pair =
      round % 2 === 0
        ? [await without.round(spansPerSecond), await with_.round(spansPerSecond)]
        : [await with_.round(spansPerSecond), await without.round(spansPerSecond)].toReversed();
    if (round >= 0) for (const [i, time] of pair.entries()) times[i]!.push(time);
  }
  const [plain, rescued] = times.map(quartile) as [number, number];
  const held = with_.stage.rescue.rescuer.ring!;
  console.log(
    JSON.stringify({
      bench: 'rescue ring',
      spansPerSecond,
      nsPerSpanWithout: Math.round(plain),
      nsPerSpanWith: Math.round(rescued),
      overheadPercent: Number(((rescued / plain - 1) * 100).toFixed(1)),
      share: Number((1 - held.leastHi / 2 ** 28).toFixed(4)),
      horizonSeconds: Number((held.horizonMs(with_.nowMs) / 1000).toFixed(1)),
      traces: held.index.traces,
      megabytes: Math.round(held.bytes / 1e6),
    }),
  );
}

// Late spans of dropped traces: the same spans once more, when their traces have been decided.
for (const ring of [
  undefined,
  { maxBytes: 32 * MIB, diskBytes: 0, leastHorizonMs: 10_000, codec: zstdCodec, disk: undefined, seed: 7 },
]) {
  const run = new Run(ring);
  await run.round(1_000_000);
  run.nowMs += 60_000;
  while (run.stage.shard.tick(run.nowMs, 100_000));
  const { stage } = run;
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = stage.shard.ledger.lateDropped;
    const from = performance.now();
    for (const body of run.load.requests) stage.accept({ body, transport: 'grpc', encoding: 'protobuf' }, run.nowMs);
    times.push(((performance.now() - from) * 1e6) / (stage.shard.ledger.lateDropped - before));
  }
  console.log(
    JSON.stringify({
      bench: 'late spans of dropped traces, index and RED included',
      ring: ring !== undefined,
      nsPerSpan: Math.round(quartile(times)),
    }),
  );
}
