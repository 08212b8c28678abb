// Spans whose bytes say a field more than once, hold fields that nobody knows, or end anywhere: protobuf's rules, as a decoder of the published
// schema follows them.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decodeSpan, type DecodedSpan } from '#collector/decide/otelcol/ottl/decoded-span.ts';
import { OttlList, ReceivedMap, type OttlValue } from '#collector/decide/otelcol/ottl/value.ts';
import { TraceCursor } from '#collector/decide/trace-cursor.ts';
import { AttributeKeys } from '#collector/decide/values/attribute-reader.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN = otlpType('opentelemetry.proto.trace.v1.Span');

/** A field whose bytes are a message. */
function message(tag: number, bytes: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
}

/** The span of a request that holds just these bytes; ids are put in front, so that it is accepted. */
function decodedBytes(bytes: Uint8Array): DecodedSpan {
  const ids = Buffer.concat([message(0x0a, Buffer.from(TRACE_ID, 'hex')), message(0x12, Buffer.alloc(8, 1))]);
  const file = new TraceFile(16);
  file.add(message(0x0a, message(0x12, message(0x12, Buffer.concat([ids, bytes])))));
  const view = file.view(TRACE_ID)!;
  const cursor = new TraceCursor(new AttributeKeys(), []);
  cursor.start(view);
  cursor.moveTo(view.rows[0]!);
  return decodeSpan(cursor);
}

function plainOf(value: OttlValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof OttlList) return value.items.map(plainOf);
  if (value instanceof ReceivedMap) return value.entries.map(([key, one]) => [key, plainOf(one)]);
  return value;
}

interface Part {
  readonly name?: string;
  readonly kind?: number;
  readonly traceState?: string;
  readonly start?: bigint;
  readonly status?: { readonly code: number; readonly message: string };
  readonly flags?: number;
  readonly attributes: readonly (readonly [key: string, text: string])[];
  readonly events: readonly string[];
  readonly links: number;
  readonly dropped?: number;
}
/** Some fields of a span. */
const part: fc.Arbitrary<Part> = fc.record(
  {
    name: fc.string({ minLength: 1 }),
    kind: fc.integer({ min: 1, max: 5 }),
    traceState: fc.string({ minLength: 1 }),
    start: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    status: fc.record({ code: fc.constantFrom(1, 2), message: fc.string({ minLength: 1 }) }),
    flags: fc.integer({ min: 1, max: 0xffff }),
    attributes: fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.string()), { maxLength: 3 }),
    events: fc.array(fc.string(), { maxLength: 2 }),
    links: fc.integer({ min: 0, max: 2 }),
    dropped: fc.integer({ min: 1, max: 1000 }),
  },
  { requiredKeys: ['attributes', 'events', 'links'] },
);

function encoded({ start, attributes, events, links, dropped, ...fields }: Part): Buffer {
  const span = {
    ...fields,
    ...(start !== undefined && { startTimeUnixNano: String(start) }),
    ...(dropped !== undefined && { droppedAttributesCount: dropped }),
    attributes: attributes.map(([key, stringValue]) => ({ key, value: { stringValue } })),
    events: events.map((name) => ({ name })),
    links: Array.from({ length: links }, () => ({ traceId: Buffer.alloc(16, 7) })),
  };
  return Buffer.from(SPAN.encode(SPAN.fromObject(span)).finish());
}

/** A field number that no version of a span has, of any wire type. */
const unknownField = fc.oneof(
  fc
    .uint8Array({ maxLength: 5 })
    .map((bytes) => Buffer.concat([Buffer.from([0x92, 0x03]), message(0, bytes).subarray(1)])),
  fc.nat(127).map((value) => Buffer.from([0x98, 0x03, value])),
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from([0xa1, 0x03, ...bytes])),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from([0xad, 0x03, ...bytes])),
);

test('of a scalar that comes again the last counts, lists go on, and unknown fields change nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(part, unknownField), { minLength: 1, maxLength: 4 }), (parts) => {
      const bytes = Buffer.concat(parts.flatMap(([one, unknown]) => [encoded(one), unknown]));
      const span = decodedBytes(bytes);
      const all = parts.map(([one]) => one);
      const last = <K extends keyof Part>(key: K): Part[K] | undefined =>
        all.findLast((one) => one[key] !== undefined)?.[key];
      expect(span.name).toBe(last('name') ?? '');
      expect(span.kind).toBe(BigInt(last('kind') ?? 0));
      expect(span.traceState).toBe(last('traceState') ?? '');
      expect(span.start).toBe(last('start') ?? 0n);
      expect(span.flags).toBe(BigInt(last('flags') ?? 0));
      expect(span.dropped.attributes).toBe(BigInt(last('dropped') ?? 0));
      expect([span.statusCode, span.statusMessage]).toEqual([
        BigInt(last('status')?.code ?? 0),
        last('status')?.message ?? '',
      ]);
      expect(plainOf(span.attributes)).toEqual(all.flatMap(({ attributes }) => attributes.map((pair) => [...pair])));
      expect(span.events.map(({ name }) => name)).toEqual(all.flatMap(({ events }) => events));
      expect(span.links).toBe(all.reduce((sum, { links }) => sum + links, 0));
      // Of equal keys the first is found.
      for (const { attributes } of all)
        for (const [key] of attributes) {
          const first = all.flatMap((one) => one.attributes).find(([known]) => known === key);
          expect(span.attributes.get(key)).toBe(first![1]);
        }
    }),
    { seed: 723, numRuns: 200 },
  );
});

test('a published decoder reads the same, field by field', () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
      const bytes = Buffer.concat(parts.map(encoded));
      const span = decodedBytes(bytes);
      const known = SPAN.toObject(SPAN.decode(bytes), { longs: String, defaults: true });
      expect([span.name, span.traceState, Number(span.kind), String(span.start), Number(span.flags)]).toEqual([
        known['name'],
        known['traceState'],
        known['kind'],
        known['startTimeUnixNano'],
        known['flags'],
      ]);
      expect(span.links).toBe(known['links'].length);
      expect(span.events).toHaveLength(known['events'].length);
      expect(span.attributes.entries).toHaveLength(known['attributes'].length);
    }),
    { seed: 724, numRuns: 100 },
  );
});

test('of a value whose type is said twice the last counts', () => {
  const value = (bytes: Buffer): unknown => {
    const pair = Buffer.concat([message(0x0a, Buffer.from('k')), message(0x12, bytes)]);
    return plainOf(decodedBytes(message(0x4a, pair)).attributes.get('k') ?? null);
  };
  const text = message(0x0a, Buffer.from('text'));
  const yes = Buffer.from([0x10, 1]);
  const five = Buffer.from([0x18, 5]);
  expect(value(Buffer.concat([text, five]))).toBe(5n);
  expect(value(Buffer.concat([five, text]))).toBe('text');
  expect(value(Buffer.concat([five, yes]))).toBe(true);
  expect(value(Buffer.alloc(0))).toBeNull();
});
