// The time that all selectors of an expression look at, relative to the step: info() looks for its series at the same one.
import { durationMs, type DurationScope } from '../duration.ts';
import type { At, Expr, Modifiers, Subquery } from '../ast.ts';

/** Where selectors look: at the step's time or at a fixed one, less an offset. */
export interface Reference {
  readonly atMs: number | undefined;
  readonly offsetMs: number;
}

interface Times {
  readonly query: { readonly startMs: number; readonly endMs: number };
  readonly durations: DurationScope;
}

/** Functions that give scalars: nothing in them is a series. */
const OF_SCALARS: ReadonlySet<string> = new Set([
  'scalar',
  'time',
  'pi',
  'start',
  'end',
  'range',
  'step',
  'min_of',
  'max_of',
]);

function isSeries(expr: Expr): boolean {
  if (expr.kind === 'number' || expr.kind === 'string') return false;
  if (expr.kind === 'paren' || expr.kind === 'unary') return isSeries(expr.expr);
  if (expr.kind === 'binary') return expr.type !== 'scalar';
  return expr.kind !== 'call' || !OF_SCALARS.has(expr.func);
}

function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'binary':
      return [expr.left, expr.right];
    case 'aggregate':
    case 'subquery':
    case 'paren':
    case 'unary':
      return [expr.expr];
    case 'matrix':
      return [expr.selector];
    case 'call':
      // The second argument of info() is written like a selector, but it is none.
      return expr.func === 'info' ? expr.args.slice(0, 1) : expr.args;
    default:
      return [];
  }
}

function same(a: Reference, b: Reference): boolean {
  if (a.atMs === undefined || b.atMs === undefined) return a.atMs === b.atMs && a.offsetMs === b.offsetMs;
  return a.atMs - a.offsetMs === b.atMs - b.offsetMs;
}

class References {
  readonly #times: Times;
  #first: Reference | undefined;
  #uniform = true;

  constructor(times: Times) {
    this.#times = times;
  }

  get shared(): Reference | undefined {
    return this.#uniform ? this.#first : undefined;
  }

  #timeOf(at: At): number {
    if (at.kind === 'time') return at.timeMs;
    return at.kind === 'start' ? this.#times.query.startMs : this.#times.query.endMs;
  }

  /** Sub-queries around a selector move it, until one of them, or the selector itself, is pinned. */
  #referenceOf(selector: Modifiers, around: readonly Subquery[]): Reference {
    let offsetMs = 0;
    for (const { at, offset } of [selector, ...around.toReversed()]) {
      if (offset !== undefined) offsetMs += durationMs(offset, this.#times.durations, true);
      if (at !== undefined) return { atMs: this.#timeOf(at), offsetMs };
    }
    return { atMs: undefined, offsetMs };
  }

  /** True when there is a selector in it. Series without one follow the time of the step. */
  look(expr: Expr, around: readonly Subquery[]): boolean {
    if (!isSeries(expr)) return false;
    if (expr.kind === 'vector') {
      const reference = this.#referenceOf(expr, around);
      this.#first ??= reference;
      this.#uniform &&= same(this.#first, reference);
      return true;
    }
    const inside = expr.kind === 'subquery' ? [...around, expr] : around;
    let found = false;
    for (const child of children(expr)) found = this.look(child, inside) || found;
    this.#uniform &&= found;
    return found;
  }
}

/** What all selectors of an expression share; undefined when they look at different times, or when something in it has no selector. */
export function sharedReference(expr: Expr, times: Times): Reference | undefined {
  const references = new References(times);
  references.look(expr, []);
  return references.shared;
}
