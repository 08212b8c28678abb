// Traces that are whole but wait for others before they are decided, oldest first: a window of decisions. They stay in the buffer.
import type { Decision, TraceView, Trigger } from '#collector/model/trace.ts';

/** Visits the traces of the window just closed, in the order in which they were held; the view is reused. */
export type WalkHeld = (visit: (trace: TraceView) => void) => void;

/** Who decides on windows. */
export interface DecisionHold {
  /** Whether the traces held until now are to be decided. Called at every tick. */
  readonly isDue: (nowMs: number) => boolean;
  /** So many of the traces held longest can be released without {@link close}; undefined: none can. */
  readonly ready?: () => number | undefined;
  /** The traces held until now are all there are: those held from now on belong to the next window. */
  readonly close: (walk: WalkHeld) => void;
  /** The decision on the next trace of the closed window, in the order in which they were held. */
  readonly release: (trace: TraceView) => Decision;
}

/** Why a trace is held, and what it had then. */
interface HeldTrace {
  readonly trace: number;
  readonly trigger: Trigger;
  readonly count: number;
  readonly bytes: number;
}

/** Released traces are cut off the front of the list so many at a time. */
const TRIM = 4096;

export class HeldTraces {
  /** Bytes of held traces, as far as they came before they were held. */
  bytes = 0;
  spans = 0;
  /** Traces of the closed window that are still held. */
  closed = 0;
  readonly #held: HeldTrace[] = [];
  #first = 0;

  get size(): number {
    return this.#held.length - this.#first;
  }

  push(trace: number, trigger: Trigger, count: number, bytes: number): void {
    this.#held.push({ trace, trigger, count, bytes });
    this.bytes += bytes;
    this.spans += count;
  }

  /** So many of the traces held longest can be released. */
  release(traces: number): void {
    this.closed = Math.min(traces, this.size);
  }

  /** Closes the window unless the one before is still being decided. @param view of a held trace, for who must see all before deciding the first */
  close(hold: DecisionHold | undefined, view: (trace: number, trigger: Trigger, count: number) => TraceView): void {
    if (hold === undefined || this.closed > 0 || this.size === 0) return;
    this.closed = this.size;
    hold.close((visit) => {
      for (let i = this.#first; i < this.#held.length; i++) {
        const { trace, trigger, count } = this.#held[i]!;
        visit(view(trace, trigger, count));
      }
    });
  }

  /** Releases the next trace of the closed window; there MUST be one. */
  next(): HeldTrace {
    const held = this.#held[this.#first++]!;
    this.closed--;
    this.bytes -= held.bytes;
    this.spans -= held.count;
    if (this.#first >= TRIM) {
      this.#held.splice(0, this.#first);
      this.#first = 0;
    }
    return held;
  }
}
