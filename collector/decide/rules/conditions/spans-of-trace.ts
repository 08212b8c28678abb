// Conditions: the root, some span, every span.
import type { TraceCondition } from '../condition.ts';
import { isMap } from '../written-map.ts';

export const rootCondition: TraceCondition = {
  key: 'root',
  description:
    'The primary root (earliest parentless server or consumer span, else earliest parentless span) meets all conditions. A trace without root meets none.',
  example: 'root: { service: frontend }',
  compile(written, path, compiler) {
    const test = compiler.spanTest(written, path);
    if (test === undefined) return undefined;
    return (cursor) => {
      if (!cursor.view.rootPresent) return false;
      cursor.moveTo(cursor.view.rootRow);
      return test(cursor);
    };
  },
};

export const anyCondition: TraceCondition = {
  key: 'any',
  description: 'One span meets all conditions together.',
  example: 'any: { service: payment, status: error }',
  compile(written, path, compiler) {
    const test = compiler.spanTest(written, path);
    if (test === undefined) return undefined;
    // The most frequent of all rules needs no look at the spans.
    if (isMap(written) && Object.keys(written).length === 1 && written['status'] === 'error')
      return (cursor) => cursor.view.errorCount > 0;
    const index = compiler.predicates.push(test) - 1;
    return (cursor) => cursor.some(index);
  },
};

export const allCondition: TraceCondition = {
  key: 'all',
  description: 'Every span meets all conditions.',
  example: "all: { duration: '< 10ms' }",
  compile(written, path, compiler) {
    const test = compiler.spanTest(written, path);
    if (test === undefined) return undefined;
    const index = compiler.predicates.push(test) - 1;
    return (cursor) => cursor.every(index);
  },
};
