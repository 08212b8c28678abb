// Selectors: which samples an instant or range selector sees at each step (both windows are open on the left).
import type { MatrixSelector, Modifiers, VectorSelector } from '../ast.ts';
import { durationMs } from '../duration.ts';
import { unsupported } from '../promql-error.ts';
import { isStaleWord, wordsOf } from '../stale.ts';
import type { Series, TimeRange } from '../storage.ts';
import { timeAt, type EvalContext } from './context.ts';
import type { RangeSeries, RangeValue, VectorSeries, VectorValue } from './value.ts';

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
      maxSamples: scope.limits.maxSamples,
      timeoutMs: scope.budget.remainingMs,
    };
    selection = scope.store.select(selector.matchers, range, limits, scope.signal).then((series) => {
      for (const one of series) scope.budget.read(one.timesMs.length);
      return series;
    });
    scope.selections.set(key, selection);
  }
  const series = await selection;
  scope.budget.checkTime();
  if (series.some((one) => (one.histogramTimesMs?.length ?? 0) > 0))
    throw unsupported('a selector that matches native histograms');
  return series;
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
  const found = await fetch(context, selector, { startMs: first - scope.lookbackMs + 1, endMs: last });
  const series: VectorSeries[] = [];
  for (const one of found) {
    scope.budget.reserve(grid.steps);
    const values = new Float64Array(grid.steps);
    const present = new Uint8Array(grid.steps);
    const sampleTimesMs = withTimes ? new Float64Array(grid.steps) : undefined;
    const words = wordsOf(one.values);
    let at = -1;
    let any = 0;
    for (let step = 0; step < grid.steps; step++) {
      const timeMs = look.timeMs(step);
      while (at + 1 < one.timesMs.length && one.timesMs[at + 1]! <= timeMs) at++;
      if (at < 0 || one.timesMs[at]! <= timeMs - scope.lookbackMs || isStaleWord(words, at)) continue;
      values[step] = one.values[at]!;
      present[step] = 1;
      if (sampleTimesMs !== undefined) sampleTimesMs[step] = one.timesMs[at]!;
      any++;
    }
    scope.budget.hold(any);
    scope.budget.spend(grid.steps + one.timesMs.length);
    if (any > 0)
      series.push({
        labels: one.labels,
        dropName: false,
        values,
        present,
        ...(sampleTimesMs === undefined ? {} : { sampleTimesMs }),
      });
  }
  return { type: 'vector', series };
}

/** A range selector: its samples, staleness markers left out. */
export async function evaluateRangeSelector(context: EvalContext, expr: MatrixSelector): Promise<RangeValue> {
  const { grid, scope } = context;
  const rangeMs = durationMs(expr.range, scope.durations, false);
  const look = lookAt(context, expr.selector);
  if (grid.steps === 0) return { series: [], rangeMs, windowEndMs: look.timeMs };
  const found = await fetch(context, expr.selector, {
    startMs: look.timeMs(0) - rangeMs + 1,
    endMs: look.timeMs(grid.steps - 1),
  });
  return { series: found.map(withoutStale), rangeMs, windowEndMs: look.timeMs };
}

function withoutStale(series: Series): RangeSeries {
  const words = wordsOf(series.values);
  const count = series.timesMs.length;
  let stale = 0;
  for (let at = 0; at < count; at++) if (isStaleWord(words, at)) stale++;
  if (stale === 0) return { labels: series.labels, dropName: false, timesMs: series.timesMs, values: series.values };
  const timesMs = new Float64Array(count - stale);
  const values = new Float64Array(count - stale);
  let to = 0;
  for (let at = 0; at < count; at++) {
    if (isStaleWord(words, at)) continue;
    timesMs[to] = series.timesMs[at]!;
    values[to++] = series.values[at]!;
  }
  return { labels: series.labels, dropName: false, timesMs, values };
}
