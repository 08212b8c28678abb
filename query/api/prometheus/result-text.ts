// Answers of range queries as JSON text in pieces, one series at a time: millions of points never stand in memory twice.
import type { ResultSeries } from '#query/promql/engine.ts';
import { formatValue } from '#query/promql/format-number.ts';
import { histogramToJson } from '#query/promql/histogram/json.ts';
import type { Success } from './envelope.ts';
import { seconds } from './result-json.ts';

/** A matrix still to be written, with what stands beside it. */
export interface MatrixAnswer {
  readonly series: readonly ResultSeries[];
  /** Beside `resultType` and `result`, e.g. stats. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Warnings and infos. */
  readonly envelope: Pick<Success, 'warnings' | 'infos'>;
}

/** Points of one piece: large enough to be cheap, small enough to let other requests in between. */
const POINTS_PER_PIECE = 5000;

/** One member with its points, in pieces. @param text of the point at a place; undefined where the place belongs to another member */
function* memberText(name: string, places: number, text: (at: number) => string | undefined): Generator<string> {
  let piece = '';
  let count = 0;
  for (let at = 0; at < places; at++) {
    const point = text(at);
    if (point === undefined) continue;
    piece += count === 0 ? `,"${name}":[${point}` : `,${point}`;
    count++;
    if (count % POINTS_PER_PIECE !== 0) continue;
    yield piece;
    piece = '';
  }
  yield count === 0 ? '' : `${piece}]`;
}

/** HOT: a series of floats alone. */
function* floatsText(timesMs: Float64Array, values: Float64Array): Generator<string> {
  let piece = ',"values":[';
  for (let at = 0; at < timesMs.length; at++) {
    if (at > 0) piece += ',';
    piece += `[${seconds(timesMs[at]!)},"${formatValue(values[at]!)}"]`;
    if (at % POINTS_PER_PIECE !== POINTS_PER_PIECE - 1) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}]`;
}

function* seriesText({ labels, timesMs, values, histograms }: ResultSeries): Generator<string> {
  yield `{"metric":${JSON.stringify(labels.toRecord())}`;
  if (histograms === undefined) {
    if (timesMs.length > 0) yield* floatsText(timesMs, values);
  } else {
    yield* memberText('values', timesMs.length, (at) =>
      histograms[at] === undefined ? `[${seconds(timesMs[at]!)},"${formatValue(values[at]!)}"]` : undefined,
    );
    yield* memberText('histograms', timesMs.length, (at) => {
      const histogram = histograms[at];
      return histogram === undefined
        ? undefined
        : `[${seconds(timesMs[at]!)},${JSON.stringify(histogramToJson(histogram))}]`;
    });
  }
  yield '}';
}

/** The whole answer, envelope included; joined it is one JSON object. */
export function* matrixText(answer: MatrixAnswer): Generator<string> {
  yield '{"status":"success","data":{"resultType":"matrix","result":[';
  for (const [at, one] of answer.series.entries()) {
    if (at > 0) yield ',';
    yield* seriesText(one);
  }
  const rest = { ...answer.extra };
  const extra = Object.keys(rest).length === 0 ? '' : `,${JSON.stringify(rest).slice(1, -1)}`;
  const envelope = Object.keys(answer.envelope).length === 0 ? '' : `,${JSON.stringify(answer.envelope).slice(1, -1)}`;
  yield `]${extra}}${envelope}}`;
}
