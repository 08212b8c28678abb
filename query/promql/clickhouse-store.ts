// The series store over ClickHouse: labels once in `series`, samples by id. All values are bound, every query has a time limit.
import type { ClickHouseClient } from '@clickhouse/client';
import { compareText } from './compare-text.ts';
import { decodeSamples, type SampleRow } from './decode-samples.ts';
import { compareLabels, LabelSet, METRIC_NAME } from './labels.ts';
import type { Matcher } from './matcher.ts';
import { PromqlError } from './promql-error.ts';
import { seriesConditions, type Conditions } from './series-conditions.ts';
import type {
  Exemplar,
  MetricMetadata,
  SelectLimits,
  Series,
  SeriesExemplars,
  SeriesStore,
  TimeRange,
} from './storage.ts';

/** DateTime64(3) spans 1900 to 2299; times are moved into what is stored at all: 1970 and later. */
const LAST_TIME_MS = 10_413_791_999_999;
/** A series row is rewritten at most this long after its newest sample, so its last_seen may lag that much. */
const LAST_SEEN_LAG_MS = 3_600_000;
/** Exemplars of one answer; charts draw a few thousand at most. */
const MAX_EXEMPLARS = 20_000;

/** What helps where too much is asked for. */
const NARROW = 'select fewer series with more matchers, or a shorter time range';
/** ClickHouse's error code. */
const MEMORY_LIMIT_EXCEEDED = '241';

type Bindings = Readonly<Record<string, string | number>>;

function clamp(timeMs: number): number {
  return Math.min(LAST_TIME_MS, Math.max(0, Math.trunc(timeMs)));
}

function labelsOf(name: string, labels: Readonly<Record<string, string>>): LabelSet {
  return LabelSet.from([...Object.entries(labels), [METRIC_NAME, name]]);
}

function canceled(): PromqlError {
  return new PromqlError('canceled', 'query was canceled in expression evaluation');
}

export class ClickHouseStore implements SeriesStore {
  readonly #client: ClickHouseClient;

  constructor(client: ClickHouseClient) {
    this.#client = client;
  }

