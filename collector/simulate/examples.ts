// Which traces are shown as newly lost or newly kept: those with errors first, then the slowest, of one operation a few at most.
import type { SimulatedExample } from '#proto/api/simulate.ts';
import type { TraceFacts } from './whole-traces.ts';

/** Enough to see what kind of traces they are. */
const EXAMPLES = 10;
/** Of one root operation: more of them show nothing new. */
const PER_OPERATION = 3;

export interface ChangedTrace {
  readonly facts: Omit<TraceFacts, 'byService'>;
  readonly ruleBefore: string;
  readonly ruleAfter: string;
}

export function examplesOf(changed: readonly ChangedTrace[]): SimulatedExample[] {
  const worstFirst = changed.toSorted(
    ({ facts: a }, { facts: b }) =>
      Number(b.errors > 0) - Number(a.errors > 0) || b.durationNs - a.durationNs || (a.traceId < b.traceId ? -1 : 1),
  );
  const shown = new Map<string, number>();
  const examples: SimulatedExample[] = [];
  for (const { facts, ruleBefore, ruleAfter } of worstFirst) {
    if (examples.length === EXAMPLES) break;
    const operation = `${facts.rootService}\0${facts.rootName}`;
    const before = shown.get(operation) ?? 0;
    if (before === PER_OPERATION) continue;
    shown.set(operation, before + 1);
    examples.push({
      trace_id: facts.traceId,
      root_service: facts.rootService,
      root_name: facts.rootName,
      start: facts.start,
      duration_ns: facts.durationNs,
      span_count: facts.spans,
      error_count: facts.errors,
      rule_before: ruleBefore,
      rule_after: ruleAfter,
    });
  }
  return examples;
}
