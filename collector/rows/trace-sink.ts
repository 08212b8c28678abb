// Where traces go once they are decided.
import type { TraceIdWords } from '#proto/model/ids.ts';
import type { SpanColumns } from '#collector/assemble/span-columns.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import type { TraceLinks } from '#collector/reconstruct/links.ts';
import type { RebuiltTrace } from '#collector/reconstruct/reconstruct.ts';

/** First start of a trace: the place of its rows. */
export interface TraceStart {
  startHi: number;
  startLo: number;
}

/** Takes kept traces (and everything's decision) towards the store. */
export interface TraceSink {
  /** MUST copy what it needs before it returns. @param lateOf first start of the trace when its spans are late */
  keep(view: TraceView, rebuilt: RebuiltTrace, decision: Decision, rule: string, lateOf: TraceStart | undefined): void;
  decided(view: TraceView, decision: Decision, rule: string): void;
  /** Links of a trace that is not kept are stored, so that the traces it links to can name it. */
  linked(view: TraceView, links: TraceLinks): void;
  /** Links of a late span whose trace was dropped. @param body of the request that holds it */
  linkedSpan?(columns: SpanColumns, span: number, body: Buffer): void;
  /** The adjusted count of a stored trace has changed. */
  reweighed?(id: TraceIdWords, decision: Decision, rule: string, start: TraceStart): void;
}
