// The series store over ClickHouse: labels once in `series`, samples by id. All values are bound, every query has a time limit.
import type { ClickHouseSettings } from '@clickhouse/client';
import { EXEMPLARS_TABLE } from '#proto/tables/exemplars.ts';
import { HISTOGRAMS_TABLE } from '#proto/tables/histograms.ts';
import { SAMPLES_TABLE } from '#proto/tables/samples.ts';
import { SERIES_TABLE } from '#proto/tables/series.ts';
import { compareText } from '#query/promql/compare-text.ts';
import { compareLabels, LabelSet, METRIC_NAME, sortByLabels } from '#query/promql/labels.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type {
  Exemplar,
  MetricMetadata,
  Samples,
  SelectLimits,
  Series,
  SeriesExemplars,
  SeriesStore,
  TimeRange,
} from '#query/promql/storage.ts';
import { hexId, number, text, type Column, type Columns, type RecordOf } from '../columns.ts';
import type { Bindings, Database } from '../database.ts';
import { storeErrorOf } from '../store-error.ts';
import { TableReader } from '../table-reader.ts';
import { inClosedMilliseconds } from '../time-range.ts';
import type { NativeBlock } from '../native-blocks.ts';
import { HISTOGRAM_COLUMNS, HISTOGRAM_TYPES, HistogramCollector } from './collect-histograms.ts';
import { sampleColumns, SampleCollector } from './collect-samples.ts';
import { seriesConditions, type Conditions } from './series-conditions.ts';

/** DateTime64(3) spans 1900 to 2299; times are moved into what is stored at all: 1970 and later. */
const LAST_TIME_MS = 10_413_791_999_999;
/** A series row is rewritten at most this long after its newest sample, so its last_seen may lag that much. */
const LAST_SEEN_LAG_MS = 3_600_000;
/** Exemplars of one answer; charts draw a few thousand at most. */
const MAX_EXEMPLARS = 20_000;

/** What helps where too much is asked for. */
const NARROW = 'select fewer series with more matchers, or a shorter time range';

/** As ClickHouse sends them: numbers are numbers here, whole answers of them. */
const asSent = <T>(sql: string): Column<T> => ({ sql, read: (cell) => cell as T });
const ID = text('toString(id)');
/** A question for blocks of columns; its texts are constant. */
interface BlockColumns {
  readonly table: string;
  readonly columns: string;
  readonly types: readonly string[];
  /** What stands behind the conditions. */
  readonly end: string;
}
const HISTOGRAMS: BlockColumns = {
  table: 'histograms',
  columns: HISTOGRAM_COLUMNS,
  types: HISTOGRAM_TYPES,
  end: 'LIMIT {sampleLimit:UInt64}',
};
/** Samples stand in the order of their ids: ClickHouse puts each series together as it reads, and sends it when it is whole. */
const GROUPED = 'GROUP BY id';
/** Bytes of series that ClickHouse puts together before it sends them. */
const GROUPED_BYTES = 2 * 1024 * 1024;
/** Of rows of #living. */
const LABELS = { idText: ID, metric: text('toString(name)'), pairs: asSent<Readonly<Record<string, string>>>('l') };
const ANY = { one: number('1') };
const EXEMPLAR = {
  idText: ID,
  timestampMs: asSent<number>('toUnixTimestamp64Milli(ts)'),
  measured: asSent<number | string>('value'),
  traceId: hexId('trace_id'),
  spanId: hexId('span_id'),
  extra: asSent<Readonly<Record<string, string>>>('labels'),
};
/** Of rows of names with their kind `k`, unit `u` and help `h`. */
const METADATA = {
  family: text("if(k = 'histogram', replaceRegexpOne(toString(name), '_(bucket|sum|count)$', ''), toString(name))"),
  type: text('any(k)'),
  unit: text('any(u)'),
  help: text('any(h)'),
};

function clamp(timeMs: number): number {
  return Math.min(LAST_TIME_MS, Math.max(0, Math.trunc(timeMs)));
}

function labelsOf(name: string, labels: Readonly<Record<string, string>>): LabelSet {
  return LabelSet.from([...Object.entries(labels), [METRIC_NAME, name]]);
}

function canceled(): PromqlError {
  return new PromqlError('canceled', 'query was canceled in expression evaluation');
}

export class ClickHouseSeries implements SeriesStore {
  readonly #tables: TableReader;

  constructor(db: Database) {
    this.#tables = new TableReader(db, [SERIES_TABLE, SAMPLES_TABLE, HISTOGRAMS_TABLE, EXEMPLARS_TABLE]);
  }

