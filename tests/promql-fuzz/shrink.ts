// Makes a case smaller as long as its answers still differ: fewer series, fewer samples, parts of the query.
import type { Expr } from '#query/promql/ast.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';
import { parse } from '#query/promql/parse.ts';
import { print } from '#query/promql/print.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type { Series } from '#query/promql/storage.ts';
import { differs, type Case, type PairOn } from './fuzz.ts';

/** Attempts, each of which answers a query twice. */
const MAX_ATTEMPTS = 600;

function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'paren':
    case 'unary':
    case 'subquery':
      return [expr.expr];
    case 'aggregate':
      return expr.param === undefined ? [expr.expr] : [expr.expr, expr.param];
    case 'binary':
      return [expr.left, expr.right];
    case 'call':
      return expr.args;
    case 'matrix':
      return [expr.selector];
    default:
      return [];
  }
}

/** The expression with one child in the place of another. */
function withChild(expr: Expr, from: Expr, to: Expr): Expr {
  const swap = (one: Expr): Expr => (one === from ? to : one);
  switch (expr.kind) {
    case 'paren':
    case 'unary':
    case 'subquery':
      return { ...expr, expr: swap(expr.expr) };
    case 'aggregate':
      return { ...expr, expr: swap(expr.expr), param: expr.param === undefined ? undefined : swap(expr.param) };
    case 'binary':
      return { ...expr, left: swap(expr.left), right: swap(expr.right) };
    case 'call':
      return { ...expr, args: expr.args.map(swap) };
    default:
      return expr;
  }
}

/** Simpler forms of one node. */
function simpler(expr: Expr): Expr[] {
  const found = [...children(expr)];
  if (expr.kind === 'vector') {
    if (expr.offset !== undefined) found.push({ ...expr, offset: undefined });
    if (expr.at !== undefined) found.push({ ...expr, at: undefined });
    if (expr.extended !== undefined) found.push({ ...expr, extended: undefined });
    if (expr.matchers.length > 1)
      for (const matcher of expr.matchers)
        if (matcher.name !== '__name__')
          found.push({ ...expr, matchers: expr.matchers.filter((one) => one !== matcher) });
  }
  if (expr.kind === 'subquery') {
    if (expr.offset !== undefined) found.push({ ...expr, offset: undefined });
    if (expr.at !== undefined) found.push({ ...expr, at: undefined });
  }
  if (expr.kind === 'aggregate' && expr.grouping.length > 0)
    for (const label of expr.grouping) found.push({ ...expr, grouping: expr.grouping.filter((one) => one !== label) });
  return found;
}

/** Expressions that are a little simpler than the given one. */
function smallerExpressions(expr: Expr): Expr[] {
  const found = simpler(expr);
  for (const child of children(expr))
    for (const smaller of smallerExpressions(child)) found.push(withChild(expr, child, smaller));
  if (expr.kind === 'matrix')
    for (const smaller of simpler(expr.selector))
      if (smaller.kind === 'vector') found.push({ ...expr, selector: smaller });
  return found;
}

function* smallerQueries(one: Case): Generator<Case> {
  const { options, asked } = one;
  for (const expr of smallerExpressions(parse(one.query, ALL_FEATURES))) {
    try {
      yield { ...one, query: print(expr) };
    } catch (error) {
      if (!(error instanceof PromqlError)) throw error;
    }
  }
  if (options.delayedNameRemoval) yield { ...one, options: { ...options, delayedNameRemoval: false } };
  if (options.useStartTimestamps) yield { ...one, options: { ...options, useStartTimestamps: false } };
  if (asked.kind === 'range') {
    yield { ...one, asked: { kind: 'instant', timeMs: asked.startMs } };
    yield {
      ...one,
      asked: {
        kind: 'instant',
        timeMs: asked.startMs + Math.floor((asked.endMs - asked.startMs) / asked.stepMs) * asked.stepMs,
      },
    };
    if (asked.endMs - asked.stepMs >= asked.startMs) {
      yield { ...one, asked: { ...asked, endMs: asked.endMs - asked.stepMs } };
      yield { ...one, asked: { ...asked, startMs: asked.startMs + asked.stepMs } };
    }
  }
}

function part({ labels, timesMs, values, histograms, startTimesMs }: Series, from: number, to: number): Series {
  return {
    labels,
    timesMs: timesMs.slice(from, to),
    values: values.slice(from, to),
    ...(histograms === undefined ? {} : { histograms: histograms.slice(from, to) }),
    ...(startTimesMs === undefined ? {} : { startTimesMs: startTimesMs.slice(from, to) }),
  };
}

function* fewerSeries(one: Case): Generator<Case> {
  const { series } = one;
  for (let size = Math.floor(series.length / 2); size >= 1; size = Math.floor(size / 2))
    for (let from = 0; from < series.length; from += size)
      yield { ...one, series: [...series.slice(0, from), ...series.slice(from + size)] };
}

function* fewerSamples(one: Case): Generator<Case> {
  for (const [at, each] of one.series.entries()) {
    const { length } = each.timesMs;
    for (let size = Math.floor(length / 2); size >= 1; size = Math.floor(size / 2))
      for (const [from, to] of [
        [size, length],
        [0, length - size],
      ] as const)
        yield { ...one, series: one.series.with(at, part(each, from, to)) };
  }
}

/** The smallest case that was found, and what differs there. */
export async function shrink(
  pairOn: PairOn,
  first: Case,
  found: string,
): Promise<{ readonly case: Case; readonly difference: string }> {
  let best = first;
  let shown = found;
  let attempts = 0;
  const tried = new Set<string>();
  for (let isBetter = true; isBetter && attempts < MAX_ATTEMPTS;) {
    isBetter = false;
    for (const smaller of [smallerQueries, fewerSeries, fewerSamples]) {
      for (let again = true; again && attempts < MAX_ATTEMPTS;) {
        again = false;
        for (const candidate of smaller(best)) {
          const { query, asked, options } = candidate;
          const text = JSON.stringify([query, asked, options]);
          if (smaller === smallerQueries && tried.has(text)) continue;
          tried.add(text);
          if (++attempts > MAX_ATTEMPTS) break;
          const difference = await differs(await pairOn(candidate.series), candidate);
          if (difference === undefined) continue;
          best = candidate;
          shown = difference;
          isBetter = true;
          again = true;
          break;
        }
      }
    }
  }
  return { case: best, difference: shown };
}
