// Spans of real clients through append, insert and select: equal, field by field, to what protobufjs decodes.
import type { ClickHouseClient } from '@clickhouse/client';
import fc from 'fast-check';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import type { SpanRowContext } from '#collector/store/tables/spans-table.ts';
import { SpansTable } from '#collector/store/tables/spans-table.ts';
import { thText, traceStateWithThreshold } from '#collector/store/tables/trace-state.ts';
import type { TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';
import type { OracleSpan, StoredSpan } from '#tests/support/stored-span.ts';
import { expectedSpan, inCanonicalOrder, spansOfRequest, STORED_SPAN_COLUMNS } from '#tests/support/stored-span.ts';

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

function context(): SpanRowContext {
  return {
    traceStartHi: 0x18000000,
    traceStartLo: 5,
    skewNs: -7,
    skewErrorNs: 3,
    thresholdHi: 0,
    thresholdLo: 0,
    weight: 1,
    serviceBytes: Buffer.from('shop'),
    resourceIdHi: 1,
    resourceIdLo: 2,
    scopeIdHi: 3,
    scopeIdLo: 4,
  };
}

/** Stores spans in the order given and reads them back in that order (`skew_ns` holds their number). */
async function throughTheStore(spans: readonly Buffer[], row = context()): Promise<StoredSpan[]> {
  const table = new SpansTable();
  await client.command({ query: 'TRUNCATE TABLE spans' });
  spans.forEach((bytes, i) => {
    row.skewNs = i;
    table.append(bytes, 0, bytes.length, row);
  });
  const block = table.cutBlock(Math.floor(Date.now() / 1000))!;
  const { stream } = await client.exec({
    query: `INSERT INTO spans (${block.columns.join(', ')}) FORMAT Native`,
    values: Readable.from([block.bytes], { objectMode: false }),
  });
  for await (const _ of stream) {
    /* drained */
  }
  const result = await client.query({
    query: `SELECT ${STORED_SPAN_COLUMNS} FROM spans ORDER BY skew_ns`,
    format: 'JSONEachRow',
  });
  return result.json();
}

/** Spans stored as decoded; fails at the first that is not. */
async function storedAsDecoded(spans: { decoded: OracleSpan; bytes: Buffer }[]): Promise<number> {
  const stored = await throughTheStore(spans.map((one) => one.bytes));
  expect(stored.length).toBe(spans.length);
  return spans.filter((one, i) => {
    expect(inCanonicalOrder(stored[i]!)).toMatchObject(expectedSpan(one.decoded));
    expect(stored[i]!.trace_state).toBe(traceStateWithThreshold(one.decoded.traceState, '0'));
    return true;
  }).length;
}

describe('the spans encoder', () => {
  it('stores spans of any content as protobufjs decodes them', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    const value = fc.oneof(
      text.map((stringValue) => ({ stringValue })),
      fc.boolean().map((boolValue) => ({ boolValue })),
      fc.double().map((doubleValue) => ({ doubleValue })),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((i) => ({ intValue: String(i) })),
      fc.integer().map((i) => ({ intValue: String(i) })),
      fc.uint8Array().map((bytesValue) => ({ bytesValue })),
      fc.constant({}),
      fc.constant({ arrayValue: { values: [{ stringValue: 'a' }, {}] } }),
    );
    const attributes = fc.array(fc.record({ key: text, value }), { maxLength: 6 });
    const id = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
    const time = fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String);
    const u32 = fc.nat();
    const type = otlpType('opentelemetry.proto.trace.v1.Span');
    const arbitrarySpan = fc.record({
      traceId: id(16),
      spanId: id(8),
      parentSpanId: fc.oneof(id(8), fc.constant(new Uint8Array(0))),
      traceState: fc.constantFrom('', 'a=b', 'ot=rv:abc;th:8,x=y'),
      flags: u32,
      name: text,
      kind: fc.nat(5),
      startTimeUnixNano: time,
      endTimeUnixNano: time,
      attributes,
      droppedAttributesCount: u32,
      events: fc.array(fc.record({ name: text, timeUnixNano: time, attributes }), { maxLength: 3 }),
      droppedEventsCount: u32,
      links: fc.array(fc.record({ traceId: id(16), spanId: id(8), attributes }), { maxLength: 3 }),
      droppedLinksCount: u32,
      status: fc.record({ code: fc.nat(2), message: text }),
    });
    const spans = fc.sample(arbitrarySpan, { seed: 11, numRuns: 500 }).map((object) => {
      const bytes = Buffer.from(type.encode(type.fromObject(object)).finish());
      return { bytes, decoded: type.decode(bytes) as unknown as OracleSpan };
    });
    expect(await storedAsDecoded(spans)).toBe(spans.length);
  });

  it('takes fields in any order, skips unknown ones, and lets the last scalar win', async () => {
    const type = otlpType('opentelemetry.proto.trace.v1.Span');
    const early = type.encode({ name: 'first', kind: 1, status: { code: 2, message: 'bad' } }).finish();
    const late = type.encode({ name: 'last', spanId: Buffer.alloc(8, 1), traceId: Buffer.alloc(16, 2) }).finish();
    // field 100: varint, fixed64, bytes, fixed32; a group does not get past the check
    const unknown = [
      0xa0, 0x06, 0xff, 0x01, 0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 0x06, 2, 9, 9, 0xa5, 0x06, 1, 2, 3, 4,
    ];
    const [stored] = await throughTheStore([Buffer.from([...unknown, ...early, ...unknown, ...late])]);
    expect(stored).toMatchObject({
      name: 'last',
      kind: 1,
      status_code: 2,
      status_message: 'bad',
      id: '01'.repeat(8),
      trace: '02'.repeat(16),
    });
  });

  it('writes the threshold into the trace state and keeps the rest of it', () => {
    expect(thText(0, 0)).toBe('0');
    expect(thText(0x8000000, 0)).toBe('8');
    expect(thText(0xf333333, 0x3333333)).toBe('f3333333333333');
    expect(traceStateWithThreshold('', '8')).toBe('ot=th:8');
    // No threshold is known: one from before is taken off.
    expect(thText(2 ** 28, 0)).toBe('');
    expect(traceStateWithThreshold('', '')).toBe('');
    expect(traceStateWithThreshold('vendor=1,ot=th:8', '')).toBe('vendor=1');
    expect(traceStateWithThreshold('vendor=1,ot=th:8;rv:00112233445566', '')).toBe('ot=rv:00112233445566,vendor=1');
    expect(traceStateWithThreshold('', '8', 'ffeeddccbbaa99')).toBe('ot=th:8;rv:ffeeddccbbaa99');
    expect(traceStateWithThreshold('vendor=1, ot=rv:00112233445566;th:4;x:y', 'c', 'ffeeddccbbaa99')).toBe(
      'ot=th:c;rv:ffeeddccbbaa99;x:y,vendor=1',
    );
    expect(traceStateWithThreshold('vendor=1, ot=rv:00112233445566;th:4;x:y', 'c')).toBe(
      'ot=th:c;rv:00112233445566;x:y,vendor=1',
    );
  });

  it('begins a new block clean after a take', async () => {
    const type = otlpType('opentelemetry.proto.trace.v1.Span');
    const bytes = Buffer.from(
      type.encode({ name: 'again', attributes: [{ key: 'k', value: { stringValue: 'v' } }] }).finish(),
    );
    const table = new SpansTable();
    const row = context();
    table.append(bytes, 0, bytes.length, row);
    const first = table.cutBlock(1)!;
    table.append(bytes, 0, bytes.length, row);
    expect(table.cutBlock(1)!.bytes.equals(first.bytes)).toBe(true);
    expect(table.cutBlock(1)).toBeUndefined();
  });
});

