// Estimates from stored traces: unbiased over many seeds, their standard errors honest, exact where nothing gets likelier.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { estimateAfter, type StoredTrace } from '#collector/simulate/estimate.ts';
import { RowSums } from '#collector/simulate/sums.ts';
import type { SimulatedTrace } from '#collector/simulate/simulate-own.ts';

const TWO_56 = 2 ** 56;
const TRACES = 400;

interface Case {
  readonly seed: number;
  readonly before: number;
  readonly after: number;
  /** Of the stored traces, how many are looked at. */
  readonly share: number;
}

/** A small generator, so that every case repeats. */
function random(seed: number): () => number {
  let state = Math.imul(seed, 0x2c1b3c6d);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** What one run estimates, and what would really have been kept. */
function run({ seed, before, after, share }: Case): { estimate: number; error: number; truth: number } {
  const next = random(seed);
  const stored = new Map<string, StoredTrace>();
  const decided: SimulatedTrace[] = [];
  let truth = 0;
  for (let i = 0; i < TRACES; i++) {
    const [r, spans] = [next(), 1 + Math.floor(next() * 20)];
    const keep = r >= 1 - after;
    if (keep) truth += spans;
    if (r < 1 - before || next() >= share) continue;
    const id = String(i).padStart(32, '0');
    stored.set(id, {
      rule: 'old',
      weight: 1 / before,
      facts: {
        traceId: id,
        spans,
        bytes: spans * 100,
        errors: 0,
        rootService: 'web',
        rootName: 'GET',
        start: '0',
        durationNs: 1,
      },
    });
    const threshold = BigInt(Math.round((1 - after) * TWO_56))
      .toString(16)
      .padStart(14, '0');
    decided.push({
      trace_id: id,
      decision: keep ? 'keep' : 'drop',
      rule: 'new',
      threshold,
      weight: keep ? 1 / after : null,
      spans,
      trigger: 'complete',
    });
  }
  const rules = new RowSums();
  estimateAfter(decided, stored, share, rules, new RowSums());
  return { estimate: rules.total.after.kept.spans, error: Math.sqrt(rules.total.after.variance.spans), truth };
}

it.each([
  { before: 0.2, after: 0.5, share: 1 },
  { before: 0.2, after: 0.5, share: 0.5 },
  { before: 0.5, after: 0.2, share: 0.4 },
  { before: 0.1, after: 1, share: 1 },
])(
  'from $before to $after with $share looked at: unbiased over 400 seeds, and the standard error is the spread',
  (one) => {
    const runs = Array.from({ length: 400 }, (_, seed) => run({ ...one, seed: seed + 1 }));
    const deviations = runs.map(({ estimate, truth }) => estimate - truth);
    const mean = deviations.reduce((sum, value) => sum + value, 0) / runs.length;
    const spread = Math.sqrt(deviations.reduce((sum, value) => sum + value ** 2, 0) / runs.length);
    const told = Math.sqrt(runs.reduce((sum, { error }) => sum + error ** 2, 0) / runs.length);
    expect(Math.abs(mean)).toBeLessThan((3 * spread) / Math.sqrt(runs.length));
    expect(told / spread).toBeGreaterThan(0.85);
    expect(told / spread).toBeLessThan(1.15);
  },
);

it('is exact whenever nothing gets likelier and all stored traces are looked at', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1 }),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
      (seed, a, b) => {
        const { estimate, error, truth } = run({ seed, before: Math.max(a, b), after: Math.min(a, b), share: 1 });
        expect([estimate, error]).toEqual([truth, 0]);
      },
    ),
    { numRuns: 100, seed: 4 },
  );
});
