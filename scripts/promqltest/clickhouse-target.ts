// Series of a script in a real ClickHouse that is started for it. Rows are written as the collector writes them: values bit for bit.
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createStoreClient } from '#collector/store/client.ts';
import { migrate } from '#collector/store/migrate.ts';
import { METRIC_NAME } from '#query/promql/labels.ts';
import type { Series } from '#query/promql/storage.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { storeAt } from '#tests/support/store-of.ts';
import type { Target } from './target.ts';

const TABLES = ['series', 'samples'];

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '');
}

function seriesRows(ids: ReadonlyMap<Series, string>, storedAt: string): object[] {
  return [...ids].map(([{ labels, timesMs }, id]) => ({
    name: labels.get(METRIC_NAME),
    id,
    labels: Object.fromEntries([...labels.entries()].filter(([name]) => name !== METRIC_NAME)),
    kind: 'gauge',
    unit: '',
    help: '',
    first_seen: timeText(timesMs[0] ?? 0),
    last_seen: timeText(timesMs.at(-1) ?? 0),
    stored_at: storedAt,
  }));
}

/** id, time, value, start and the time of storing: the columns of one row, little-endian. */
const ROW_BYTES = 8 + 8 + 8 + 8 + 4;

/** In ClickHouse's RowBinary: values keep every bit. */
function sampleRows(ids: ReadonlyMap<Series, string>, storedAtSeconds: number): Buffer {
  let rows = 0;
  for (const { timesMs } of ids.keys()) rows += timesMs.length;
  const bytes = Buffer.alloc(rows * ROW_BYTES);
  let at = 0;
  for (const [{ timesMs, values, startTimesMs }, id] of ids) {
    const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
    for (let point = 0; point < timesMs.length; point++) {
      at = bytes.writeBigUInt64LE(BigInt(id), at);
      at = bytes.writeBigInt64LE(BigInt(timesMs[point]!), at);
      at = bytes.writeBigUInt64LE(bits[point]!, at);
      at = bytes.writeBigInt64LE(BigInt(startTimesMs?.[point] ?? 0), at);
      at = bytes.writeUInt32LE(storedAtSeconds, at);
    }
  }
  return bytes;
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
      const ids = new Map<Series, string>();
      const floats = series.filter((one) => one.histograms === undefined);
      for (const one of floats) {
        const id = idByLabels.get(one.labels.key) ?? String(idByLabels.size + 1);
        idByLabels.set(one.labels.key, id);
        ids.set(one, id);
      }
      const now = new Date();
      const storedAt = now.toISOString().slice(0, 19).replace('T', ' ');
      await client.insert({ table: 'series', values: seriesRows(ids, storedAt), format: 'JSONEachRow' });
      const { stream } = await client.exec({
        query: 'INSERT INTO samples (id, ts, value, start, stored_at) FORMAT RowBinary',
        values: Readable.from([sampleRows(ids, Math.floor(now.getTime() / 1000))]),
      });
      stream.resume();
      await finished(stream);
      if (floats.length < series.length) throw new Error('the store in ClickHouse holds no native histograms yet');
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
