// How large a block of rows can become. The embedded endpoint accepts more than that (MAX_INSERT_BYTES), so no block is refused for its
// size.

/** 50,000 rows: where ClickHouse's cost per row has become flat, and a block is still far below one of its own. */
export const MAX_BLOCK_ROWS = 50_000;
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
/** The size of the gathered rows is looked at after so many rows, or so many bytes of the messages that they were made of. */
export const LOOK_EVERY_ROWS = 64;
export const LOOK_EVERY_BYTES = 256 * 1024;
/**
 * Bytes of a row per byte of the OTLP message that it is made of, at most. Nested values are stored as OTLP/JSON: six bytes of the wire can
 * become 49, `{"key":"","value":{"kvlistValue":{"values":[` with its end.
 */
export const MAX_ROW_EXPANSION = 9;
/** Columns of fixed width and dictionaries that a row needs beside its texts. */
const ROW_OVERHEAD_BYTES = 4096;
/** Default of `receive.max_body_bytes`: no row is made of more. */
const DEFAULT_BODY_BYTES = 64 * 1024 * 1024;

/**
 * A block is cut when it is seen to be over {@link MAX_BLOCK_BYTES}: until then it can grow by what comes between two looks, the last row
 * of it as large as a request.
 */
export function largestBlockBytes(maxBodyBytes: number): number {
  return MAX_BLOCK_BYTES + MAX_ROW_EXPANSION * (LOOK_EVERY_BYTES + maxBodyBytes) + LOOK_EVERY_ROWS * ROW_OVERHEAD_BYTES;
}

/** No block has more rows or bytes, whatever a request holds (with the default `receive.max_body_bytes`). */
export const LARGEST_BLOCK = { rows: MAX_BLOCK_ROWS, bytes: largestBlockBytes(DEFAULT_BODY_BYTES) } as const;
