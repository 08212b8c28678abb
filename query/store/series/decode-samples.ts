// One row of samples as ClickHouse sends it → ascending arrays. Infinities and NaN come as text, staleness markers as a list of times.
import { markStale } from '#query/promql/stale.ts';

export interface SampleRow {
  readonly timesMs: readonly number[];
  readonly values: readonly (number | string | null)[];
  readonly staleTimesMs: readonly number[];
}

const DENORMALS: Readonly<Record<string, number>> = {
  nan: NaN,
  '-nan': NaN,
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
};

function numberOf(cell: number | string | null | undefined): number {
  if (typeof cell === 'number') return cell;
  return DENORMALS[String(cell)] ?? Number(cell);
}

/** Sorts by time where needed; of samples at the same time the last one wins. */
export function decodeSamples({ timesMs: times, values: cells, staleTimesMs }: SampleRow): {
  timesMs: Float64Array;
  values: Float64Array;
} {
  let ascending = true;
  for (let at = 1; at < times.length; at++) {
    if (times[at - 1]! < times[at]!) continue;
    ascending = false;
    break;
  }
  let timesMs = Float64Array.from(times);
  let values = Float64Array.from(cells, numberOf);
  if (!ascending) {
    const order = Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
    const kept = order.filter((at, place) => place === order.length - 1 || times[at] !== times[order[place + 1]!]);
    timesMs = Float64Array.from(kept, (at) => times[at]!);
    values = Float64Array.from(kept, (at) => numberOf(cells[at]));
  }
  if (staleTimesMs.length > 0) {
    const stale = new Set(staleTimesMs);
    for (let at = 0; at < timesMs.length; at++)
      if (stale.has(timesMs[at]!) && Number.isNaN(values[at]!)) markStale(values, at);
  }
  return { timesMs, values };
}
