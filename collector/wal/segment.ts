// Segments of the write-ahead log: what is known of one, and its name, which says where it starts and who wrote it.
import type { Signal } from '#proto/otlp/signal.ts';

export interface Segment {
  readonly name: string;
  /** Bytes of the log before it, and with it. */
  readonly start: number;
  end: number;
  /** Unix ms of its last record. */
  lastMs: number;
  /** Bytes of requests in it. */
  readonly bytes: Record<Signal, number>;
}

/** Of versions before owners had epochs: read, and never written. */
export const NO_EPOCH = -1;
const NAME = /^(\d{16})(?:-(\d+))?\.wal$/;

export function segmentName(start: number, epoch: number): string {
  return `${String(start).padStart(16, '0')}-${epoch}.wal`;
}

/** Where the segment with that name starts, and the epoch of its writer; undefined = not one of ours. */
export function parseSegmentName(name: string): { readonly start: number; readonly epoch: number } | undefined {
  const match = NAME.exec(name);
  return match === null
    ? undefined
    : { start: Number(match[1]), epoch: match[2] === undefined ? NO_EPOCH : Number(match[2]) };
}

export function noBytes(): Record<Signal, number> {
  return { traces: 0, logs: 0, metrics: 0 };
}
