// Prometheus series as columns on one time axis, the shape that uPlot draws; gaps stay gaps.

type Labels = Readonly<Record<string, string>>;
interface Input {
  readonly metric: Labels;
  readonly values: readonly (readonly [number, string])[];
}

export interface ChartData {
  readonly times: readonly number[];
  readonly columns: readonly (readonly (number | null)[])[];
}

/** Points asked of a range query: about one per four pixels of a wide page. */
const POINTS = 240;
const STEPS_S = [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400];

export function stepFor(rangeS: number): number {
  return STEPS_S.find((step) => rangeS / step <= POINTS) ?? Math.ceil(rangeS / POINTS);
}

/** Prometheus writes +Inf and NaN as text; neither can be drawn. */
function drawable(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

export function chartData(series: readonly Input[]): ChartData {
  const times = [...new Set(series.flatMap((s) => s.values.map(([t]) => t)))].sort((a, b) => a - b);
  const place = new Map(times.map((t, i) => [t, i]));
  const columns = series.map((s) => {
    const column: (number | null)[] = times.map(() => null);
    for (const [t, v] of s.values) column[place.get(t) ?? 0] = drawable(v);
    return column;
  });
  return { times, columns };
}

/** `name{a="b"}` with the labels that differ first; `{}` for none. */
export function seriesName(metric: Labels): string {
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([k, v]) => `${k}="${v}"`);
  return pairs.length === 0 ? name || '{}' : `${name}{${pairs.join(', ')}}`;
}
