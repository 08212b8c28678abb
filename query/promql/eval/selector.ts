// Selectors: which samples an instant or range selector sees at each step (both windows are open on the left).
import type { MatrixSelector, Modifiers, VectorSelector } from '../ast.ts';
import { durationMs } from '../duration.ts';
import type { FloatHistogram } from '../histogram/float-histogram.ts';
import { LEAST_SAMPLES_READ } from '../limits.ts';
import { isStaleWord, wordsOf } from '../stale.ts';
import type { Samples, Series, TimeRange } from '../storage.ts';
import { timeAt, type EvalContext } from './context.ts';
import { totalsOf } from './histogram-totals.ts';
import { smoothSeries } from './smoothed.ts';
import { FLOAT, put, type OpenSeries, type RangeSeries, type RangeValue, type VectorValue } from './value.ts';

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
  const series: OpenSeries[] = [];
  for (const one of found) {
    scope.budget.reserve(grid.steps);
    const values = new Float64Array(grid.steps);
    const into: OpenSeries = {
      labels: one.labels,
      dropName: false,
      values,
      present: new Uint8Array(grid.steps),
      ...(withTimes ? { sampleTimesMs: new Float64Array(grid.steps), startTimesMs: new Float64Array(grid.steps) } : {}),
    };
    const any = sampleSteps(one, look.timeMs, scope.lookbackMs, into);
    scope.budget.spend(grid.steps + one.timesMs.length);
    if (any) series.push(into);
  }
  return { type: 'vector', series };
}

/** HOT: fills the steps with what a selector sees there. False when that is nothing. */
function sampleSteps(one: Series, timeOf: (step: number) => number, lookbackMs: number, into: OpenSeries): boolean {
  const { timesMs, histograms } = one;
  const { values, present, sampleTimesMs, startTimesMs } = into;
  const words = wordsOf(one.values);
  let at = -1;
  let any = false;
  for (let step = 0; step < values.length; step++) {
    const timeMs = timeOf(step);
    while (at + 1 < timesMs.length && timesMs[at + 1]! <= timeMs) at++;
    if (at < 0 || timesMs[at]! <= timeMs - lookbackMs || isStaleWord(words, at)) continue;
    const histogram = histograms?.[at];
    if (histogram !== undefined) put(into, step, histogram);
    else {
      values[step] = one.values[at]!;
      present[step] = FLOAT;
    }
    if (sampleTimesMs !== undefined) sampleTimesMs[step] = timesMs[at]!;
    if (startTimesMs !== undefined) startTimesMs[step] = one.startTimesMs?.[at] ?? 0;
    any = true;
  }
  return any;
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

function withoutStale(series: Series): RangeSeries {
  const { labels, timesMs, values, histograms, startTimesMs } = series;
  const words = wordsOf(values);
  const kept: number[] = [];
  let stale = 0;
  for (let at = 0; at < timesMs.length; at++) if (isStaleWord(words, at)) stale++;
  if (stale === 0) return { labels, dropName: false, timesMs, values, histograms, startTimesMs };
  for (let at = 0; at < timesMs.length; at++) if (!isStaleWord(words, at)) kept.push(at);
  return { labels, dropName: false, ...samplesAt(series, kept) };
}
