// What functions of range vectors are given: the samples of a window by kind, and what else they are told.
import type { Expr } from '#query/promql/ast.ts';
import type { Notes } from '#query/promql/eval/notes.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import type { Timed } from './plain-selector.ts';
import { isHistogram, type Place } from './plain-value.ts';
import type { Windowed } from './plain-windows.ts';

/** What a function is told besides the window. */
export interface Around {
  readonly place: Place;
  readonly notes: Notes;
  readonly rangeMs: number;
  readonly extended: Windowed['extended'];
  /** The other arguments at this step. */
  readonly numbers: readonly number[];
  /** The first argument as it is written. */
  readonly where: Expr;
  readonly hasStartTimes: boolean;
}

export interface TimedFloat extends Timed {
  readonly point: number;
}

export function floatsOf(samples: readonly Timed[]): TimedFloat[] {
  return samples.flatMap((sample) => (isHistogram(sample.point) ? [] : [{ ...sample, point: sample.point }]));
}

export function histogramsOf(samples: readonly Timed[]): (Timed & { readonly point: FloatHistogram })[] {
  return samples.flatMap((sample) => (isHistogram(sample.point) ? [{ ...sample, point: sample.point }] : []));
}
