// How much of what is dropped the ring may take, so that what it takes stays for the least horizon. Taking only traces of high
// randomness is sampling like any other here: the threshold is known, and weights follow from it.

const HALF = 2 ** 28;
/** Never fewer than one in so many: a ring that takes nothing tells nothing. */
const LEAST_SHARE = 1 / 4096;
/** Spans shrink about so much; what was measured counts from this many compressed segments on. */
const USUAL_RATIO = 3;
const MEASURED_SEGMENTS = 4;
/** No compression is believed to go on better than this. */
const BEST_RATIO = 20;
/** Parts of the horizon whose bytes are counted apart. */
const BUCKETS = 8;

/** What is known of a segment: bytes written, and bytes it takes compressed, 0 while it is not. */
export interface SegmentFill {
  readonly rawBytes: number;
  readonly packedBytes: number;
}

export class Admission {
  readonly #bucketMs: number;
  readonly #packedPerHorizon: number;
  /** Bytes that would have been taken, had everything been, by part of the horizon. */
  readonly #offered = new Float64Array(BUCKETS);
  #bucket = -1;

  /** @param packBytesPerSecond how fast segments are compressed, at most */
  constructor(leastHorizonMs: number, packBytesPerSecond: number) {
    this.#packedPerHorizon = (leastHorizonMs / 1000) * packBytesPerSecond;
    this.#bucketMs = Math.max(1, leastHorizonMs / BUCKETS);
  }

  /** Bytes were taken while `leastHi` was the high half of the threshold. */
  taken(bytes: number, leastHi: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#offered[this.#bucket % BUCKETS]! += bytes / (1 - leastHi / HALF);
  }

  /** High half of the threshold for the next segment; 0 = everything is taken. @param capacityBytes of memory and disk */
  leastHi(segments: readonly SegmentFill[], capacityBytes: number, nowMs: number): number {
    this.#turn(nowMs);
    let raw = 0;
    let packed = 0;
    let measured = 0;
    for (const segment of segments) {
      if (segment.packedBytes === 0) continue;
      raw += segment.rawBytes;
      packed += segment.packedBytes;
      measured++;
    }
    const ratio = measured < MEASURED_SEGMENTS ? USUAL_RATIO : Math.min(BEST_RATIO, Math.max(1, raw / packed));
    const offered = this.#offered.reduce((sum, bytes) => sum + bytes, 0);
    // What was offered within one horizon is what the ring must hold.
    const holds = Math.min(capacityBytes * ratio, capacityBytes + this.#packedPerHorizon * (1 - 1 / ratio));
    const share = Math.max(LEAST_SHARE, holds / Math.max(1, offered));
    return share >= 1 ? 0 : Math.floor((1 - share) * HALF);
  }

  #turn(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    if (this.#bucket < 0 || bucket - this.#bucket >= BUCKETS) {
      this.#offered.fill(0);
      this.#bucket = bucket;
    }
    while (this.#bucket < bucket) this.#offered[++this.#bucket % BUCKETS] = 0;
  }
}
