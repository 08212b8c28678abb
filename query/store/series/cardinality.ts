// How many series and labels are stored, and what has most of them: counted by ClickHouse, label sets never leave it.
import { SERIES_TABLE } from '#proto/tables/series.ts';
import { METRIC_NAME } from '#query/promql/labels.ts';
import type { Cardinality, CardinalityReader } from '#query/promql/storage.ts';
import { number, text } from '../columns.ts';
import type { Database } from '../database.ts';
import { TableReader } from '../table-reader.ts';

const TOTALS = {
  series: number('uniqExact(id)'),
  minTimeMs: number('toUnixTimestamp64Milli(min(first_seen))'),
  maxTimeMs: number('toUnixTimestamp64Milli(max(last_seen))'),
};
/** Labels of all series, the name of the metric among them, each with how many series have it. */
const PAIRS = `(SELECT pair.1 AS k, pair.2 AS v, uniqExact(id) AS c FROM (
    SELECT id, arrayJoin(arrayPushBack(arrayZip(mapKeys(labels), mapValues(labels)), ({metricName:String}, toString(name)))) AS pair
    FROM series) GROUP BY k, v)`;
const LABELS = { label: text('k'), values: number('count()'), bytes: number('sum(length(v))') };

export class ClickHouseCardinality implements CardinalityReader {
  readonly #tables: TableReader;

  constructor(db: Database) {
    this.#tables = new TableReader(db, [SERIES_TABLE]);
  }

  async cardinality(first: number, signal: AbortSignal): Promise<Cardinality> {
    const options = { signal, settings: { output_format_json_quote_64bit_integers: 0 as const } };
    const bindings = { first, metricName: METRIC_NAME };
    const counts = { name: text("concat(k, '=', v)"), value: number('c') };
    const labels = (order: 'values' | 'bytes'): string =>
      `FROM ${PAIRS} GROUP BY k ORDER BY ${order} DESC, k LIMIT {first:UInt64}`;
    const [[totals], [pairs], metrics, byValues, byBytes, byPair] = await Promise.all([
      this.#tables.select(TOTALS, 'FROM series', bindings, options),
      this.#tables.select({ count: number('count()') }, `FROM ${PAIRS}`, bindings, options),
      this.#tables.select(
        { name: text('v'), value: number('c') },
        `FROM ${PAIRS} WHERE k = {metricName:String} ORDER BY c DESC, v LIMIT {first:UInt64}`,
        bindings,
        options,
      ),
      this.#tables.select(LABELS, labels('values'), bindings, options),
      this.#tables.select(LABELS, labels('bytes'), bindings, options),
      this.#tables.select(counts, `FROM ${PAIRS} ORDER BY c DESC, k, v LIMIT {first:UInt64}`, bindings, options),
    ]);
    return {
      series: totals?.series ?? 0,
      labelPairs: pairs?.count ?? 0,
      minTimeMs: totals?.minTimeMs ?? 0,
      maxTimeMs: totals?.maxTimeMs ?? 0,
      seriesByMetric: metrics,
      valuesByLabel: byValues.map(({ label, values }) => ({ name: label, value: values })),
      bytesByLabel: byBytes.map(({ label, bytes }) => ({ name: label, value: bytes })),
      seriesByPair: byPair,
    };
  }
}
