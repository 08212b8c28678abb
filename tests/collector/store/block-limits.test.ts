// No block is larger than the bound that is stated, whatever one request holds, and all rows are in some block.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdentityKeeper } from '#collector/rows/identity-keeper.ts';
import { LogStage } from '#collector/logs/log-stage.ts';
import { MetricStage } from '#collector/metrics/metric-stage.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { SignalLedger } from '#collector/self/ledger.ts';
import type { Block } from '#collector/store/block.ts';
import { LOOK_EVERY_BYTES, LOOK_EVERY_ROWS, MAX_BLOCK_BYTES, MAX_BLOCK_ROWS } from '#collector/store/block-limits.ts';
import { UInt8Column } from '#collector/store/columns/fixed-columns.ts';
import { StringColumn } from '#collector/store/columns/string-column.ts';
import { AnyValueColumns } from '#collector/store/tables/any-value-columns.ts';
import { LogsTable, type LogRowContext } from '#collector/store/tables/logs-table.ts';
import { SpansTable, type SpanRowContext } from '#collector/store/tables/spans-table.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import { MAX_INSERT_BYTES } from '#deploy/embedded-clickhouse/http-request.ts';
import { loadConfig } from '#proto/config/load.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const MIB = 1024 * 1024;
/**
 * Bytes of a row per byte of the OTLP message that it is made of, at most. Nested values are stored as OTLP/JSON: six bytes of the wire can
 * become 49, `{"key":"","value":{"kvlistValue":{"values":[` with its end.
 */
const MAX_ROW_EXPANSION = 9;
/** Columns of fixed width and dictionaries that a row needs beside its texts. */
const ROW_OVERHEAD_BYTES = 4096;
/** Default of `receive.max_body_bytes`: no row is made of more. */
const DEFAULT_BODY_BYTES = 64 * MIB;
/**
 * A block is cut when it is seen to be over {@link MAX_BLOCK_BYTES}: until then it can grow by what comes between two looks, the last row
 * of it as large as a request. No block has more bytes, whatever a request holds.
 */
const LARGEST_BLOCK_BYTES =
  MAX_BLOCK_BYTES + MAX_ROW_EXPANSION * (LOOK_EVERY_BYTES + DEFAULT_BODY_BYTES) + LOOK_EVERY_ROWS * ROW_OVERHEAD_BYTES;
const NOW_MS = 1_700_000_000_000;
const Metrics = otlpType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
const logRow: LogRowContext = {
  serviceBytes: Buffer.from('shop'),
  weight: 1,
  resourceIdHi: 0,
  resourceIdLo: 0,
  scopeIdHi: 0,
  scopeIdLo: 0,
  receivedHi: 0,
  receivedLo: 0,
};
const spanRow: SpanRowContext = {
  traceStartHi: 0,
  traceStartLo: 0,
  skewNs: 0,
  skewErrorNs: 0,
  thresholdHi: 0,
  thresholdLo: 0,
  weight: 1,
  serviceBytes: Buffer.from('shop'),
  resourceIdHi: 0,
  resourceIdLo: 0,
  scopeIdHi: 0,
  scopeIdLo: 0,
};

/** Sizes of the blocks that tables cut themselves; call `rest` at the end. */
class Blocks {
  readonly sizes: { readonly table: string; readonly rows: number; readonly bytes: number }[] = [];
  readonly #tables: StoreTables;

