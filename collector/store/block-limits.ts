// When a block of rows is cut. What it can become until then is worked out, and held against what the embedded endpoint accepts, in
// tests/collector/store/block-limits.test.ts.

/** 50,000 rows: where ClickHouse's cost per row has become flat, and a block is still far below one of its own. */
export const MAX_BLOCK_ROWS = 50_000;
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
/** The size of the gathered rows is looked at after so many rows, or so many bytes of the messages that they were made of. */
export const LOOK_EVERY_ROWS = 64;
export const LOOK_EVERY_BYTES = 256 * 1024;
