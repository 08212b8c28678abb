// A PromQL question and its outcome as plain data: what goes to a thread that evaluates, and what comes back.
import type { FreshSeries } from './fresh-series.ts';
import type { PromqlErrorType } from '#query/promql/promql-error.ts';

/** At one instant, or at every step of a range, both ends included. Times are Unix milliseconds. */
export type Instants =
  | { readonly kind: 'instant'; readonly timeMs: number }
  | { readonly kind: 'range'; readonly startMs: number; readonly endMs: number; readonly stepMs: number };

export interface Question {
  /** The text, as the client sent it. */
  readonly query: string;
  readonly at: Instants;
  readonly lookbackMs: number;
  /** From the moment the question came, time in the queue included. */
  readonly timeoutMs: number;
  /** Series of the answer; 0: all. */
  readonly limit: number;
  /** Whether the answer says how long it took and how many samples it read. */
  readonly withStats: boolean;
  /** About the request, beside those of the evaluation. */
  readonly warnings: readonly string[];
  /** Of a rule: the answer is samples (raw-samples.ts), not that of the API, and the query sees these samples as well. */
  readonly rule?: { readonly fresh: readonly FreshSeries[] } | undefined;
}

/** An error as it crosses threads; it becomes a PromqlError again. */
export interface QuestionFailure {
  readonly type: PromqlErrorType;
  readonly message: string;
}

/** The whole answer, envelope included: one JSON object in UTF-8, in pieces. */
export type AnswerPieces = AsyncIterable<Uint8Array>;

export interface Evaluator {
  /**
   * Resolves when the first piece is there; what fails afterwards ends the pieces with an error. Throws PromqlError.
   * @param signal is aborted when the client disconnects; the evaluation then ends within 200 ms
   */
  evaluate(question: Question, signal: AbortSignal): Promise<AnswerPieces>;
}
