// How much work a request is, told from its outline: how many items and groups lie in it, without looking into them.
import type { Signal } from '../../receive/intake.ts';
import { LARGE_REQUESTS } from './limits.ts';
import { FieldCursor, isLengthDelimited } from './field-cursor.ts';

/** Work for a resource or a scope, in items: it is interned and hashed. */
export const GROUP_WEIGHT = 2;
/** Work for a metric without its points. */
export const METRIC_WEIGHT = 1;

/** Fields of Metric that hold its data points: gauge, sum, histogram, exponential histogram, summary. */
const GAUGE = 5;
const SUM = 7;
const HISTOGRAM = 9;
const EXPONENTIAL = 10;
const SUMMARY = 11;
/** By field number. */
export const METRIC_DATA: readonly number[] = [GAUGE, SUM, HISTOGRAM, EXPONENTIAL, SUMMARY];

/**
 * Whether a request is too much for one turn of the event loop. One that is malformed counts as far as it can be read: it is refused later.
 * The answer depends on nothing but signal and bytes, so that a request that comes again is cut again in the same places.
 */
export function isLarge(signal: Signal, body: Uint8Array): boolean {
  const { bytes, weight } = LARGE_REQUESTS[signal];
  if (body.length > bytes) return true;
  // Nothing weighs more than 1 a byte.
  return body.length > weight && weigh(signal, body, weight).weight > weight;
}

export interface Weighed {
  readonly weight: number;
  /** Spans, log records or data points. */
  readonly items: number;
}

/** Weight of a request; stops counting soon after `most`. */
export function weigh(signal: Signal, body: Uint8Array, most = Infinity): Weighed {
  const scale = new Scale(body, signal === 'metrics', most);
  scale.request();
  return scale;
}

/** Weight of the data point in bytes[from, to). @param data field of its metric in which it lies */
export function weighPoint(bytes: Uint8Array, from: number, to: number, data: number): number {
  const scale = new Scale(bytes, true, Infinity);
  scale.point(from, to, data);
  return scale.weight;
}

class Scale implements Weighed {
  weight = 0;
  items = 0;
  readonly #field: FieldCursor;
  readonly #isMetrics: boolean;
  readonly #most: number;

  constructor(bytes: Uint8Array, isMetrics: boolean, most: number) {
    this.#field = new FieldCursor(bytes);
    this.#isMetrics = isMetrics;
    this.#most = most;
  }

  request(): void {
    const field = this.#field;
    for (let at = 0, to = field.bytes.length; field.read(at, to); ) {
      const { number, from } = field;
      at = field.end;
      if (number !== 1 || !isLengthDelimited(field)) continue;
      this.weight += GROUP_WEIGHT;
      this.#group(from, at);
      if (this.weight > this.#most) return;
    }
  }

  #group(from: number, to: number): void {
    const field = this.#field;
    for (let at = from; field.read(at, to); ) {
      const { number, from: inner } = field;
      at = field.end;
      if (number !== 2 || !isLengthDelimited(field)) continue;
      this.weight += GROUP_WEIGHT;
      this.#scope(inner, at);
      if (this.weight > this.#most) return;
    }
  }

  /** HOT: a few ns for each item of every request of some size. */
  #scope(from: number, to: number): void {
    const field = this.#field;
    for (let at = from; field.read(at, to); ) {
      const { number, from: inner } = field;
      at = field.end;
      if (number !== 2 || !isLengthDelimited(field)) continue;
      if (this.#isMetrics) this.#metric(inner, at);
      else {
        this.weight++;
        this.items++;
      }
      if (this.weight > this.#most) return;
    }
  }

  #metric(from: number, to: number): void {
    this.weight += METRIC_WEIGHT;
    const field = this.#field;
    for (let at = from; field.read(at, to); ) {
      const { number, from: inner } = field;
      at = field.end;
      if (METRIC_DATA.includes(number) && isLengthDelimited(field)) this.#points(inner, at, number);
    }
  }

  #points(from: number, to: number, data: number): void {
    const field = this.#field;
    for (let at = from; field.read(at, to); ) {
      const { number, from: inner } = field;
      at = field.end;
      if (number !== 1 || !isLengthDelimited(field)) continue;
      this.point(inner, at, data);
      if (this.weight > this.#most) return;
    }
  }

  /** A point weighs 1 and 1 more for each bucket or quantile: each becomes a sample. */
  point(from: number, to: number, data: number): void {
    this.weight++;
    this.items++;
    if (data === GAUGE || data === SUM) return;
    const field = this.#field;
    for (let at = from; field.read(at, to); ) {
      const { number, from: inner } = field;
      at = field.end;
      if (data === EXPONENTIAL ? number === 8 || number === 9 : number === 6) this.#samples(inner, at, data);
    }
  }

  #samples(from: number, to: number, data: number): void {
    // Quantiles come one a field; bucket counts packed, or one a field.
    if (data === SUMMARY || !isLengthDelimited(this.#field)) this.weight++;
    else if (data === HISTOGRAM) this.weight += Math.ceil((to - from) / 8);
    else this.#buckets(from, to);
  }

  #buckets(from: number, to: number): void {
    const field = this.#field;
    const { bytes } = field;
    for (let at = from; field.read(at, to); ) {
      const { number, from: inner } = field;
      at = field.end;
      if (number !== 2) continue;
      if (!isLengthDelimited(field)) this.weight++;
      else for (let i = inner; i < at; i++) if (bytes[i]! < 0x80) this.weight++;
    }
  }
}
