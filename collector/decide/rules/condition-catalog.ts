// Every condition there is, for the compiler and for the documentation.
import type { SpanCondition, TraceCondition } from './condition.ts';
import { attributesCondition, resourceCondition } from './conditions/attributes.ts';
import { spanCombinators, traceCombinators } from './conditions/combine.ts';
import { childrenCondition } from './conditions/children.ts';
import { kindCondition } from './conditions/kind.ts';
import { linksCondition } from './conditions/links.ts';
import { nameCondition } from './conditions/name.ts';
import { pathCondition } from './conditions/path.ts';
import { repeatsCondition } from './conditions/repeats.ts';
import { serviceCondition } from './conditions/service.ts';
import { servicesCondition } from './conditions/services.ts';
import { spanDurationCondition } from './conditions/span-duration.ts';
import { criticalPathCondition, depthCondition } from './conditions/shape.ts';
import { allCondition, anyCondition, rootCondition } from './conditions/spans-of-trace.ts';
import { statusCondition } from './conditions/status.ts';
import { durationCondition, errorsCondition, orphansCondition, spansCondition } from './conditions/trace-counts.ts';
import { traceStateCondition } from './conditions/trace-state.ts';

/** A span condition that may stand at the trace: some span meets it. */
function ofSomeSpan(condition: SpanCondition): TraceCondition {
  return {
    key: condition.key,
    description: condition.description,
    example: condition.example,
    compile(written, path, compiler) {
      const test = condition.compile(written, path, compiler);
      if (test === undefined) return undefined;
      const index = compiler.predicates.push(test) - 1;
      // `links: false` at the trace means that no span has any.
      return written === false ? (cursor) => cursor.every(index) : (cursor) => cursor.some(index);
    },
  };
}

export const SPAN_CONDITIONS: readonly SpanCondition[] = [
  serviceCondition,
  nameCondition,
  kindCondition,
  statusCondition,
  spanDurationCondition,
  attributesCondition,
  resourceCondition,
  traceStateCondition,
  linksCondition,
  ...spanCombinators,
];

export const TRACE_CONDITIONS: readonly TraceCondition[] = [
  rootCondition,
  anyCondition,
  allCondition,
  durationCondition,
  spansCondition,
  servicesCondition,
  errorsCondition,
  orphansCondition,
  depthCondition,
  childrenCondition,
  criticalPathCondition,
  repeatsCondition,
  pathCondition,
  ofSomeSpan(traceStateCondition),
  ofSomeSpan(linksCondition),
  ...traceCombinators,
];
