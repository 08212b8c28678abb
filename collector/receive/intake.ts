// What a receiver hands on, and the answers it can get: the seam between the transports and the pipeline.
import type { Signal } from '#proto/otlp/signal.ts';
import type { Caller } from './caller.ts';

/** wal: replayed from the write-ahead log of an earlier life. */
export type Transport = 'grpc' | 'http' | 'wal';
export type OtlpEncoding = 'protobuf' | 'json';
/** remote_write_…: bodies of the signal metrics that are Prometheus' messages, and not OTLP's. */
export type RemoteWriteEncoding = 'remote_write_1' | 'remote_write_2';
export type Encoding = OtlpEncoding | RemoteWriteEncoding;

export function isRemoteWrite(encoding: Encoding): encoding is RemoteWriteEncoding {
  return encoding === 'remote_write_1' || encoding === 'remote_write_2';
}

/**
 * One decoded request: protobuf bytes of an Export*ServiceRequest (JSON was transcoded before), or of a remote write request. They MUST NOT change, after the answer
 * either: the log may still be writing them.
 */
export interface IntakeRequest {
  readonly signal: Signal;
  readonly body: Buffer;
  readonly transport: Transport;
  /** What the client sent, for the counters. */
  readonly encoding: Encoding;
  /** How long the client will wait for its answer, ms from now; the default where it did not say. */
  readonly deadlineMs: number;
  /** Knows whether the client still waits; absent where that cannot be known. */
  readonly caller?: Caller | undefined;
}

/**
 * accepted: `rejected` items (0 for full success) were refused for `message`.
 * malformed: not a valid protobuf message, nothing of it was accepted (400 / INVALID_ARGUMENT).
 * too_large: more than one request may hold, nothing of it was accepted (413 / RESOURCE_EXHAUSTED without RetryInfo: do not send it again).
 * busy: ask again (503 + Retry-After / UNAVAILABLE + RetryInfo). A part that was accepted before is recognised when it comes again.
 */
export type IntakeAnswer =
  | {
      readonly kind: 'accepted';
      readonly rejected: number;
      readonly message: string;
      /** What of a remote write request was refused; absent for other requests and for copies. */
      readonly refused?: { readonly samples: number; readonly histograms: number; readonly exemplars: number };
    }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'too_large'; readonly message: string }
  | { readonly kind: 'busy'; readonly retryAfterMs: number; readonly message: string };

/** MUST not throw. Takes the body synchronously, or holds the request (a promise) while the pipeline is under pressure. */
export interface Intake {
  accept(request: IntakeRequest): IntakeAnswer | Promise<IntakeAnswer>;
  /** Accepts OTLP/JSON that is too large to be transcoded on the event loop. Absent: the receiver transcodes all bodies itself. */
  acceptJson?(request: IntakeRequest): Promise<IntakeAnswer>;
  /** A request that never got this far (too large, unknown encoding, undecodable JSON…) is counted here by reason. */
  refused(signal: Signal, reason: RefusalReason): void;
}

export type RefusalReason =
  | 'malformed'
  | 'too_large'
  | 'too_many_items'
  | 'too_slow'
  | 'unsupported_encoding'
  | 'unsupported_media_type'
  | 'bad_compression'
  | 'bad_framing'
  | 'busy'
  | 'canceled';
