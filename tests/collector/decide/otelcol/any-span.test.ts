// Walks a trace as the Collector's filters do: some resource, or some span, each asked for itself.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { present, someAttribute, someSpan } from '#collector/decide/otelcol/any-span.ts';
import { TraceCursor } from '#collector/decide/trace-cursor.ts';
import { AttributeKeys } from '#collector/decide/values/attribute-reader.ts';
import { VALUE_INT } from '#proto/otlp/enums.ts';
import type { ValueTest } from '#collector/decide/values/attribute-test.ts';
import { int } from '#tests/support/rule-decision.ts';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const keys = new AttributeKeys();
const K = keys.slot('k');
const always: ValueTest = () => true;
const never: ValueTest = () => false;

function cursorOn(spans: readonly WrittenSpan[]): TraceCursor {
  const cursor = new TraceCursor(keys, []);
  cursor.start(writtenTrace(spans));
  return cursor;
}

describe('attributes', () => {
  test('a missing key meets nothing that asks for one', () => {
    expect(someAttribute(cursorOn([{}, {}]), K, present(always), present(always))).toBe(false);
    expect(someAttribute(cursorOn([{}]), K, always, never)).toBe(true);
    expect(someAttribute(cursorOn([{}, { attributes: { k: {} } }]), K, never, present(always))).toBe(true);
  });

  test('resource and span have tests of their own', () => {
    const onResource = [{ resource: { k: int(1) } }];
    const onSpan = [{ attributes: { k: int(1) } }];
    expect(someAttribute(cursorOn(onResource), K, present(always), never)).toBe(true);
    expect(someAttribute(cursorOn(onResource), K, never, present(always))).toBe(false);
    expect(someAttribute(cursorOn(onSpan), K, present(always), never)).toBe(false);
    expect(someAttribute(cursorOn(onSpan), K, never, present(always))).toBe(true);
  });

  test('one of all spans is enough', () => {
    const isFive: ValueTest = present((bytes, type, start) => type === VALUE_INT && bytes[start] === 5);
    const value = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 5 }), (pairs) => {
        const spans = pairs.map(([own, shared]) => ({
          ...(own !== undefined && { attributes: { k: int(own) } }),
          ...(shared !== undefined && { resource: { k: int(shared) } }),
        }));
        expect(someAttribute(cursorOn(spans), K, isFive, isFive)).toBe(pairs.flat().includes(5));
        expect(someAttribute(cursorOn(spans), K, never, isFive)).toBe(pairs.some(([own]) => own === 5));
      }),
      { seed: 531, numRuns: 60 },
    );
  });
});

test('some span, in order of arrival, no further than the first that meets it', () => {
  const rows: number[] = [];
  const cursor = cursorOn([{}, { status: 2 }, {}]);
  const found = someSpan(cursor, ({ view, row }) => {
    rows.push(view.rows.indexOf(row));
    return view.memory.spans.status[row] === 2;
  });
  expect([found, rows]).toEqual([true, [0, 1]]);
  expect(someSpan(cursorOn([{}]), () => false)).toBe(false);
});
