// Flags and the status code as they were sent, whatever stands around them in the bytes of the span.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { spanFlags, statusCode } from '#collector/decide/otelcol/span-fields.ts';
import { TraceCursor } from '#collector/decide/trace-cursor.ts';
import { AttributeKeys } from '#collector/decide/values/attribute-reader.ts';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

function cursorOn(...spans: readonly WrittenSpan[]): TraceCursor {
  const cursor = new TraceCursor(new AttributeKeys(), []);
  const view = writtenTrace(spans);
  cursor.start(view);
  cursor.moveTo(view.rows.at(-1)!);
  return cursor;
}

test('flags are the low byte of what was sent, 0 where nothing was', () => {
  expect(spanFlags(cursorOn({}))).toBe(0);
  expect(spanFlags(cursorOn({ flags: 0x301 }))).toBe(1);
  expect(spanFlags(cursorOn({ flags: 1 }, {}))).toBe(0);
});

test('a status code is what was sent, known or not', () => {
  expect(statusCode(cursorOn({}))).toBe(0);
  expect([0, 1, 2, 3, 200, 70_000].map((status) => statusCode(cursorOn({ status })))).toEqual([
    0, 1, 2, 3, 200, 70_000,
  ]);
});

test('of any span', () => {
  const span = fc.record({
    flags: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    status: fc.integer({ min: 0, max: 300 }),
    name: fc.string(),
    traceState: fc.string(),
    links: fc.integer({ min: 0, max: 2 }),
    events: fc.array(fc.string(), { maxLength: 2 }),
    attributes: fc.record({ k: fc.constant({ stringValue: '\u007a\u0003\u0018\u0002\u0085\u0001' }) }),
  });
  fc.assert(
    fc.property(span, (written) => {
      const cursor = cursorOn({ flags: 77, status: 1 }, written);
      expect([spanFlags(cursor), statusCode(cursor)]).toEqual([written.flags & 0xff, written.status]);
    }),
    { seed: 541, numRuns: 80 },
  );
});
