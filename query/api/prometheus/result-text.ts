// Answers of range queries as JSON text in pieces, one series at a time: millions of points never stand in memory twice.
import type { ResultSeries } from '#query/promql/engine.ts';
import { formatValue } from '#query/promql/format-number.ts';
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

function* seriesText(one: ResultSeries): Generator<string> {
  let text = `{"metric":${JSON.stringify(one.labels.toRecord())},"values":[`;
  for (let at = 0; at < one.timesMs.length; at++) {
    if (at > 0) text += ',';
    text += `[${seconds(one.timesMs[at]!)},"${formatValue(one.values[at]!)}"]`;
    if (at % POINTS_PER_PIECE !== POINTS_PER_PIECE - 1) continue;
    yield text;
    text = '';
  }
  yield `${text}]}`;
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
