// Rewrites a query so that its answer does not depend on when it is asked: `@ time` on every selector and sub-query.
import type { At, Binary, Expr } from '#query/promql/ast.ts';

/** Functions whose answers depend on the time of the evaluation, whatever their arguments are. */
const UNSAFE = new Set([
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

/** The rewritten query, or undefined where that changes its meaning. */
export function pinned(expr: Expr, timeMs: number): Expr | undefined {
  const time: At = { kind: 'time', timeMs };
  const at = (old: At | undefined): At => (old?.kind === 'time' ? old : time);
  const pin = (inner: Expr): Expr | undefined => pinned(inner, timeMs);
  switch (expr.kind) {
    case 'call': {
      const args = expr.args.map(pin);
      if (UNSAFE.has(expr.func) || args.includes(undefined)) return undefined;
      return { ...expr, args: args.flatMap((arg) => arg ?? []) };
    }
    case 'binary':
      return pinnedChain(expr, timeMs);
    case 'aggregate': {
      const inner = pin(expr.expr);
      const param = expr.param === undefined ? undefined : pin(expr.param);
      if (inner === undefined || (expr.param !== undefined && param === undefined)) return undefined;
      return { ...expr, expr: inner, param };
    }
    case 'paren':
    case 'unary': {
      const inner = pin(expr.expr);
      return inner === undefined ? undefined : { ...expr, expr: inner };
    }
    // Inside a pinned sub-query only what is pinned itself stays: selectors move with the inner steps.
    case 'subquery':
      return { ...expr, at: at(expr.at) };
    case 'vector':
      return { ...expr, at: at(expr.at) };
    case 'matrix':
      return { ...expr, selector: { ...expr.selector, at: at(expr.selector.at) } };
    default:
      return expr;
  }
}

/** A chain of operators, from its first operand on: its length costs no stack. */
function pinnedChain(last: Binary, timeMs: number): Expr | undefined {
  const chain: Binary[] = [];
  let first: Expr = last;
  for (; first.kind === 'binary'; first = first.left) chain.push(first);
  let left = pinned(first, timeMs);
  for (const binary of chain.reverse()) {
    const right = pinned(binary.right, timeMs);
    if (left === undefined || right === undefined) return undefined;
    left = { ...binary, left, right };
  }
  return left;
}

/** The times at which a pinned query must answer the same. */
export function otherTimes(timeMs: number): number[] {
  return timeMs === 0 ? [-1000, 0, 1000] : [-10 * timeMs, 0, Math.trunc(timeMs / 5), timeMs, 10 * timeMs];
}
