// What the plain evaluator of PromQL computes with: series with one point per step, and the steps themselves.
import type { Annotations } from '#query/promql/annotations.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type { Series } from '#query/promql/storage.ts';

export type Point = number | FloatHistogram;

/** One series with its point at each step, undefined where it has none. */
export interface Row {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  readonly points: readonly (Point | undefined)[];
}

/** One element of an instant vector. */
export interface Sample {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  readonly point: Point;
}

export type PlainValue =
  | { readonly type: 'vector'; readonly rows: readonly Row[] }
  | { readonly type: 'scalar'; readonly numbers: readonly number[] }
  | { readonly type: 'string'; readonly text: string };

/** The steps of an evaluation. The end may lie behind the last step. */
export interface Steps {
  readonly timesMs: readonly number[];
  readonly startMs: number;
  readonly endMs: number;
}

/** What holds for the whole query. */
export interface World {
  readonly series: readonly Series[];
  readonly annotations: Annotations;
  readonly lookbackMs: number;
  readonly subqueryStepMs: number;
  readonly delayedNameRemoval: boolean;
  readonly useStartTimestamps: boolean;
  readonly typeAndUnitLabels: boolean;
  /** How many times the usual distance of samples an edge may be away for a rate to reach it: 1.1, unless an error is wanted. */
  readonly closeness: number;
  /** Start, end and step of the query; an instant query has step 0. */
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** What is known at a node. */
export interface Place {
  readonly world: World;
  readonly steps: Steps;
  /** Functions around it look at count and sum of histograms alone, or, once one needs them, at all buckets. */
  readonly needs?: 'totals' | 'buckets' | undefined;
}

export function makeSteps(startMs: number, endMs: number, stepMs: number): Steps {
  const timesMs: number[] = [];
  for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs) timesMs.push(timeMs);
  return { timesMs, startMs, endMs };
}

export function isHistogram(point: Point | undefined): point is FloatHistogram {
  return point !== undefined && typeof point !== 'number';
}

export function failure(message: string): PromqlError {
  return new PromqlError('execution', message);
}

export const SAME_LABELSET = 'vector cannot contain metrics with the same labelset';

/** The elements that series have at a step. */
export function vectorAt(rows: readonly Row[], step: number): Sample[] {
  const samples: Sample[] = [];
  for (const { labels, dropName, points } of rows) {
    const point = points[step];
    if (point !== undefined) samples.push({ labels, dropName, point });
  }
  return samples;
}

/** Puts vectors, one for each step, together to series. Two elements of a vector with the same labels are an error. */
export function rowsOf({ world, steps }: Place, vectorOf: (step: number) => readonly Sample[]): Row[] {
  const rows = new Map<string, { labels: LabelSet; dropName: boolean; points: (Point | undefined)[] }>();
  const instant = steps.startMs === steps.endMs;
  for (let step = 0; step < steps.timesMs.length; step++) {
    const vector = vectorOf(step);
    if (instant) {
      if (!world.delayedNameRemoval && hasSameLabels(vector)) throw failure(SAME_LABELSET);
      return vector.map(({ labels, dropName, point }) => ({ labels, dropName, points: [point] }));
    }
    for (const { labels, dropName, point } of vector) {
      let row = rows.get(labels.key);
      if (row === undefined) {
        row = { labels, dropName, points: steps.timesMs.map(() => undefined) };
        rows.set(labels.key, row);
      }
      if (row.points[step] !== undefined) throw failure(SAME_LABELSET);
      row.points[step] = point;
    }
  }
  return [...rows.values()];
}

export function hasSameLabels(all: readonly { readonly labels: LabelSet }[]): boolean {
  return new Set(all.map(({ labels }) => labels.key)).size < all.length;
}

/** Series with the same labels become one; where two of them have a point at the same step, that is an error. */
export function mergeRows(rows: readonly Row[]): readonly Row[] {
  if (!hasSameLabels(rows)) return rows;
  const merged = new Map<string, Row>();
  for (const row of rows) {
    const known = merged.get(row.labels.key);
    if (known === undefined) {
      merged.set(row.labels.key, row);
      continue;
    }
    const points = known.points.map((point, step) => {
      const other = row.points[step];
      if (point !== undefined && other !== undefined) throw failure(SAME_LABELSET);
      return point ?? other;
    });
    merged.set(row.labels.key, { ...known, points });
  }
  return [...merged.values()];
}

/** Labels of what is no longer the metric it comes from. */
export function renamed(world: World, labels: LabelSet): LabelSet {
  return world.delayedNameRemoval ? labels : labels.withoutMetadata();
}
