// The one way of query to ClickHouse: constant SQL shapes, bound values, a time and memory limit on each query.
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';

/** Longest a query may run when nobody says otherwise; the page says so and asks for a narrower range. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Memory of one query inside ClickHouse. */
const DEFAULT_QUERY_BYTES = 1024 ** 3;
/** The answer's way back, after the longest query. */
const ANSWER_MARGIN_MS = 5000;
/** Rows that one answer may hold; traces beyond it are cut with a warning by their route. */
const MAX_RESULT_ROWS = 2_000_000;

export type Cell = string | number | boolean | null | readonly Cell[];
export type Row = readonly Cell[];
export type Bindings = Readonly<
  Record<string, string | number | readonly string[] | readonly number[] | readonly bigint[]>
>;

export interface DatabaseOptions {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `query.timeout`, ms. */
  readonly timeoutMs?: number;
  /** `query.max_memory`, bytes. */
  readonly maxMemoryBytes?: number;
}

export class Database {
  readonly client: ClickHouseClient;

  constructor(options: DatabaseOptions) {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.client = createClient({
      url: options.url,
      // The address may carry them itself; given twice, the client complains.
      ...(new URL(options.url).username === '' ? { username: options.user, password: options.password } : {}),
      database: options.database,
      // What fails is told by the log of query, on one line and cut; the client would write whole questions.
      log: { level: ClickHouseLogLevel.OFF },
      request_timeout: timeoutMs + ANSWER_MARGIN_MS,
      clickhouse_settings: {
        max_execution_time: Math.max(1, Math.ceil(timeoutMs / 1000)), // 0 would mean for ever
        max_memory_usage: String(Math.max(1, options.maxMemoryBytes ?? DEFAULT_QUERY_BYTES)),
        max_result_rows: String(MAX_RESULT_ROWS),
        output_format_json_named_tuples_as_objects: 0, // tuples are lists of cells, whether their members have names or not
        output_format_json_quote_denormals: 1,
        output_format_json_quote_64bit_integers: 1,
      },
    });
  }

  /** Rows as arrays in the order of the SELECT list; 64-bit integers are strings. */
  async rows(query: string, query_params: Bindings = {}): Promise<Row[]> {
    const result = await this.client.query({ query, query_params: { ...query_params }, format: 'JSONCompactEachRow' });
    return result.json<Row>();
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

export const textOf = (cell: Cell | undefined): string =>
  typeof cell === 'string' ? cell : typeof cell === 'number' ? String(cell) : '';
/** A number of a cell; 64-bit integers lose digits beyond 2^53, denormals come as text. */
export const numberOf = (cell: Cell | undefined): number => (typeof cell === 'number' ? cell : Number(textOf(cell)));
export const listOf = (cell: Cell | undefined): readonly Cell[] =>
  Array.isArray(cell) ? (cell as readonly Cell[]) : [];
export const textsOf = (cell: Cell | undefined): string[] => listOf(cell).map(textOf);
