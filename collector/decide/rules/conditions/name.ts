// Condition: the name of a span.
import { OVERFLOW_SLOT } from '#collector/model/intern-table.ts';
import type { SpanCondition } from '../condition.ts';
import { compileSlotTest } from '../../values/slot-test.ts';
import { findSpanName, nameRange } from '../../values/span-name.ts';

export const nameCondition: SpanCondition = {
  key: 'name',
  description: 'Name of the span: a text, a list, or matches with a regular expression (RE2, anchored at both ends).',
  example: "name: { matches: 'GET /api/.*' }",
  cost: 1,
  compile(written, path, { errors }) {
    const test = compileSlotTest(written, path, errors);
    if (test === undefined) return undefined;
    return (cursor) => {
      const { spans, names, slabs } = cursor.view.memory;
      const slot = spans.name[cursor.row]!;
      if (slot !== OVERFLOW_SLOT) return test.slot(names, slot);
      const bytes = slabs.bytes(spans.slab[cursor.row]!);
      const from = spans.offset[cursor.row]!;
      findSpanName(bytes, from, from + spans.length[cursor.row]!);
      return test.bytes(bytes, nameRange.start, nameRange.end);
    };
  },
};
