// Samples of one request as columns: no object for a sample, and values keep their bits (a staleness marker is a NaN with certain ones).

const FIRST_CAPACITY = 4096;
/** What a larger request needed is not kept. */
const MAX_KEPT = 262_144;

/** Reused from request to request. */
export class SampleList {
  length = 0;
  /** Two words each, high first. */
  ids = new Uint32Array(2 * FIRST_CAPACITY);
  values = new Uint32Array(2 * FIRST_CAPACITY);
  /** Unix ms. */
  timesMs = new Float64Array(FIRST_CAPACITY);
  /** Unix ms; 0 when unknown. */
  startTimesMs = new Float64Array(FIRST_CAPACITY);

  clear(): void {
    this.length = 0;
    if (this.timesMs.length > MAX_KEPT) this.#resize(FIRST_CAPACITY);
  }

  /** HOT: per sample. */
  add(idHi: number, idLo: number, timeMs: number, valueHi: number, valueLo: number, startMs: number): void {
    const at = this.length;
    if (at === this.timesMs.length) this.#resize(2 * at);
    this.ids[2 * at] = idHi;
    this.ids[2 * at + 1] = idLo;
    this.values[2 * at] = valueHi;
    this.values[2 * at + 1] = valueLo;
    this.timesMs[at] = timeMs;
    this.startTimesMs[at] = startMs;
    this.length = at + 1;
  }

  #resize(capacity: number): void {
    const { ids, values, timesMs, startTimesMs, length } = this;
    this.ids = new Uint32Array(2 * capacity);
    this.values = new Uint32Array(2 * capacity);
    this.timesMs = new Float64Array(capacity);
    this.startTimesMs = new Float64Array(capacity);
    if (length === 0) return;
    this.ids.set(ids);
    this.values.set(values);
    this.timesMs.set(timesMs);
    this.startTimesMs.set(startTimesMs);
  }
}
