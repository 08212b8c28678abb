// Which parts of a query Prometheus evaluates once for all steps: those whose selectors are all pinned by `@`.
import { unwrap, type Call, type Expr } from '#query/promql/ast.ts';
import { sharedReference } from '#query/promql/eval/reference-time.ts';
import type { World } from './plain-value.ts';

/** Functions that look at the time of the step. */
const OF_TIME =
  'days_in_month day_of_month day_of_week day_of_year hour minute month year predict_linear time timestamp'.split(' ');

interface Invariance {
  /** The same at all steps. */
  readonly same: boolean;
  /** … and evaluated once where it is not part of something larger that is. */
  readonly wrapped: boolean;
}

const NEVER: Invariance = { same: false, wrapped: false };
const ONCE: Invariance = { same: true, wrapped: true };
/** The same, but not worth evaluating once. */
const SAME: Invariance = { same: true, wrapped: false };

export function isInvariant(world: World, expr: Expr): Invariance {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return SAME;
    case 'paren':
    case 'unary':
    case 'aggregate':
      return isInvariant(world, expr.kind === 'aggregate' ? unwrap(expr.expr) : expr.expr);
    case 'vector':
      return expr.at === undefined ? NEVER : ONCE;
    case 'matrix':
      return expr.selector.at === undefined ? NEVER : SAME;
    case 'subquery':
      return expr.at === undefined ? NEVER : SAME;
    case 'binary':
      return isInvariant(world, expr.left).same && isInvariant(world, expr.right).same ? ONCE : NEVER;
    case 'call':
      return invariantCall(world, expr);
  }
}

function invariantCall(world: World, call: Call): Invariance {
  // These stand for numbers.
  if (['start', 'end', 'step', 'range'].includes(call.func)) return SAME;
  const args = call.args.map((arg) => unwrap(arg));
  const first = args[0];
  if (call.func === 'timestamp' && first?.kind === 'vector') return isInvariant(world, first);
  if (OF_TIME.includes(call.func)) return NEVER;
  if (call.func === 'info') {
    if (first === undefined || !isInvariant(world, first).same) return NEVER;
    const times = { query: world, durations: { stepMs: world.stepMs, rangeMs: world.endMs - world.startMs } };
    return sharedReference(first, times) === undefined ? NEVER : ONCE;
  }
  return args.every((arg) => isInvariant(world, arg).same) ? ONCE : NEVER;
}
