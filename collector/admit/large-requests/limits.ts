// What one turn of the event loop may have of a request, and what a request may have at all, with the measurements behind the numbers.
import type { Signal } from '#proto/otlp/signal.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Measured on two shared cores, from index to rows. Spans: 0.5 to 1 µs each, 4 to 15 ns a byte; a new resource 7 µs. Log records: 0.4
 * to 2 µs each, 8 to 15 ns a byte, 50 where a body is an array of empty values. Data points: 1.4 µs, 0.9 more for each attribute, 1.9
 * for each bucket; 50 to 110 ns a byte. Code that runs for the first time takes two to three times as long.
 */
interface SignalLimits {
  /** A larger request is cut. */
  readonly bytes: number;
  /** The same by its weight, see weigh.ts. */
  readonly weight: number;
  /** No piece is larger, unless a single item is. */
  readonly pieceBytes: number;
  /** Nor heavier. */
  readonly pieceWeight: number;
  /** Items that a request may have; more are refused. Spans with ids are no more than these in 64 MiB. */
  readonly items: number;
  /** Weight that a request may have, for what has no items in it: some seconds of work. */
  readonly mostWeight: number;
}

export const LARGE_REQUESTS: Readonly<Record<Signal, SignalLimits>> = {
  traces: {
    bytes: 2 * MIB,
    weight: 16_000,
    pieceBytes: 2 * MIB,
    pieceWeight: 8000,
    items: 2_500_000,
    mostWeight: 3_000_000,
  },
  logs: {
    bytes: 512 * KIB,
    weight: 16_000,
    pieceBytes: 512 * KIB,
    pieceWeight: 8000,
    items: 500_000,
    mostWeight: 1_000_000,
  },
  metrics: {
    bytes: 256 * KIB,
    weight: 8000,
    pieceBytes: 128 * KIB,
    pieceWeight: 4000,
    items: 500_000,
    mostWeight: 5_000_000,
  },
};

/** Numbers in packed fields of one metrics request: bucket counts and bounds. */
export const MAX_NUMBERS = 4_000_000;
/** Values, pairs and other messages within one item: a span of 300,000 attributes has 600,000. */
export const MAX_ITEM_MESSAGES = 1_000_000;
/** A resource, a scope, or a metric's name and description: they are repeated in every piece. */
export const MAX_HEADER_BYTES = 4 * MIB;
/** All pieces of a request together may be larger than the request by this much, and by its own size. */
export const MAX_REPEATED_BYTES = 16 * MIB;

/** Names of items in messages to clients. */
export const ITEM_WORDS: Readonly<Record<Signal, string>> = {
  traces: 'spans',
  logs: 'log records',
  metrics: 'metric data points',
};
