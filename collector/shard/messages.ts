// The face of a shard: what goes in and what comes out. Every message is plain data (numbers, texts, typed arrays, plain objects and maps), so that
// it can be sent to a shard in this thread, in another thread, or behind a log. Nothing else of a shard can be reached.
import type { KnownTrace } from '#proto/admin/answers.ts';
import type { RescueRequest, RescueResponse } from '#proto/api/rescue.ts';
import type { Config } from '#proto/config/schema.ts';
import type { TraceId } from '#proto/model/ids.ts';
import type { PartThresholds, WindowPart } from '#collector/decide/budget/window-part.ts';
import type { RateAnswer, RatePart } from '#collector/decide/rates/rate-book.ts';
import type { ClockPart } from '#collector/reconstruct/clock/clock-part.ts';
import type { DerivedPart } from '#collector/derive/global/global-facts.ts';
import type { NewNames } from '#collector/derive/global/shard-numbers.ts';
import type { Encoding, Transport } from '#collector/receive/intake.ts';
import type { DecidedRows } from '#collector/rows/decided-rows.ts';
import type { DecidedEntries, DecidedTrace } from '#collector/wal/decided-traces.ts';
import type { ShardCounts } from './shard-counts.ts';
import type { SpanCounts } from './span-counts.ts';

/** A whole ExportTraceServiceRequest. Its bytes MUST NOT change afterwards. */
export interface RequestInput {
  readonly kind: 'request';
  readonly body: Uint8Array;
  readonly transport: Transport;
  readonly encoding: Encoding;
  readonly nowMs: number;
  /** T_min in force, high half. */
  readonly leastHi: number;
}

/** A request of an earlier life, from its write-ahead log: spans that were in a decision then are left out. */
export interface ReplayInput {
  readonly kind: 'replay';
  readonly body: Uint8Array;
  readonly transport: Transport;
  readonly encoding: Encoding;
  readonly nowMs: number;
  /** Number of its first span. */
  readonly firstSpan: number;
  /** T_min in force when it was received, high half. */
  readonly leastHi: number;
  /** Whether its spans are not yet in stored RED series. */
  readonly countRed: boolean;
  /** Whether the ledger, as it was restored, has its spans. */
  readonly isCounted: boolean;
  /** Which of its spans had been received before, as the log has it; undefined: none. */
  readonly copied: Uint8Array | undefined;
}

export type ShardInput =
  | RequestInput
  | ReplayInput
  /** Decisions of an earlier life: late spans follow them, and replayed spans that they cover are left out until `replay-ended`. */
  | { readonly kind: 'remember-decisions'; readonly traces: readonly DecidedTrace[]; readonly nowMs: number }
  /** Spans of decided traces of an earlier life, as it carried them. */
  | { readonly kind: 'remember-spans'; readonly carried: Uint8Array; readonly nowMs: number }
  /** @see ReplayInput. The next span to be received has at least this number. */
  | { readonly kind: 'replay-ended'; readonly nextSpan: number }
  /** Decides what is due, for about `budget` spans. With the first slice of a turn traces that were asked for come back from the rescue ring. */
  | { readonly kind: 'tick'; readonly nowMs: number; readonly budget: number; readonly isFirst: boolean }
  /** Decides everything that is buffered, for about `budget` spans. */
  | { readonly kind: 'drain'; readonly nowMs: number; readonly budget: number }
  /** Thresholds of the traces of a `window` message. Ignored where the shard has decided on them by itself: it was short of memory, or stopped. */
  | { readonly kind: 'thresholds'; readonly window: number; readonly thresholds: PartThresholds }
  /** Answers a `rates` message. */
  | { readonly kind: 'rate-thresholds'; readonly answer: RateAnswer }
  /** The `randomness` messages of other shards. */
  | { readonly kind: 'randomness'; readonly traces: Float64Array }
  /** What other shards have learnt about clocks: the `clocks` of their `derived` messages. */
  | { readonly kind: 'clock-bounds'; readonly part: ClockPart }
  /** Other rules and waits, between two decisions. */
  | { readonly kind: 'reconfigure'; readonly config: Config; readonly nowMs: number }
  /** Error logs name these traces: four words each, big-endian. */
  | { readonly kind: 'error-logs'; readonly traceIds: Uint32Array }
  /** Kept traces, of this shard or another, link to these: four words each. */
  | { readonly kind: 'linked'; readonly traceIds: Uint32Array }
  /** A person asks for dropped traces. Answered by `rescued`, which may come later. */
  | { readonly kind: 'rescue'; readonly number: number; readonly request: RescueRequest; readonly nowMs: number }
  | { readonly kind: 'look-up'; readonly traceId: TraceId }
  /** Answered by `counts`. */
  | { readonly kind: 'count'; readonly nowMs: number }
  /** Answered by `derived`. `isWhole`: also what is counted of spans whose traces are not decided yet, and what is known of clocks. */
  | { readonly kind: 'flush'; readonly nowMs: number; readonly isWhole: boolean }
  /** Answered by `carried`: a piece of what is known of the spans of decided traces. `lost`: so many of the oldest pieces are about to be removed. */
  | { readonly kind: 'carry-spans'; readonly lost: number }
  /** Nothing follows. */
  | { readonly kind: 'stop' };