  async select(
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly Series[]> {
    if (range.endMs < 0 || range.endMs < range.startMs || range.startMs > LAST_TIME_MS) return [];
    const conditions = seriesConditions([matchers]);
    // Neither query needs the other's answer; together they cost one round trip.
    const [labels, rows] = await Promise.all([
      this.#labelsById(conditions, limits, signal),
      this.#sampleRows(conditions, range, limits, signal),
    ]);
    let samples = 0;
    const found: Series[] = [];
    for (const row of rows) {
      const known = labels.get(row[0]);
      samples += row[1].length;
      if (samples > limits.maxSamples)
        throw new PromqlError(
          'execution',
          'query processing would load too many samples into memory in query execution',
        );
      if (known !== undefined) found.push({ labels: known, ...decodeSamples(row) });
    }
    return found.sort((a, b) => compareLabels(a.labels, b.labels));
  }

  #sampleRows(
    conditions: Conditions,
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<SampleRow[]> {
    return this.#rows<SampleRow>(
      `SELECT toString(id), groupArray(toUnixTimestamp64Milli(ts)), groupArray(value),
        groupArrayIf(toUnixTimestamp64Milli(ts), reinterpretAsUInt64(value) = 0x7ff0000000000002)
      FROM (
        SELECT id, ts, value FROM samples
        WHERE id IN (SELECT id FROM series WHERE ${conditions.sql})
          AND ts >= fromUnixTimestamp64Milli({startMs:Int64}) AND ts <= fromUnixTimestamp64Milli({endMs:Int64})
        LIMIT {sampleLimit:UInt64}
      )
      GROUP BY id`,
      {
        ...conditions.bindings,
        startMs: clamp(range.startMs),
        endMs: clamp(range.endMs),
        sampleLimit: limits.maxSamples + 1,
      },
      limits,
      signal,
    );
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
      `SELECT DISTINCT arrayJoin(mapKeys(labels)) AS v FROM ${sql}`,
      bindings,
      'label names',
      limits,
      signal,
    );
    const any =
      names.length > 0 || (await this.#rows(`SELECT 1 FROM ${sql} LIMIT 1`, bindings, limits, signal)).length > 0;
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
      `SELECT DISTINCT ${value} AS v FROM ${sql} AND v != ''`,
      { ...bindings, label: name },
      `values of ${JSON.stringify(name)}`,
      limits,
      signal,
    );
    return values.sort(compareText);
  }

  /** Distinct texts `v` of a query, in ClickHouse's order. */
  async #texts(
    query: string,
    bindings: Bindings,
    what: string,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<string[]> {
    const most = limits.first ?? limits.maxSeries + 1;
    const rows = await this.#rows<readonly [string]>(
      `${query} ORDER BY v LIMIT {most:UInt64}`,
      { ...bindings, most },
      limits,
      signal,
    );
    if (limits.first === undefined && rows.length > limits.maxSeries)
      throw new PromqlError('execution', `there are more than ${limits.maxSeries} ${what}: ${NARROW}, or set limit`);
    return rows.map(([text]) => text);
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
    const rows = await this.#rows<readonly [string, number, number | string, string, string, Record<string, string>]>(
      `SELECT toString(id), toUnixTimestamp64Milli(ts), value, lower(hex(trace_id)), lower(hex(span_id)), labels FROM exemplars
      WHERE id IN (SELECT id FROM series WHERE ${conditions.sql})
        AND ts >= fromUnixTimestamp64Milli({startMs:Int64}) AND ts <= fromUnixTimestamp64Milli({endMs:Int64})
      ORDER BY id, ts LIMIT {exemplarLimit:UInt64}`,
      {
        ...conditions.bindings,
        startMs: clamp(range.startMs),
        endMs: clamp(range.endMs),
        exemplarLimit: MAX_EXEMPLARS,
      },
      limits,
      signal,
    );
    const byId = new Map<string, Exemplar[]>();
    for (const [id, timestampMs, value, traceId, spanId, extra] of rows) {
      const list = byId.get(id) ?? [];
      byId.set(id, list);
      const ids = {
        ...(/^0*$/.test(traceId) ? {} : { trace_id: traceId }),
        ...(/^0*$/.test(spanId) ? {} : { span_id: spanId }),
      };
      list.push({ labels: { ...extra, ...ids }, value: Number(value), timestampMs });
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
    const rows = await this.#rows<readonly [string, string, string, string]>(
      `SELECT if(k = 'histogram', replaceRegexpOne(toString(name), '_(bucket|sum|count)$', ''), toString(name)) AS family, any(k), any(u), any(h)
      FROM (SELECT name, anyLast(kind) AS k, anyLast(unit) AS u, anyLast(help) AS h FROM series GROUP BY name)
      WHERE {any:UInt8} OR family = {metric:String}
      GROUP BY family ORDER BY family`,
      { any: metric === undefined ? 1 : 0, metric: metric ?? '' },
      limits,
      signal,
    );
    return rows.map(([name, type, unit, help]) => ({ name, type: type === '' ? 'unknown' : type, unit, help }));
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
    const rows = await this.#rows<readonly [string, string, Record<string, string>]>(
      `SELECT toString(id), toString(name), l FROM (${sql}) LIMIT {seriesLimit:UInt64}`,
      { ...bindings, seriesLimit: limits.first ?? limits.maxSeries + 1 },
      limits,
      signal,
    );
    if (limits.first === undefined && rows.length > limits.maxSeries)
      throw new PromqlError('execution', `the selector matches more than ${limits.maxSeries} series: ${NARROW}`);
    return new Map(rows.map(([id, name, labels]) => [id, labelsOf(name, labels)]));
  }

  async #rows<Row>(query: string, bindings: Bindings, limits: SelectLimits, signal: AbortSignal): Promise<Row[]> {
    if (signal.aborted) throw canceled();
    try {
      const result = await this.#client.query({
        query,
        query_params: bindings,
        format: 'JSONCompactEachRow',
        abort_signal: signal,
        clickhouse_settings: {
          output_format_json_quote_64bit_integers: 0,
          output_format_json_quote_denormals: 1,
          max_execution_time: Math.max(1, Math.ceil(limits.timeoutMs / 1000)),
          max_result_rows: '0',
          optimize_aggregation_in_order: 1, // series stand in the order of their name and id: their labels need not all be in memory
        },
      });
      return await (result.json() as unknown as Promise<Row[]>);
    } catch (error) {
      if (signal.aborted) throw canceled();
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof Error && 'code' in error && error.code === MEMORY_LIMIT_EXCEEDED)
        throw new PromqlError('execution', `the query needs more memory than query.max_memory allows: ${NARROW}`);
      if (/timeout exceeded|TIMEOUT_EXCEEDED/i.test(message))
        throw new PromqlError('timeout', 'query timed out in expression evaluation');
      throw new PromqlError('internal', `expanding series: ${message}`);
    }
  }
}
