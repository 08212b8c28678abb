// Cost of a late span whose trace was dropped: found in the decision memory, compared with the known spans of its trace, counted and dropped; of a
// copy of such a span; and of a span turned away under overload. The index (which every span pays) is not in it.
// Run: node --expose-gc tests/bench/late-drop.bench.ts
import { DecidedSpans } from '#collector/assemble/decided-spans.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { TraceShard } from '#collector/assemble/shard.ts';
import { DUPLICATE_SPAN } from '#collector/assemble/span-ledger.ts';
import { DecisionMemory } from '#collector/decide/memory/decision-memory.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import type { Decision } from '#collector/model/trace.ts';
import { TraceShedding } from '#collector/overload/trace-shedding.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';
import { FreshIds } from './fresh-ids.ts';

const REQUESTS = 64;
const SPANS_PER_REQUEST = 1000;
const ROUNDS = 25;
/** High half of a T_min that turns nearly everything away. */
const LEAST_HI = 2 ** 28 - 1;
const DROPPED: Decision = { keep: false, rule: 0, thresholdHi: 2 ** 28, thresholdLo: 0, weight: 0 };

/** @param spansPerTrace that follow each other in a request */
function measure(name: string, spansPerTrace: number, what: 'late' | 'copies' | 'turned away'): void {
  const memory = createSpanMemory(100_000, 7);
  const index = new RequestIndex(memory);
  const decisions = new DecisionMemory(64 * 2 ** 20, 7);
  const control = { leastHi: what === 'turned away' ? LEAST_HI : 0 };
  const arrival = new TraceShedding(control, decisions, 1);
  const shard = new TraceShard(
    memory,
    {
      quietMs: 1000,
      afterRootMs: 5000,
      maxMs: 30_000,
      maxBytes: 2 ** 30,
      spansPerTrace: 1000,
      bytesPerTrace: 2 ** 24,
      traceCapacity: 100_000,
      seed: 7,
    },
    {
      decisions,
      arrival,
      decidedSpans: new DecidedSpans(memory.spans, 7),
      onTrace: (view) => {
        decisions.remember(view, DROPPED);
        return DROPPED;
      },
      onFailure: (error) => {
        throw error;
      },
    },
  );
  const load = new FreshIds(
    Array.from({ length: REQUESTS }, (_, request) =>
      traceRequest(
        Array.from({ length: SPANS_PER_REQUEST }, (_span, i) => ({
          trace: request * SPANS_PER_REQUEST + Math.floor(i / spansPerTrace) + 1,
          span: (i % spansPerTrace) + 1,
        })),
      ),
    ),
  );
  let round = 0;
  let nowMs = 1000;
  const acceptAll = (): void => {
    for (const request of load.requests) {
      index.index(request);
      shard.accept(index, request, nowMs);
    }
  };
  /** ns of CPU per span: the clock is too coarse for a single request, so the index is measured alone and taken off. */
  const cost = (accepts: boolean): number => {
    let took = 0;
    for (let i = 0; i < ROUNDS; i++) {
      load.renew(++round);
      nowMs += 320; // 200,000 spans/s
      if (accepts && what !== 'turned away') {
        acceptAll();
        while (shard.drain(100_000));
      }
      if (what === 'late') load.renewSpans(round);
      const from = process.threadCpuUsage();
      if (accepts) acceptAll();
      else for (const request of load.requests) index.index(request);
      const { user, system } = process.threadCpuUsage(from);
      took += user + system;
    }
    return (took * 1000) / load.spans / ROUNDS;
  };
  cost(true); // warm
  const ns = cost(true) - cost(false);
  const { sampledOut, dropped } = shard.ledger;
  console.log(
    JSON.stringify({
      bench: name,
      nsPerSpan: Math.round(ns),
      sampledOut: sampledOut.flat(),
      turnedAway: arrival.traces,
      copies: dropped[DUPLICATE_SPAN],
      balanced: shard.ledger.isBalanced(),
    }),
  );
}

measure('late span of a dropped trace, 10 of a trace together', 10, 'late');
measure('late span of a dropped trace, each of another trace', 1, 'late');
measure('copy of a span of a dropped trace, 10 of a trace together', 10, 'copies');
measure('copy of a span of a dropped trace, each of another trace', 1, 'copies');
measure('span turned away under overload, 10 of a trace together', 10, 'turned away');
measure('span turned away under overload, each of another trace', 1, 'turned away');
