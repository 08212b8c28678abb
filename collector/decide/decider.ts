// Who decides: Winnow's own rules, or a Collector's policies. The trace stage knows this and nothing else of them.
import type { WalkHeld } from '#collector/assemble/held-traces.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import type { PartThresholds, WindowPart } from './budget/window-part.ts';
import type { RateAnswer, RatePart } from './rates/rate-book.ts';
import type { TraceRebuilder } from './trace-cursor.ts';

/** Waits and limits that come with the decider, in place of `sampling.wait`. */
export interface DeciderWaits {
  /** From the first span. Nothing is decided sooner for being whole. */
  readonly maxMs: number;
  /** From the first span without parent; Infinity = no matter. */
  readonly afterRootMs: number;
  /** Most undecided traces; the oldest beyond are decided early. Infinity = as many as the buffer holds. */
  readonly maxTraces: number;
  /** A trace is decided at once when its span bytes reach this; Infinity = the share of the buffer that a trace may take. */
  readonly bytesPerTrace: number;
}

export interface Decider {
  /** Decision.rule is an index into these; one of them is '' for "nobody decided". */
  readonly names: readonly string[];
  /** undefined: `sampling.wait` holds. */
  readonly waits: DeciderWaits | undefined;
  /** How conditions on the tree, or on corrected times, get them: by the clock offsets in force. */
  rebuildWith(rebuilder: TraceRebuilder): void;
  /** Takes over what the one before a reload has learned, where both are of one kind. */
  adopt(previous: Decider): void;
  /** Whether what that rule drops is unwanted for what it is (a condition, and keep: 0%), not for being one of many; absent = never. */
  isFinal?(rule: number): boolean;
  /** false: nothing that happens later brings back by itself what it dropped; absent = true. */
  readonly allowsRescue?: boolean;
  /** HOT: per trace. Fills `decision`, or answers false: the trace is to be held until its window ends. */
  decide(view: TraceView, decision: Decision): boolean;
  /** Sets the clock, Unix ms that never go back. Call it before each decision. Returns whether the window has ended: the traces held are to be decided now. */
  advanceTo(nowMs: number): boolean;
  /** From now on the ends of windows are handed out, and {@link setThresholds} answers; absent: the decider knows all that there is to know. */
  handOutWindows?(onWindow: (part: WindowPart) => void): void;
  setThresholds?(thresholds: PartThresholds): void;
  /** From now on what was counted for rates is handed out at the end of each interval, and {@link setRates} answers; until then the former thresholds hold. */
  handOutRates?(onInterval: (part: RatePart) => void): void;
  setRates?(answer: RateAnswer): void;
  /** Randomness by which traces with links were decided since the last call: those that link to them are decided by it, in whichever shard they are. */
  flushRandomness?(): Float64Array | undefined;
  learnRandomness?(traces: Float64Array): void;
  /** So many of the traces held longest can be released; undefined or absent: after {@link close}, all. */
  readonly ready?: number | undefined;
  /** Ends the window: what is held until now is all there is. @param walk over those traces, as often as need be */
  close(walk: WalkHeld): void;
  /** Late spans follow a decision made before: fills in its randomness, where that was not the id's and is still known. */
  recall?(view: TraceView, decision: Decision): void;
  /** The decision on the next trace of the closed window, in the order in which they were held. */
  release(view: TraceView, decision: Decision): void;
}
