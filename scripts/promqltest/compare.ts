// Compares the answer to an eval with its expectations, as Prometheus' runner does.
import type { QueryResult, ResultData, ResultSeries } from '#query/promql/engine.ts';
import { formatGo } from '#query/promql/format-number.ts';
import { compareLabels } from '#query/promql/labels.ts';
import { almostEqual, isExpected, showExpected, showSample, type Sample } from './almost.ts';
import type { Eval, ExpectedSeries, Grid } from './script.ts';

export interface Mismatch {
  readonly expected: string;
  readonly got: string;
}

function sampleAt({ values, histograms }: ResultSeries, at: number): Sample {
  return { value: values[at] ?? NaN, histogram: histograms?.[at] };
}

function showSeries(series: ResultSeries): string {
  const points = Array.from(series.timesMs, (timeMs, at) => `${showSample(sampleAt(series, at))} at ${timeMs} ms`);
  return `${series.labels.toString()} with ${points.length === 0 ? 'no value' : points.join(', ')}`;
}

function isOrdered(command: Eval): boolean {
  return command.expectations.some((one) => one.kind === 'ordered');
}

function unexpectedSeries(series: ResultSeries): Mismatch {
  return { expected: `no series ${series.labels.toString()}`, got: showSeries(series) };
}

function missingSeries(command: Eval, seen: ReadonlySet<string>): Mismatch | undefined {
  for (const [key, { labels, values }] of command.series)
    if (!seen.has(key))
      return { expected: `${labels.toString()} ${values.map(showExpected).join(' ')}`, got: 'no such series' };
  return undefined;
}

/** One value each: the answer to an instant query. */
export function compareVector(command: Eval, series: readonly ResultSeries[]): Mismatch | undefined {
  if (command.scalar !== undefined) return { expected: `the scalar ${formatGo(command.scalar)}`, got: 'a vector' };
  const seen = new Set<string>();
  for (const [at, one] of series.entries()) {
    const expected = command.series.get(one.labels.key);
    if (expected === undefined) return unexpectedSeries(one);
    const name = one.labels.toString();
    if (isOrdered(command) && expected.place !== at + 1)
      return { expected: `${name} at place ${expected.place}`, got: `place ${at + 1}` };
    const sample = sampleAt(one, 0);
    const value = expected.values[0];
    if (value === undefined || !isExpected(value, sample))
      return { expected: `${value === undefined ? '_' : showExpected(value)} for ${name}`, got: showSample(sample) };
    seen.add(one.labels.key);
  }
  return missingSeries(command, seen);
}

function comparePoints(expected: ExpectedSeries, series: ResultSeries, grid: Grid): Mismatch | undefined {
  const name = series.labels.toString();
  const points = expected.values.flatMap((value, at) =>
    value.kind === 'gap' ? [] : [{ value, timeMs: grid.startMs + at * grid.stepMs }],
  );
  const last = grid.startMs + (expected.values.length - 1) * grid.stepMs;
  if (last > grid.endMs)
    return { expected: `${expected.values.length} points for ${name}`, got: 'a time range that cannot have so many' };
  if (points.length !== series.timesMs.length)
    return { expected: `${points.length} points for ${name}`, got: showSeries(series) };
  for (const [at, { value, timeMs }] of points.entries()) {
    const sample = sampleAt(series, at);
    const gotMs = series.timesMs[at];
    if (gotMs !== timeMs) return { expected: `a point at ${timeMs} ms for ${name}`, got: `one at ${gotMs} ms` };
    if (!isExpected(value, sample))
      return { expected: `${showExpected(value)} at ${timeMs} ms for ${name}`, got: showSample(sample) };
  }
  return undefined;
}

export function unsorted(series: readonly ResultSeries[]): Mismatch | undefined {
  const at = series.findIndex((one, place) => place > 0 && compareLabels(series[place - 1]!.labels, one.labels) > 0);
  const found = series[at];
  return found === undefined
    ? undefined
    : { expected: 'series sorted by labels', got: `${found.labels.toString()} at place ${at + 1}` };
}

function compareMatrix(command: Eval, series: readonly ResultSeries[]): Mismatch | undefined {
  if (isOrdered(command)) return { expected: 'an ordered answer', got: 'a matrix' };
  if (command.scalar !== undefined) return { expected: `the scalar ${formatGo(command.scalar)}`, got: 'a matrix' };
  const grid = command.at.type === 'range' ? command.at : command.matrix;
  if (grid === undefined) return { expected: 'an instant vector', got: 'a range vector without `expect range vector`' };
  const seen = new Set<string>();
  for (const one of series) {
    const expected = command.series.get(one.labels.key);
    if (expected === undefined) return unexpectedSeries(one);
    const mismatch = comparePoints(expected, one, grid);
    if (mismatch !== undefined) return mismatch;
    seen.add(one.labels.key);
  }
  return missingSeries(command, seen);
}

export function compareScalar(command: Eval, value: number): Mismatch | undefined {
  if (command.scalar === undefined) return { expected: 'a vector or matrix', got: `the scalar ${formatGo(value)}` };
  return almostEqual(command.scalar, value)
    ? undefined
    : { expected: `the scalar ${formatGo(command.scalar)}`, got: formatGo(value) };
}

export function compareAnswer(command: Eval, data: ResultData): Mismatch | undefined {
  switch (data.type) {
    case 'vector':
      return compareVector(command, data.series);
    case 'matrix':
      return unsorted(data.series) ?? compareMatrix(command, data.series);
    case 'scalar':
      return compareScalar(command, data.value);
    case 'string':
      return data.value === command.text
        ? undefined
        : { expected: `the string ${JSON.stringify(command.text)}`, got: JSON.stringify(data.value) };
  }
}

/** Annotations of both kinds against the `expect` lines. */
export function compareAnnotations(command: Eval, { annotations }: QueryResult): Mismatch | undefined {
  for (const [kind, forbids, texts] of [
    ['warn', 'no_warn', annotations.all('warning')],
    ['info', 'no_info', annotations.all('info')],
  ] as const) {
    const expected = command.expectations.filter((one) => one.kind === kind);
    const shown = texts.length === 0 ? `no ${kind}` : texts.join('; ');
    if (command.expectations.some((one) => one.kind === forbids) && texts.length > 0)
      return { expected: `no ${kind}`, got: shown };
    const missing = expected.find((one) => !texts.some((text) => one.matches(text)));
    if (missing !== undefined) return { expected: `${kind}: ${missing.shown}`, got: shown };
    const extra = expected.length === 0 ? undefined : texts.find((text) => !expected.some((one) => one.matches(text)));
    if (extra !== undefined) return { expected: `no other ${kind}`, got: extra };
  }
  return undefined;
}
