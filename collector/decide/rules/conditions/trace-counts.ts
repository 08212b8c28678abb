// Conditions on what a trace amounts to: duration, spans, errors, orphans.
import type { TraceCondition } from '../condition.ts';
import { compileNumberTest, COUNT, DURATION } from '../../values/number-test.ts';
import type { TraceCursor } from '../../trace-cursor.ts';

function condition(
  key: string,
  kind: typeof COUNT,
  of: (cursor: TraceCursor) => number,
  description: string,
  example: string,
): TraceCondition {
  return {
    key,
    description,
    example,
    compile(written, path, { errors }) {
      const test = compileNumberTest(written, kind, path, errors);
      return test === undefined ? undefined : (cursor) => test(of(cursor));
    },
  };
}

export const durationCondition: TraceCondition = {
  key: 'duration',
  description:
    'Duration of the trace: latest end minus earliest start, exact to the nanosecond. Where clock offsets between its hosts are known, times are corrected by them first.',
  example: "duration: '> 800ms'",
  compile(written, path, { errors }) {
    const test = compileNumberTest(written, DURATION, path, errors);
    if (test === undefined) return undefined;
    return (cursor) => {
      const rawNs = cursor.view.durationNs;
      const reachNs = cursor.durationReachNs();
      // Clocks are corrected only where that can change the answer: most traces are far from every bound.
      for (let i = 0; i < test.edges.length; i++)
        if (Math.abs(test.edges[i]! - rawNs) <= reachNs) return test(cursor.durationNs());
      return test(rawNs);
    };
  },
};
export const spansCondition = condition(
  'spans',
  COUNT,
  ({ view }) => view.count,
  'Number of spans.',
  "spans: '> 1000'",
);
export const errorsCondition = condition(
  'errors',
  COUNT,
  ({ view }) => view.errorCount,
  'Number of spans with status error.',
  "errors: '>= 3'",
);
export const orphansCondition = condition(
  'orphans',
  COUNT,
  ({ view }) => view.missingParents,
  'Number of parent ids that are not in the trace.',
  "orphans: '> 0'",
);
