// Which log records are kept, and the adjusted count of each. A record of a trace shares the trace's randomness, so that the logs of a kept trace
// are kept wherever traces are no rarer than logs; a record without a trace has the hash of its bytes for randomness, never a die.
import { WireWalk } from '#proto/wire/walk.ts';
import { FNV_START, mix32 } from '#proto/model/hash.ts';
import { MAX_SEVERITY, SEVERITIES } from '#proto/otlp/enums.ts';
import { LOG_RECORD } from '#proto/otlp/fields.ts';
import { thresholdOfProbability } from '#collector/decide/rates/rate-interval.ts';
import { HALF, randomnessHi, randomnessLo, weightOf } from '#proto/model/threshold.ts';

export interface LogSampling {
  /** Share that is kept, 0 to 1. */
  readonly keep: number;
  /** Severity from which on records are always kept, as {@link SEVERITIES} names it. */
  readonly always: Severity;
}

type Severity = keyof typeof SEVERITIES;

/** Records sampled out are counted under this rule. */
export const LOG_RULE = 'logs';

const { severityNumber: TAG_SEVERITY, traceId: TAG_TRACE_ID } = LOG_RECORD;
const TRACE_ID_BYTES = 16;

export class LogSampler {
  readonly #thresholdHi: number;
  readonly #thresholdLo: number;
  readonly #weight: number;
  readonly #always: number;
  readonly #fields = new WireWalk();
  #randomHi = 0;
  #randomLo = 0;

  constructor({ keep, always }: LogSampling) {
    const threshold = thresholdOfProbability(keep);
    this.#thresholdHi = threshold.hi;
    this.#thresholdLo = threshold.lo;
    this.#weight = weightOf(threshold.hi, threshold.lo);
    this.#always = SEVERITIES[always];
  }

  /** HOT: per record. Adjusted count of the LogRecord bytes[from, to) (checked before), 0 when it is not kept. */
  weigh(bytes: Buffer, from: number, to: number): number {
    if (this.#thresholdHi === 0 && this.#thresholdLo === 0) return 1;
    let severity = 0;
    let traceId = -1;
    const fields = this.#fields;
    fields.open(bytes, from, to);
    while (fields.next()) {
      if (fields.tag === TAG_SEVERITY) severity = fields.unsignedNumber;
      else if (fields.tag === TAG_TRACE_ID) traceId = fields.length === TRACE_ID_BYTES ? fields.from : -1;
    }
    if (severity <= MAX_SEVERITY && severity >= this.#always) return 1;
    if (traceId >= 0 && !isZero(bytes, traceId)) {
      const id2 = bytes.readInt32BE(traceId + 8);
      const id3 = bytes.readInt32BE(traceId + 12);
      this.#randomHi = randomnessHi(id2, id3);
      this.#randomLo = randomnessLo(id3);
    } else this.#hash(bytes, from, to);
    const kept =
      this.#randomHi > this.#thresholdHi ||
      (this.#randomHi === this.#thresholdHi && this.#randomLo >= this.#thresholdLo);
    return kept ? this.#weight : 0;
  }

  /** HOT: per record without a trace. Two 28-bit halves of all its bytes (FNV-1a's step and MurmurHash3's finalizer, both public domain). */
  #hash(bytes: Buffer, from: number, to: number): void {
    let a = FNV_START ^ (to - from);
    let b = 0x9e3779b9;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul((b << 5) ^ (b >>> 27) ^ byte, 0x85ebca6b);
    }
    this.#randomHi = (mix32(a ^ Math.imul(b, 0x2545f491)) >>> 0) % HALF;
    this.#randomLo = (mix32(b ^ Math.imul(a, 0x1b873593)) >>> 0) % HALF;
  }
}

function isZero(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + TRACE_ID_BYTES; i++) if (bytes[i] !== 0) return false;
  return true;
}
