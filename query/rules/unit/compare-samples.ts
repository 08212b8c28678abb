// Expected and evaluated samples of a unit test: compared, and shown as promtool shows them.
import { formatExponential } from '#query/promql/format-number.ts';
import { histogramNotation } from '#query/promql/histogram/text.ts';
import { compareLabels, type LabelSet } from '#query/promql/labels.ts';
import { parseSeriesDescription } from '#query/promql/parse-series.ts';
import { seriesValues } from '#query/promql/series-description.ts';
import type { QuerySample } from '../model.ts';
import { formatFixed } from '../template/format-float.ts';
import { labelsOfText } from './input-series.ts';
import type { ExprTest } from './unit-file.ts';

interface ShownSample {
  readonly labels: LabelSet;
  readonly value: number;
  /** In the notation of input series; '' for a float. */
  readonly histogram: string;
}

function sorted(samples: ShownSample[]): readonly ShownSample[] {
  return samples.sort((a, b) => compareLabels(a.labels, b.labels));
}

export function gotSamples(samples: readonly QuerySample[]): readonly ShownSample[] {
  return sorted(
    samples.map(({ labels, value }) =>
      typeof value === 'number'
        ? { labels, value, histogram: '' }
        : { labels, value: 0, histogram: histogramNotation(value) },
    ),
  );
}

/** Throws an Error that names the labels that cannot be read. */
export function expectedSamples({ expected }: ExprTest): readonly ShownSample[] {
  return sorted(
    expected.map(({ labels, value, histogram }) => {
      try {
        return { labels: labelsOfText(labels), value, histogram: histogram === '' ? '' : readHistogram(histogram) };
      } catch (error) {
        throw new Error(`labels ${JSON.stringify(labels)}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }),
  );
}

function readHistogram(text: string): string {
  const values = seriesValues(parseSeriesDescription(`{} ${text}`).items);
  const [value] = values;
  if (value === undefined || values.length !== 1) throw new Error(`expected 1 value, got ${values.length}`);
  if (value.kind !== 'histogram')
    throw new Error(`expected histogram, got ${value.kind === 'float' ? formatFixed(value.value, 6) : value.kind}`);
  return histogramNotation(value.histogram);
}

const BITS = new DataView(new ArrayBuffer(8));

/** The floats next to a value differ from it by one in their bits. */
function areNeighbours(a: number, b: number): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  const place = (value: number): bigint => {
    BITS.setFloat64(0, value);
    const bits = BITS.getBigInt64(0);
    return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
  };
  const distance = place(a) - place(b);
  return distance >= -1n && distance <= 1n;
}

/** Both sorted. NaN is equal to nothing, as in promtool. */
export function sameSamples(
  expected: readonly ShownSample[],
  got: readonly ShownSample[],
  fuzzyCompare: boolean,
): boolean {
  return (
    expected.length === got.length &&
    expected.every((sample, at) => {
      const other = got[at]!;
      const isSameValue = sample.value === other.value || (fuzzyCompare && areNeighbours(sample.value, other.value));
      return isSameValue && sample.histogram === other.histogram && compareLabels(sample.labels, other.labels) === 0;
    })
  );
}

export function samplesText(samples: readonly ShownSample[]): string {
  if (samples.length === 0) return 'nil';
  return samples
    .map(({ labels, value, histogram }) => `${labels.toString()} ${histogram || floatText(value)}`)
    .join(', ');
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return `${Object.is(value, -0) ? '-' : ''}${formatExponential(value).replace('e', 'E')}`;
}
