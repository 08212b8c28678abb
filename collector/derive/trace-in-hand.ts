// The trace that is being decided, handed from one who looks at it to the next. One object, used again for every trace.
import type { Decision, TraceView } from '../model/trace.ts';
import type { TraceDag } from '../reconstruct/dag.ts';
import type { TraceCalls } from './edges/trace-calls.ts';

export interface TraceInHand {
  view: TraceView;
  decision: Decision;
  /** Linked. */
  dag: TraceDag;
  /** Filled by the finder of edges. */
  readonly calls: TraceCalls;
}
