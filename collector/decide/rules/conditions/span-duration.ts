// Condition: the duration of a span, its end minus its start as it reported them.
import type { SpanCondition } from '../condition.ts';
import { compileNumberTest, DURATION } from '../../values/number-test.ts';

export const spanDurationCondition: SpanCondition = {
  key: 'duration',
  description: 'Duration of the span, exact to the nanosecond.',
  example: "duration: '> 800ms'",
  cost: 0,
  compile(written, path, { errors }) {
    const test = compileNumberTest(written, DURATION, path, errors);
    return test === undefined ? undefined : (cursor) => test(cursor.view.memory.spans.durationNs(cursor.row));
  },
};
