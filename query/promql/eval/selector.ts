// Selectors: which samples an instant or range selector sees at each step (both windows are open on the left).
import type { MatrixSelector, Modifiers, VectorSelector } from '../ast.ts';
import { durationMs } from '../duration.ts';
import type { FloatHistogram } from '../histogram/float-histogram.ts';
import { LEAST_SAMPLES_READ } from '../limits.ts';
import { isStaleWord, wordsOf } from '../stale.ts';
import type { Samples, Series, TimeRange } from '../storage.ts';
import { timeAt, type EvalContext, type QueryScope } from './context.ts';
import { totalsOf } from './histogram-totals.ts';
import { sameMemory } from './same-memory.ts';
import { smoothSeries } from './smoothed.ts';
import { StepMemory } from './step-memory.ts';
import {
  FLOAT,
  put,
  type OpenSeries,
  type RangeSeries,
  type RangeValue,
  type VectorSeries,
  type VectorValue,
} from './value.ts';

/** Where a selector looks at a step: at the step's time, or at the time `@` pins it to, less the offset. */
export function lookAt(
  context: EvalContext,
  modifiers: Modifiers,
): { pinned: boolean; timeMs: (step: number) => number } {
  const { scope, grid } = context;
  const offsetMs = modifiers.offset === undefined ? 0 : durationMs(modifiers.offset, scope.durations, true);
  const { at } = modifiers;
  if (at === undefined) return { pinned: false, timeMs: (step) => timeAt(grid, step) - offsetMs };
  const pinMs =
    (at.kind === 'time' ? at.timeMs : at.kind === 'start' ? scope.query.startMs : scope.query.endMs) - offsetMs;
  return { pinned: true, timeMs: () => pinMs };
}

async function fetch(context: EvalContext, selector: VectorSelector, range: TimeRange): Promise<readonly Series[]> {
  const { scope } = context;
  const key = JSON.stringify([
    selector.matchers.map((one) => [one.name, one.operator, one.value]),
    range.startMs,
    range.endMs,
  ]);
  let selection = scope.selections.get(key);
  if (selection === undefined) {
    const limits = {
      maxSeries: scope.limits.maxSeries,
      maxSamples: Math.max(scope.limits.maxSamples, LEAST_SAMPLES_READ),
      timeoutMs: scope.budget.remainingMs,
      startTimes: scope.useStartTimestamps,
    };
    selection = scope.store.select(selector.matchers, range, limits, scope.signal);
    scope.selections.set(key, selection);
  }
  const series = await selection;
  scope.budget.checkTime();
  return context.needs === 'totals' ? series.map(totalsOf) : series;
}

/** An instant selector: the newest sample within the lookback window, unless it is a staleness marker. `withTimes` keeps the samples' times. */
export async function evaluateSelector(
  context: EvalContext,
  selector: VectorSelector,
  withTimes = false,
): Promise<VectorValue> {
  const { grid, scope } = context;
  if (grid.steps === 0) return { type: 'vector', series: [] };
  const look = lookAt(context, selector);
  const first = look.timeMs(0);
  const last = look.timeMs(grid.steps - 1);
  const smoothed = selector.extended === 'smoothed';
  const found = await fetch(context, selector, {
    startMs: first - scope.lookbackMs + 1,
    endMs: smoothed ? last + scope.lookbackMs : last,
  });
  if (smoothed)
    return { type: 'vector', series: smoothSeries(context, selector, found.map(withoutStale), look.timeMs) };
  const newest = new NewestPlaces(
    Float64Array.from({ length: grid.steps }, (_, step) => look.timeMs(step)),
    scope,
  );
  const memory = new StepMemory(grid.steps, found.length);
  const series: OpenSeries[] = [];
  for (const one of found) {
    scope.budget.reserve(grid.steps);
    newest.moveTo(one.timesMs);
    const into = memory.series(one.labels);
    const any = sampleSteps(one, newest.places, into);
    scope.budget.spend(grid.steps + one.timesMs.length);
    if (!any) memory.takeBack();
    else series.push(withTimes ? { ...into, ...timesOfSteps(one, newest.places, into.present) } : into);
  }
  return { type: 'vector', series };
}

/** No sample is new enough. */
const NOWHERE = -1;

/** Where each step's newest sample stands, no older than the lookback allows. Series that were scraped together have the same times: it is found once for all of them. */
class NewestPlaces {
  /** By step. */
  readonly places: Int32Array;
  readonly #lookMs: Float64Array;
  readonly #lookbackMs: number;
  #timesMs: Float64Array | undefined;

