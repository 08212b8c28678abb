// Condition: runs of similar siblings (N+1), as collector/reconstruct/repeats.ts finds them in the rebuilt trace.
import { MIN_RUN, type Repeat } from '#collector/reconstruct/repeats.ts';
import { configError } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import type { Compiler, TraceCondition } from '../condition.ts';
import { compileNumberTest, COUNT, DURATION, type NumberTest } from '../../values/number-test.ts';
import type { SpanTest, TraceCursor } from '../../trace-cursor.ts';
import { isMap } from '../written-map.ts';
import { nameCondition } from './name.ts';
import { serviceCondition } from './service.ts';
import { REBUILD_COST } from './shape.ts';

type RunTest = (run: Repeat, cursor: TraceCursor) => boolean;

const KEYS = ['service', 'name', 'spans', 'duration'];

/** A span condition on the run's first span: all of a run have the same service and name. */
function ofFirst(test: SpanTest | undefined): RunTest | undefined {
  if (test === undefined) return undefined;
  return (run, cursor) => {
    cursor.moveTo(cursor.rebuilt().dag.rows[run.first]!);
    return test(cursor);
  };
}

function ofNumber(test: NumberTest | undefined, of: (run: Repeat) => number): RunTest | undefined {
  return test === undefined ? undefined : (run) => test(of(run));
}

function runTest(key: string, written: unknown, path: string, compiler: Compiler): RunTest | undefined {
  switch (key) {
    case 'service':
      return ofFirst(serviceCondition.compile(written, path, compiler));
    case 'name':
      return ofFirst(nameCondition.compile(written, path, compiler));
    case 'spans':
      return ofNumber(compileNumberTest(written, COUNT, path, compiler.errors), (run) => run.count);
    case 'duration':
      return ofNumber(compileNumberTest(written, DURATION, path, compiler.errors), (run) => run.spanNs);
    default:
      compiler.errors.push(configError(path, undefined, 'is no condition on a run', didYouMean(key, KEYS)));
      return undefined;
  }
}

function longestRun(cursor: TraceCursor): number {
  let longest = 0;
  for (const { count } of cursor.rebuilt().repeats.seen) if (count > longest) longest = count;
  return longest;
}

export const repeatsCondition: TraceCondition = {
  key: 'repeats',
  description: `Spans in the longest run of similar siblings (same service, name and statement shape, one after the other: N+1); runs below ${MIN_RUN} count as 0. As a map: one run meets all of service, name, spans and duration (from its first start to its last end).`,
  example: "repeats: { service: shop, name: SELECT, spans: '>= 20', duration: '> 50ms' }",
  cost: REBUILD_COST,
  compile(written, path, compiler) {
    if (!isMap(written) || Object.keys(written).every((key) => !/^\w+$/.test(key))) {
      const test = compileNumberTest(written, COUNT, path, compiler.errors);
      return test === undefined ? undefined : (cursor) => test(longestRun(cursor));
    }
    const tests: RunTest[] = [];
    for (const [key, value] of Object.entries(written)) {
      const test = runTest(key, value, `${path}.${key}`, compiler);
      if (test !== undefined) tests.push(test);
    }
    if (tests.length < Object.keys(written).length) return undefined;
    return (cursor) => cursor.rebuilt().repeats.seen.some((run) => tests.every((test) => test(run, cursor)));
  },
};