  constructor(tables: StoreTables) {
    this.#tables = tables;
    for (const table of tables.all) table.cutAt(MAX_BLOCK_ROWS, MAX_BLOCK_BYTES, () => this.#note(table.cutBlock(1)));
  }

  rest(): this {
    for (const table of this.#tables.all) this.#note(table.cutBlock(1));
    return this;
  }

  rows(table: string): number {
    return this.sizes.reduce((sum, block) => sum + (block.table === table ? block.rows : 0), 0);
  }

  get largest(): { rows: number; bytes: number } {
    return {
      rows: Math.max(...this.sizes.map(({ rows }) => rows)),
      bytes: Math.max(...this.sizes.map(({ bytes }) => bytes)),
    };
  }

  #note(block: Block | undefined): void {
    if (block !== undefined) this.sizes.push({ table: block.table, rows: block.rows, bytes: block.bytes.length });
  }
}

function throughLogs(body: Buffer): { blocks: Blocks; records: number } {
  const memory = createSpanMemory(16, 1);
  const tables = new StoreTables();
  const blocks = new Blocks(tables);
  const ledger = new SignalLedger();
  const stage = new LogStage(
    memory,
    ledger,
    { keep: 1, always: 'error' },
    { tables, identities: new IdentityKeeper(memory, tables) },
  );
  expect(
    stage.accept({ signal: 'logs', body, transport: 'http', encoding: 'protobuf', deadlineMs: Infinity }, NOW_MS),
  ).toMatchObject({ kind: 'accepted' });
  return { blocks: blocks.rest(), records: ledger.receivedTotal };
}

/** One resource, one scope. @param each record's bytes */
function logsRequest(records: number, record: Buffer): Buffer {
  const field = Buffer.concat([Buffer.from([0x12, ...varint(record.length)]), record]);
  const scope = Buffer.alloc(records * field.length, field);
  const scopeLogs = Buffer.concat([Buffer.from([0x12, ...varint(scope.length)]), scope]);
  return Buffer.concat([Buffer.from([0x0a, ...varint(scopeLogs.length)]), scopeLogs]);
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}

/** A KeyValueList in a KeyValueList…: the most text for the fewest bytes. */
function nested(depth: number): Buffer {
  let value = Buffer.from([0x32, 0x00]);
  for (let i = 0; i < depth; i++) {
    const pair = Buffer.concat([Buffer.from([0x12, ...varint(value.length)]), value]);
    const list = Buffer.concat([Buffer.from([0x0a, ...varint(pair.length)]), pair]);
    value = Buffer.concat([Buffer.from([0x32, ...varint(list.length)]), list]);
  }
  return value;
}

it('the bound fits the largest request by default, and the embedded ClickHouse takes a block of it', () => {
  const loaded = loadConfig({ argv: [], env: {}, readFile: () => '' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  expect(loaded.value.config.receive.max_body_bytes).toBe(DEFAULT_BODY_BYTES);
  expect(MAX_INSERT_BYTES).toBeGreaterThanOrEqual(LARGEST_BLOCK_BYTES);
});

it.each([
  ['a million empty records', logsRequest(1_000_000, Buffer.alloc(0)), 1_000_000],
  [
    '64 MiB of records of 200 bytes',
    logsRequest(
      330_000,
      Buffer.concat([Buffer.from([0x2a, ...varint(197), 0x0a, ...varint(194)]), Buffer.alloc(194, 'x')]),
    ),
    330_000,
  ],
  [
    '64 MiB of records of 4 MiB',
    logsRequest(
      15,
      Buffer.concat([
        Buffer.from([0x2a, ...varint(4 * MIB + 5), 0x0a, ...varint(4 * MIB)]),
        Buffer.alloc(4 * MIB, 'x'),
      ]),
    ),
    15,
  ],
])('one request of %s becomes blocks within the bound, and nothing is missing', (_what, body, records) => {
  const { blocks, records: received } = throughLogs(body);
  expect([received, blocks.rows('logs')]).toEqual([records, records]);
  expect(blocks.largest.rows).toBeLessThanOrEqual(MAX_BLOCK_ROWS);
  expect(blocks.largest.bytes).toBeLessThan(MAX_BLOCK_BYTES + 5 * MIB); // one record more than a block's worth
});

it('points with a label as long as a request, repeated in each bucket of a histogram, make many blocks', () => {
  const bounds = Array.from({ length: 200 }, (_, i) => i);
  const point = {
    explicitBounds: bounds,
    bucketCounts: [...bounds, 0].map(() => 1),
    count: 201,
    sum: 1,
    timeUnixNano: '1700000000000000000',
    attributes: [{ key: 'long', value: { stringValue: 'x'.repeat(2 * MIB) } }],
  };
  const body = Buffer.from(
    Metrics.encode(
      Metrics.fromObject({
        resourceMetrics: [
          {
            scopeMetrics: [{ metrics: [{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [point] } }] }],
          },
        ],
      }),
    ).finish(),
  );
  const tables = new StoreTables();
  const blocks = new Blocks(tables);
  const stage = new MetricStage(new SignalLedger(), tables);
  expect(
    stage.accept({ signal: 'metrics', body, transport: 'http', encoding: 'protobuf', deadlineMs: Infinity }, NOW_MS),
  ).toMatchObject({ kind: 'accepted', rejected: 0 });
  blocks.rest();
  expect(blocks.rows('series')).toBe(203);
  expect(blocks.largest.bytes).toBeLessThan(MAX_BLOCK_BYTES + 5 * MIB);
});

it('a row takes at most so many bytes for each of its message, whatever values are nested in it', () => {
  const value: fc.Arbitrary<Buffer> = fc.letrec<{ value: Buffer }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(
        Buffer.alloc(0),
        Buffer.from([0x0a, 0x00]),
        Buffer.from([0x0a, 0x01, 0x01]),
        Buffer.from([0x10, 0x00]),
        Buffer.from([0x18, 0x01]),
        Buffer.from([0x3a, 0x00]),
        Buffer.from([0x2a, 0x00]),
        Buffer.from([0x32, 0x00]),
      ),
      fc
        .array(tie('value'), { maxLength: 5 })
        .map((values) => message(0x2a, Buffer.concat(values.map((one) => message(0x0a, one))))),
      fc
        .array(tie('value'), { maxLength: 5 })
        .map((values) => message(0x32, Buffer.concat(values.map((one) => message(0x0a, message(0x12, one)))))),
    ),
  })).value;
  fc.assert(
    fc.property(value, (bytes) => {
      const texts = new StringColumn();
      new AnyValueColumns(new UInt8Column(), texts).append(bytes, 0, bytes.length);
      expect(texts.byteLength()).toBeLessThanOrEqual(bytes.length * MAX_ROW_EXPANSION + 64);
    }),
    { numRuns: 500, seed: 61 },
  );
  for (const depth of [1, 20, 64]) {
    const worst = message(
      0x2a,
      Buffer.alloc(
        1000 * (nested(depth).length + 3),
        Buffer.concat([Buffer.from([0x0a, ...varint(nested(depth).length)]), nested(depth)]),
      ),
    );
    const texts = new StringColumn();
    new AnyValueColumns(new UInt8Column(), texts).append(worst, 0, worst.length);
    expect(texts.byteLength()).toBeLessThanOrEqual(worst.length * MAX_ROW_EXPANSION);
  }
});

