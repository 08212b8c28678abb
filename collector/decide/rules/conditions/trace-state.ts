// Condition: members of a span's W3C tracestate.
import { VALUE_STRING } from '#proto/otlp/enums.ts';
import { MARK_TRACE_STATE } from '#collector/model/span-table.ts';
import { MISSING } from '../../values/attribute-reader.ts';
import { compileValueTest } from '../../values/attribute-test.ts';
import type { SpanCondition } from '../condition.ts';
import { findMember, findTraceState, range } from '../../randomness/trace-state.ts';
import { isMap, mapExpected } from '../written-map.ts';

export const traceStateCondition: SpanCondition = {
  key: 'trace_state',
  description: 'Members of the W3C tracestate of the span; at the trace: of some span.',
  example: 'trace_state: { vendor: [a, b] }',
  cost: 1,
  compile(written, path, { errors }) {
    if (!isMap(written) || Object.keys(written).length === 0) {
      errors.push(mapExpected(path, written, 'write members and values, as { vendor: a }'));
      return undefined;
    }
    const compiled = Object.entries(written).map(([key, value]) => {
      // A member is always text, so a number written bare means its digits.
      const test = compileValueTest(typeof value === 'number' ? String(value) : value, `${path}.${key}`, errors);
      return { key: Buffer.from(key), test };
    });
    const tests = compiled.flatMap(({ key, test }) => (test === undefined ? [] : [{ key, test }]));
    if (tests.length < compiled.length) return undefined;
    return (cursor) => {
      const { spans, slabs } = cursor.view.memory;
      const row = cursor.row;
      const bytes = slabs.bytes(spans.slab[row]!);
      const from = spans.offset[row]!;
      const there =
        (spans.marks[row]! & MARK_TRACE_STATE) !== 0 && findTraceState(bytes, from, from + spans.length[row]!);
      const listStart = range.start;
      const listEnd = range.end;
      for (let i = 0; i < tests.length; i++) {
        const { key, test } = tests[i]!;
        const found = there && findMember(bytes, listStart, listEnd, key);
        if (!test(bytes, found ? VALUE_STRING : MISSING, range.start, range.end)) return false;
      }
      return true;
    };
  },
};