  constructor(lookMs: Float64Array, { lookbackMs }: QueryScope) {
    this.places = new Int32Array(lookMs.length);
    this.#lookMs = lookMs;
    this.#lookbackMs = lookbackMs;
  }

  /** HOT: finds the places among samples at these times. */
  moveTo(timesMs: Float64Array): void {
    if (this.#timesMs !== undefined && sameMemory(timesMs, this.#timesMs)) return;
    this.#timesMs = timesMs;
    let at = NOWHERE;
    for (let step = 0; step < this.places.length; step++) {
      const lookMs = this.#lookMs[step]!;
      while (at + 1 < timesMs.length && timesMs[at + 1]! <= lookMs) at++;
      this.places[step] = at >= 0 && timesMs[at]! > lookMs - this.#lookbackMs ? at : NOWHERE;
    }
  }
}

/** HOT: fills the steps with what a selector sees there. False when that is nothing. */
function sampleSteps(one: Series, places: Int32Array, into: OpenSeries): boolean {
  const { histograms } = one;
  const { values, present } = into;
  const words = wordsOf(one.values);
  let any = false;
  for (let step = 0; step < places.length; step++) {
    const at = places[step]!;
    if (at === NOWHERE) continue;
    const value = one.values[at]!;
    if (Number.isNaN(value) && isStaleWord(words, at)) continue;
    const histogram = histograms?.[at];
    if (histogram !== undefined) put(into, step, histogram);
    else {
      values[step] = value;
      present[step] = FLOAT;
    }
    any = true;
  }
  return any;
}

/** Times and start times of the samples that steps have. */
function timesOfSteps(
  { timesMs, startTimesMs }: Series,
  places: Int32Array,
  present: Uint8Array,
): Pick<VectorSeries, 'sampleTimesMs' | 'startTimesMs'> {
  const at = (times: Float64Array | undefined) =>
    Float64Array.from(present, (flag, step) => (flag === 0 ? 0 : (times?.[places[step]!] ?? 0)));
  return { sampleTimesMs: at(timesMs), startTimesMs: at(startTimesMs) };
}

/** A range selector: its samples, staleness markers left out. */
export async function evaluateRangeSelector(context: EvalContext, expr: MatrixSelector): Promise<RangeValue> {
  const { grid, scope } = context;
  const rangeMs = durationMs(expr.range, scope.durations, false);
  const look = lookAt(context, expr.selector);
  const left = expr.selector.extended === undefined ? 0 : scope.lookbackMs;
  const right = expr.selector.extended === 'smoothed' ? scope.lookbackMs : 0;
  const shape = { rangeMs, windowEndMs: look.timeMs, ...(left === 0 ? {} : { beyondMs: [left, right] as const }) };
  if (grid.steps === 0) return { series: [], ...shape };
  const found = await fetch(context, expr.selector, {
    startMs: look.timeMs(0) - rangeMs - left + 1,
    endMs: look.timeMs(grid.steps - 1) + right,
  });
  return { series: found.map(withoutStale), ...shape };
}

function valuesAt(values: Float64Array, places: readonly number[]): Float64Array {
  const chosen = new Float64Array(places.length);
  for (let at = 0; at < places.length; at++) chosen[at] = values[places[at]!]!;
  return chosen;
}

/** The samples at some places. */
export function samplesAt({ timesMs, values, histograms, startTimesMs }: Samples, places: readonly number[]): Samples {
  const chosen: (FloatHistogram | undefined)[] | undefined =
    histograms === undefined ? undefined : places.map((at) => histograms[at]);
  return {
    timesMs: valuesAt(timesMs, places),
    values: valuesAt(values, places),
    histograms: chosen?.some((one) => one !== undefined) === true ? chosen : undefined,
    startTimesMs: startTimesMs === undefined ? undefined : valuesAt(startTimesMs, places),
  };
}

/** HOT */
function withoutStale(series: Series): RangeSeries {
  const { labels, timesMs, values, histograms, startTimesMs } = series;
  const words = wordsOf(values);
  const kept: number[] = [];
  let stale = 0;
  for (let at = 0; at < timesMs.length; at++) if (Number.isNaN(values[at]!) && isStaleWord(words, at)) stale++;
  if (stale === 0) return { labels, dropName: false, timesMs, values, histograms, startTimesMs };
  for (let at = 0; at < timesMs.length; at++) if (!isStaleWord(words, at)) kept.push(at);
  return { labels, dropName: false, ...samplesAt(series, kept) };
}