export type ShardOutput =
  /** What became of spans since the last such message. */
  | { readonly kind: 'span-counts'; readonly counts: SpanCounts }
  | {
      readonly kind: 'accepted';
      readonly rejected: number;
      readonly message: string;
      readonly copied: Uint8Array | undefined;
    }
  | { readonly kind: 'malformed'; readonly message: string }
  /** Spans of the replayed request that are buffered again and that the restored ledger has, and spans that were received. */
  | { readonly kind: 'replayed'; readonly restored: number; readonly received: number }
  /** Whether more is due now, and for how long what was due at the beginning of the slice had waited, ms. */
  | { readonly kind: 'ticked'; readonly more: boolean; readonly behindMs: number }
  /** Rows of decided traces. Their arrays are used again: read or copy them before you return. */
  | { readonly kind: 'rows'; readonly rows: DecidedRows }
  /** Traces that were decided, for the commit of a log. Comes after their rows. */
  | { readonly kind: 'decided'; readonly entries: DecidedEntries }
  /** Names that are new since the last such message: later messages refer to them by number. */
  | { readonly kind: 'names'; readonly names: NewNames }
  /** What traces say about calls between services, for those who join them. The array is used again: read or copy it before you return. */
  | { readonly kind: 'edge-facts'; readonly facts: Float64Array }
  /** Kept traces link to these, four words each: for the shards that own them, as `linked`. */
  | { readonly kind: 'links'; readonly traceIds: Uint32Array }
  /** Traces that were decided by the randomness of those they link to (id 4 words, randomness 2 halves): for all other shards, as `randomness`. */
  | { readonly kind: 'randomness'; readonly traces: Float64Array }
  /** The traces that wait for the end of a window, which has come: answer by `thresholds`, of all shards together. */
  | { readonly kind: 'window'; readonly window: number; readonly part: WindowPart }
  /** What was counted for a rate in an interval that has ended: answer by `rate-thresholds`, of all shards together. */
  | { readonly kind: 'rates'; readonly part: RatePart }
  /** What was counted since the last such message. */
  | { readonly kind: 'derived'; readonly part: DerivedPart }
  | { readonly kind: 'counts'; readonly counts: ShardCounts }
  | { readonly kind: 'rescued'; readonly number: number; readonly response: RescueResponse | undefined }
  | { readonly kind: 'known'; readonly known: KnownTrace }
  | { readonly kind: 'carried'; readonly piece: Uint8Array | undefined }
  | { readonly kind: 'failure'; readonly error: string }
  /** The last answer to every input. */
  | { readonly kind: 'state'; readonly state: ShardState };

/** What changes with every message. */
export interface ShardState {
  /** Spans that wait for a decision. */
  readonly pending: number;
  /** Spans received in this life. */
  readonly received: number;
  /** Number of the next span to be received: a decision covers those of its trace below it. */
  readonly nextSpan: number;
  /** Part of the buffer in use; about 1 is full. */
  readonly pressure: number;
}
