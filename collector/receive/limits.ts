// The bounds of the receivers, with the reasons for their defaults.

const MIB = 1024 * 1024;

export interface ReceiveLimits {
  /** Of one request, before and after decompression. OTLP 1.11 recommends 64 MiB. */
  readonly maxBodyBytes: number;
  /** Of one compressed request as it travels; telemetry of the size above compresses far below it. */
  readonly maxCompressedBytes: number;
  /** Output per input byte of a compressed request; telemetry reaches 20, a bomb 1,000 and more. */
  readonly maxRatio: number;
  /** Output that is allowed whatever the ratio: small batches of equal spans compress very well. */
  readonly ratioFreeBytes: number;
  /** Output that may be in the making at once, over all connections of a server. */
  readonly maxInflatingBytes: number;
  /** Requests waiting for that. */
  readonly maxInflatingWaiting: number;
  /** Bodies being received and answered at once, over all connections of both receivers; beyond it clients are asked to come again. */
  readonly maxReceivingBytes: number;
  /** Connections of a server. */
  readonly maxConnections: number;
}

export const DEFAULT_RECEIVE_LIMITS: ReceiveLimits = {
  maxBodyBytes: 64 * MIB,
  maxCompressedBytes: 16 * MIB,
  maxRatio: 100,
  ratioFreeBytes: 4 * MIB,
  maxInflatingBytes: 256 * MIB,
  maxInflatingWaiting: 256,
  maxReceivingBytes: 256 * MIB,
  maxConnections: 4096,
};

/** The delay in answers when the receiver's own buffers are full, or a body came too slowly: the buffers empty within a request's time. */
export const RECEIVER_FULL_RETRY_MS = 1000;

/** OTLP/JSON up to this size is transcoded on the event loop: at 12 to 25 ns a byte, some 10 ms. */
export const JSON_INLINE_BYTES = 512 * 1024;

/** A client that does not say how long it will wait is assumed to use OTLP's default. */
export const DEFAULT_DEADLINE_MS = 10_000;

/** Of an error message in an answer: the spec asks for a bound, and a client's log for brevity. */
const MAX_MESSAGE_CHARS = 1000;

/** A message that every transport can carry: bounded, without lone surrogates. */
export function wireMessage(message: string): string {
  const text = message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS)}…` : message;
  return text.toWellFormed();
}
