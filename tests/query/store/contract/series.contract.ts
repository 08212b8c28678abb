// What a store of series answers to PromQL, whatever holds them: asked of the world in world.ts.
import { expect, it } from 'vitest';
import { makeMatcher } from '#query/promql/matcher.ts';
import type { SeriesStore } from '#query/promql/storage.ts';
import { NS_PER_MS, START_NS } from './world.ts';

const START_MS = Number(START_NS / NS_PER_MS);
const RANGE = { startMs: START_MS, endMs: START_MS + 600_000 };
const LIMITS = { maxSeries: 100, maxSamples: 1000, timeoutMs: 30_000 };
const SIGNAL = new AbortController().signal;
const CALLS = [makeMatcher('__name__', '=', 'calls_total')];

export function seriesContract(store: () => SeriesStore): void {
  it('gives the samples of a closed interval, by label sets in their order', async () => {
    const two = { startMs: START_MS + 60_000, endMs: START_MS + 120_000 };
    const found = await store().select(CALLS, two, LIMITS, SIGNAL);
    expect(found.map(({ labels, timesMs, values }) => [labels.toString(), [...timesMs], [...values]])).toEqual([
      ['{__name__="calls_total", route="/a", service_name="pay"}', [two.startMs, two.endMs], [5, 5]],
      ['{__name__="calls_total", service_name="shop"}', [two.startMs, two.endMs], [2, 4]],
    ]);
  });

  it.each([
    [makeMatcher('service_name', '=', 'shop'), ['shop']],
    [makeMatcher('service_name', '!=', 'shop'), ['pay']],
    [makeMatcher('service_name', '=~', 'sh.*|pa'), ['shop']],
    [makeMatcher('service_name', '!~', 'sh.*'), ['pay']],
    [makeMatcher('route', '=', ''), ['shop']],
    [makeMatcher('service_name', '=', "shop' OR 1"), []],
  ])('holds to the matcher %j', async (matcher, expected) => {
    const found = await store().select([...CALLS, matcher], RANGE, LIMITS, SIGNAL);
    expect(found.map(({ labels }) => labels.get('service_name'))).toEqual(expected);
  });

  it('lists series, names and values, sorted', async () => {
    const any = [[makeMatcher('__name__', '=~', '.+')]];
    const series = await store().series(any, RANGE, LIMITS, SIGNAL);
    expect(series.map((labels) => labels.get('__name__'))).toEqual(['calls_total', 'calls_total', 'up']);
    expect(await store().labelNames([], RANGE, LIMITS, SIGNAL)).toEqual(['__name__', 'route', 'service_name']);
    expect(await store().labelValues('service_name', [], RANGE, LIMITS, SIGNAL)).toEqual(['pay', 'shop']);
    expect(await store().labelValues('__name__', [CALLS], RANGE, LIMITS, SIGNAL)).toEqual(['calls_total']);
    expect(await store().series(any, { startMs: 0, endMs: 1000 }, LIMITS, SIGNAL)).toEqual([]);
  });

  it('refuses more series than are allowed', async () => {
    const asked = store().select(CALLS, RANGE, { ...LIMITS, maxSeries: 1 }, SIGNAL);
    await expect(asked).rejects.toMatchObject({ type: 'execution' });
  });
}
