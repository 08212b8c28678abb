// What the pool and a thread that evaluates say to each other, as plain data.
import type { DatabaseOptions } from '#query/store/database.ts';
import type { EngineOptions } from '#query/promql/engine.ts';
import type { Question, QuestionFailure } from './question.ts';

/** What a thread knows from its start. */
export interface ThreadStart {
  readonly database: DatabaseOptions;
  /** All of the engine's options that are data; the clock is the thread's. */
  readonly engine: Omit<EngineOptions, 'nowMs'>;
  /** Shared with the pool, as neither side reads messages while it computes; see SHARED. */
  readonly shared: Int32Array;
}

/** Places of what pool and thread share. Runs are numbered from 1. */
export const SHARED = {
  /** Written by the pool: the run that has to stop. */
  stopRun: 0,
  /** Written by the thread: the run that it has begun, 0 when it has none. */
  begunRun: 1,
  /** Written by the thread: CPU time of that run up to now, ms. */
  cpuMs: 2,
  /** Written by the thread at its start: the number that the operating system has given it; 0 where that is unknown. */
  systemThread: 3,
} as const;
export const SHARED_BYTES = 4 * Int32Array.BYTES_PER_ELEMENT;

/** A thread has one run at a time. */
export type ToThread =
  | { readonly kind: 'evaluate'; readonly run: number; readonly question: Question; readonly queuedMs: number }
  /** The client has read so many more bytes. */
  | { readonly kind: 'read'; readonly run: number; readonly bytes: number }
  | { readonly kind: 'stop'; readonly run: number };

export type FromThread =
  | { readonly kind: 'piece'; readonly run: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The thread is free again. A failure of type `canceled` is the answer to a stop. */
  | {
      readonly kind: 'done';
      readonly run: number;
      readonly failure: QuestionFailure | undefined;
      /** Memory that the thread keeps, bytes. */
      readonly heapBytes: number;
    };

/** Bytes of an answer that may be on their way to the client; beyond it the thread waits. */
export const MAX_UNREAD_BYTES = 16 * 1024 * 1024;
