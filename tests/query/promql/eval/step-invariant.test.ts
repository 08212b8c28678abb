// What is pinned with `@` is evaluated once, with the same answer at every step.
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENGINE_OPTIONS, prepare, queryRange, type QueryResult } from '#query/promql/engine.ts';
import { parse } from '#query/promql/parse.ts';
import { makeGrid } from '#query/promql/eval/context.ts';
import { isStepInvariant } from '#query/promql/eval/step-invariant.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf(['m{a="1"} 0+1x30', 'm{a="2"} 0+2x30']);

function ask(query: string): Promise<QueryResult> {
  const prepared = prepare(query, DEFAULT_ENGINE_OPTIONS.features);
  const range = { startMs: 600_000, endMs: 1_200_000, stepMs: 60_000 };
  return queryRange(store, prepared, range, DEFAULT_ENGINE_OPTIONS, new AbortController().signal);
}

describe('isStepInvariant', () => {
  it.each([
    ['m @ 600', true],
    ['rate(m[5m] @ start())', true],
    ['sum(m @ 600) + 1', true],
    ['timestamp(m @ 600)', true],
    ['timestamp(abs(m @ 600))', false],
    ['m', false],
    ['m @ 600 + m', false],
    ['time() + 0 * scalar(m @ 600)', false],
    ['1', false],
  ])('of %s is %s', (query, expected) => {
    const times = { query: makeGrid(0, 600_000, 60_000), durations: { stepMs: 60_000, rangeMs: 600_000 } };
    expect(isStepInvariant(parse(query), times)).toBe(expected);
  });
});

describe('a pinned expression', () => {
  it('has the same value at each step', async () => {
    const { data } = await ask('sum(m @ 600)');
    expect(data.type === 'matrix' && Array.from(data.series[0]?.values ?? [])).toEqual(
      Array.from({ length: 11 }, () => 30),
    );
  });

  it('counts as if each step had looked at it, and holds the values of all', async () => {
    const { samplesSeen, samplesRead, peakSamples } = await ask('m @ 600');
    expect({ samplesSeen, samplesRead, peakSamples }).toEqual({ samplesSeen: 22, samplesRead: 2, peakSamples: 22 });
  });

  it('may stand beside one that is not', async () => {
    const { data } = await ask('m - m @ 600');
    expect(data.type === 'matrix' && Array.from(data.series[1]?.values ?? []).slice(0, 3)).toEqual([0, 2, 4]);
  });
});
