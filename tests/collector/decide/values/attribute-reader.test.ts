// Finds attribute values in protobuf bytes: for any message the same as a decoder of the published schema finds, damaged ones included.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_STRING } from '#proto/otlp/enums.ts';
import { AttributeKeys, AttributeReader, MISSING } from '#collector/decide/values/attribute-reader.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const SPAN_TAG = 0x4a;
const RESOURCE_TAG = 0x0a;
const span = otlpType('opentelemetry.proto.trace.v1.Span');
const resource = otlpType('opentelemetry.proto.resource.v1.Resource');

type Value = Readonly<Record<string, unknown>>;
type Pair = readonly [string, Value | undefined];

const spanOf = (pairs: readonly Pair[], more: Record<string, unknown> = {}): Buffer =>
  Buffer.from(
    span.encode(span.fromObject({ attributes: pairs.map(([key, value]) => ({ key, value })), ...more })).finish(),
  );

function readerOf(...names: string[]): { reader: AttributeReader; slots: number[] } {
  const keys = new AttributeKeys();
  const slots = names.map((name) => keys.slot(name));
  return { reader: new AttributeReader(keys), slots };
}

/** What was found, as it was written. */
function found({ bytes, types, starts, ends }: AttributeReader, slot: number): unknown {
  const payload = Buffer.from(bytes.subarray(starts[slot], ends[slot]));
  switch (types[slot]) {
    case MISSING:
      return undefined;
    case VALUE_STRING:
      return payload.toString();
    case VALUE_BOOL:
      return payload[0] !== 0;
    case VALUE_INT:
      return BigInt.asIntN(
        64,
        payload.reduce((sum, byte, i) => sum | (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n),
      );
    case VALUE_DOUBLE:
      return payload.readDoubleLE();
    default:
      return `type ${types[slot]}`;
  }
}

test('a key has one slot, however often it is asked for', () => {
  const keys = new AttributeKeys();
  expect([keys.slot('a'), keys.slot('b'), keys.slot('a'), keys.slot('')]).toEqual([0, 1, 0, 2]);
  expect([keys.size, keys.names]).toEqual([3, ['a', 'b', '']]);
});

test.each<[string, Value, unknown]>([
  ['text', { stringValue: 'ä' }, 'ä'],
  ['empty text', { stringValue: '' }, ''],
  ['true', { boolValue: true }, true],
  ['false', { boolValue: false }, false],
  ['int', { intValue: '9223372036854775807' }, 2n ** 63n - 1n],
  ['negative int', { intValue: '-9223372036854775808' }, -(2n ** 63n)],
  ['zero', { intValue: 0 }, 0n],
  ['double', { doubleValue: -0.5 }, -0.5],
  ['list', { arrayValue: { values: [] } }, 'type 5'],
  ['map', { kvlistValue: { values: [] } }, 'type 6'],
  ['bytes', { bytesValue: Buffer.from('a') }, 'type 7'],
  ['nothing inside', {}, 'type 15'],
])('%s', (_, value, expected) => {
  const { reader, slots } = readerOf('k');
  const bytes = spanOf([['k', value]]);
  reader.read(bytes, 0, bytes.length, SPAN_TAG);
  expect(found(reader, slots[0]!)).toEqual(expected);
});

test('a key without any value is there', () => {
  const { reader, slots } = readerOf('k');
  const bytes = spanOf([['k', undefined]]);
  reader.read(bytes, 0, bytes.length, SPAN_TAG);
  expect(reader.types[slots[0]!]).not.toBe(MISSING);
});

test('keys that begin alike, are as long, or longer than any list, are told apart', () => {
  const long = 'k'.repeat(300);
  const names = ['http.route', 'http.routs', 'http', '', long, `${long}x`, `${'k'.repeat(299)}j`];
  const { reader, slots } = readerOf(...names);
  const bytes = spanOf(names.map((name, i) => [name, { intValue: i }]));
  reader.read(bytes, 0, bytes.length, SPAN_TAG);
  expect(slots.map((slot) => found(reader, slot))).toEqual(names.map((_, i) => BigInt(i)));
});

test('attributes of a resource have another tag', () => {
  const bytes = Buffer.from(
    resource
      .encode(
        resource.fromObject({ attributes: [{ key: 'k', value: { stringValue: 'v' } }], droppedAttributesCount: 3 }),
      )
      .finish(),
  );
  const { reader, slots } = readerOf('k');
  reader.read(bytes, 0, bytes.length, RESOURCE_TAG);
  expect(found(reader, slots[0]!)).toBe('v');
  reader.read(bytes, 0, bytes.length, SPAN_TAG);
  expect(found(reader, slots[0]!)).toBeUndefined();
});

const key = fc.constantFrom('a', 'b', 'c', 'ab', 'ba', 'service.name');
const value = fc.oneof(
  fc.string().map((text) => [{ stringValue: text }, text] as const),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((int) => [{ intValue: String(int) }, int] as const),
  fc.double({ noNaN: true }).map((double) => [{ doubleValue: double }, double] as const),
  fc.boolean().map((bool) => [{ boolValue: bool }, bool] as const),
);
const around = fc.record({
  name: fc.string(),
  traceState: fc.string(),
  startTimeUnixNano: fc.nat(),
  droppedAttributesCount: fc.nat(),
  flags: fc.nat(),
  events: fc.array(fc.record({ name: fc.string(), attributes: fc.constant([{ key: 'a', value: { intValue: 1 } }]) })),
});

test('the first of equal keys counts, in any span', () => {
  const { reader, slots } = readerOf('a', 'b', 'c', 'ab', 'ba', 'service.name');
  const names = ['a', 'b', 'c', 'ab', 'ba', 'service.name'];
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value), { maxLength: 8 }), around, (pairs, more) => {
      const bytes = spanOf(
        pairs.map(([name, [written]]) => [name, written]),
        more,
      );
      reader.read(bytes, 0, bytes.length, SPAN_TAG);
      const expected = names.map((name) => pairs.find(([other]) => other === name)?.[1][1]);
      expect(slots.map((slot) => found(reader, slot))).toEqual(expected);
    }),
    { seed: 91 },
  );
});

test('a message within others is read alone', () => {
  const { reader, slots } = readerOf('k');
  const before = spanOf([['k', { intValue: 1 }]]);
  const own = spanOf([['x', { intValue: 2 }]]);
  reader.read(Buffer.concat([before, own, before]), before.length, before.length + own.length, SPAN_TAG);
  expect(found(reader, slots[0]!)).toBeUndefined();
});

test('bytes cut anywhere, or of any content, end the walk and reach nothing beyond', () => {
  const { reader, slots } = readerOf('a', 'service.name');
  const check = (bytes: Uint8Array, to: number): void => {
    reader.read(bytes, 0, to, SPAN_TAG);
    for (const slot of slots) {
      if (reader.types[slot] === MISSING) continue;
      expect(reader.starts[slot]).toBeLessThanOrEqual(to);
      expect(reader.ends[slot]).toBeLessThanOrEqual(to);
    }
  };
  const whole = spanOf([
    ['a', { stringValue: 'x'.repeat(200) }],
    ['service.name', { intValue: -1 }],
  ]);
  for (let to = 0; to <= whole.length; to++) check(whole, to);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) =>
      check(Uint8Array.of(SPAN_TAG, ...bytes), bytes.length + 1),
    ),
    { seed: 92, numRuns: 500 },
  );
});
