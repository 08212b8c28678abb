// Cost of a late span whose trace was dropped: found in the decision memory, counted, gone; and of a span turned away under overload.
// The index (which every span pays) is not in it. Run: node --expose-gc tests/bench/late-drop.bench.ts
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { TraceShard } from '#collector/assemble/shard.ts';
import { DecisionMemory } from '#collector/decide/decision-memory.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { OVERLOAD_RULE, TraceShedding } from '#collector/overload/trace-shedding.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';
import { FreshIds } from './fresh-ids.ts';

const REQUESTS = 64;
const SPANS_PER_REQUEST = 1000;
const ROUNDS = 25;
/** High half of a T_min that turns nearly everything away. */
const LEAST_HI = 2 ** 28 - 1;

/** @param spansPerTrace that follow each other in a request */
function measure(name: string, spansPerTrace: number, isLate: boolean): void {
  const memory = createSpanMemory(100_000, 7);
  const index = new RequestIndex(memory);
  const decisions = new DecisionMemory(64 * 2 ** 20, 7);
  const control = { leastHi: LEAST_HI };
  const arrival = new TraceShedding(control, decisions, 1);
  const shard = new TraceShard(memory, { quietMs: 1000, afterRootMs: 5000, maxMs: 30_000, maxBytes: 2 ** 30, spansPerTrace: 1000, bytesPerTrace: 2 ** 24, traceCapacity: 100_000, seed: 7 }, {
    decisions, arrival,
    onTrace: () => ({ keep: false, rule: 0, thresholdHi: 2 ** 28, thresholdLo: 0, weight: 0 }),
    onFailure: (error) => {
      throw error;
    },
  });
  const load = new FreshIds(Array.from({ length: REQUESTS }, (_, request) => traceRequest(Array.from({ length: SPANS_PER_REQUEST }, (_span, i) => ({
    trace: request * SPANS_PER_REQUEST + Math.floor(i / spansPerTrace) + 1, span: (i % spansPerTrace) + 1,
  })))));
  /** ns of CPU per span: the clock is too coarse for a single request, so the index is measured alone and taken off. */
  const cost = (accepts: boolean): number => {
    let took = 0;
    for (let round = 0; round < ROUNDS; round++) {
      if (!isLate) load.renew(round);
      const from = process.threadCpuUsage();
      for (const request of load.requests) {
        index.index(request);
        if (accepts) shard.accept(index, request, 1000);
      }
      const { user, system } = process.threadCpuUsage(from);
      took += user + system;
    }
    return (took * 1000) / load.spans / ROUNDS;
  };
  cost(true); // warm, and every trace is known as dropped
  const ns = cost(true) - cost(false);
  console.log(JSON.stringify({ bench: name, nsPerSpan: Math.round(ns), sampledOut: shard.ledger.sampledOut[1], turnedAway: arrival.traces, rule: OVERLOAD_RULE, balanced: shard.ledger.isBalanced() }));
}

measure('late span of a dropped trace, 10 of a trace together', 10, true);
measure('late span of a dropped trace, each of another trace', 1, true);
measure('span turned away under overload, 10 of a trace together', 10, false);
measure('span turned away under overload, each of another trace', 1, false);
