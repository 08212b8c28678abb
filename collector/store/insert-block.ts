// Sends one block to ClickHouse in one insert that may be repeated: by its token the server counts it once.
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ClickHouseClient } from '@clickhouse/client';

// Native blocks carry plain text columns into LowCardinality and Map columns; a server could have that switched off.
const SETTINGS = {
  async_insert: 0, // asynchronous inserts would answer before the block is written, and batch it with others
  insert_deduplicate: 1,
  wait_end_of_query: 1, // the status line then speaks of the whole insert
  input_format_native_allow_types_conversion: 1,
} as const;

/** Resolves when ClickHouse has the block, now or from an earlier attempt with this token. Rejects with its error. */
export async function insertBlock(
  client: ClickHouseClient,
  table: string,
  columns: readonly string[],
  bytes: Buffer,
  token: string,
): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT Native`,
    values: Readable.from([bytes], { objectMode: false }), // an object-mode stream of bytes would kill the process
    clickhouse_settings: { ...SETTINGS, insert_deduplication_token: token },
  });
  stream.resume();
  await finished(stream); // rejects when the connection broke before the end: then nobody knows, and the token decides
}
