// What rules wrote a moment ago. A sample is in the store up to two seconds after it was written, but later rules must see it at once: queries of rules get
// these samples beside what the store shows.
import type { FreshSeries } from '#query/evaluation/fresh-series.ts';
import { METRIC_NAME, type LabelSet } from '#query/promql/labels.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import type { RuleSample } from '#query/rules/model.ts';

/** The store shows a sample within two seconds after the collector has accepted it. */
const KEPT_MS = 15_000;
/** 200 bytes each at most, beside their labels. Beyond it the oldest go. */
const MAX_SAMPLES = 1_000_000;

/** Samples that were written together. */
export interface FreshBatch {
  readonly samples: readonly RuleSample[];
  /** When the collector had accepted them, or they were dropped, Unix ms. They are held until then and for KEPT_MS after it. */
  finishedMs: number | undefined;
}

interface Entry {
  readonly labels: LabelSet;
  /** Ascending in time. */
  readonly points: RuleSample[];
}

export class FreshSamples {
  readonly #nowMs: () => number;
  /** In the order in which they were written. */
  readonly #batches: FreshBatch[] = [];
  /** By metric name, then by the key of the labels. */
  readonly #byName = new Map<string, Map<string, Entry>>();
  #count = 0;
  /** Samples that went before the store can be expected to show them. */
  evicted = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get count(): number {
    return this.#count;
  }

  /** @returns the batch: `finishedMs` is to be set when the collector has accepted it */
  add(samples: readonly RuleSample[]): FreshBatch {
    this.#forget();
    const batch: FreshBatch = { samples, finishedMs: undefined };
    this.#batches.push(batch);
    for (const sample of samples) this.#pointsOf(sample.labels).push(sample);
    this.#count += samples.length;
    while (this.#count > MAX_SAMPLES && this.#batches.length > 1) this.evicted += this.#removeOldest();
    return batch;
  }

  /** The newest sample that was written of a series, if it is fresh. */
  newest(labels: LabelSet): RuleSample | undefined {
    return this.#byName.get(labels.get(METRIC_NAME))?.get(labels.key)?.points.at(-1);
  }

  /** Those that one of the selectors matches. */
  matching(selectors: readonly (readonly Matcher[])[]): FreshSeries[] {
    this.#forget();
    const found = new Map<string, Entry>();
    for (const matchers of selectors)
      for (const entries of this.#candidates(matchers))
        for (const [key, entry] of entries)
          if (matchers.every(({ name, matches }) => matches(entry.labels.get(name)))) found.set(key, entry);
    return [...found.values()].map(({ labels, points }) => ({
      labels: [...labels.entries()],
      timesMs: points.map(({ timeMs }) => timeMs),
      values: points.map(({ value }) => value),
    }));
  }

  #candidates(matchers: readonly Matcher[]): Iterable<Map<string, Entry>> {
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=');
    if (name === undefined) return this.#byName.values();
    const entries = this.#byName.get(name.value);
    return entries === undefined ? [] : [entries];
  }

  #pointsOf(labels: LabelSet): RuleSample[] {
    const name = labels.get(METRIC_NAME);
    let entries = this.#byName.get(name);
    if (entries === undefined) this.#byName.set(name, (entries = new Map<string, Entry>()));
    let entry = entries.get(labels.key);
    if (entry === undefined) entries.set(labels.key, (entry = { labels, points: [] }));
    return entry.points;
  }

  #forget(): void {
    const beforeMs = this.#nowMs() - KEPT_MS;
    for (let first = this.#batches[0]; first !== undefined; first = this.#batches[0]) {
      if (first.finishedMs === undefined || first.finishedMs > beforeMs) return;
      this.#removeOldest();
    }
  }

  /** @returns how many samples went */
  #removeOldest(): number {
    const samples = this.#batches.shift()?.samples ?? [];
    for (const { labels } of samples) {
      const name = labels.get(METRIC_NAME);
      const entries = this.#byName.get(name);
      const entry = entries?.get(labels.key);
      entry?.points.shift();
      if (entry?.points.length === 0) entries?.delete(labels.key);
      if (entries?.size === 0) this.#byName.delete(name);
    }
    this.#count -= samples.length;
    return samples.length;
  }
}
