// Services in ClickHouse: `red` by the second, `edges`, `propagation` and `reconstruction` by the minute.
import { EDGES_TABLE } from '#proto/tables/edges.ts';
import { PROPAGATION_TABLE } from '#proto/tables/propagation.ts';
import { RECONSTRUCTION_TABLE } from '#proto/tables/reconstruction.ts';
import { RED_TABLE } from '#proto/tables/red.ts';
import { flag, number, numbers, text, type Column } from '../columns.ts';
import type { Database } from '../database.ts';
import { TableReader } from '../table-reader.ts';
import { IN_MINUTES, IN_SECONDS, rangeBindings, type TimeRange } from '../time-range.ts';
import type {
  OperationOf,
  OperationsRequest,
  PropagationLine,
  RepairLine,
  ServedSums,
  ServicePoint,
  ServiceReader,
  ServiceSums,
} from './contract.ts';

/** SERVER and CONSUMER spans: what a service serves. */
const SERVED = 'kind IN (2, 5)';
const ERROR = 'status = 2';
const NO_ID = '0'.repeat(32);

const BUCKETS = {
  boundsUs: numbers('mapKeys(sumMap(duration_buckets))'),
  counts: numbers('mapValues(sumMap(duration_buckets))'),
};
const RED_SUMS = {
  total: number('sum(calls)'),
  failed: number(`sumIf(calls, ${ERROR})`),
  durationSumNs: number('sum(duration_sum_ns)'),
  ...BUCKETS,
};
const SERVICE = {
  service: text('service'),
  served: flag('served'),
  operations: number('uniqExact(name)'),
  ...RED_SUMS,
};
const POINT = {
  service: text('service'),
  served: flag(SERVED),
  point: number('intDiv(toUnixTimestamp(time) - intDiv({start:Int64}, 1000000000), {width:Int64})'),
  total: number('sum(calls)'),
  failed: number(`sumIf(calls, ${ERROR})`),
};
const DATA_TIME = {
  rowCount: number('count()'),
  first: number('toUnixTimestamp(min(time))'),
  last: number('toUnixTimestamp(max(time))'),
};
/** Of the whole list, whatever its limit. */
const COUNTED = { groups: number('count() OVER ()') };
const OPERATION = { name: text('name'), kind: number('kind'), ...RED_SUMS };
const EDGE = {
  caller: text('caller'),
  callee: text('callee'),
  kind: text('kind'),
  total: number('sum(calls)'),
  failed: number('sum(errors)'),
  durationSumNs: number('sum(duration_sum_ns)'),
  ...BUCKETS,
  lagTotal: number('sum(lag_count)'),
  lagTotalNs: number('sum(lag_sum_ns)'),
};
const SERVED_SUMS = {
  service: text('service'),
  total: number(`sumIf(calls, ${SERVED})`),
  failed: number(`sumIf(calls, ${SERVED} AND ${ERROR})`),
};
/** A FixedString(16) of zeros where there is none. */
const optionalId = (sql: string): Column<string> => ({
  sql: `lower(hex(${sql}))`,
  read: (cell) => (cell === NO_ID ? '' : String(cell)),
});
const EXAMPLES = { exampleTraceId: optionalId('max(example)'), keptTraceId: optionalId('max(kept_example)') };
const PROPAGATION = {
  cause: text('cause'),
  caller: text('caller'),
  callee: text('callee'),
  total: number('sum(problems)'),
  outOf: number('sum(of)'),
  ...EXAMPLES,
};
const REPAIR = {
  service: text('service'),
  kind: text('kind'),
  traceTotal: number('sum(traces)'),
  total: number('sum(spans)'),
  ...EXAMPLES,
};

export class ClickHouseServices implements ServiceReader {
  readonly #tables: TableReader;

  constructor(db: Database) {
    this.#tables = new TableReader(db, [RED_TABLE, EDGES_TABLE, PROPAGATION_TABLE, RECONSTRUCTION_TABLE]);
  }

  services(range: TimeRange): Promise<readonly ServiceSums[]> {
    return this.#tables.select(
      SERVICE,
      `FROM (SELECT *, ${SERVED} AS served FROM red WHERE ${IN_SECONDS}) GROUP BY service, served ORDER BY service, served DESC`,
      rangeBindings(range),
    );
  }

  trends(range: TimeRange, widthS: number): Promise<readonly ServicePoint[]> {
    return this.#tables.select(POINT, `FROM red WHERE ${IN_SECONDS} GROUP BY service, served, point`, {
      ...rangeBindings(range),
      width: widthS,
    });
  }

  async dataSeconds(range: TimeRange): Promise<number> {
    const [row] = await this.#tables.select(DATA_TIME, `FROM red WHERE ${IN_SECONDS}`, rangeBindings(range));
    return row === undefined || row.rowCount === 0 ? 0 : row.last - row.first + 1;
  }

  async operations({ service, range, limit, contains }: OperationsRequest): ReturnType<ServiceReader['operations']> {
    const rows = await this.#tables.select(
      { ...OPERATION, ...COUNTED },
      `FROM red WHERE ${IN_SECONDS} AND service = {service:String} AND positionCaseInsensitiveUTF8(name, {contains:String}) > 0
       GROUP BY name, kind ORDER BY total DESC, name, kind LIMIT {limit:UInt32}`,
      { ...rangeBindings(range), service, limit, contains: contains ?? '' },
    );
    return { rows, count: rows[0]?.groups ?? 0 };
  }

  async operation({ service, name, kind, range }: OperationOf): ReturnType<ServiceReader['operation']> {
    const [sums] = await this.#tables.select(
      OPERATION,
      `FROM red WHERE ${IN_SECONDS} AND service = {service:String} AND name = {operation:String} AND kind = {operation_kind:UInt8} GROUP BY name, kind`,
      { ...rangeBindings(range), service, operation: name, operation_kind: kind },
    );
    return sums;
  }

  async edges(range: TimeRange, limit: number): ReturnType<ServiceReader['edges']> {
    const rows = await this.#tables.select(
      { ...EDGE, ...COUNTED },
      `FROM edges WHERE ${IN_MINUTES} GROUP BY caller, callee, kind ORDER BY total DESC, caller, callee, kind LIMIT {limit:UInt32}`,
      { ...rangeBindings(range), limit },
    );
    return { rows, count: rows[0]?.groups ?? 0 };
  }

  served(range: TimeRange): Promise<readonly ServedSums[]> {
    return this.#tables.select(SERVED_SUMS, `FROM red WHERE ${IN_SECONDS} GROUP BY service`, rangeBindings(range));
  }

  propagation(range: TimeRange, limit: number): Promise<readonly PropagationLine[]> {
    return this.#tables.select(
      PROPAGATION,
      `FROM propagation WHERE ${IN_MINUTES}
       GROUP BY cause, caller, callee HAVING total > 0 ORDER BY total DESC, cause, caller, callee LIMIT {limit:UInt32}`,
      { ...rangeBindings(range), limit },
    );
  }

  repairs(range: TimeRange, limit: number): Promise<readonly RepairLine[]> {
    return this.#tables.select(
      REPAIR,
      `FROM reconstruction WHERE ${IN_MINUTES}
       GROUP BY service, kind ORDER BY total DESC, service, kind LIMIT {limit:UInt32}`,
      { ...rangeBindings(range), limit },
    );
  }
}
