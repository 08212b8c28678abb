// Rate, errors, duration per (service, span name, kind, status), counted from every accepted span on arrival, before any sampling.

import { OVERFLOW_SLOT } from '#collector/model/intern-table.ts';
import type { InternedResources } from '#collector/model/interned-resources.ts';

/** The Collector's default bounds, ms: classic `le` buckets, the last one (+Inf) not listed. */
export const DEFAULT_BOUNDS_MS: readonly number[] = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000];
/** A series that does not change is told again this often, so that a look back of five minutes always finds it. */
export const REEMIT_MS = 60_000;
/** Key of everything that found the table full. */
const OVERFLOW_KEY = 0;
const NS_PER_MS = 1e6;

/** The columns of the request index that RED reads. */
export interface RedColumns {
  readonly resource: Uint32Array;
  readonly name: Uint32Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  readonly endHi: Uint32Array;
  readonly endLo: Uint32Array;
}

/** One series at a flush. Reused for the next one: take what you need before you return. */
export interface RedSeries {
  /** Number of the series, the same at every flush. */
  key: number;
  /** Slots of the services and names intern tables. */
  service: number;
  name: number;
  /** OTLP SpanKind 0…5 and StatusCode 0…2. */
  kind: number;
  status: number;
  /** Cumulative since createdMs: calls, their durations in ns, calls per bucket with duration <= bound (last: all). */
  calls: number;
  sumNs: number;
  /** Cumulative over the buckets; bounds.length + 1 long. */
  buckets: Float64Array;
  /** Since the last flush of this series: for tables of increments. */
  newCalls: number;
  newSumNs: number;
  /** As buckets, but only since the last flush. */
  newBuckets: Float64Array;
  /** Collector clock, ms, when the series began at 0. */
  createdMs: number;
  /** False: told again only because it was not for a while. */
  changed: boolean;
}

export interface RedOptions {
  /** Most series; further keys share one. */
  readonly capacity: number;
  /** Ascending, ms. */
  readonly boundsMs: readonly number[];
}

export class RedTable {
  readonly boundsMs: readonly number[];
  /** Series in use, the overflow one included. */
  size = 1;
  /** Spans counted under the overflow key. */
  overflowed = 0;
  readonly #capacity: number;
  readonly #boundsNs: Float64Array;
  readonly #width: number;
  readonly #services: Uint32Array;
  readonly #names: Uint32Array;
  readonly #kindStatus: Uint8Array;
  readonly #calls: Float64Array;
  readonly #sumNs: Float64Array;
  /** Calls per bucket, not cumulative over the buckets. */
  readonly #buckets: Float64Array;
  readonly #toldCalls: Float64Array;
  readonly #toldSumNs: Float64Array;
  readonly #toldBuckets: Float64Array;
  readonly #createdMs: Float64Array;
  readonly #toldMs: Float64Array;
  /** Key + 1 per bucket of the hash, 0 = empty. */
  readonly #index: Int32Array;
  readonly #mask: number;

