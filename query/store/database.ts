// The one way of query to ClickHouse: constant SQL shapes, bound values, a time and memory limit on each query.
import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import { recordsOf, selectList, type Cell, type Columns, type RecordOf, type Table } from './columns.ts';
import { nativeBlocks, type NativeBlock } from './native-blocks.ts';
import { storeErrorOf } from './store-error.ts';

/** Longest a query may run when nobody says otherwise; the page says so and asks for a narrower range. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Memory of one query inside ClickHouse. */
const DEFAULT_QUERY_BYTES = 1024 ** 3;
/** The answer's way back, after the longest query. */
const ANSWER_MARGIN_MS = 5000;
/** Rows that one answer may hold; traces beyond it are cut with a warning by their route. */
const MAX_RESULT_ROWS = 2_000_000;

export type Bindings = Readonly<
  Record<string, string | number | readonly string[] | readonly number[] | readonly bigint[]>
>;

export interface SelectOptions {
  readonly distinct?: boolean;
  /** Instead of those of the connection. */
  readonly settings?: ClickHouseSettings;
  readonly signal?: AbortSignal;
}

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
  readonly #client: ClickHouseClient;

  constructor(options: DatabaseOptions) {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#client = createClient({
      url: options.url,
      // The address may carry them itself; given twice, the client complains.
      ...(new URL(options.url).username === '' ? { username: options.user, password: options.password } : {}),
      database: options.database,
      // Query logs failures itself, in one line of bounded length; the client would log the whole SQL text.
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

  /** @param rest of the question, from its FROM on: constant text, values bound as `{name:Type}` @throws StoreError */
  async select<C extends Columns>(
    columns: C,
    rest: string,
    bindings: Bindings = {},
    options: SelectOptions = {},
  ): Promise<RecordOf<C>[]> {
    return recordsOf(columns, await this.table(questionOf(columns, rest, options), bindings, options));
  }

  /** The same as blocks of columns, each of 8-byte numbers. @param types in ClickHouse's words, as the question gives them @throws StoreError */
  async *selectBlocks(
    query: string,
    types: readonly string[],
    bindings: Bindings,
    { settings, signal }: SelectOptions,
  ): AsyncGenerator<NativeBlock> {
    try {
      const { stream } = await this.#client.exec({
        query: `${query} FORMAT Native`,
        query_params: { ...bindings },
        ...(settings !== undefined && { clickhouse_settings: settings }),
        ...(signal !== undefined && { abort_signal: signal }),
      });
      yield* nativeBlocks(stream, types);
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  async isReachable(): Promise<boolean> {
    return (await this.#client.ping()).success;
  }

  /** Names, then rows; 64-bit integers are strings. Tests put tables of their own in its place. */
  protected async table(query: string, bindings: Bindings, { settings, signal }: SelectOptions): Promise<Table> {
    try {
      const result = await this.#client.query({
        query,
        query_params: { ...bindings },
        format: 'JSONCompactEachRowWithNames',
        ...(settings !== undefined && { clickhouse_settings: settings }),
        ...(signal !== undefined && { abort_signal: signal }),
      });
      return await result.json<readonly Cell[]>();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function questionOf(columns: Columns, rest: string, { distinct = false }: SelectOptions): string {
  return `SELECT ${distinct ? 'DISTINCT ' : ''}${selectList(columns)} ${rest}`;
}
