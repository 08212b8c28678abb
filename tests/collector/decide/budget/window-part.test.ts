// Parts of a window from several shards get the thresholds that one shard with all of their traces would give.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate } from '#collector/decide/budget/candidate.ts';
import { mergeWindow, packWindow, thresholdsIn } from '#collector/decide/budget/window-part.ts';
import { windowThresholds } from '#collector/decide/budget/window-thresholds.ts';
import { HALF } from '#proto/model/threshold.ts';

const half = fc.integer({ min: 0, max: HALF - 1 });
const threshold = fc.record({ hi: fc.constantFrom(0, HALF / 2, HALF), lo: fc.constant(0) });
const candidate: fc.Arbitrary<Candidate> = fc.record({
  randomHi: half,
  randomLo: half,
  rule: threshold,
  upstream: fc.constantFrom({ hi: 0, lo: 0 }, { hi: HALF / 4, lo: 7 }),
  spans: fc.integer({ min: 1, max: 40 }),
  bytes: fc.integer({ min: 1, max: 4000 }),
  stratum: fc.constantFrom('a', 'b', 'c'),
  outsideBudget: fc.boolean(),
});

test('any split into shards gives every trace the same threshold, sent as a message', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(candidate, { maxLength: 12 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 15, maxLength: 15 }),
      fc.integer({ min: 1, max: 100 }),
      (shards, seen, spans) => {
        const seenIn = shards.map(
          (_, shard) => new Map(['a', 'b', 'c'].map((stratum, i) => [stratum, seen[shard * 3 + i]!])),
        );
        const merged = mergeWindow(
          shards.map((candidates, shard) =>
            structuredClone(packWindow(candidates, seenIn[shard]!, { spans, bytes: undefined }, 2)),
          ),
        );
        const whole = windowThresholds(shards.flat(), {
          budget: { spans: spans * shards.length, bytes: undefined },
          floorTraces: (stratum) =>
            Math.max(0, 2 - seenIn.reduce((sum, ofShard) => sum + (ofShard.get(stratum) ?? 0), 0)),
        });
        expect(merged.flatMap(thresholdsIn)).toEqual(whole);
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});
