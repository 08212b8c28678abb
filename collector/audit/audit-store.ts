// What the audit asks of the store, and how it asks ClickHouse: little work, bounded time and memory, one thread.
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { ttlInForce } from '../store/retention.ts';
import { AUDITED, type AuditedTable } from './audited.ts';

type Table = AuditedTable['table'];

export interface StoredPart {
  readonly table: string;
  readonly name: string;
  readonly rows: number;
  /** Unix s. */
  readonly madeAt: number;
  /** First and last `stored_at` of its rows. */
  readonly from: number;
  readonly to: number;
}

/** Rows of this collector in a part, of one second; of a part that has none, seconds of others with 0. */
export interface PartCount {
  readonly part: string;
  readonly second: number;
  readonly rows: number;
  readonly digest: number;
}

/** Trace ids from a part of all on up to another, which is left out: 0 to 1. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

export interface AuditStore {
  /** Counts the rows of these parts. A part that is there no more has none. */
  countParts(table: Table, names: readonly string[]): Promise<PartCount[]>;
  /** The parts that the audited tables consist of. */
  parts(): Promise<StoredPart[]>;
  /** Reads the beginning and the end of every column of a part; rejects where that fails. */
  openPart(part: StoredPart): Promise<void>;
  /** Copies of spans of this collector stored within `within` s after another, in (after, to], among these ids. */
  doubledSpans(after: number, to: number, within: number, ids: IdRange): Promise<number>;
  /** How long the table keeps rows, s; undefined when its TTL was written by hand. */
  ttl(table: Table): Promise<number | undefined>;
}

/** As collector/store/tables/block-table.ts makes them. */
const DIGESTS: Readonly<Record<Table, string>> = {
  spans: 'bitAnd(reinterpretAsUInt64(span_id), 1048575) + bitAnd(reinterpretAsUInt64(reverse(span_id)), 1048575)',
  logs: 'bitAnd(toUnixTimestamp64Nano(ts), 1048575)',
  samples: 'bitAnd(id, 1048575)',
  histograms: 'bitAnd(id, 1048575)',
};
/** A day's worth of rows in one part takes some seconds to count, s. */
const COUNT_TIMEOUT_S = 30;
const SETTINGS: ClickHouseSettings = {
  max_execution_time: 5,
  max_threads: 1,
  max_memory_usage: String(256 * 1024 * 1024),
  output_format_json_quote_64bit_integers: 0,
  log_queries: 0,
};
/** First two bytes of ids. */
const ID_PREFIXES = 65_536;
/** What makes a span the same as another: as the collector knows copies. */
const IDENTITY = 'cityHash64(trace_id, span_id, parent_span_id, kind, status_code, start, duration_ns, name)';

export class ClickHouseAuditStore implements AuditStore {
  readonly #client: ClickHouseClient;
  readonly #writer: number;

  /** @param writer number of this collector in the column of that name */
  constructor(client: ClickHouseClient, writer: number) {
    this.#client = client;
    this.#writer = writer;
  }

  async countParts(table: Table, names: readonly string[]): Promise<PartCount[]> {
    const result = await this.#client.query({
      query: `SELECT _part, toUnixTimestamp(stored_at) AS second, countIf(writer = {writer:UInt32}), sumIf(${DIGESTS[table]}, writer = {writer:UInt32})
        FROM ${table} WHERE _part IN {names:Array(String)} GROUP BY _part, second`,
      query_params: { names, writer: this.#writer },
      format: 'JSONCompactEachRow',
      clickhouse_settings: { ...SETTINGS, max_execution_time: COUNT_TIMEOUT_S },
    });
    const rows = await result.json<readonly (string | number)[]>();
    return rows.map(([part, second, count, digest]) => ({
      part: String(part),
      second: Number(second),
      rows: Number(count),
      digest: Number(digest),
    }));
  }

  parts(): Promise<StoredPart[]> {
    return this.#rows<StoredPart>(
      `SELECT table, name, rows, toUnixTimestamp(modification_time) AS madeAt, toUnixTimestamp(min_time) AS from, toUnixTimestamp(max_time) AS to FROM system.parts
      WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND active AND rows > 0`,
      { tables: AUDITED.map(({ table }) => table) },
    );
  }

  async openPart({ table, name, rows }: StoredPart): Promise<void> {
    await this.#client.command({
      query: `SELECT * FROM {table:Identifier} WHERE _part = {name:String} AND _part_offset IN (0, {last:UInt64}) FORMAT Null`,
      query_params: { table, name, last: rows - 1 },
      clickhouse_settings: SETTINGS,
    });
  }

  async doubledSpans(after: number, to: number, within: number, ids: IdRange): Promise<number> {
    const [low, high] = [Math.floor(ids.from * ID_PREFIXES), Math.floor(ids.to * ID_PREFIXES)];
    const idOf = (prefix: number): string => prefix.toString(16).padStart(4, '0').padEnd(32, '0');
    const rows = `writer = {writer:UInt32} AND stored_at > toDateTime({from:UInt32}) AND stored_at <= toDateTime({to:UInt32})
      AND trace_id >= unhex({low:String}) ${high < ID_PREFIXES ? 'AND trace_id < unhex({high:String})' : ''}`;
    // Ids that occur twice are few, and only their rows are worth a look at the rest of them.
    const twice = `SELECT trace_id, span_id FROM spans WHERE ${rows} GROUP BY trace_id, span_id HAVING count() > 1`;
    const params = { after, from: after - within, to, within, low: idOf(low), high: idOf(high) };
    const [found] = await this.#rows<{ ids: number }>(`SELECT count() AS ids FROM (${twice})`, params);
    if (found === undefined || found.ids === 0) return 0;
    const [row] = await this.#rows<{ copies: number }>(
      `SELECT sum(arrayCount((second, gap) -> second > {after:UInt32} AND gap <= {within:UInt32}, arrayPopFront(seconds), arrayPopFront(arrayDifference(seconds)))) AS copies
      FROM (
        SELECT arraySort(groupArray(toUnixTimestamp(stored_at))) AS seconds FROM spans
        WHERE ${rows} AND (trace_id, span_id) IN (${twice})
        GROUP BY ${IDENTITY} HAVING length(seconds) > 1
      )`,
      params,
    );
    return row?.copies ?? 0;
  }

  async ttl(table: Table): Promise<number | undefined> {
    const [row] = await this.#rows<{ engine_full: string }>(
      'SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}',
      { table },
    );
    return ttlInForce(row?.engine_full ?? '');
  }

  async #rows<Row>(
    query: string,
    params: Readonly<Record<string, number | string | readonly number[] | readonly string[]>>,
  ): Promise<Row[]> {
    const result = await this.#client.query({
      query,
      query_params: { ...params, writer: this.#writer },
      format: 'JSONEachRow',
      clickhouse_settings: SETTINGS,
    });
    return result.json<Row>();
  }
}
