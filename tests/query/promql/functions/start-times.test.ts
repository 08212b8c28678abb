// Start times of samples: counter resets that values do not show, and start_timestamp().
import { describe, expect, it } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import { instant, runInstant } from '#tests/support/promql-lines.ts';
import { MemoryStore } from '#tests/support/memory-series-store.ts';

const ON = { useStartTimestamps: true };

function storeOf(values: readonly number[], startsMs: readonly number[]): MemoryStore {
  const store = new MemoryStore();
  store.add({
    labels: LabelSet.from([['__name__', 'c_total']]),
    timesMs: Float64Array.from(values, (_, at) => (at + 2) * 60_000),
    values: Float64Array.from(values),
    startTimesMs: Float64Array.from(startsMs),
  });
  return store;
}

describe('start times', () => {
  const restarted = storeOf([10, 20, 30], [1, 1, 200_000]);

  it('show a reset where the value has grown all the same', async () => {
    expect(await instant(restarted, 'resets(c_total[10m])', 240, ON)).toEqual(['{} 1']);
    expect(await instant(restarted, 'resets(c_total[10m])', 240)).toEqual(['{} 0']);
    expect(await instant(restarted, 'irate(c_total[10m])', 240, ON)).toEqual(['{} 0.5']);
  });

  it('stand for a zero where counting began inside the window', async () => {
    const fresh = storeOf([60], [60_000]);
    expect(await instant(fresh, 'increase(c_total[5m])', 120, ON)).toEqual(['{} 60']);
    expect(await instant(fresh, 'increase(c_total[5m])', 120)).toEqual([]);
  });

  it('are given by start_timestamp, of bare selectors', async () => {
    expect(await instant(restarted, 'start_timestamp(c_total)', 240, ON)).toEqual(['{} 200']);
    expect(await instant(restarted, 'start_timestamp(c_total)', 240)).toEqual([]);
    expect(await instant(restarted, 'start_timestamp(c_total + 0)', 240, ON)).toEqual([]);
  });

  it('that lie before the sample ahead are warned of, once per metric', async () => {
    const overlapping = storeOf([10, 20, 30], [1, 100_000, 150_000]);
    const { annotations } = await runInstant(overlapping, 'increase(c_total[10m])', 240, ON);
    expect(annotations.all('warning')).toEqual([
      'PromQL warning: sample has start time that overlaps with previous sample timestamp for metric "c_total" (1:10)',
    ]);
  });
});
