// Two messages say the same when a slow reader, protobufjs with defaults filled in, reads the same from both.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSameMessage } from '#collector/assemble/same-message.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const Span = otlpType('opentelemetry.proto.trace.v1.Span');
const KEPT_DEFAULTS = { defaults: true, longs: String, bytes: String } as const;

const count = fc.constantFrom(undefined, 0, 1, 300);
const attribute = fc.record({
  key: fc.constantFrom('a', 'b'),
  value: fc.oneof(
    fc.constantFrom({ intValue: 0 }, { intValue: 1 }, { boolValue: false }),
    fc.record({ stringValue: fc.constantFrom('', 'x', 'y') }),
  ),
});
const attributes = fc.array(attribute, { maxLength: 2 });
const span = fc.record({
  traceId: fc.constant(Buffer.alloc(16, 1)),
  spanId: fc.constant(Buffer.alloc(8, 2)),
  name: fc.constantFrom('p', 'q'),
  kind: count,
  startTimeUnixNano: fc.constantFrom(5, 6),
  attributes,
  droppedAttributesCount: count,
  droppedEventsCount: count,
  events: fc.array(
    fc.record({
      timeUnixNano: fc.constantFrom(1, 2),
      name: fc.constantFrom('e', 'f'),
      attributes,
      droppedAttributesCount: count,
    }),
    { maxLength: 2 },
  ),
  links: fc.array(
    fc.record({ traceId: fc.constant(Buffer.alloc(16, 3)), attributes, droppedAttributesCount: count, flags: count }),
    { maxLength: 2 },
  ),
  status: fc.record({ code: count, message: fc.constantFrom(undefined, 'm') }),
});

/** The message, with undefined fields left out. */
function encoded(value: object): Buffer {
  return Buffer.from(
    Span.encode(
      Span.fromObject(JSON.parse(JSON.stringify(value), (_key, part: unknown) => part ?? undefined) as object),
    ).finish(),
  );
}

/** @param share of the zeros that are left out, by a seeded choice */
function withoutSomeZeros(value: unknown, leaves: () => boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutSomeZeros(one, leaves));
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => !(part === 0 && key !== 'intValue' && leaves()))
      .map(([key, part]) => [key, withoutSomeZeros(part, leaves)]),
  );
}

function isSame(one: Buffer, other: Buffer): boolean {
  const [a, b] = [Buffer.concat([Buffer.alloc(3), one, Buffer.alloc(2)]), Buffer.concat([Buffer.alloc(7), other])];
  return isSameMessage(a, 3, one.length, b, 7, other.length);
}

test('zeros that one encoder writes and another leaves out make no difference', () => {
  fc.assert(
    fc.property(span, fc.infiniteStream(fc.boolean()), (value, coins) => {
      const other = withoutSomeZeros(value, () => coins.next().value as boolean) as object;
      expect(isSame(encoded(value), encoded(other))).toBe(true);
    }),
    { seed: 11, numRuns: 500 },
  );
});

test('everything else does, as a reader of all fields sees it', () => {
  fc.assert(
    fc.property(span, span, (a, b) => {
      const [one, other] = [encoded(a), encoded(b)];
      const read = (bytes: Buffer): string =>
        JSON.stringify(Span.toObject(Span.decode(bytes), { ...KEPT_DEFAULTS, oneofs: true }));
      expect(isSame(one, other)).toBe(read(one) === read(other));
    }),
    { seed: 12, numRuns: 3000 },
  );
});
