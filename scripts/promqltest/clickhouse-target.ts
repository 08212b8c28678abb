// Series of a script in a real ClickHouse that is started for it. Rows are written as the collector writes them: values bit for bit.
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { createStoreClient } from '#collector/store/client.ts';
import { migrate } from '#collector/store/migrate.ts';
import { METRIC_NAME } from '#query/promql/labels.ts';
import type { Series } from '#query/promql/storage.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { storeAt } from '#tests/support/store-of.ts';
import type { Target } from './target.ts';

const TABLES = ['series', 'samples'];

function* seriesRows(ids: ReadonlyMap<Series, string>): Generator<string> {
  for (const [{ labels, timesMs }, id] of ids) {
    const row = {
      name: labels.get(METRIC_NAME),
      id,
      labels: Object.fromEntries([...labels.entries()].filter(([name]) => name !== METRIC_NAME)),
      first: String(timesMs[0] ?? 0),
      last: String(timesMs.at(-1) ?? 0),
    };
    yield `${JSON.stringify(row)}\n`;
  }
}

function* sampleRows(ids: ReadonlyMap<Series, string>): Generator<string> {
  for (const [{ timesMs, values, startTimesMs }, id] of ids) {
    const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
    for (const [at, timeMs] of timesMs.entries()) {
      const row = { id, time: String(timeMs), bits: String(bits[at]), start: String(startTimesMs?.[at] ?? 0) };
      yield `${JSON.stringify(row)}\n`;
    }
  }
}

async function insert(client: ClickHouseClient, query: string, rows: Iterable<string>): Promise<void> {
  const { stream } = await client.exec({ query: `${query} FORMAT JSONEachRow`, values: Readable.from(rows) });
  stream.resume();
}

/** Starts a ClickHouse of its own. */
export async function clickHouseTarget(): Promise<Target> {
  const server = await startEmbeddedClickHouse();
  const client = createStoreClient({ url: server.url });
  await migrate(client, 'deploy/clickhouse');
  const store = storeAt(server.url);
  const idByLabels = new Map<string, string>();
  return {
    store: store.series,
    add: async (series) => {
      if (series.some((one) => one.histograms !== undefined))
        throw new Error('the store in ClickHouse holds no native histograms yet');
      const ids = new Map<Series, string>();
      for (const one of series) {
        const id = idByLabels.get(one.labels.key) ?? String(idByLabels.size + 1);
        idByLabels.set(one.labels.key, id);
        ids.set(one, id);
      }
      await insert(
        client,
        `INSERT INTO series (name, id, labels, kind, unit, help, first_seen, last_seen, stored_at)
         SELECT name, id, labels, 'gauge', '', '', fromUnixTimestamp64Milli(first), fromUnixTimestamp64Milli(last), now()
         FROM input('name String, id UInt64, labels Map(String, String), first Int64, last Int64')`,
        seriesRows(ids),
      );
      await insert(
        client,
        `INSERT INTO samples (id, ts, value, start, stored_at)
         SELECT id, fromUnixTimestamp64Milli(time), reinterpretAsFloat64(bits), fromUnixTimestamp64Milli(start), now()
         FROM input('id UInt64, time Int64, bits UInt64, start Int64')`,
        sampleRows(ids),
      );
    },
    clear: async () => {
      idByLabels.clear();
      for (const table of TABLES) await client.command({ query: `TRUNCATE TABLE ${table}` });
    },
    close: async () => {
      await store.close();
      await client.close();
      await server.stop();
    },
  };
}
