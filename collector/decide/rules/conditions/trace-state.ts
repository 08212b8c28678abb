// Condition: members of a span's W3C tracestate.
import { MARK_TRACE_STATE } from '#collector/model/span-table.ts';
import type { ConfigError } from '#proto/config/config-error.ts';
import { parseComparisons } from '../../values/comparison.ts';
import { compileTextTest, type TextTest } from '../../values/text-test.ts';
import type { SpanCondition } from '../condition.ts';
import { TraceStateReader } from '../../randomness/trace-state.ts';
import { isMap, mapExpected } from '../written-map.ts';

/** Whether a member must be there, and what its text must then meet. */
interface MemberTest {
  readonly exists: boolean;
  readonly meets: TextTest | undefined;
}

/** A member is always text, so a number or a bool means what it is written as. */
function compileMember(written: unknown, path: string, errors: ConfigError[]): readonly MemberTest[] | undefined {
  const comparisons = parseComparisons(written, path, errors);
  if (comparisons === undefined) return undefined;
  const tests: MemberTest[] = [];
  for (const comparison of comparisons) {
    if (comparison.operator === 'exists') {
      tests.push({ exists: comparison.operands[0]!.text === 'true', meets: undefined });
      continue;
    }
    const meets = compileTextTest(comparison, path, errors);
    if (meets === undefined) return undefined;
    tests.push({ exists: true, meets });
  }
  return tests;
}

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
    const compiled = Object.entries(written).map(([key, value]) => ({
      key: Buffer.from(key),
      of: compileMember(value, `${path}.${key}`, errors),
    }));
    const members = compiled.flatMap(({ key, of }) => (of ?? []).map((test) => ({ key, ...test })));
    if (compiled.some(({ of }) => of === undefined)) return undefined;
    const state = new TraceStateReader();
    return (cursor) => {
      const { spans, slabs } = cursor.view.memory;
      const row = cursor.row;
      const bytes = slabs.bytes(spans.slab[row]!);
      const from = spans.offset[row]!;
      const there = (spans.marks[row]! & MARK_TRACE_STATE) !== 0 && state.find(bytes, from, from + spans.length[row]!);
      const listStart = state.start;
      const listEnd = state.end;
      for (let i = 0; i < members.length; i++) {
        const { key, exists, meets } = members[i]!;
        const found = there && state.findMember(bytes, listStart, listEnd, key);
        if (found !== exists) return false;
        if (meets !== undefined && !meets(bytes, state.start, state.end)) return false;
      }
      return true;
    };
  },
};
