// Judges weights by what they are for: totals estimated from them, over many seeds, against the truth.
import { expect } from 'vitest';
import { run, SERVICES, shapes, totalsOf, truthOf, type Shape } from './stage-load.ts';
import type { StageUnderTest } from './stage-under-test.ts';

const SEEDS = 200;

/**
 * Runs the load of 200 seeds through the stage: the mean error of spans, errors and spans per service is within three standard errors of 0,
 * every trace has one threshold, every span is accounted for.
 * @param leftOut service of a `keep: 0%` rule: nothing stands for it
 * @param mostError bound of the standard error of all spans, or of what is told to be precise
 */
export function judgeTotals(
  under: StageUnderTest,
  leftOut: string,
  mostError: number,
  onStep: (atMs: number) => void = () => {},
  {
    load = shapes(),
    precise = ['spans'],
  }: { readonly load?: readonly Shape[]; readonly precise?: readonly string[] } = {},
): void {
  const keys = [
    'spans',
    'errors',
    ...Array.from({ length: SERVICES }, (_, i) => `s${i}`).filter((service) => service !== leftOut),
  ];
  const truth = truthOf(load, leftOut);
  const errors = new Map<string, number[]>(keys.map((key) => [key, []]));
  let keptParts = 0;
  let divided = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    under.kept.clear();
    run(under, load, seed, onStep);
    for (const parts of under.kept.values()) {
      if (parts.some((part) => part.threshold !== parts[0]!.threshold)) divided++;
      keptParts += parts.length;
    }
    const totals = totalsOf(under);
    for (const key of keys) errors.get(key)!.push((totals.get(key) ?? 0) / truth.get(key)! - 1);
  }
  expect({ divided, isAccounted: under.isAccounted, pending: under.pending }).toEqual({
    divided: 0,
    isAccounted: true,
    pending: 0,
  });
  expect(keptParts).toBeGreaterThan(SEEDS * 50);
  for (const key of keys) {
    const of = errors.get(key)!;
    const mean = of.reduce((sum, error) => sum + error, 0) / SEEDS;
    const standardError = Math.sqrt(of.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (SEEDS - 1) / SEEDS);
    // Several estimates of several samplers are looked at, so a single one may reach a little beyond three standard errors.
    expect({
      key,
      unbiased: Math.abs(mean) <= (key === 'spans' ? 3 : 3.5) * standardError + 1e-9,
      mean,
      standardError,
    }).toMatchObject({ unbiased: true });
    expect({ key, precise: !precise.includes(key) || standardError < mostError, standardError }).toMatchObject({
      precise: true,
    });
  }
}
