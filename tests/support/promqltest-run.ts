// Runs promqltest scripts against the engine by the rules of Prometheus' own runner, on a memory store.
import { unwrap, type Expr } from '#query/promql/ast.ts';
import {
  DEFAULT_ENGINE_OPTIONS,
  prepare,
  queryInstant,
  queryRange,
  type EngineOptions,
  type PreparedQuery,
  type QueryResult,
  type ResultSeries,
} from '#query/promql/engine.ts';
import type { Buckets } from '#query/promql/histogram/buckets.ts';
import { compact, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { histogramNotation } from '#query/promql/histogram/text.ts';
import { compareLabels } from '#query/promql/labels.ts';
import { DEFAULT_LIMITS } from '#query/promql/limits.ts';
import { MemoryStore } from './memory-series-store.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { markStale } from '#query/promql/stale.ts';
import { asStored } from './stored-hints.ts';
import { parseScript, type Eval, type Load } from './promqltest-script.ts';
import type { SeriesLine } from './promqltest-series.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';

const OPTIONS: EngineOptions = {
  ...DEFAULT_ENGINE_OPTIONS,
  delayedNameRemoval: true,
  useStartTimestamps: true,
  features: ALL_FEATURES,
  limits: { ...DEFAULT_LIMITS, timeoutMs: 100_000 },
};
const EPSILON = 1e-6;
const SIGNAL = new AbortController().signal;

export interface EvalOutcome {
  /** `file:line`. */
  readonly id: string;
  readonly query: string;
  /** Undefined when it passed. */
  readonly problem: string | undefined;
}

function load(store: MemoryStore, command: Load): void {
  for (const { labels, slots } of command.series) {
    const timesMs: number[] = [];
    const values: number[] = [];
    const stale: number[] = [];
    const histograms: (FloatHistogram | undefined)[] = [];
    for (const [at, slot] of slots.entries()) {
      if (slot.kind === 'gap') continue;
      if (slot.kind === 'stale') stale.push(timesMs.length);
      timesMs.push(at * command.stepMs);
      values.push(slot.kind === 'value' ? slot.value : slot.kind === 'stale' ? NaN : 0);
      histograms.push(slot.kind === 'histogram' ? slot.histogram : undefined);
    }
    const array = Float64Array.from(values);
    for (const at of stale) markStale(array, at);
    store.add({
      labels,
      timesMs: Float64Array.from(timesMs),
      values: array,
      ...(histograms.some((one) => one !== undefined) ? { histograms: asStored(histograms) } : {}),
    });
  }
}

function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const size = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || size < 2 ** -1022) return Math.abs(a - b) < EPSILON * 2 ** -1022;
  return Math.abs(a - b) / Math.min(size, Number.MAX_VALUE) < EPSILON;
}

type Slot = SeriesLine['slots'][number];

/** Expected points of a line: slot n stands at start + n·step. */
function expectedPoints(line: SeriesLine, startMs: number, stepMs: number): Map<number, Slot> {
  const points = new Map<number, Slot>();
  for (const [at, slot] of line.slots.entries()) if (slot.kind !== 'gap') points.set(startMs + at * stepMs, slot);
  return points;
}

function almostEqualBuckets(a: Buckets, b: Buckets): boolean {
  return (
    a.indexes.join() === b.indexes.join() && a.counts.every((count, at) => almostEqual(count, b.counts[at] ?? NaN))
  );
}

function isExpected(slot: Slot, value: number, histogram: FloatHistogram | undefined): boolean {
  if (slot.kind !== 'histogram')
    return histogram === undefined && almostEqual(slot.kind === 'value' ? slot.value : NaN, value);
  if (histogram === undefined) return false;
  const want = compact(slot.histogram);
  const got = compact(histogram);
  return (
    want.schema === got.schema &&
    want.zeroThreshold === got.zeroThreshold &&
    want.customValues.join() === got.customValues.join() &&
    almostEqual(want.count, got.count) &&
    almostEqual(want.sum, got.sum) &&
    almostEqual(want.zeroCount, got.zeroCount) &&
    almostEqualBuckets(want.positive, got.positive) &&
    almostEqualBuckets(want.negative, got.negative) &&
    (!slot.hinted || want.hint === got.hint)
  );
}

function slotText(slot: Slot | undefined): string {
  if (slot?.kind === 'histogram') return histogramNotation(slot.histogram);
  return slot?.kind === 'value' ? String(slot.value) : 'nothing';
}