describeWithData('the spans encoder on captures', () => {
  it('stores a slice of a shop as it came', async () => {
    const file = openSync(sharedData('otlp/online-boutique-9min.otlp.pb.frames'), 'r');
    const head = Buffer.alloc(2 * 1024 * 1024);
    readSync(file, head);
    closeSync(file);
    const spans: { decoded: OracleSpan; bytes: Buffer }[] = [];
    for (
      let at = 0;
      at + 4 <= head.length && at + 4 + head.readUInt32BE(at) <= head.length;
      at += 4 + head.readUInt32BE(at)
    ) {
      spans.push(...spansOfRequest(head.subarray(at + 4, at + 4 + head.readUInt32BE(at))));
    }
    expect(spans.length).toBeGreaterThan(5_000);
    expect(await storedAsDecoded(spans)).toBe(spans.length);
  });

  it('stores what each SDK sends', async () => {
    const directory = dirname(sharedData('sdk-wire/summary.json'));
    const decoders: Record<string, (body: Buffer) => Buffer> = {
      gzip: gunzipSync,
      deflate: inflateSync,
      zstd: zstdDecompressSync,
      '': (body) => body,
    };
    let sets = 0;
    let sent = 0;
    let stored = 0;
    for (const name of readdirSync(directory).filter(
      (file) => /-(grpc|http)-(gzip|none|deflate|zstd)[\w-]*\.jsonl\.gz$/.test(file) && !/^(odd|node-auto)/.test(file),
    )) {
      const spans: { decoded: OracleSpan; bytes: Buffer }[] = [];
      for (const line of gunzipSync(readFileSync(`${directory}/${name}`))
        .toString()
        .trim()
        .split('\n')) {
        const recorded = JSON.parse(line) as {
          method_or_path: string;
          headers: Record<string, string>;
          grpc_compressed?: boolean;
          encoding?: string;
          body_base64: string;
          answer: string;
        };
        if (!/trace/i.test(recorded.method_or_path) || recorded.answer !== 'ok') continue;
        const header = Object.entries(recorded.headers).find(([key]) => key.toLowerCase() === 'content-encoding')?.[1];
        const encoding = recorded.grpc_compressed === true ? recorded.encoding : header;
        spans.push(...spansOfRequest(decoders[encoding ?? '']!(Buffer.from(recorded.body_base64, 'base64'))));
      }
      if (spans.length > 0) stored += await storedAsDecoded(spans);
      sent += spans.length;
      sets++;
    }
    expect(stored).toBe(sent);
    expect(sets).toBeGreaterThan(20);
  });
});
