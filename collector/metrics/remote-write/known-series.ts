// Series that remote write has sent before, by the bytes of their labels: a Prometheus sends the same label sets every few seconds, and their texts
// are read once.
import { mix32 } from '#proto/model/hash.ts';

/** Remembered series, some 500 bytes each; beyond it the oldest are forgotten, which costs reading their labels again. */
const MAX_SERIES = 100_000;

export interface KnownSeries {
  /** Labels as they were sent, in the version's own form. */
  readonly key: Uint8Array;
  readonly idHi: number;
  readonly idLo: number;
  readonly name: string;
  /** The name without what the series of a histogram, summary or counter add to it. */
  readonly family: string;
  /** Without the name, sorted. */
  readonly labels: ReadonlyMap<string, string>;
  /** What the stored row of the series says; it is written anew when something else is true. */
  kind: string;
  help: string;
  unit: string;
  firstMs: number;
  lastMs: number;
  /** Collector clock, ms, of that row; 0: none. */
  writtenMs: number;
}

export class KnownSeriesTable {
  readonly #series = new Map<number, KnownSeries>();

  /** HOT: per series of a request. undefined: not known, or another one with the same hash. */
  find(hash: number, bytes: Uint8Array, from: number, to: number): KnownSeries | undefined {
    const found = this.#series.get(hash);
    return found !== undefined && isSame(found.key, bytes, from, to) ? found : undefined;
  }

  add(hash: number, series: KnownSeries): void {
    this.#series.delete(hash);
    if (this.#series.size >= MAX_SERIES) {
      for (const oldest of this.#series.keys()) {
        this.#series.delete(oldest);
        break;
      }
    }
    this.#series.set(hash, series);
  }
}

/** HOT: of bytes[from, to). */
export function keyHash(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let hash = seed ^ (to - from);
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return mix32(hash);
}

function isSame(key: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (key.length !== to - from) return false;
  for (let at = 0; at < key.length; at++) if (key[at] !== bytes[from + at]) return false;
  return true;
}
