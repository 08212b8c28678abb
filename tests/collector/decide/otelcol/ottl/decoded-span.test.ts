// A span as values that OTTL paths reach: for any span the same as a decoder of the published schema reads.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decodeSpan, traceStateMember, type DecodedSpan } from '#collector/decide/otelcol/ottl/decoded-span.ts';
import { OttlList, ReceivedMap, type OttlValue } from '#collector/decide/otelcol/ottl/value.ts';
import { TraceCursor } from '#collector/decide/trace-cursor.ts';
import { AttributeKeys } from '#collector/decide/values/attribute-reader.ts';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const ORIGIN_NS = 1_700_000_000_000_000_000n;

function decoded(...spans: readonly WrittenSpan[]): DecodedSpan {
  const cursor = new TraceCursor(new AttributeKeys(), []);
  const view = writtenTrace(spans);
  cursor.start(view);
  cursor.moveTo(view.rows.at(-1)!);
  return decodeSpan(cursor);
}

/** As plain JavaScript: bytes as hex. */
function plainOf(value: OttlValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof OttlList) return value.items.map(plainOf);
  if (value instanceof ReceivedMap) return Object.fromEntries(value.entries.map(([key, one]) => [key, plainOf(one)]));
  return value;
}

type Both = readonly [Record<string, unknown>, unknown];
/** A value as it is written, and as it should be read. */
const value: fc.Arbitrary<Both> = fc.letrec<{ value: Both }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.string({ unit: 'grapheme' }).map((text): Both => [{ stringValue: text }, text]),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((int): Both => [{ intValue: String(int) }, int]),
    fc.double({ noNaN: true }).map((double): Both => [{ doubleValue: double }, double]),
    fc.boolean().map((bool): Both => [{ boolValue: bool }, bool]),
    fc
      .uint8Array({ minLength: 1 })
      .map((bytes): Both => [{ bytesValue: Buffer.from(bytes) }, Buffer.from(bytes).toString('hex')]),
    fc.constant<Both>([{}, null]),
    fc
      .array(tie('value'), { maxLength: 3 })
      .map((list): Both => [{ arrayValue: { values: list.map(([one]) => one) } }, list.map(([, one]) => one)]),
    fc
      .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), tie('value')), {
        selector: ([key]) => key,
        maxLength: 3,
      })
      .map((pairs): Both => [
        { kvlistValue: { values: pairs.map(([key, [one]]) => ({ key, value: one })) } },
        Object.fromEntries(pairs.map(([key, [, one]]) => [key, one])),
      ]),
  ),
})).value;

test('attributes of span and resource are what was sent, of any type and depth', () => {
  fc.assert(
    fc.property(value, value, ([own, ownRead], [shared, sharedRead]) => {
      const span = decoded({ attributes: { k: own }, resource: { k: shared } });
      expect(plainOf(span.attributes.get('k')!)).toEqual(ownRead);
      expect(plainOf(span.attributes)).toEqual({ k: ownRead });
      expect(plainOf(span.resource.get('k')!)).toEqual(sharedRead);
      expect(span.attributes.get('absent')).toBeUndefined();
    }),
    { seed: 721, numRuns: 150 },
  );
});

test('the fields of a span are what was sent, whatever spans stand before it', () => {
  const written = fc.record({
    name: fc.string({ unit: 'grapheme', minLength: 1 }),
    kind: fc.integer({ min: 0, max: 300 }),
    status: fc.integer({ min: 0, max: 300 }),
    start: fc.nat(),
    duration: fc.nat(),
    traceState: fc.string(),
    flags: fc.nat(),
    links: fc.integer({ min: 0, max: 3 }),
    events: fc.array(fc.string(), { maxLength: 3 }),
    parent: fc.stringMatching(/^[1-9a-f]{16}$/),
  });
  fc.assert(
    fc.property(written, (span) => {
      const read = decoded({ name: 'before', status: 1 }, span);
      expect([read.name, read.kind, read.statusCode, read.flags, read.links, read.traceState]).toEqual([
        span.name,
        BigInt(span.kind),
        BigInt(span.status),
        BigInt(span.flags),
        span.links,
        span.traceState,
      ]);
      expect([read.start, read.end]).toEqual([
        ORIGIN_NS + BigInt(span.start),
        ORIGIN_NS + BigInt(span.start + span.duration),
      ]);
      expect(read.events.map(({ name }) => name)).toEqual(span.events);
      expect(Buffer.from(read.parentId).toString('hex')).toBe(span.parent);
    }),
    { seed: 722, numRuns: 80 },
  );
});

describe('what was not sent', () => {
  test('is empty, zero, or an id of zeros', () => {
    const span = decoded({});
    expect([span.statusCode, span.statusMessage, span.flags, span.links, span.traceState]).toEqual([0n, '', 0n, 0, '']);
    expect([span.events, span.attributes.entries, span.resource.entries]).toEqual([[], [], []]);
    expect(span.parentId).toEqual(new Uint8Array(8));
    expect(span.dropped).toEqual({
      attributes: 0n,
      events: 0n,
      links: 0n,
      resourceAttributes: 0n,
      scopeAttributes: 0n,
    });
    expect([span.scope.name, span.scope.version, span.scope.attributes.entries]).toEqual(['', '', []]);
  });

  test('ids are those of trace and span', () => {
    const span = decoded({});
    expect(Buffer.from(span.traceId).toString('hex')).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(Buffer.from(span.spanId).toString('hex')).toBe('0000000000000001');
  });
});

test('values nested without measure are cut', () => {
  let nested: Record<string, unknown> = { stringValue: 'deep' };
  for (let depth = 0; depth < 40; depth++) nested = { arrayValue: { values: [nested] } };
  let found: OttlValue = decoded({ attributes: { k: nested } }).attributes.get('k')!;
  let depth = 0;
  while (found instanceof OttlList && found.items.length > 0) {
    found = found.items[0]!;
    depth++;
  }
  expect(found).toBeNull();
  expect(depth).toBeLessThanOrEqual(33);
});

test.each([
  ['', 'a', ''],
  ['a=1', 'a', '1'],
  ['a=1', 'b', ''],
  ['a=1,B=2', 'a', null],
  ['a', 'a', null],
] as const)('in the tracestate %j the member %s is %j', (text, key, expected) => {
  expect(traceStateMember(text, key)).toBe(expected);
});