function compareSeries(
  got: readonly ResultSeries[],
  want: readonly SeriesLine[],
  ordered: boolean,
  startMs: number,
  stepMs: number,
): string | undefined {
  const wanted = new Map(want.map((line) => [line.labels.key, line]));
  for (const [at, one] of got.entries()) {
    const line = wanted.get(one.labels.key);
    if (line === undefined) return `unexpected series ${one.labels.toString()}`;
    if (ordered && want[at]?.labels.key !== one.labels.key)
      return `series ${one.labels.toString()} stands at place ${at}`;
    const points = expectedPoints(line, startMs, stepMs);
    if (points.size !== one.timesMs.length)
      return `${one.timesMs.length} points of ${one.labels.toString()}, expected ${points.size}`;
    for (const [index, timeMs] of one.timesMs.entries()) {
      const expected = points.get(timeMs);
      const histogram = one.histograms?.[index];
      if (expected === undefined || !isExpected(expected, one.values[index] ?? NaN, histogram)) {
        const got = histogram === undefined ? String(one.values[index]) : histogramNotation(histogram);
        return `${got} at ${timeMs} of ${one.labels.toString()}, expected ${slotText(expected)}`;
      }
    }
    wanted.delete(one.labels.key);
  }
  const [missing] = [...wanted.values()].filter((line) => line.slots.some((slot) => slot.kind !== 'gap'));
  return missing === undefined ? undefined : `missing series ${missing.labels.toString()}`;
}

function checkAnnotations(command: Eval, result: QueryResult): string | undefined {
  for (const [kind, forbids, collected] of [
    ['warn', 'no_warn', result.annotations.all('warning')],
    ['info', 'no_info', result.annotations.all('info')],
  ] as const) {
    const expected = command.expectations.filter((one) => one.kind === kind);
    if (command.expectations.some((one) => one.kind === forbids) && collected.length > 0)
      return `unexpected ${kind}: ${collected[0]}`;
    if (expected.length > 0 && collected.length === 0) return `expected a ${kind}`;
    const texts = expected.filter((one) => one.text !== undefined || one.regex !== undefined);
    const matches = (text: string): boolean => texts.some((one) => one.regex?.test(text) ?? text === one.text);
    const missing = texts.find((one) => !collected.some((text) => one.regex?.test(text) ?? text === one.text));
    if (missing !== undefined)
      return `${kind}s ${JSON.stringify(collected)}, expected ${missing.text ?? String(missing.regex)}`;
    const extra = texts.length > 0 ? collected.find((text) => !matches(text)) : undefined;
    if (extra !== undefined) return `unexpected ${kind}: ${extra}`;
  }
  return undefined;
}

const PINNING_UNSAFE = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'end',
  'hour',
  'minute',
  'month',
  'year',
  'predict_linear',
  'range',
  'start',
  'step',
  'time',
  'timestamp',
]);
const RANGE_DEPENDENT = new Set(['start', 'end', 'range', 'step']);

/** The expression with `@ time` on every selector and sub-query that has none; whether it calls one of the named functions. */
function calls(expr: Expr, names: ReadonlySet<string>): boolean {
  switch (expr.kind) {
    case 'call':
      return names.has(expr.func) || expr.args.some((arg) => calls(arg, names));
    case 'binary':
      return calls(expr.left, names) || calls(expr.right, names);
    case 'aggregate':
      return calls(expr.expr, names) || (expr.param !== undefined && calls(expr.param, names));
    case 'paren':
    case 'unary':
    case 'subquery':
      return calls(expr.expr, names);
    default:
      return false;
  }
}

function pin(expr: Expr, timeMs: number): Expr {
  const at = { kind: 'time' as const, timeMs };
  switch (expr.kind) {
    case 'call':
      return { ...expr, args: expr.args.map((arg) => pin(arg, timeMs)) };
    case 'binary':
      return { ...expr, left: pin(expr.left, timeMs), right: pin(expr.right, timeMs) };
    case 'aggregate':
      return {
        ...expr,
        expr: pin(expr.expr, timeMs),
        param: expr.param === undefined ? undefined : pin(expr.param, timeMs),
      };
    case 'paren':
    case 'unary':
      return { ...expr, expr: pin(expr.expr, timeMs) };
    // Inside a pinned sub-query only what is pinned itself stays: selectors move with the inner steps.
    case 'subquery':
      return { ...expr, at: expr.at ?? at };
    case 'vector':
      return { ...expr, at: expr.at ?? at };
    case 'matrix':
      return { ...expr, selector: { ...expr.selector, at: expr.selector.at ?? at } };
    default:
      return expr;
  }
}

