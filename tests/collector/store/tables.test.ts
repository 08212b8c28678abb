// Every table's encoder against the real engine: what is appended is what a SELECT gives back.
import type { ClickHouseClient } from '@clickhouse/client';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Block } from '#collector/store/block.ts';
import { createStoreClient } from '#collector/store/client.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import type { TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

let server: TestClickHouse;
let client: ClickHouseClient;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
  await makeTables(client);
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

async function insert(block: Block): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${block.table} (${block.columns.join(', ')}) FORMAT Native`,
    values: Readable.from([block.bytes], { objectMode: false }),
  });
  for await (const _ of stream) {
    /* drained */
  }
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  const result = await client.query({
    query: sql,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_denormals: 1, output_format_json_quote_64bit_integers: 1 },
  });
  return result.json();
}

const STORED_AT = Math.floor(Date.now() / 1000);

describe('a block of each table', () => {
  it('carries traces with nested columns', async () => {
    const { traces } = new StoreTables();
    for (let i = 0; i < 3; i++) {
      traces.append({
        id0: 1,
        id1: 2,
        id2: 3,
        id3: 0xffffff00 + i,
        startHi: 0x18000000,
        startLo: 0xfffffff0,
        endHi: 0x18000001,
        endLo: 0,
        durationNs: 16,
        rootService: 'shop',
        rootName: 'GET /é',
        rootKind: 2,
        spanCount: 7,
        errorCount: 1,
        lateCount: 0,
        missingParents: 0,
        rootPresent: true,
        depth: 3,
        services: i === 0 ? [] : ['cart', 'shop'],
        serviceSpans: new Map([['shop', 2 ** 40 + 1]]),
        criticalPathNs: new Map(),
        rule: 'the rest',
        trigger: 'complete',
        thresholdHi: 0xfffffff,
        thresholdLo: 0xffffff1,
        weight: 20.5,
        hosts: [{ host: 'a', offsetNs: -5, errorNs: 2 }],
        warnings: [{ kind: 'cycle', spanId: '00000000000000ff' }],
        operations: [{ service: 'shop', name: 'pay', spans: 2, pathNs: 9, selfNs: 8, dragNs: 7, slackNs: -1 }],
        repeats: [
          { firstSpanId: '00000000000000aa', service: 'shop', name: 'SELECT', spans: 40, totalNs: 50, spanNs: 60 },
        ],
      });
    }
    await insert(traces.cutBlock(STORED_AT)!);
    const [first, second] = await rows(
      'SELECT *, arraySort(services) AS sorted, hex(trace_id) AS id, toUnixTimestamp64Nano(start) AS s, toUInt32(stored_at) AS at FROM traces FINAL ORDER BY trace_id',
    );
    expect(first).toMatchObject({
      id: '000000010000000200000003FFFFFF00',
      s: String((0x18000000n << 32n) + 0xfffffff0n),
      duration_ns: '16',
      root_name: 'GET /é',
      root_kind: 2,
      span_count: '7',
      service_spans: { shop: String(2 ** 40 + 1) },
      critical_path_ns: {},
      threshold: String((0xfffffffn << 28n) + 0xffffff1n),
      weight: 20.5,
      hosts: [{ host: 'a', offset_ns: '-5', error_ns: '2' }],
      warnings: [{ kind: 'cycle', span_id: '00000000000000ff' }],
      services: [],
      at: STORED_AT,
      operations: [
        { service: 'shop', name: 'pay', spans: '2', path_ns: '9', self_ns: '8', drag_ns: '7', slack_ns: '-1' },
      ],
      repeats: [
        {
          first_span_id: '00000000000000aa',
          service: 'shop',
          name: 'SELECT',
          spans: '40',
          total_ns: '50',
          span_ns: '60',
        },
      ],
    });
    expect(second).toMatchObject({ sorted: ['cart', 'shop'] });
  });

  it('carries decisions, links, RED and edges', async () => {
    const tables = new StoreTables();
    tables.decisions.append({
      id0: 0,
      id1: 0,
      id2: 0,
      id3: 9,
      decidedAtMs: Date.now(),
      decision: 'dropped',
      rule: 'r',
      trigger: 'timeout',
      thresholdHi: 1,
      thresholdLo: 2,
      weight: 0,
      randomHi: 3,
      randomLo: 4,
      rootService: 's',
      rootName: 'n',
      startHi: 0x18000000,
      startLo: 1,
      durationNs: -3,
      spanCount: 4,
      bytes: 5e9,
      errorCount: 0,
      rootPresent: false,
      missingParents: 1,
    });
    tables.links.append({
      targetTraceId: Buffer.alloc(16, 1),
      targetSpanId: Buffer.alloc(8, 2),
      sourceId0: 1,
      sourceId1: 1,
      sourceId2: 1,
      sourceId3: 1,
      sourceSpanHi: 7,
      sourceSpanLo: 8,
      sourceService: 's',
      sourceName: 'n',
      sourceStartHi: 0x18000000,
      sourceStartLo: 0,
      sourceKind: 5,
    });
    tables.red.append({
      timeSeconds: STORED_AT,
      service: 's',
      name: 'n',
      kind: 2,
      status: 0,
      calls: 3,
      durationSumNs: 1.5e9,
      boundsUs: [2000, 4000],
      counts: [1, 0, 2],
    });
    tables.edges.append({
      minuteSeconds: STORED_AT - (STORED_AT % 60),
      caller: 'a',
      callee: 'b',
      kind: 'queue',
      calls: 3,
      errors: 1,
      clientServerCalls: 2,
      durationSumNs: 5,
      boundsUs: [2000],
      counts: [3, 0],
      lagCount: 1,
      lagSumNs: 7.5,
    });
    tables.propagation.append({
      minuteSeconds: STORED_AT - (STORED_AT % 60),
      cause: 'lost',
      caller: 'a',
      callee: 'b',
      count: 3,
      of: 9,
      example: [1, 2, 3, 4],
      exampleKept: false,
    });
    tables.reconstruction.append({
      minuteSeconds: STORED_AT - (STORED_AT % 60),
      service: 'a',
      kind: 'cycle',
      traces: 2,
      spans: 9,
      example: [1, 2, 3, 4],
      exampleKept: true,
    });
    for (const table of tables.all) {
      const block = table.cutBlock(STORED_AT);
      if (block !== undefined) await insert(block);
    }
    expect(await rows('SELECT * FROM decisions')).toMatchObject([
      {
        decision: 'dropped',
        bytes: '5000000000',
        duration_ns: '-3',
        threshold: String(2 ** 28 + 2),
        randomness: String(3 * 2 ** 28 + 4),
        root_present: 0,
      },
    ]);
    expect(await rows('SELECT *, hex(source_span_id) AS id FROM links')).toMatchObject([
      { id: '0000000700000008', source_kind: 5 },
    ]);
    expect(await rows('SELECT * FROM red')).toMatchObject([
      { calls: '3', duration_sum_ns: 1.5e9, duration_buckets: { 2000: '1', 4294967295: '2' } },
    ]);
    expect(await rows('SELECT *, hex(example) AS e, hex(kept_example) AS k FROM propagation')).toMatchObject([
      {
        cause: 'lost',
        caller: 'a',
        callee: 'b',
        problems: '3',
        of: '9',
        e: '00000001000000020000000300000004',
        k: '0'.repeat(32),
      },
    ]);
    expect(await rows('SELECT *, hex(kept_example) AS k FROM reconstruction')).toMatchObject([
      { service: 'a', kind: 'cycle', traces: '2', spans: '9', k: '00000001000000020000000300000004' },
    ]);
    expect(await rows('SELECT * FROM edges')).toMatchObject([
      { kind: 'queue', duration_buckets: { 2000: '3' }, lag_sum_ns: 7.5 },
    ]);
  });

  it('carries series, samples with the stale marker, and exemplars', async () => {
    const tables = new StoreTables();
    tables.series.append({
      name: 'up',
      idHi: 0xffffffff,
      idLo: 0xfffffffe,
      labels: new Map([
        ['job', 'x'],
        ['a', ''],
      ]),
      kind: 'gauge',
      unit: '',
      help: 'h',
      firstSeenMs: 1,
      lastSeenMs: 2,
    });
    for (const value of [1.5, Infinity, NaN])
      tables.samples.append(0xffffffff, 0xfffffffe, 1_700_000_000_123, value, 0);
    tables.samples.appendStale(0xffffffff, 0xfffffffe, 1_700_000_000_124, 0);
    tables.exemplars.append({
      idHi: 1,
      idLo: 2,
      tsMs: 3,
      value: -1,
      traceId: Buffer.alloc(16, 7),
      spanId: Buffer.alloc(8, 9),
      labels: new Map([['k', 'v']]),
    });
    for (const table of tables.all) {
      const block = table.cutBlock(STORED_AT);
      if (block !== undefined) await insert(block);
    }
    expect(await rows('SELECT * FROM series')).toMatchObject([
      { id: '18446744073709551614', labels: { job: 'x', a: '' }, kind: 'gauge' },
    ]);
    expect(
      await rows(
        'SELECT toUnixTimestamp64Milli(ts) AS t, hex(reinterpretAsUInt64(value)) AS bits FROM samples ORDER BY ts, bits',
      ),
    ).toEqual([
      { t: '1700000000123', bits: '3FF8000000000000' },
      { t: '1700000000123', bits: '7FF0000000000000' },
      { t: '1700000000123', bits: '7FF8000000000000' },
      { t: '1700000000124', bits: '7FF0000000000002' },
    ]);
    expect(await rows('SELECT *, hex(span_id) AS s FROM exemplars')).toMatchObject([
      { value: -1, s: '0909090909090909', labels: { k: 'v' } },
    ]);
  });

  it('carries resources and scopes from their messages, and logs from their records', async () => {
    const tables = new StoreTables();
    const attributes = [
      { key: 'k', value: { intValue: -5 } },
      { key: 'b', value: { bytesValue: Buffer.from([1, 2, 3]) } },
      { key: 'none' },
    ];
    const resource = Buffer.from(
      otlpType('opentelemetry.proto.resource.v1.Resource').encode({ attributes, droppedAttributesCount: 3 }).finish(),
    );
    const scope = Buffer.from(
      otlpType('opentelemetry.proto.common.v1.InstrumentationScope')
        .encode({ name: 'lib', version: '1', attributes })
        .finish(),
    );
    const log = Buffer.from(
      otlpType('opentelemetry.proto.logs.v1.LogRecord')
        .encode({
          observedTimeUnixNano: 1_700_000_000_000_000_000,
          severityNumber: 17,
          severityText: 'ERROR',
          body: { kvlistValue: { values: [{ key: 'a', value: { doubleValue: 0.5 } }] } },
          attributes,
          droppedAttributesCount: 2,
          flags: 1,
          traceId: Buffer.alloc(16, 3),
          spanId: Buffer.alloc(8, 4),
          eventName: 'e',
        })
        .finish(),
    );
    tables.resources.append({
      idHi: 1,
      idLo: 2,
      service: 's',
      host: 'h',
      schemaUrl: Buffer.from('http://x'),
      message: resource,
    });
    tables.scopes.append({ idHi: 3, idLo: 4, schemaUrl: Buffer.alloc(0), message: scope });
    tables.logs.append(log, 0, log.length, {
      serviceBytes: Buffer.from('s'),
      weight: 1,
      resourceIdHi: 1,
      resourceIdLo: 2,
      scopeIdHi: 3,
      scopeIdLo: 4,
      receivedHi: 0,
      receivedLo: 0,
    });
    for (const table of tables.all) {
      const block = table.cutBlock(STORED_AT);
      if (block !== undefined) await insert(block);
    }
    const stored = { attr_keys: ['k', 'b', 'none'], attr_types: [3, 7, 0], attr_values: ['-5', 'AQID', ''] };
    expect(await rows('SELECT *, items FROM resources')).toMatchObject([
      { ...stored, id: String(2 ** 32 + 2), schema_url: 'http://x', items: ['k=-5', 'b=AQID', 'none='] },
    ]);
    expect(await rows('SELECT * FROM scopes')).toMatchObject([{ ...stored, name: 'lib', version: '1' }]);
    expect(await rows('SELECT *, toUnixTimestamp64Nano(ts) AS t, hex(trace_id) AS id FROM logs')).toMatchObject([
      {
        ...stored,
        t: '1700000000000000000',
        severity: 17,
        flags: 1,
        body_type: 6,
        body: '{"kvlistValue":{"values":[{"key":"a","value":{"doubleValue":0.5}}]}}',
        id: '03'.repeat(16),
        dropped_attributes: 2,
        event_name: 'e',
      },
    ]);
  });
});
