// Input series of a unit test: labels and the notation of values → points in time.
import { LabelSet } from '#query/promql/labels.ts';
import { parseSeriesDescription } from '#query/promql/parse-series.ts';
import { seriesValues } from '#query/promql/series-description.ts';
import type { InputSeries } from './series-memory.ts';
import type { UnitTest } from './unit-file.ts';

/** Values of one test: each is an object. */
const MAX_VALUES = 20_000_000;

/** Throws an Error that names the series. */
export function inputSeriesOf({ inputSeries, intervalMs, startMs }: UnitTest): InputSeries[] {
  let total = 0;
  const byKey = new Map<string, InputSeries>();
  for (const { series, values } of inputSeries) {
    try {
      const { labels, points } = readSeries(`${series} ${values}`, intervalMs, startMs);
      total += points.length;
      if (total > MAX_VALUES) throw new Error(`more than the ${MAX_VALUES} values that a test may have`);
      // The later of two descriptions of one series counts.
      byKey.set(labels.key, { labels, points });
    } catch (error) {
      throw new Error(`input_series ${series}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  return [...byKey.values()];
}

function readSeries(text: string, intervalMs: number, startMs: number): InputSeries {
  const line = text.trim();
  if (line.includes('\n')) throw new Error('unexpected line break in series values');
  const { labels, items } = parseSeriesDescription(line);
  const points = seriesValues(items).flatMap((value, at): InputSeries['points'] => {
    const timeMs = startMs + at * intervalMs;
    switch (value.kind) {
      case 'float':
        return [{ timeMs, value: value.value }];
      case 'histogram':
        return [{ timeMs, value: value.histogram }];
      case 'stale':
        return [{ timeMs, value: 'stale' }];
      default:
        return [];
    }
  });
  return { labels, points };
}

/** Labels without values; no text is no labels. */
export function labelsOfText(text: string): LabelSet {
  if (text === '') return LabelSet.empty;
  return parseSeriesDescription(text).labels;
}
