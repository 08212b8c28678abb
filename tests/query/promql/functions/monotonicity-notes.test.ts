// The info about classic histograms that are not monotonic: one per metric, with the numbers that Prometheus states.
import { expect, it } from 'vitest';
import { DEFAULT_ENGINE_OPTIONS, prepare, queryRange } from '#query/promql/engine.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf(['b{le="1"} 5 6 7', 'b{le="2"} 3 3 3', 'b{le="+Inf"} 9 9 9']);

it.each([
  [1, 1],
  [2, 4],
  [3, 10],
])('of %i steps states %i samples', async (steps, samples) => {
  const prepared = prepare('histogram_quantile(0.5, b)', DEFAULT_ENGINE_OPTIONS.features);
  const range = { startMs: 0, endMs: (steps - 1) * 60_000, stepMs: 60_000 };
  const { annotations } = await queryRange(
    store,
    prepared,
    range,
    DEFAULT_ENGINE_OPTIONS,
    new AbortController().signal,
  );
  const until = `1970-01-01T00:0${steps - 1}:00Z`;
  expect(annotations.all('info')[0]).toContain(
    `from buckets 2 to 2, with a max diff of ${steps + 1}, over ${samples} samples from 1970-01-01T00:00:00Z to ${until}`,
  );
});