  /** @throws RangeError when the bounds do not ascend. */
  constructor(options: RedOptions) {
    const { capacity, boundsMs } = options;
    for (let i = 1; i < boundsMs.length; i++) {
      if (boundsMs[i]! <= boundsMs[i - 1]!) throw new RangeError(`red.bounds[${i}] is ${boundsMs[i]}: bounds must ascend`);
    }
    this.boundsMs = boundsMs;
    this.#capacity = Math.max(2, capacity);
    this.#boundsNs = Float64Array.from(boundsMs, (ms) => Math.round(ms * NS_PER_MS));
    this.#width = boundsMs.length + 1;
    this.#services = new Uint32Array(this.#capacity);
    this.#names = new Uint32Array(this.#capacity);
    this.#kindStatus = new Uint8Array(this.#capacity);
    this.#calls = new Float64Array(this.#capacity);
    this.#sumNs = new Float64Array(this.#capacity);
    this.#buckets = new Float64Array(this.#capacity * this.#width);
    this.#toldCalls = new Float64Array(this.#capacity);
    this.#toldSumNs = new Float64Array(this.#capacity);
    this.#toldBuckets = new Float64Array(this.#capacity * this.#width);
    this.#createdMs = new Float64Array(this.#capacity);
    this.#toldMs = new Float64Array(this.#capacity);
    let buckets = 16;
    while (buckets < this.#capacity * 2) buckets *= 2;
    this.#index = new Int32Array(buckets);
    this.#mask = buckets - 1;
    this.#services[OVERFLOW_KEY] = OVERFLOW_SLOT;
    this.#names[OVERFLOW_KEY] = OVERFLOW_SLOT;
    this.#index[bucketHash(OVERFLOW_SLOT, OVERFLOW_SLOT, 0) & this.#mask] = OVERFLOW_KEY + 1;
  }

  /** HOT: counts rows [0, count) of a request. A span that ends before it starts took no time. */
  add(columns: RedColumns, count: number, resources: InternedResources, nowMs: number): void {
    const { resource, name, kind, status, startHi, startLo, endHi, endLo } = columns;
    const services = resources.service;
    const bounds = this.#boundsNs;
    const boundCount = bounds.length;
    const width = this.#width;
    if (this.#calls[OVERFLOW_KEY] === 0) this.#createdMs[OVERFLOW_KEY] = nowMs;
    for (let i = 0; i < count; i++) {
      const key = this.#keyOf(services[resource[i]!]!, name[i]!, (kind[i]! << 2) | status[i]!, nowMs);
      let durationNs = (endHi[i]! - startHi[i]!) * 4294967296 + (endLo[i]! - startLo[i]!);
      if (durationNs < 0) durationNs = 0;
      let bucket = 0;
      while (bucket < boundCount && durationNs > bounds[bucket]!) bucket++;
      this.#calls[key]!++;
      this.#sumNs[key]! += durationNs;
      this.#buckets[key * width + bucket]!++;
    }
  }

  /**
   * Tells every series that changed since it was last told, and those not told for {@link REEMIT_MS}.
   * @returns how many were told
   */
  flush(nowMs: number, visit: (series: RedSeries) => void): number {
    const series: RedSeries = {
      key: 0, service: 0, name: 0, kind: 0, status: 0, calls: 0, sumNs: 0, buckets: new Float64Array(this.#width),
      newCalls: 0, newSumNs: 0, newBuckets: new Float64Array(this.#width), createdMs: 0, changed: false,
    };
    let told = 0;
    for (let key = 0; key < this.size; key++) {
      const calls = this.#calls[key]!;
      const changed = calls !== this.#toldCalls[key];
      if (calls === 0 || (!changed && nowMs - this.#toldMs[key]! < REEMIT_MS)) continue;
      this.#fill(series, key);
      series.changed = changed;
      visit(series);
      this.#toldCalls[key] = calls;
      this.#toldSumNs[key] = this.#sumNs[key]!;
      this.#toldMs[key] = nowMs;
      const from = key * this.#width;
      for (let i = from; i < from + this.#width; i++) this.#toldBuckets[i] = this.#buckets[i]!;
      told++;
    }
    return told;
  }

  #fill(series: RedSeries, key: number): void {
    series.key = key;
    series.service = this.#services[key]!;
    series.name = this.#names[key]!;
    series.kind = this.#kindStatus[key]! >> 2;
    series.status = this.#kindStatus[key]! & 3;
    series.calls = this.#calls[key]!;
    series.sumNs = this.#sumNs[key]!;
    series.newCalls = series.calls - this.#toldCalls[key]!;
    series.newSumNs = series.sumNs - this.#toldSumNs[key]!;
    series.createdMs = this.#createdMs[key]!;
    const from = key * this.#width;
    let all = 0;
    let fresh = 0;
    for (let i = 0; i < this.#width; i++) {
      all += this.#buckets[from + i]!;
      fresh += this.#buckets[from + i]! - this.#toldBuckets[from + i]!;
      series.buckets[i] = all;
      series.newBuckets[i] = fresh;
    }
  }

  /** HOT: per span. */
  #keyOf(service: number, name: number, kindStatus: number, nowMs: number): number {
    const mask = this.#mask;
    let bucket = bucketHash(service, name, kindStatus) & mask;
    for (;;) {
      const key = this.#index[bucket]! - 1;
      if (key < 0) return this.#addKey(bucket, service, name, kindStatus, nowMs);
      if (this.#names[key] === name && this.#services[key] === service && this.#kindStatus[key] === kindStatus) return key;
      bucket = (bucket + 1) & mask;
    }
  }

  #addKey(bucket: number, service: number, name: number, kindStatus: number, nowMs: number): number {
    let key = OVERFLOW_KEY;
    if (this.size < this.#capacity) {
      key = this.size++;
      this.#index[bucket] = key + 1;
      this.#services[key] = service;
      this.#names[key] = name;
      this.#kindStatus[key] = kindStatus;
      this.#createdMs[key] = nowMs;
    } else this.overflowed++;
    return key;
  }
}

/** HOT */
function bucketHash(service: number, name: number, kindStatus: number): number {
  const hash = Math.imul(service, 0x9e3779b1) ^ Math.imul(name, 0x85ebca77) ^ Math.imul(kindStatus, 0xc2b2ae3d);
  return hash ^ (hash >>> 15);
}