function checkResult(command: Eval, result: QueryResult, timeMs: number): string | undefined {
  const { data } = result;
  const ordered = command.expectations.some((one) => one.kind === 'ordered');
  if (command.text !== undefined)
    return data.type === 'string' && data.value === command.text
      ? undefined
      : `expected the string ${JSON.stringify(command.text)}`;
  if (data.type === 'string') return 'unexpected string';
  if (data.type === 'scalar')
    return command.scalar !== undefined && almostEqual(data.value, command.scalar)
      ? undefined
      : `${data.value}, expected ${command.scalar}`;
  if (command.scalar !== undefined) return 'expected a scalar';
  const grid = command.at.type === 'range' ? command.at : (command.matrix ?? { startMs: timeMs, stepMs: 1 });
  if (
    data.type === 'matrix' &&
    data.series.some((one, at) => at > 0 && compareLabels(data.series[at - 1]!.labels, one.labels) > 0)
  )
    return 'series are not sorted';
  return compareSeries(data.series, command.series, ordered, grid.startMs, grid.stepMs);
}

async function evaluateAll(store: MemoryStore, command: Eval): Promise<string | undefined> {
  const prepared = prepare(command.query, OPTIONS.features);
  const { at } = command;
  if (at.type === 'range') {
    const result = await queryRange(store, prepared, at, OPTIONS, SIGNAL);
    return checkResult(command, result, at.startMs) ?? checkAnnotations(command, result);
  }
  const first = await queryInstant(store, prepared, at.timeMs, OPTIONS, SIGNAL);
  const problem = checkResult(command, first, at.timeMs) ?? checkAnnotations(command, first);
  if (problem !== undefined) return problem;
  return (await checkPinned(store, command, prepared, at.timeMs)) ?? checkAsRange(store, command, prepared, at.timeMs);
}

/** The same answer must come at any time once every selector is pinned to the original one. */
async function checkPinned(
  store: MemoryStore,
  command: Eval,
  prepared: PreparedQuery,
  timeMs: number,
): Promise<string | undefined> {
  if (calls(prepared.expr, PINNING_UNSAFE)) return undefined;
  const pinned = { ...prepared, expr: pin(prepared.expr, timeMs) };
  for (const other of timeMs === 0
    ? [-1000, 0, 1000]
    : [-10 * timeMs, 0, Math.trunc(timeMs / 5), timeMs, 10 * timeMs]) {
    const problem = checkResult(command, await queryInstant(store, pinned, other, OPTIONS, SIGNAL), other);
    if (problem !== undefined) return `pinned, at ${other}: ${problem}`;
  }
  return undefined;
}

/** The middle step of a range query must give what the instant query gave. */
async function checkAsRange(
  store: MemoryStore,
  command: Eval,
  prepared: PreparedQuery,
  timeMs: number,
): Promise<string | undefined> {
  const skipped =
    prepared.type === 'matrix' ||
    prepared.type === 'string' ||
    command.expectations.some((one) => one.kind === 'ordered');
  if (skipped || calls(prepared.expr, RANGE_DEPENDENT) || unwrap(prepared.expr).kind === 'string') return undefined;
  const result = await queryRange(
    store,
    prepared,
    { startMs: timeMs - 60_000, endMs: timeMs + 60_000, stepMs: 60_000 },
    OPTIONS,
    SIGNAL,
  );
  if (result.data.type !== 'matrix') return 'a range query gave no matrix';
  const middle = result.data.series.flatMap((one): ResultSeries[] => {
    const index = one.timesMs.indexOf(timeMs);
    return index < 0
      ? []
      : [
          {
            labels: one.labels,
            timesMs: one.timesMs.slice(index, index + 1),
            values: one.values.slice(index, index + 1),
            histograms: one.histograms?.slice(index, index + 1),
          },
        ];
  });
  if (prepared.type === 'scalar')
    return almostEqual(middle[0]?.values[0] ?? 0, command.scalar ?? NaN) ? undefined : 'as range query: another scalar';
  const problem = compareSeries(middle, command.series, false, timeMs, 1);
  return problem === undefined ? undefined : `as range query: ${problem}`;
}

async function runEval(store: MemoryStore, command: Eval): Promise<string | undefined> {
  const expected = command.expectations.find((one) => one.kind === 'fail');
  try {
    const problem = await evaluateAll(store, command);
    return expected === undefined ? problem : 'expected to fail';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const unsupported = error instanceof PromqlError && error.message.endsWith('is not supported by this engine yet');
    if (expected === undefined || unsupported) return error.message;
    const matches =
      expected.regex?.test(error.message) ?? (expected.text === undefined || error.message === expected.text);
    return matches
      ? undefined
      : `error ${JSON.stringify(error.message)}, expected ${expected.text ?? String(expected.regex)}`;
  }
}

/** Runs every eval of a script. */
export async function runScript(name: string, script: string): Promise<EvalOutcome[]> {
  const store = new MemoryStore();
  const outcomes: EvalOutcome[] = [];
  for (const command of parseScript(script)) {
    if (command.kind === 'clear') store.clear();
    else if (command.kind === 'load') load(store, command);
    else outcomes.push({ id: `${name}:${command.line}`, query: command.query, problem: await runEval(store, command) });
  }
  return outcomes;
}