it('an array of 64 MiB is kept as bytes: as text it would be longer than a string may be', () => {
  const members = Buffer.alloc(64 * MIB, Buffer.from([0x0a, 0x00]));
  const body = message(0x2a, members);
  const table = new LogsTable();
  const record = message(0x2a, body);
  table.append(record, 0, record.length, logRow);
  const block = table.cutBlock(1)!;
  expect(block.bytes.length).toBeLessThan(LARGEST_BLOCK_BYTES);
  expect(block.bytes.includes(body.toString('base64', 0, 300))).toBe(true);
});

it('spans of any size are cut at the bound', () => {
  const sizes = [0, 10, 100, 1_000, 100_000, 5 * MIB];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...sizes), { minLength: 1, maxLength: 30 }), (attributes) => {
      const tables = new StoreTables();
      const blocks = new Blocks(tables);
      for (const bytes of attributes) {
        const span = message(
          0x4a,
          Buffer.concat([message(0x0a, Buffer.from('k')), message(0x12, message(0x0a, Buffer.alloc(bytes, 'v')))]),
        );
        tables.spans.append(span, 0, span.length, spanRow);
      }
      expect(blocks.rest().rows('spans')).toBe(attributes.length);
      expect(blocks.largest.bytes).toBeLessThan(MAX_BLOCK_BYTES + 5 * MIB + MIB);
    }),
    { numRuns: 20, seed: 62 },
  );
  const table = new SpansTable();
  let cut = 0;
  table.cutAt(7, MAX_BLOCK_BYTES, () => {
    cut += table.cutBlock(1)!.rows;
  });
  for (let i = 0; i < 100; i++) table.append(Buffer.alloc(0), 0, 0, spanRow);
  expect([cut, table.rows, table.appended]).toEqual([98, 2, 100]);
});

function message(tag: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...varint(bytes.length)]), bytes]);
}
