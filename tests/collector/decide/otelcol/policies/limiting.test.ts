// Token buckets of rate_limiting and bytes_limiting against plain ones: live they serve who comes first, with the gate the highest randomness.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { compiledShards, policy, received, refusal, tickOf } from '#tests/support/collector-decision.ts';

const spans = (count: number) => Array.from({ length: count }, () => ({}));
const withRandomness = (randomness: number, count: number) =>
  received(spans(count), `${'1'.repeat(18)}${randomness.toString(16).padStart(14, '0')}`);
const TRACES = Array.from({ length: 9 }, (_, count) => received(spans(count + 1)));

/** The bucket of the documentation: full at first, so much per second, never above its burst. */
function plainBucket(rate: number, burst: number): (cost: number, nowMs: number) => boolean {
  let tokens = burst;
  let before: number | undefined;
  return (cost, nowMs) => {
    tokens = Math.min(burst, tokens + ((nowMs - (before ?? nowMs)) * rate) / 1000);
    before = nowMs;
    if (cost > Math.floor(tokens)) return false;
    tokens -= cost;
    return true;
  };
}

test('live, the answers are those of a plain bucket, whatever comes when', () => {
  const arrival = fc.record({
    afterMs: fc.constantFrom(0, 0, 250, 500, 1000, 4000),
    count: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(
      fc.array(arrival, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(1, 2, 4, 8),
      fc.constantFrom(0, 1, 3, 8, 20),
      (arrivals, rate, burst) => {
        const block = `{ spans_per_second: ${rate}, burst_capacity: ${burst} }`;
        const [set] = compiledShards(policy('rate_limiting', block));
        const bucket = plainBucket(rate, burst === 0 ? 2 * rate : burst);
        let nowMs = 0;
        for (const { afterMs, count } of arrivals) {
          nowMs += afterMs;
          expect(set!.decideTick([TRACES[count - 1]!], nowMs)[0]!.keep).toBe(bucket(count, nowMs));
        }
      },
    ),
    { seed: 61, numRuns: 100 },
  );
});

/** Highest randomness first, as long as all of one randomness fit; what is above the burst is left out. */
function plainBudget(traces: readonly { r: number; count: number }[], budget: number, burst: number): number[] {
  const fitting = traces.filter(({ count }) => count <= burst);
  const levels = [...new Set(fitting.map(({ r }) => r))].sort((a, b) => b - a);
  const kept: number[] = [];
  let left = budget;
  for (const level of levels) {
    const cost = fitting.filter(({ r }) => r === level).reduce((sum, { count }) => sum + count, 0);
    if (cost > left) break;
    left -= cost;
    kept.push(level);
  }
  return kept;
}

test('with the gate the tokens of a tick go to the highest randomness, and the rest stays in the bucket', () => {
  const trace = fc.record({ r: fc.integer({ min: 1, max: 12 }), count: fc.integer({ min: 1, max: 5 }) });
  const tick = fc.array(trace, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(tick, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 10 }), (ticks, burst) => {
      const rate = 2;
      const stages = policy('rate_limiting', `{ spans_per_second: ${rate}, burst_capacity: ${burst} }`);
      for (const [i, traces] of ticks.entries()) {
        // The first tick has the whole burst; a later one alone is a set of its own.
        const decisions = tickOf(
          stages,
          traces.map(({ r, count }) => withRandomness(r, count)),
          true,
        );
        const kept = plainBudget(traces, burst, burst);
        expect([i, decisions.map(({ keep }) => keep)]).toEqual([
          i,
          traces.map(({ r, count }) => count <= burst && kept.includes(r)),
        ]);
      }
    }),
    { seed: 62, numRuns: 100 },
  );
});

test('one threshold for all of a tick: what is kept is at or above it, what fits but is dropped below', () => {
  const trace = fc.record({ r: fc.integer({ min: 1, max: 30 }), count: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(trace, { minLength: 1, maxLength: 10 }), fc.integer({ min: 4, max: 12 }), (traces, burst) => {
      const decisions = tickOf(
        policy('rate_limiting', `{ spans_per_second: 1, burst_capacity: ${burst} }`),
        traces.map(({ r, count }) => withRandomness(r, count)),
        true,
      );
      const kept = traces.filter((_, i) => decisions[i]!.keep).map(({ r }) => r);
      const dropped = traces.filter((_, i) => !decisions[i]!.keep).map(({ r }) => r);
      expect(Math.min(...kept)).toBeGreaterThan(Math.max(...dropped));
      const below = decisions.filter(({ keep, threshold }, i) => keep && threshold > BigInt(traces[i]!.r));
      expect(below).toEqual([]);
      expect(new Set(decisions.filter(({ keep }) => keep).map(({ threshold }) => threshold)).size).toBeLessThan(2);
    }),
    { seed: 63, numRuns: 100 },
  );
});

test.each([
  ['rate_limiting', '{ spans_per_second: 1.5 }', '.spans_per_second: has the wrong type, got `1.5`'],
  ['rate_limiting', "{ spans_per_second: '5' }", '.spans_per_second: has the wrong type'],
  ['rate_limiting', '{ span_per_second: 5 }', '.span_per_second: is no key here; did you mean `spans_per_second`?'],
  ['rate_limiting', '{ spans_per_second: 5, burst: 9 }', '.burst: is no key here; did you mean `burst_capacity`?'],
  ['rate_limiting', '{ bytes_per_second: 5 }', '.bytes_per_second: is no key here'],
  ['bytes_limiting', '{ bytes_per_second: 1MiB }', '.bytes_per_second: has the wrong type, got `1MiB`'],
  ['bytes_limiting', '{ bytes_per_second: 5, burst_capacity: 2.5 }', '.burst_capacity: has the wrong type'],
  ['bytes_limiting', '{ spans_per_second: 5 }', '.spans_per_second: is no key here'],
  ['bytes_limiting', 'fast', ': is no map'],
])('%s %s is refused', (type, block, message) => {
  expect(refusal(type, block)).toContain(message);
});
