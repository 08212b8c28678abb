// What the audit asks of the store, and how it asks ClickHouse: little work, bounded time and memory, one thread.
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { ttlSeconds } from '../store/retention.ts';
import { AUDITED, type AuditedTable } from './audited.ts';
import type { StoredCount } from './compare.ts';

type Table = AuditedTable['table'];

export interface StoredPart {
  readonly table: string;
  readonly name: string;
  readonly rows: number;
  /** Unix s. */
  readonly madeAt: number;
}

export interface AuditStore {
  /** Rows of this collector stored in [from, to): by second from `recent` on, by minute before, which MUST begin minutes. */
  counts(table: Table, from: number, recent: number, to: number): Promise<StoredCount[]>;
  /** The same by second, in these minutes. */
  countsOf(table: Table, minutes: readonly number[]): Promise<StoredCount[]>;
  /** The parts that the audited tables consist of. */
  parts(): Promise<StoredPart[]>;
  /** Reads the beginning and the end of every column of a part; rejects where that fails. */
  openPart(part: StoredPart): Promise<void>;
  /**
   * Copies of spans of this collector stored within `within` s after another, in (after, to], among ids in a slice.
   * @param slice of `slices`: by the first byte of the trace id
   */
  doubledSpans(after: number, to: number, within: number, slice: number, slices: number): Promise<number>;
  /** How long the table keeps rows, s; undefined when its TTL was written by hand. */
  ttl(table: Table): Promise<number | undefined>;
}

/** As the projections of deploy/clickhouse/019-audit.sql have them. */
const DIGESTS: Readonly<Record<Table, string>> = {
  spans: 'bitAnd(reinterpretAsUInt64(span_id), 1048575) + bitAnd(reinterpretAsUInt64(reverse(span_id)), 1048575)',
  logs: 'bitAnd(toUnixTimestamp64Nano(ts), 1048575)',
  samples: 'bitAnd(id, 1048575)',
};
const SETTINGS: ClickHouseSettings = {
  max_execution_time: 5,
  max_threads: 1,
  max_memory_usage: String(256 * 1024 * 1024),
  output_format_json_quote_64bit_integers: 0,
  log_queries: 0,
};
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

  counts(table: Table, from: number, recent: number, to: number): Promise<StoredCount[]> {
    return this.#rows<StoredCount>(
      `SELECT if(toUnixTimestamp(stored_at) >= {recent:UInt32}, toUnixTimestamp(stored_at), intDiv(toUnixTimestamp(stored_at), 60) * 60) AS second,
        count() AS rows, sum(${DIGESTS[table]}) AS digest
      FROM ${table} WHERE writer = {writer:UInt32} AND stored_at >= toDateTime({from:UInt32}) AND stored_at < toDateTime({to:UInt32}) GROUP BY second`,
      { from, recent, to },
    );
  }

  countsOf(table: Table, minutes: readonly number[]): Promise<StoredCount[]> {
    return this.#rows<StoredCount>(
      `SELECT toUnixTimestamp(stored_at) AS second, count() AS rows, sum(${DIGESTS[table]}) AS digest
      FROM ${table} WHERE writer = {writer:UInt32} AND stored_at >= toDateTime({from:UInt32}) AND stored_at < toDateTime({to:UInt32})
        AND intDiv(toUnixTimestamp(stored_at), 60) * 60 IN {minutes:Array(UInt32)} GROUP BY second`,
      { from: Math.min(...minutes), to: Math.max(...minutes) + 60, minutes },
    );
  }

  parts(): Promise<StoredPart[]> {
    return this.#rows<StoredPart>(
      `SELECT table, name, rows, toUnixTimestamp(modification_time) AS madeAt FROM system.parts
      WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND active AND rows > 0`,
      { tables: AUDITED.map(({ table }) => table) },
    );
  }

  async openPart({ table, name, rows }: StoredPart): Promise<void> {
    await this.#client.command({
      query: `SELECT * FROM {table:Identifier} WHERE _part = {name:String} AND _part_offset IN (0, {last:UInt64}) FORMAT Null`,
      query_params: { table, name, last: rows - 1 }, clickhouse_settings: SETTINGS,
    });
  }

  async doubledSpans(after: number, to: number, within: number, slice: number, slices: number): Promise<number> {
    const edge = (at: number): string => Math.floor((at * 256) / slices).toString(16).padStart(2, '0').padEnd(32, '0');
    const rows = `writer = {writer:UInt32} AND stored_at > toDateTime({from:UInt32}) AND stored_at <= toDateTime({to:UInt32})
      AND trace_id >= unhex({low:String}) ${slice + 1 < slices ? 'AND trace_id < unhex({high:String})' : ''}`;
    // Ids that occur twice are few, and only their rows are worth a look at the rest of them.
    const twice = `SELECT trace_id, span_id FROM spans WHERE ${rows} GROUP BY trace_id, span_id HAVING count() > 1`;
    const params = { after, from: after - within, to, within, low: edge(slice), high: edge(slice + 1) };
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
    const [row] = await this.#rows<{ engine_full: string }>('SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}', { table });
    return ttlSeconds(row?.engine_full ?? '');
  }

  async #rows<Row>(query: string, params: Readonly<Record<string, number | string | readonly number[] | readonly string[]>>): Promise<Row[]> {
    const result = await this.#client.query({ query, query_params: { ...params, writer: this.#writer }, format: 'JSONEachRow', clickhouse_settings: SETTINGS });
    return result.json<Row>();
  }
}