  async select(
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly Series[]> {
    if (range.endMs < 0 || range.endMs < range.startMs || range.startMs > LAST_TIME_MS) return [];
    const conditions = seriesConditions([matchers]);
    const firstMs = clamp(range.startMs);
    // Neither query needs the other's answer; together they cost one round trip.
    const [labels, floats, histograms] = await Promise.all([
      this.#labelsById(conditions, limits, signal),
      this.#collect(
        new SampleCollector(firstMs),
        { table: 'samples', ...sampleColumns(clamp(range.endMs) - firstMs, limits.startTimes !== false), end: GROUPED },
        conditions,
        range,
        limits,
        signal,
      ),
      this.#collect(new HistogramCollector(), HISTOGRAMS, conditions, range, limits, signal),
    ]);
    const found: Series[] = [];
    const add = (id: bigint, samples: Samples): void => {
      const known = labels.get(String(id));
      if (known !== undefined) found.push({ labels: known, ...samples });
    };
    const withHistograms = new Set(histograms.ids());
    for (const [id, samples] of floats.series) {
      add(id, withHistograms.delete(id) ? histograms.joined(id, samples) : samples);
    }
    for (const id of withHistograms) add(id, histograms.joined(id, undefined));
    return sortByLabels(found);
  }

  async #collect<C extends { add(block: NativeBlock): void; readonly samples: number }>(
    collector: C,
    { columns, table, types, end }: BlockColumns,
    conditions: Conditions,
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<C> {
    if (signal.aborted) throw canceled();
    try {
      const blocks = this.#tables.selectBlocks(
        `SELECT ${columns} FROM ${table}
        WHERE id IN (SELECT id FROM series WHERE ${conditions.sql})
          AND ${inClosedMilliseconds('ts')}
        ${end}`,
        types,
        {
          ...conditions.bindings,
          first_ms: clamp(range.startMs),
          last_ms: clamp(range.endMs),
          sampleLimit: limits.maxSamples + 1,
        },
        { signal, settings: settingsOf(limits) },
      );
      for await (const block of blocks) {
        collector.add(block);
        if (collector.samples > limits.maxSamples) break;
      }
    } catch (error) {
      if (signal.aborted) throw canceled();
      throw promqlErrorOf(error);
    }
    if (collector.samples > limits.maxSamples)
      throw new PromqlError('execution', 'query processing would load too many samples into memory in query execution');
    return collector;
  }

  async series(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly LabelSet[]> {
    const labels = await this.#labelsById(seriesConditions(matcherSets), limits, signal, range);
    return [...labels.values()].sort(compareLabels);
  }

  async labelNames(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { sql, bindings } = this.#seen(seriesConditions(matcherSets), range);
    const names = await this.#texts(
      'arrayJoin(mapKeys(labels))',
      `FROM ${sql}`,
      bindings,
      'label names',
      limits,
      signal,
    );
    const any = names.length > 0 || (await this.#rows(ANY, `FROM ${sql} LIMIT 1`, bindings, limits, signal)).length > 0;
    return any ? [...names, METRIC_NAME].sort(compareText) : [];
  }

  async labelValues(
    name: string,
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { sql, bindings } = this.#seen(seriesConditions(matcherSets), range);
    const value = name === METRIC_NAME ? 'toString(name)' : 'labels[{label:String}]';
    const values = await this.#texts(
      value,
      `FROM ${sql} AND v != ''`,
      { ...bindings, label: name },
      `values of ${JSON.stringify(name)}`,
      limits,
      signal,
    );
    return values.sort(compareText);
  }

  /** Distinct texts `v`, in ClickHouse's order. */
  async #texts(
    value: string,
    from: string,
    bindings: Bindings,
    what: string,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<string[]> {
    const most = limits.first ?? limits.maxSeries + 1;
    const rows = await this.#rows(
      { v: text(value) },
      `${from} ORDER BY v LIMIT {most:UInt64}`,
      { ...bindings, most },
      limits,
      signal,
      true,
    );
    if (limits.first === undefined && rows.length > limits.maxSeries)
      throw new PromqlError('execution', `there are more than ${limits.maxSeries} ${what}: ${NARROW}, or set limit`);
    return rows.map(({ v }) => v);
  }

  async exemplars(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly SeriesExemplars[]> {
    if (range.startMs > LAST_TIME_MS || range.endMs < 0) return [];
    const conditions = seriesConditions(matcherSets);
    const labels = await this.#labelsById(conditions, limits, signal);
    if (labels.size === 0) return [];
    const rows = await this.#rows(
      EXEMPLAR,
      `FROM exemplars
      WHERE id IN (SELECT id FROM series WHERE ${conditions.sql})
        AND ${inClosedMilliseconds('ts')}
      ORDER BY id, ts LIMIT {exemplarLimit:UInt64}`,
      {
        ...conditions.bindings,
        first_ms: clamp(range.startMs),
        last_ms: clamp(range.endMs),
        exemplarLimit: MAX_EXEMPLARS,
      },
      limits,
      signal,
    );
    const byId = new Map<string, Exemplar[]>();
    for (const { idText: id, timestampMs, measured, traceId, spanId, extra } of rows) {
      const list = byId.get(id) ?? [];
      byId.set(id, list);
      const ids = {
        ...(/^0*$/.test(traceId) ? {} : { trace_id: traceId }),
        ...(/^0*$/.test(spanId) ? {} : { span_id: spanId }),
      };
      list.push({ labels: { ...extra, ...ids }, value: Number(measured), timestampMs });
    }
    const found = [...byId].flatMap(([id, exemplars]) => {
      const known = labels.get(id);
      return known === undefined ? [] : [{ labels: known, exemplars }];
    });
    return found.sort((a, b) => compareLabels(a.labels, b.labels));
  }

  async metadata(
    metric: string | undefined,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly MetricMetadata[]> {
    const rows = await this.#rows(
      METADATA,
      `FROM (SELECT name, anyLast(kind) AS k, anyLast(unit) AS u, anyLast(help) AS h FROM series GROUP BY name)
      WHERE {any:UInt8} OR family = {metric:String}
      GROUP BY family ORDER BY family`,
      { any: metric === undefined ? 1 : 0, metric: metric ?? '' },
      limits,
      signal,
    );
    return rows.map(({ family, type, unit, help }) => ({
      name: family,
      type: type === '' ? 'unknown' : type,
      unit,
      help,
    }));
  }

  /**
   * Rows of series that were written for some time of the range; of a series there may be several. Without putting those together: what is asked
   * for may be millions of rows, and their labels must not all be in memory.
   */
  #seen(conditions: Conditions, range: TimeRange): { sql: string; bindings: Bindings } {
    const sql = `series WHERE ${conditions.sql} AND last_seen >= fromUnixTimestamp64Milli({seenFromMs:Int64}) AND first_seen <= fromUnixTimestamp64Milli({seenToMs:Int64})`;
    return { sql, bindings: this.#living(conditions, range).bindings };
  }

  /** One row per series that lived in the range: name, id, labels as `l`. */
  #living(conditions: Conditions, range: TimeRange): { sql: string; bindings: Bindings } {
    const sql = `SELECT name, id, anyLast(labels) AS l FROM series WHERE ${conditions.sql} GROUP BY name, id
      HAVING max(last_seen) >= fromUnixTimestamp64Milli({seenFromMs:Int64}) AND min(first_seen) <= fromUnixTimestamp64Milli({seenToMs:Int64})`;
    return {
      sql,
      bindings: {
        ...conditions.bindings,
        seenFromMs: clamp(range.startMs - LAST_SEEN_LAG_MS),
        seenToMs: clamp(range.endMs),
      },
    };
  }

  async #labelsById(
    conditions: Conditions,
    limits: SelectLimits,
    signal: AbortSignal,
    range?: TimeRange,
  ): Promise<Map<string, LabelSet>> {
    const { sql, bindings } = this.#living(conditions, range ?? { startMs: 0, endMs: LAST_TIME_MS });
    const rows = await this.#rows(
      LABELS,
      `FROM (${sql}) LIMIT {seriesLimit:UInt64}`,
      { ...bindings, seriesLimit: limits.first ?? limits.maxSeries + 1 },
      limits,
      signal,
    );
    if (limits.first === undefined && rows.length > limits.maxSeries)
      throw new PromqlError('execution', `the selector matches more than ${limits.maxSeries} series: ${NARROW}`);
    return new Map(rows.map(({ idText, metric, pairs }) => [idText, labelsOf(metric, pairs)]));
  }

  async #rows<C extends Columns>(
    columns: C,
    from: string,
    bindings: Bindings,
    limits: SelectLimits,
    signal: AbortSignal,
    distinct = false,
  ): Promise<RecordOf<C>[]> {
    if (signal.aborted) throw canceled();
    try {
      return await this.#tables.select(columns, from, bindings, { distinct, signal, settings: settingsOf(limits) });
    } catch (error) {
      if (signal.aborted) throw canceled();
      throw promqlErrorOf(error);
    }
  }
}

function settingsOf(limits: SelectLimits): ClickHouseSettings {
  return {
    output_format_json_quote_64bit_integers: 0,
    output_format_json_quote_denormals: 1,
    max_execution_time: Math.max(1, Math.ceil(limits.timeoutMs / 1000)),
    max_result_rows: '0',
    optimize_aggregation_in_order: 1, // series stand in the order of their name and id, samples in that of their id: they need not all be in memory
    aggregation_in_order_max_block_bytes: String(GROUPED_BYTES),
  };
}

/** In Prometheus' words where it has some. */
function promqlErrorOf(error: unknown): PromqlError {
  const { failure, message } = storeErrorOf(error);
  if (failure === 'too_large')
    return new PromqlError('execution', `the query needs more memory than query.max_memory allows: ${NARROW}`);
  if (failure === 'timeout') return new PromqlError('timeout', 'query timed out in expression evaluation');
  return new PromqlError('internal', `expanding series: ${message}`);
}
