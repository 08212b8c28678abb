// Log records in ClickHouse: keyset paging by time and a hash of the content, words of the body through the text index.
import { LOGS_TABLE } from '#proto/tables/logs.ts';
import { RESOURCES_TABLE } from '#proto/tables/resources.ts';
import { attributes, attributeType, type AttributeType } from '../attributes.ts';
import { hexId, number, text, unixNs, type Column } from '../columns.ts';
import type { Database } from '../database.ts';
import type { Identities, StoredResource } from '../identities.ts';
import { pageOf, type Page, type PageRequest } from '../page.ts';
import { TableReader } from '../table-reader.ts';
import { resourceKeys } from '../search/resource-keys.ts';
import type { LogCount, LogFilter, LogReader, StoredLog } from './contract.ts';
import { filterSql } from './filter-sql.ts';

/** OTLP severity number from which a record counts as an error. */
const SEVERITY_ERROR = 17;
/** It distinguishes two records of one nanosecond. */
const HASH = 'cityHash64(body, attr_values, span_id)';

const BODY_TYPE: Column<AttributeType> = { sql: 'body_type', read: (cell) => attributeType(Number(cell)) };
const LOG = {
  timeNs: unixNs('ts'),
  observedNs: unixNs('observed'),
  service: text('service'),
  severity: number('severity'),
  severityText: text('severity_text'),
  eventName: text('event_name'),
  body: text('body'),
  bodyType: BODY_TYPE,
  traceId: hexId('trace_id'),
  spanId: hexId('span_id'),
  flags: number('flags'),
  adjustedCount: number('weight'),
  attributes,
  resourceId: text('toString(resource_id)'),
  hash: text(`toString(${HASH})`),
};
const COUNT = {
  point: number('intDiv(toUnixTimestamp64Nano(ts) - {start:Int64}, {width:Int64})'),
  records: number('round(sum(weight))'),
  errors: number('round(sumIf(weight, severity >= {error:UInt8}))'),
};

export class ClickHouseLogs implements LogReader {
  readonly #tables: TableReader;
  readonly #identities: Identities;

  constructor(db: Database, identities: Identities) {
    this.#tables = new TableReader(db, [LOGS_TABLE, RESOURCES_TABLE]);
    this.#identities = identities;
  }

  async search(filter: LogFilter, { limit, after }: PageRequest): Promise<Page<StoredLog>> {
    const { where, bindings } = filterSql(filter, await resourceKeys(this.#tables, filter.where));
    const behind =
      after === undefined ? '1' : `(toUnixTimestamp64Nano(ts), ${HASH}) < ({cursor_ts:Int64}, {cursor_hash:UInt64})`;
    const rows = await this.#tables.select(
      LOG,
      `FROM logs WHERE ${where} AND ${behind} ORDER BY ts DESC, ${HASH} DESC LIMIT {limit:UInt32}`,
      { ...bindings, limit: limit + 1, ...(after && { cursor_ts: after.key, cursor_hash: after.tie }) },
    );
    return pageOf(rows, limit, ({ timeNs, hash }) => ({ key: timeNs, tie: hash }));
  }

  async histogram(filter: LogFilter, widthNs: bigint): Promise<readonly LogCount[]> {
    const { where, bindings } = filterSql(filter, await resourceKeys(this.#tables, filter.where));
    return this.#tables.select(COUNT, `FROM logs WHERE ${where} GROUP BY point ORDER BY point`, {
      ...bindings,
      width: String(widthNs),
      error: SEVERITY_ERROR,
    });
  }

  resources(ids: Iterable<string>): Promise<readonly StoredResource[]> {
    return this.#identities.resources(ids);
  }
}
