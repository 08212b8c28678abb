// The biggest trace of captures, in spans and in bytes as the Collector counts them: what bursts and budgets must let pass.
import { viewBytes } from '#collector/decide/otelcol/pdata-size.ts';
import type { BiggestTrace } from '#collector/decide/otelcol/lint/lint-measures.ts';
import type { WholeTraces } from './whole-traces.ts';

export function biggestTrace(traces: WholeTraces): BiggestTrace {
  const biggest = { spans: 0, bytes: 0 };
  for (const id of traces.ids()) {
    const view = traces.viewInFileOrder(id);
    biggest.spans = Math.max(biggest.spans, view.count);
    biggest.bytes = Math.max(biggest.bytes, viewBytes(view));
  }
  return biggest;
}
