// The contract of series, held by the store that tests of PromQL use: what they see is what ClickHouse would answer.
import { LabelSet } from '#query/promql/labels.ts';
import { MemoryStore } from '#tests/support/memory-series-store.ts';
import { seriesContract } from './series.contract.ts';
import { NS_PER_MS, SERIES, START_NS } from './world.ts';

const store = new MemoryStore();
for (const { name, labels, values } of SERIES)
  store.add({
    labels: LabelSet.from([['__name__', name], ...Object.entries(labels)]),
    timesMs: Float64Array.from(values, (_, i) => Number(START_NS / NS_PER_MS) + i * 60_000),
    values: Float64Array.from(values),
  });

seriesContract(() => store);
