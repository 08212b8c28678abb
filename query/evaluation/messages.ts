// What the pool and a thread that evaluates say to each other, as plain data.
import type { DatabaseOptions } from '#query/store/database.ts';
import type { EngineOptions } from '#query/promql/engine.ts';
import type { Question, QuestionFailure } from './question.ts';

/** What a thread knows from its start. */
export interface ThreadStart {
  readonly database: DatabaseOptions;
  /** All of the engine's options that are data; the clock is the thread's. */
  readonly engine: Omit<EngineOptions, 'nowMs'>;
  /** One number: the run that has to stop, also while the thread is too busy to read messages. 0: none. */
  readonly stopRun: Int32Array;
}

/** Runs are numbered from 1; a thread has one at a time. */
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
