// Estimates the work for a request from its outline: how many items and groups it has, without reading them.
import { METRIC, SCOPE_SPANS } from '#proto/otlp/fields.ts';
import { fieldNumber } from '#proto/wire/wire-type.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { LARGE_REQUESTS } from './limits.ts';
import { FieldCursor, isLengthDelimited } from './field-cursor.ts';

/** Work for a resource or a scope, in items: it is interned and hashed. */
export const GROUP_WEIGHT = 2;
/** A resource with one scope of one span. */
const RESOURCE_WEIGHT = 2 * GROUP_WEIGHT + 1;
/** Work for a metric without its points. */
export const METRIC_WEIGHT = 1;

/** Fields of Metric that hold its data points. */
const GAUGE = fieldNumber(METRIC.gauge);
const SUM = fieldNumber(METRIC.sum);
const HISTOGRAM = fieldNumber(METRIC.histogram);
const EXPONENTIAL = fieldNumber(METRIC.exponentialHistogram);
const SUMMARY = fieldNumber(METRIC.summary);
/** By field number. */
export const METRIC_DATA: readonly number[] = [GAUGE, SUM, HISTOGRAM, EXPONENTIAL, SUMMARY];

/** Tag of an item in its scope. */
const ITEM_TAG = SCOPE_SPANS.spans;
/** Two ids and their tags: what has less is no span, and refused in some ns. */
const LEAST_SPAN_BYTES = 28;

/**
 * Whether a request is too much for one turn of the event loop. One that is malformed counts as far as it can be read: it is refused later.
 * The answer depends on nothing but signal and bytes, so that a request that comes again is cut again in the same places.
 */
export function isLarge(signal: Signal, body: Uint8Array): boolean {
  const { bytes, weight } = LARGE_REQUESTS[signal];
  if (body.length > bytes) return true;
  // Nothing weighs more than 1 a byte.
  if (body.length <= weight) return false;
  // There cannot be too many spans in it; only resources are counted.
  const items =
    signal === 'metrics'
      ? 'points'
      : signal === 'traces' && body.length <= weight * LEAST_SPAN_BYTES
        ? 'none'
        : 'items';
  const scale = new Scale(body, items, weight);
  scale.request();
  return scale.weight > weight;
}

export interface Weighed {
  readonly weight: number;
  /** Spans, log records or data points. */
  readonly items: number;
}

/** Weight of a request; nothing is left out. */
export function weigh(signal: Signal, body: Uint8Array): Weighed {
  const scale = new Scale(body, signal === 'metrics' ? 'points' : 'items', Infinity);
  scale.request();
  return scale;
}

/** Weight of the data point in bytes[from, to). @param data field of its metric in which it lies */
export function weighPoint(bytes: Uint8Array, from: number, to: number, data: number): number {
  const scale = new Scale(bytes, 'points', Infinity);
  scale.point(from, to, data);
  return scale.weight;
}

class Scale implements Weighed {
  weight = 0;
  items = 0;
  readonly #field: FieldCursor;
  readonly #counted: 'none' | 'items' | 'points';
  readonly #most: number;

  constructor(bytes: Uint8Array, counted: 'none' | 'items' | 'points', most: number) {
    this.#field = new FieldCursor(bytes);
    this.#counted = counted;
    this.#most = most;
  }

  request(): void {
    const field = this.#field;
    for (let at = 0, to = field.bytes.length; field.read(at, to);) {
      const { number, from } = field;
      at = field.end;
      if (number !== 1 || !isLengthDelimited(field)) continue;
      if (this.#counted === 'none') {
        this.weight += RESOURCE_WEIGHT;
      } else {
        this.weight += GROUP_WEIGHT;
        this.#group(from, at);
      }
      if (this.weight > this.#most) return;
    }
  }

  #group(from: number, to: number): void {
    const field = this.#field;
    for (let at = from; field.read(at, to);) {
      const { number, from: inner } = field;
      at = field.end;
      if (number !== 2 || !isLengthDelimited(field)) continue;
      this.weight += GROUP_WEIGHT;
      this.#scope(inner, at);
      if (this.weight > this.#most) return;
    }
  }

  #scope(from: number, to: number): void {
    if (this.#counted === 'points') this.#metrics(from, to);
    else this.#items(from, to);
  }

  /** HOT: a few ns for each item of every request of some size. */
  #items(from: number, to: number): void {
    const field = this.#field;
    const { bytes } = field;
    const most = this.#most;
    let { weight } = this;
    let at = from;
    while (at < to && weight <= most) {
      const short = bytes[at + 1]!;
      const more = bytes[at + 2]!;
      let end = to + 1;
      // An item of less than 16 KiB, as nearly all are.
      if (bytes[at] === ITEM_TAG)
        end = short < 0x80 ? at + 2 + short : more < 0x80 ? at + 3 + (short & 0x7f) + more * 128 : to + 1;
      if (end <= to) {
        weight++;
        at = end;
      } else if (field.read(at, to)) {
        if (field.number === 2 && isLengthDelimited(field)) weight++;
        at = field.end;
      } else break;
    }
    this.items += weight - this.weight;
    this.weight = weight;
  }

  #metrics(from: number, to: number): void {
    const field = this.#field;
    for (let at = from; field.read(at, to);) {
      const { number, from: inner } = field;
      at = field.end;
      if (number !== 2 || !isLengthDelimited(field)) continue;
      this.#metric(inner, at);
      if (this.weight > this.#most) return;
    }
  }

  #metric(from: number, to: number): void {
    this.weight += METRIC_WEIGHT;
    const field = this.#field;
    for (let at = from; field.read(at, to);) {
      const { number, from: inner } = field;
      at = field.end;
      if (METRIC_DATA.includes(number) && isLengthDelimited(field)) this.#points(inner, at, number);
    }
  }

  #points(from: number, to: number, data: number): void {
    const field = this.#field;
    for (let at = from; field.read(at, to);) {
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
    for (let at = from; field.read(at, to);) {
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
    for (let at = from; field.read(at, to);) {
      const { number, from: inner } = field;
      at = field.end;
      if (number !== 2) continue;
      if (!isLengthDelimited(field)) this.weight++;
      else for (let i = inner; i < at; i++) if (bytes[i]! < 0x80) this.weight++;
    }
  }
}
