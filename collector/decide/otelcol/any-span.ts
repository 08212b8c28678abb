// Walks a trace as the Collector's filters do: some resource or some span meets a test.
import { MISSING } from '../values/attribute-reader.ts';
import type { ValueTest } from '../values/attribute-test.ts';
import type { TraceCursor } from '../trace-cursor.ts';

/** Whether the attribute is there and meets the test, on the resource or the span; both are asked separately. */
export function someAttribute(cursor: TraceCursor, slot: number, resource: ValueTest, span: ValueTest): boolean {
  const { rows, count } = cursor.view;
  for (let i = 0; i < count; i++) {
    cursor.moveTo(rows[i]!);
    if (cursor.resourceAttribute(slot, resource) || cursor.spanAttribute(slot, span)) return true;
  }
  return false;
}

/** A missing key meets nothing. */
export function present(test: ValueTest): ValueTest {
  return (bytes, type, start, end) => type !== MISSING && test(bytes, type, start, end);
}

export function someSpan(cursor: TraceCursor, test: (cursor: TraceCursor) => boolean): boolean {
  const { rows, count } = cursor.view;
  for (let i = 0; i < count; i++) {
    cursor.moveTo(rows[i]!);
    if (test(cursor)) return true;
  }
  return false;
}
