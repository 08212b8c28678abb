// At which time info() looks at info series: where all selectors of its first argument look at the same one, that is the one.
import type { At, Duration, Expr } from '../ast.ts';
import { durationMs } from '../duration.ts';
import type { QueryScope } from '../eval/context.ts';
import { typeOf } from '../syntax/type-of.ts';

/** What the times of a query are computed from. */
export type TimeScope = Pick<QueryScope, 'query' | 'durations'>;

export interface Reference {
  /** Pinned by `@`; undefined: the time of the step. */
  readonly timeMs: number | undefined;
  readonly offsetMs: number;
}

const NO_REFERENCE: Reference = { timeMs: undefined, offsetMs: 0 };

function sameReference(a: Reference, b: Reference): boolean {
  if (a.timeMs === undefined || b.timeMs === undefined) return a.timeMs === b.timeMs && a.offsetMs === b.offsetMs;
  return a.timeMs - a.offsetMs === b.timeMs - b.offsetMs;
}

class References {
  readonly #scope: TimeScope;
  first: Reference | undefined;
  uniform = true;

  constructor(scope: TimeScope) {
    this.#scope = scope;
  }

  #timeOf(at: At | undefined): number | undefined {
    const { query } = this.#scope;
    if (at === undefined || at.kind === 'time') return at?.timeMs;
    return at.kind === 'start' ? query.startMs : query.endMs;
  }

  #offsetOf(offset: Duration | undefined): number {
    return offset === undefined ? 0 : durationMs(offset, this.#scope.durations, true);
  }

  /** @param outer what the sub-queries around add; a time that they pin makes anything further out irrelevant */
  visit(expr: Expr, outer: readonly Reference[]): boolean {
    const type = typeOf(expr);
    if (type !== 'vector' && type !== 'matrix') return false;
    if (expr.kind === 'vector') {
      let timeMs = this.#timeOf(expr.at);
      let offsetMs = this.#offsetOf(expr.offset);
      for (let at = outer.length - 1; timeMs === undefined && at >= 0; at--) {
        offsetMs += outer[at]!.offsetMs;
        timeMs = outer[at]!.timeMs;
      }
      const reference = { timeMs, offsetMs };
      if (this.first === undefined) this.first = reference;
      else if (!sameReference(this.first, reference)) this.uniform = false;
      return true;
    }
    const inside =
      expr.kind === 'subquery'
        ? [...outer, { timeMs: this.#timeOf(expr.at), offsetMs: this.#offsetOf(expr.offset) }]
        : outer;
    let hasSelector = false;
    for (const child of childrenOf(expr)) if (this.visit(child, inside)) hasSelector = true;
    // What selects nothing has the time of the step, for which no other time can stand.
    if (!hasSelector) this.uniform = false;
    return hasSelector;
  }
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'paren':
    case 'unary':
    case 'subquery':
    case 'aggregate':
      return [expr.expr];
    case 'matrix':
      return [expr.selector];
    case 'binary': {
      // A chain of operators as one list: its length costs no stack.
      const operands: Expr[] = [];
      let first: Expr = expr;
      for (; first.kind === 'binary'; first = first.left) operands.push(first.right);
      return [first, ...operands.reverse()];
    }
    case 'call':
      return expr.func === 'info' ? expr.args.slice(0, 1) : expr.args;
    default:
      return [];
  }
}

/** Whether an expression has selectors, and all of them look at the same time. */
export function hasOneReference(scope: TimeScope, expr: Expr): boolean {
  const references = new References(scope);
  return references.visit(expr, []) && references.uniform;
}

/** The time that all selectors of an expression share, else that of the step. */
export function referenceOf(scope: TimeScope, expr: Expr): Reference {
  const references = new References(scope);
  references.visit(expr, []);
  return references.uniform ? (references.first ?? NO_REFERENCE) : NO_REFERENCE;
}
