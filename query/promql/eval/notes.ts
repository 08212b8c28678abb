// Notes about an answer that are all about one expression: warnings and infos with its position.
import { mixedBucketSchemas, reconciledBounds, type Combining } from '../annotation-texts.ts';
import type { Annotations } from '../annotations.ts';
import { add, multiply, subtract } from '../histogram/arithmetic.ts';
import { detectReset } from '../histogram/detect-reset.ts';
import type { FloatHistogram } from '../histogram/float-histogram.ts';

export class Notes {
  readonly #annotations: Annotations;
  readonly #where: { readonly start: number };
  /** Name of the metric that is looked at. */
  metric = '';

  constructor(annotations: Annotations, where: { readonly start: number }) {
    this.#annotations = annotations;
    this.#where = where;
  }

  warn(text: string): void {
    this.#annotations.warn(this.#where, text);
  }

  info(text: string): void {
    this.#annotations.info(this.#where, text);
  }

  /** One info per metric, in which the number of cases is counted. */
  startTimeOverlap(): void {
    this.#annotations.startTimeOverlap(this.#where, this.metric);
  }

  /** a + b, or undefined, with a warning, when one has exponential and the other custom buckets. */
  add(a: FloatHistogram, b: FloatHistogram): FloatHistogram | undefined {
    return this.#combined(add(a, b), 'addition');
  }

  /** a − b, as `add`. */
  subtract(a: FloatHistogram, b: FloatHistogram): FloatHistogram | undefined {
    return this.#combined(subtract(a, b), 'subtraction');
  }

  #combined(combined: ReturnType<typeof add>, combining: Combining): FloatHistogram | undefined {
    if (combined === undefined) {
      this.warn(mixedBucketSchemas(this.metric));
      return undefined;
    }
    if (combined.boundsReconciled) this.info(reconciledBounds(combining));
    return combined.histogram;
  }
}

/** A float at a time. */
interface TimedFloat {
  readonly timeMs: number;
  readonly value: number;
}

/** A histogram at a time. */
export interface TimedHistogram {
  readonly timeMs: number;
  readonly histogram: FloatHistogram;
}

/** The value between two samples; a counter that was reset between them counts from zero. */
export function interpolateFloats(before: TimedFloat, after: TimedFloat, timeMs: number, counter: boolean): number {
  const from = counter && after.value < before.value ? 0 : before.value;
  return from + ((after.value - from) * (timeMs - before.timeMs)) / (after.timeMs - before.timeMs);
}

/** As `interpolateFloats`; undefined, with a warning, when one has exponential and the other custom buckets. */
export function interpolateHistograms(
  before: TimedHistogram,
  after: TimedHistogram,
  timeMs: number,
  counter: boolean,
  notes: Notes,
): FloatHistogram | undefined {
  if (timeMs === before.timeMs) return before.histogram;
  if (timeMs === after.timeMs) return after.histogram;
  const share = (timeMs - before.timeMs) / (after.timeMs - before.timeMs);
  if (counter && detectReset(after.histogram, before.histogram)) return multiply(after.histogram, share);
  const change = notes.subtract(after.histogram, before.histogram);
  return change === undefined ? undefined : notes.add(multiply(change, share), before.histogram);
}
