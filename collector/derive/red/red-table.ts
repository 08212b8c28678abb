// Rate, errors, duration per (service, span name, kind, status), counted from every accepted span on arrival, before any sampling.
// A row that counts nothing for a while ends and leaves memory. Rows are shared fairly: a service takes no more than it leaves free for others.

import { NS_PER_MS, nanosOf } from '#proto/model/unix-nano.ts';
import { OVERFLOW_SLOT } from '#collector/model/intern-table.ts';
import type { InternedResources } from '#collector/model/interned-resources.ts';
import { isReemitDue } from '../reemit.ts';

/** Prometheus series of a row beside its finite buckets: calls, the bucket +Inf, count and sum. */
const SERIES_BESIDE_BOUNDS = 4;
/** Row of everything for which not even its service's overflow row had room. */
const OVERFLOW_KEY = 0;
/** Part of the rows that is kept for the overflow rows of services. */
const OVERFLOW_SHARE = 1 / 8;

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

/** One row when it is visited. Reused for the next one: read what you need before you return. */
export interface RedSeries {
  /** Number of the row: the same until the row ends, then used again. */
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
  /** Since the last flush of increments. */
  newCalls: number;
  newSumNs: number;
  /** As buckets, but only since the last flush of increments. */
  newBuckets: Float64Array;
  /** Collector clock, ms, when the row began at 0. */
  createdMs: number;
  /** In a flush: what is new was counted after this. */
  sinceMs: number;
  /** The row has counted nothing for long: its series end, its key is free. */
  ended: boolean;
}

export interface RedOptions {
  /** Most rows, the overflow ones included. */
  readonly capacity: number;
  /** Ascending, ms. */
  readonly boundsMs: readonly number[];
  /** A row without a span for so long ends, ms; undefined: none does. */
  readonly expireMs?: number | undefined;
}

/** How many rows make up so many Prometheus series. */
export function redRows(maxSeries: number, bounds: number): number {
  return Math.floor(maxSeries / (bounds + SERIES_BESIDE_BOUNDS));
}

export class RedTable {
  readonly boundsMs: readonly number[];
  /** Rows in use, the last overflow row included. */
  size = 1;
  readonly #capacity: number;
  readonly #expireMs: number;
  readonly #boundsNs: Float64Array;
  readonly #width: number;
  readonly #services: Uint32Array;
  readonly #names: Uint32Array;
  readonly #kindStatus: Uint8Array;
  readonly #calls: Float64Array;
  readonly #sumNs: Float64Array;
  /** Calls per bucket, not cumulative over the buckets. */
  readonly #buckets: Float64Array;
  /** Totals at the last flush of increments. */
  readonly #flushedCalls: Float64Array;
  readonly #flushedSumNs: Float64Array;
  readonly #flushedBuckets: Float64Array;
  readonly #createdMs: Float64Array;
  /** When the row last was found to have counted, and when its series were last written, with how many calls. */
  readonly #activeMs: Float64Array;
  readonly #writtenMs: Float64Array;
  readonly #writtenCalls: Float64Array;
  /** Rows per slot of services. */
  #rowsOf = new Uint32Array(256);
  /** Rows from here on were never used; free ones below are a stack. */
  #used = 1;
  readonly #free: Uint32Array;
  #freeCount = 0;
  readonly #reserved: number;
  /** Key + 1 per bucket of the hash, 0 = empty. */
  readonly #index: Int32Array;
  readonly #mask: number;
  /** Where the visit of series goes on. */
  #cursor = 0;
  #flushedOverflow = 0;
  #lastFlushMs = 0;
  readonly #series: RedSeries;

