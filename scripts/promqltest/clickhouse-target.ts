// Series of a script in a real ClickHouse that is started for it. Rows are written by the collector's own encoders: values bit for bit.
import { createStoreClient } from '#collector/store/client.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import type { AnyBlockTable } from '#collector/store/tables/block-table.ts';
import { HistogramsTable } from '#collector/store/tables/histograms-table.ts';
import { SamplesTable, SeriesTable } from '#collector/store/tables/metrics-tables.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { METRIC_NAME } from '#query/promql/labels.ts';
import type { Series } from '#query/promql/storage.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { storeAt } from '#tests/support/store-of.ts';
import type { Target } from './target.ts';

/** By the number that is stored. */
const HINTS: readonly FloatHistogram['hint'][] = ['unknown', 'reset', 'not_reset', 'gauge'];

/** The words of doubles, high and low. */
class Words {
  readonly #low: Uint32Array;

  constructor(values: Float64Array) {
    this.#low = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  }

  at(place: number): { readonly hi: number; readonly lo: number } {
    return { hi: this.#low[2 * place + 1]!, lo: this.#low[2 * place]! };
  }
}

class Tables {
  readonly series = new SeriesTable();
  readonly samples = new SamplesTable();
  readonly histograms = new HistogramsTable();
  readonly all: readonly AnyBlockTable[] = [this.series, this.samples, this.histograms];

  append({ labels, timesMs, values, histograms, startTimesMs }: Series, id: number): void {
    this.series.append({
      name: labels.get(METRIC_NAME),
      idHi: 0,
      idLo: id,
      labels: new Map([...labels.entries()].filter(([name]) => name !== METRIC_NAME)),
      kind: 'gauge',
      unit: '',
      help: '',
      firstSeenMs: timesMs[0] ?? 0,
      lastSeenMs: timesMs.at(-1) ?? 0,
    });
    const words = new Words(values);
    for (const [at, timeMs] of timesMs.entries()) {
      const histogram = histograms?.[at];
      const startMs = startTimesMs?.[at] ?? 0;
      const { hi, lo } = words.at(at);
      if (histogram === undefined) this.samples.appendBits(0, id, timeMs, hi, lo, startMs);
      else this.#histogram(histogram, id, timeMs, startMs);
    }
  }

  #histogram(histogram: FloatHistogram, id: number, timeMs: number, startMs: number): void {
    const { hi, lo } = new Words(Float64Array.of(histogram.sum)).at(0);
    this.histograms.append({
      ...histogram,
      idHi: 0,
      idLo: id,
      timeMs,
      startMs,
      hint: HINTS.indexOf(histogram.hint),
      sumHi: hi,
      sumLo: lo,
      customBounds: histogram.customValues,
    });
  }
}

/** Starts a ClickHouse of its own. */
export async function clickHouseTarget(): Promise<Target> {
  const server = await startEmbeddedClickHouse();
  const client = createStoreClient({ url: server.url });
  await makeTables(client);
  const store = storeAt(server.url);
  const idByLabels = new Map<string, number>();
  let blocks = 0;
  return {
    store: store.series,
    add: async (series) => {
      const tables = new Tables();
      for (const one of series) {
        const id = idByLabels.get(one.labels.key) ?? idByLabels.size + 1;
        idByLabels.set(one.labels.key, id);
        tables.append(one, id);
      }
      for (const table of tables.all) {
        const block = table.cutBlock(Math.floor(Date.now() / 1000));
        if (block !== undefined) await insertBlock(client, block.table, block.columns, block.bytes, String(++blocks));
      }
    },
    clear: async () => {
      idByLabels.clear();
      for (const { table } of new Tables().all) await client.command({ query: `TRUNCATE TABLE ${table}` });
    },
    close: async () => {
      await store.close();
      await client.close();
      await server.stop();
    },
  };
}
