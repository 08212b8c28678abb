// Where policies stand while they look at one trace: the spans, and what several of them ask about the whole (size, randomness).
import { MARK_TRACE_STATE } from '#collector/model/span-table.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { TraceStateReader } from '../randomness/trace-state.ts';
import { TraceCursor } from '../trace-cursor.ts';
import { parseOtState, thresholdOf } from './ot-state.ts';

/** A trace, or the batch of it that policies see. Rows of the view MUST be in arrival order. */
export interface ReceivedTrace {
  readonly view: TraceView;
  /** Spans of the trace so far, where the view is only a part of it. */
  readonly traceSpans: number;
  /** Bytes as the Collector encodes it. */
  sizeBytes(): number;
}

export class PolicyCursor extends TraceCursor {
  /** What the policy asked last reports with its vote `sampled`: kept iff randomness >= threshold, 56 bits. */
  threshold = 0n;
  /** Of a composite policy that says sampled: whose share it was. */
  sub = '';
  /** Collector clock at the tick, ms. */
  nowMs = 0;
  readonly #state = new TraceStateReader();
  #trace: ReceivedTrace | undefined;
  #sizeBytes = -1;
  #scanned = false;
  #explicit: bigint | undefined;
  #hasSampling = false;

  enter(trace: ReceivedTrace): void {
    this.start(trace.view, trace.traceSpans);
    this.#trace = trace;
    this.#sizeBytes = -1;
    this.#scanned = false;
  }

  get sizeBytes(): number {
    if (this.#sizeBytes < 0) this.#sizeBytes = this.#trace!.sizeBytes();
    return this.#sizeBytes;
  }

  /** Whether some span carries `rv` or `th`. */
  get hasSampling(): boolean {
    if (!this.#scanned) this.#scan();
    return this.#hasSampling;
  }

  /** 56 bits: the first explicit `rv`, else the low bits of the trace id. */
  get randomness(): bigint {
    if (!this.#scanned) this.#scan();
    const { id2, id3 } = this.view;
    return this.#explicit ?? (BigInt(id2 & 0xffffff) << 32n) | BigInt(id3 >>> 0);
  }

  #scan(): void {
    this.#scanned = true;
    this.#explicit = undefined;
    this.#hasSampling = false;
    const { rows, count, memory } = this.view;
    const before = this.row;
    for (let i = 0; i < count && this.#explicit === undefined; i++) {
      if ((memory.spans.marks[rows[i]!]! & MARK_TRACE_STATE) === 0) continue;
      this.moveTo(rows[i]!);
      const state = parseOtState(this.traceState());
      if (state === undefined) continue;
      if (state.rv !== '') this.#explicit = thresholdOf(state.rv);
      if (state.rv !== '' || state.th !== '') this.#hasSampling = true;
    }
    this.moveTo(before);
  }

  /** The tracestate of the span the cursor stands on, as sent. */
  traceState(): string {
    const { bytes, from, to } = this.spanBytes();
    const state = this.#state;
    return state.find(bytes, from, to) ? bytes.toString('utf8', state.start, state.end) : '';
  }
}