  /** @throws RangeError when the bounds do not ascend. */
  constructor(options: RedOptions) {
    const { capacity, boundsMs, expireMs } = options;
    for (let i = 1; i < boundsMs.length; i++) {
      if (boundsMs[i]! <= boundsMs[i - 1]!)
        throw new RangeError(`red.bounds[${i}] is ${boundsMs[i]}: bounds must ascend`);
    }
    this.boundsMs = boundsMs;
    this.#expireMs = expireMs ?? Infinity;
    const rows = Math.max(2, capacity);
    this.#capacity = rows;
    this.#reserved = Math.floor(rows * OVERFLOW_SHARE);
    this.#boundsNs = Float64Array.from(boundsMs, (ms) => Math.round(ms * NS_PER_MS));
    this.#width = boundsMs.length + 1;
    this.#services = new Uint32Array(rows);
    this.#names = new Uint32Array(rows);
    this.#kindStatus = new Uint8Array(rows);
    this.#calls = new Float64Array(rows);
    this.#sumNs = new Float64Array(rows);
    this.#buckets = new Float64Array(rows * this.#width);
    this.#flushedCalls = new Float64Array(rows);
    this.#flushedSumNs = new Float64Array(rows);
    this.#flushedBuckets = new Float64Array(rows * this.#width);
    this.#createdMs = new Float64Array(rows);
    this.#activeMs = new Float64Array(rows);
    this.#writtenMs = new Float64Array(rows);
    this.#writtenCalls = new Float64Array(rows);
    this.#free = new Uint32Array(rows);
    let buckets = 16;
    while (buckets < rows * 2) buckets *= 2;
    this.#index = new Int32Array(buckets);
    this.#mask = buckets - 1;
    this.#services[OVERFLOW_KEY] = OVERFLOW_SLOT;
    this.#names[OVERFLOW_KEY] = OVERFLOW_SLOT;
    this.#index[bucketHash(OVERFLOW_SLOT, OVERFLOW_SLOT, 0) & this.#mask] = OVERFLOW_KEY + 1;
    this.#series = {
      key: 0,
      service: 0,
      name: 0,
      kind: 0,
      status: 0,
      calls: 0,
      sumNs: 0,
      buckets: new Float64Array(this.#width),
      newCalls: 0,
      newSumNs: 0,
      newBuckets: new Float64Array(this.#width),
      createdMs: 0,
      sinceMs: 0,
      ended: false,
    };
  }

  /** HOT: counts rows [0, count) of a request. A span that ends before it starts took no time. */
  add(columns: RedColumns, count: number, resources: InternedResources, nowMs: number): void {
    const { resource, name, kind, status, startHi, startLo, endHi, endLo } = columns;
    const services = resources.service;
    const bounds = this.#boundsNs;
    const boundCount = bounds.length;
    const width = this.#width;
    if (this.#calls[OVERFLOW_KEY] === 0) this.#begin(OVERFLOW_KEY, nowMs);
    for (let i = 0; i < count; i++) {
      const key = this.#keyOf(services[resource[i]!]!, name[i]!, (kind[i]! << 2) | status[i]!, nowMs);
      let durationNs = nanosOf(endHi[i]! - startHi[i]!, endLo[i]! - startLo[i]!);
      if (durationNs < 0) durationNs = 0;
      let bucket = 0;
      while (bucket < boundCount && durationNs > bounds[bucket]!) bucket++;
      this.#calls[key]!++;
      this.#sumNs[key]! += durationNs;
      this.#buckets[key * width + bucket]!++;
    }
  }

  /** Adds what another table has counted since its last flush, as {@link flush} visits it. */
  merge(from: RedSeries): void {
    const { service, name, kind, status, newCalls, newSumNs, newBuckets, sinceMs } = from;
    const key = this.#keyOf(service, name, (kind << 2) | status, sinceMs);
    if (key === OVERFLOW_KEY && this.#calls[OVERFLOW_KEY] === 0) this.#begin(OVERFLOW_KEY, sinceMs);
    this.#calls[key]! += newCalls;
    this.#sumNs[key]! += newSumNs;
    const at = key * this.#width;
    for (let i = 0; i < this.#width; i++) this.#buckets[at + i]! += newBuckets[i]! - (i === 0 ? 0 : newBuckets[i - 1]!);
  }

  /** Forgets rows that have counted nothing for long, where nobody visits series. Call it after {@link flush}. */
  endIdle(nowMs: number): void {
    for (let key = 0; key < this.#used; key++) {
      const calls = this.#calls[key]!;
      if (calls > 0 && calls === this.#flushedCalls[key] && nowMs - this.#activeMs[key]! >= this.#expireMs)
        this.#end(key);
    }
  }

  /** Spans counted under an overflow row: of their service, or of all. */
  get overflowed(): number {
    let spans = this.#flushedOverflow;
    for (let key = 0; key < this.#used; key++)
      if (this.#names[key] === OVERFLOW_SLOT) spans += this.#calls[key]! - this.#flushedCalls[key]!;
    return spans;
  }

  /**
   * Increments: visits every row that counted since the last flush.
   * @returns how many there were
   */
  flush(nowMs: number, visit: (series: RedSeries) => void): number {
    let visited = 0;
    const lastFlushMs = this.#lastFlushMs;
    this.#lastFlushMs = nowMs;
    for (let key = 0; key < this.#used; key++) {
      const calls = this.#calls[key]!;
      const flushed = this.#flushedCalls[key]!;
      if (calls === flushed) continue;
      if (this.#names[key] === OVERFLOW_SLOT) this.#flushedOverflow += calls - flushed;
      const series = this.#fill(key, false);
      series.sinceMs = flushed === 0 ? series.createdMs : lastFlushMs;
      visit(series);
      this.#activeMs[key] = nowMs;
      this.#flushedCalls[key] = calls;
      this.#flushedSumNs[key] = this.#sumNs[key]!;
      const from = key * this.#width;
      for (let i = from; i < from + this.#width; i++) this.#flushedBuckets[i] = this.#buckets[i]!;
      visited++;
    }
    return visited;
  }

  /**
   * Cumulative series: visits rows that changed since their series were written, those that are due again, and those that end.
   * A row ends only after its last increments were flushed.
   * @param most rows of one call; the next one goes on where this stopped
   * @returns whether there are more
   */
  visitSeries(nowMs: number, most: number, visit: (series: RedSeries) => void): boolean {
    let visited = 0;
    for (; this.#cursor < this.#used; this.#cursor++) {
      const key = this.#cursor;
      const calls = this.#calls[key]!;
      if (calls === 0) continue;
      const changed = calls !== this.#writtenCalls[key];
      const ended = !changed && calls === this.#flushedCalls[key] && nowMs - this.#activeMs[key]! >= this.#expireMs;
      if (!ended && !changed && !isReemitDue(nowMs, this.#activeMs[key]!, this.#writtenMs[key]!)) continue;
      if (visited++ === most) return true;
      visit(this.#fill(key, ended));
      if (ended) this.#end(key);
      else {
        this.#writtenCalls[key] = calls;
        this.#writtenMs[key] = nowMs;
      }
    }
    this.#cursor = 0;
    return false;
  }

  /** Sets a mark for the name of each row: these slots are in use. */
  markNames(inUse: Uint8Array): void {
    for (let key = 0; key < this.#used; key++) if (this.#calls[key]! > 0) inUse[this.#names[key]!] = 1;
  }

  #fill(key: number, ended: boolean): RedSeries {
    const series = this.#series;
    series.key = key;
    series.service = this.#services[key]!;
    series.name = this.#names[key]!;
    series.kind = this.#kindStatus[key]! >> 2;
    series.status = this.#kindStatus[key]! & 3;
    series.calls = this.#calls[key]!;
    series.sumNs = this.#sumNs[key]!;
    series.newCalls = series.calls - this.#flushedCalls[key]!;
    series.newSumNs = series.sumNs - this.#flushedSumNs[key]!;
    series.createdMs = this.#createdMs[key]!;
    series.ended = ended;
    const from = key * this.#width;
    let all = 0;
    let fresh = 0;
    for (let i = 0; i < this.#width; i++) {
      all += this.#buckets[from + i]!;
      fresh += this.#buckets[from + i]! - this.#flushedBuckets[from + i]!;
      series.buckets[i] = all;
      series.newBuckets[i] = fresh;
    }
    return series;
  }

  /** HOT: per span. */
  #keyOf(service: number, name: number, kindStatus: number, nowMs: number): number {
    const mask = this.#mask;
    let bucket = bucketHash(service, name, kindStatus) & mask;
    for (;;) {
      const key = this.#index[bucket]! - 1;
      if (key < 0) return this.#addKey(bucket, service, name, kindStatus, nowMs);
      if (this.#names[key] === name && this.#services[key] === service && this.#kindStatus[key] === kindStatus)
        return key;
      bucket = (bucket + 1) & mask;
    }
  }

  /** A row for a key that has none: its own, the overflow row of its service, or the last overflow row. */
  #addKey(bucket: number, service: number, name: number, kindStatus: number, nowMs: number): number {
    const free = this.#capacity - this.size;
    if (name !== OVERFLOW_SLOT && (this.#rowsOf[service] ?? 0) >= free - this.#reserved)
      return this.#keyOf(service, OVERFLOW_SLOT, kindStatus, nowMs);
    if (free === 0) return OVERFLOW_KEY;
    const key = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#used++;
    this.size++;
    if (service >= this.#rowsOf.length) {
      const wider = new Uint32Array(service * 2);
      wider.set(this.#rowsOf);
      this.#rowsOf = wider;
    }
    this.#rowsOf[service]!++;
    this.#index[bucket] = key + 1;
    this.#services[key] = service;
    this.#names[key] = name;
    this.#kindStatus[key] = kindStatus;
    this.#begin(key, nowMs);
    return key;
  }

  #begin(key: number, nowMs: number): void {
    this.#createdMs[key] = nowMs;
    this.#activeMs[key] = nowMs;
  }

  /** Forgets what a row counted, and the row itself unless it is the last overflow row. */
  #end(key: number): void {
    const from = key * this.#width;
    this.#calls[key] = 0;
    this.#sumNs[key] = 0;
    this.#buckets.fill(0, from, from + this.#width);
    this.#flushedCalls[key] = 0;
    this.#flushedSumNs[key] = 0;
    this.#flushedBuckets.fill(0, from, from + this.#width);
    this.#writtenCalls[key] = 0;
    this.#writtenMs[key] = 0;
    if (key === OVERFLOW_KEY) return;
    this.#removeFromIndex(key);
    this.#rowsOf[this.#services[key]!]!--;
    this.#names[key] = 0;
    this.#free[this.#freeCount++] = key;
    this.size--;
  }

  /** Entries behind the gap move up where that brings them nearer to their place, so that no search stops too early. */
  #removeFromIndex(removed: number): void {
    const mask = this.#mask;
    const index = this.#index;
    let gap = this.#homeOf(removed);
    while (index[gap] !== removed + 1) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = this.#homeOf(index[at]! - 1);
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      index[gap] = index[at]!;
      gap = at;
    }
    index[gap] = 0;
  }

  #homeOf(key: number): number {
    return bucketHash(this.#services[key]!, this.#names[key]!, this.#kindStatus[key]!) & this.#mask;
  }
}

/** HOT */
function bucketHash(service: number, name: number, kindStatus: number): number {
  const hash = Math.imul(service, 0x9e3779b1) ^ Math.imul(name, 0x85ebca77) ^ Math.imul(kindStatus, 0xc2b2ae3d);
  return hash ^ (hash >>> 15);
}
