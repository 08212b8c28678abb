// Over random loads, waits, slow and failing disks, restarts and crashes: what was answered is stored, and stored once.
import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CollectorLives, LivesOptions } from '#tests/support/collector-lives.ts';
import { accountOf, exactly, FIRST_POINT, livesOf, type CountedLoad } from './counted-load.ts';

const TIMEOUT_MS = 120_000;

type Step =
  | { readonly kind: 'again'; readonly which: number; readonly trace: number }
  | { readonly kind: 'trace'; readonly trace: number; readonly spans: number }
  | { readonly kind: 'logs' | 'points'; readonly count: number }
  | { readonly kind: 'log' | 'flush' | 'away' | 'back' | 'fail' | 'heal' }
  | { readonly kind: 'pass'; readonly ms: number; readonly turns: number }
  | { readonly kind: 'crash'; readonly turns: number }
  | { readonly kind: 'restart'; readonly decides: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('trace' as const),
      trace: fc.integer({ min: 1, max: 12 }),
      spans: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(...(['log', 'log', 'log', 'flush', 'away', 'back', 'fail', 'heal'] as const)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('logs' as const, 'points' as const),
      count: fc.integer({ min: 2, max: 80 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(250, 1000, 3000),
      turns: fc.integer({ min: 0, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), turns: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), decides: fc.boolean() }) },
);

/** Runs random steps to their end, until all is stored. */
async function run(
  steps: readonly Step[],
  slow: number,
  options: LivesOptions,
  randomnessOf: (trace: number) => string,
): Promise<{ lives: CollectorLives; load: CountedLoad }> {
  let n = 0;
  const { lives, load } = await livesOf({ slowness: () => (n++ * 7) % (slow + 1), maxBlockRows: 15, ...options });
  for (const one of steps) {
    if (one.kind === 'trace') load.trace(one.trace, one.spans, randomnessOf(one.trace));
    else if (one.kind === 'again') load.again(one.which, one.trace);
    else if (one.kind === 'log') load.log();
    else if (one.kind === 'logs') load.log(one.count);
    else if (one.kind === 'points') load.metric(one.count);
    else if (one.kind === 'flush') lives.pipeline.flushDerived();
    else if (one.kind === 'pass') await lives.pass(one.ms, one.turns);
    else if (one.kind === 'fail' || one.kind === 'heal')
      lives.failure = one.kind === 'fail' ? new Error('no space left') : undefined;
    else if (one.kind === 'restart') await lives.restart(one.decides);
    else if (one.kind === 'crash') {
      for (let i = 0; i < one.turns; i++) await turn();
      await lives.crash();
    } else lives.isStoreAway = one.kind === 'away';
  }
  lives.failure = undefined;
  lives.isStoreAway = false;
  await lives.settle();
  return { lives, load };
}

test.each([
  ['', 100],
  [' where traces are cut at three spans', 3],
])(
  'over random loads, waits, slow and failing disks and crashes everything is stored once%s',
  { timeout: TIMEOUT_MS },
  async (_where, spansPerTrace) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 5 }), async (steps, slow) => {
        const { lives, load } = await run(steps, slow, { spansPerTrace }, () => '');
        expect(accountOf(lives)).toEqual(exactly(load));
        expect(new Set(lives.texts('logs', 'body')).size).toBe(load.logs);
        expect(new Set(lives.doubles('samples', 'value').filter((value) => value > FIRST_POINT)).size).toBe(
          load.points,
        );
        expect(lives.largestBlock).toBeLessThanOrEqual(15);
      }),
      { numRuns: 12, seed: 11 },
    );
  },
);

test.each([
  ['rules', 'sampling: { rules: [{ name: half, keep: 50% }] }'],
  [
    'a budget without bounds over windows',
    'sampling: { rules: [{ name: half, keep: 50% }], budget: { spans_per_second: 1000000, window: 2s } }',
  ],
])(
  'over the same, of traces sampled by %s those above the threshold are stored whole, and no others',
  { timeout: TIMEOUT_MS },
  async (_what, yaml) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 5 }), async (steps, slow) => {
        const { lives, load } = await run(steps, slow, { yaml }, (trace) => (trace % 3 === 0 ? '0' : 'f'));
        const kept = steps.reduce((sum, one) => sum + (one.kind === 'trace' && one.trace % 3 !== 0 ? one.spans : 0), 0);
        expect(accountOf(lives)).toEqual({ ...exactly(load), spans: kept });
      }),
      { numRuns: 6, seed: 12 },
    );
  },
);

test.each([
  ['', 100],
  [' where traces are cut at three spans', 3],
])(
  'over the same, with spans that come again in other requests: each is stored and counted once%s',
  { timeout: TIMEOUT_MS },
  async (_where, spansPerTrace) => {
    const again = fc.record({
      kind: fc.constant('again' as const),
      which: fc.nat(),
      trace: fc.integer({ min: 1, max: 12 }),
    });
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: step }, { weight: 1, arbitrary: again }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 0, max: 5 }), async (these, slow) => {
        const { lives, load } = await run(these, slow, { spansPerTrace }, () => '');
        const account = accountOf(lives);
        const copies =
          lives.pipeline.ledger.traces.droppedByReason().find(([reason]) => reason === 'duplicate_span')?.[1] ?? 0;
        expect(account).toEqual({ ...exactly(load), dropped: copies });
      }),
      { numRuns: 8, seed: 13 },
    );
  },
);
