// Bytes that the Collector counts for a trace: those of the published encoding plus what it always writes, batch by batch.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import {
  batchBytes,
  batchEnd,
  listedBytes,
  resourceSpansBytes,
  viewBytes,
} from '#collector/decide/otelcol/pdata-size.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { writtenRequest, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const request = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

/** A span for which the published encoding leaves nothing away that the Collector writes: parent, status, an attribute of each type. */
const full: fc.Arbitrary<WrittenSpan> = fc.record({
  service: fc.string({ minLength: 1, maxLength: 200 }),
  name: fc.string({ minLength: 1 }),
  kind: fc.integer({ min: 1, max: 5 }),
  status: fc.constantFrom(1, 2),
  parent: fc.stringMatching(/^[1-9a-f]{16}$/),
  traceState: fc.string({ minLength: 1 }),
  flags: fc.integer({ min: 1, max: 1000 }),
  events: fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }),
  links: fc.integer({ min: 0, max: 2 }),
  attributes: fc.record({
    t: fc.string().map((value) => ({ stringValue: value })),
    i: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ intValue: String(value) })),
    b: fc.boolean().map((value) => ({ boolValue: value })),
    d: fc.double().map((value) => ({ doubleValue: value })),
    l: fc
      .array(fc.string(), { maxLength: 2 })
      .map((values) => ({ arrayValue: { values: values.map((stringValue) => ({ stringValue })) } })),
  }),
});

/** Bytes of the scope (tag and length) that the Collector writes of every ScopeSpans, and protobufjs does not write when it is empty. */
const EMPTY_SCOPE = 2;

test('of spans that have everything it is the published encoding, and an empty scope', () => {
  fc.assert(
    fc.property(full, (span) => {
      const view = writtenTrace([span]);
      const encoded = writtenRequest([span]);
      const decoded = request.decode(encoded) as unknown as { resourceSpans: unknown[] };
      const type = otlpType('opentelemetry.proto.trace.v1.ResourceSpans');
      const resourceSpans = type.encode(decoded.resourceSpans[0] as Record<string, unknown>).finish().length;
      const scopeSpans = otlpType('opentelemetry.proto.trace.v1.ScopeSpans')
        .encode((decoded.resourceSpans[0] as { scopeSpans: Record<string, unknown>[] }).scopeSpans[0]!)
        .finish().length;
      // The two bytes may make the length in front of them longer.
      const longer = lengthOf(scopeSpans + EMPTY_SCOPE) - lengthOf(scopeSpans);
      expect(batchBytes(view, 0, 1)).toBe(resourceSpans + EMPTY_SCOPE + longer);
    }),
    { seed: 551, numRuns: 100 },
  );
});

function lengthOf(value: number): number {
  return value < 128 ? 1 : value < 16_384 ? 2 : 3;
}

test.each([
  0n,
  1n,
  127n,
  128n,
  2n ** 35n - 1n,
  2n ** 35n,
  2n ** 56n - 1n,
  2n ** 56n,
  2n ** 63n - 1n,
  -1n,
  -(2n ** 63n),
])('an int of %i takes as many bytes as its bits need', (value) => {
  const size = (written: bigint): number =>
    viewBytes(writtenTrace([{ attributes: { k: { intValue: String(written) } } }]));
  const bits = value === 0n ? 1 : BigInt.asUintN(64, value).toString(2).length;
  expect(size(value) - size(0n)).toBe(Math.ceil(bits / 7) - 1);
});

describe('what is always written', () => {
  test('status, resource and scope of the smallest span', () => {
    const [plain, parented, failed] = [{}, { parent: '1' }, { status: 2 }].map((span) =>
      viewBytes(writtenTrace([span])),
    );
    // Ids of eight bytes instead of none; a status of two bytes instead of none.
    expect(parented! - plain!).toBe(8);
    expect(failed! - plain!).toBe(2);
  });

  test('zeros and empty texts of attributes are written, of other fields not', () => {
    const size = (span: WrittenSpan): number => viewBytes(writtenTrace([span]));
    const without = size({});
    const withValue = (value: Record<string, unknown>): number => size({ attributes: { k: value } }) - without;
    // Tag and length of the attribute, of its key with one letter, and of its value.
    const frame = 2 + 3 + 2;
    expect(withValue({})).toBe(frame);
    expect(withValue({ stringValue: '' })).toBe(frame + 2);
    expect(withValue({ intValue: 0 })).toBe(frame + 2);
    expect(withValue({ boolValue: false })).toBe(frame + 2);
    expect(withValue({ doubleValue: 0 })).toBe(frame + 9);
    expect(size({ flags: 0 })).toBe(without);
    expect(size({ traceState: '' })).toBe(without);
  });
});

describe('batches', () => {
  const spans: WrittenSpan[] = [{ service: 'a' }, { service: 'a' }, { service: 'b' }];

  test('a trace is the list of the batches in which it came', () => {
    const view = writtenTrace(spans);
    let total = 0;
    const ends: number[] = [];
    for (let from = 0; from < view.count;) {
      const to = batchEnd(view, from);
      total += listedBytes(batchBytes(view, from, to));
      ends.push(to);
      from = to;
    }
    expect(viewBytes(view)).toBe(total);
    expect(ends.at(-1)).toBe(3);
  });

  test('no spans are no bytes; scopes that are not shared cost more', () => {
    const view = writtenTrace([{}, {}]);
    const { memory, rows } = view;
    expect(resourceSpansBytes(memory, rows, 0, () => 0)).toBe(0);
    const [together, apart] = [() => 0, (row: number) => row].map((group) =>
      resourceSpansBytes(memory, rows, 2, group),
    );
    expect(apart! - together!).toBe(2 + EMPTY_SCOPE);
  });

  test('as one of a list it has a tag and its length in front', () => {
    expect([listedBytes(0), listedBytes(127), listedBytes(128), listedBytes(16_384)]).toEqual([2, 129, 131, 16_388]);
  });
});
