// The type checker: which expressions mean something, with Prometheus' own messages for those that do not.
import {
  isComparison,
  isSetOp,
  type Aggregate,
  type Binary,
  type Call,
  type Expr,
  type ValueType,
  type VectorSelector,
} from './ast.ts';
import { SIGNATURES } from './functions/registry.ts';
import type { FunctionSignature } from './functions/signature.ts';
import { METRIC_NAME } from './labels.ts';
import { MAX_QUERY_DEPTH } from './limits.ts';
import { parseError, PromqlError } from './promql-error.ts';
import { quote } from './quote.ts';
import { nestingError } from './syntax/token-stream.ts';
import { typeOf } from './syntax/type-of.ts';

const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

class Checker {
  readonly query: string;
  #depth = 0;

  constructor(query: string) {
    this.query = query;
  }

  fail(at: number, message: string): never {
    throw parseError(this.query, at, message);
  }

  expect(expr: Expr, wanted: ValueType, where: string): void {
    const got = this.check(expr);
    if (got !== wanted)
      this.fail(expr.start, `expected type ${TYPE_NAMES[wanted]} in ${where}, got ${TYPE_NAMES[got]}`);
  }

  check(expr: Expr): ValueType {
    if (++this.#depth > MAX_QUERY_DEPTH) throw nestingError();
    this.checkParts(expr);
    this.#depth--;
    return typeOf(expr);
  }

  checkParts(expr: Expr): void {
    switch (expr.kind) {
      case 'number':
      case 'string':
        return;
      case 'paren':
        this.check(expr.expr);
        return;
      case 'unary': {
        const type = this.check(expr.expr);
        if (type === 'scalar' || type === 'vector') return;
        return this.fail(
          expr.start,
          `unary expression only allowed on expressions of type scalar or instant vector, got "${TYPE_NAMES[type]}"`,
        );
      }
      case 'binary':
        return this.checkChain(expr);
      case 'aggregate':
        return this.checkAggregate(expr);
      case 'call':
        return this.checkCall(expr);
      case 'vector':
        return this.checkSelector(expr, false);
      case 'matrix':
        return this.checkSelector(expr.selector, false);
      case 'subquery': {
        const type = this.check(expr.expr);
        if (type !== 'vector') this.fail(expr.start, `subquery is only allowed on instant vector, got ${type} instead`);
      }
    }
  }

  checkSelector(expr: VectorSelector, mayBeEmpty: boolean): void {
    if (expr.name !== '') {
      const second = expr.matchers.slice(0, -1).find((matcher) => matcher.name === METRIC_NAME);
      if (second !== undefined) {
        this.fail(expr.start, `metric name must not be set twice: ${quote(expr.name)} or ${quote(second.value)}`);
      }
    } else if (!mayBeEmpty && !expr.matchers.some((matcher) => !matcher.matches(''))) {
      this.fail(expr.start, 'vector selector must contain at least one non-empty matcher');
    }
  }

  /** A chain of operators, from its first operand on: its length costs no stack. */
  checkChain(last: Binary): void {
    const chain: Binary[] = [];
    let first: Expr = last;
    for (; first.kind === 'binary'; first = first.left) chain.push(first);
    this.check(first);
    for (const binary of chain.reverse()) {
      this.check(binary.right);
      this.checkOperator(binary, typeOf(binary.left), typeOf(binary.right));
    }
  }

  checkOperator(expr: Binary, left: ValueType, right: ValueType): void {
    const { op, matching } = expr;
    if (expr.bool && !isComparison(op))
      this.fail(expr.opStart, 'bool modifier can only be used on comparison operators');
    if (isComparison(op) && !expr.bool && left === 'scalar' && right === 'scalar')
      this.fail(expr.opStart, 'comparisons between scalars must use BOOL modifier');
    const both = matching?.on === true ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
    if (both !== undefined)
      this.fail(expr.opStart, `label ${quote(both)} must not occur in ON and GROUP clause at once`);
    for (const [side, type] of [
      [expr.left, left],
      [expr.right, right],
    ] as const) {
      if (type !== 'scalar' && type !== 'vector')
        this.fail(side.start, 'binary expression must contain only scalar and instant vector types');
    }
    const hasFill = matching?.fillLeft !== undefined || matching?.fillRight !== undefined;
    if (left !== 'vector' || right !== 'vector') {
      if (matching !== undefined && matching.labels.length > 0)
        this.fail(expr.start, 'vector matching only allowed between instant vectors');
      if (hasFill) this.fail(expr.start, 'filling in missing series only allowed between instant vectors');
      if (isSetOp(op)) this.fail(expr.start, `set operator "${op}" not allowed in binary scalar expression`);
      return;
    }
    if (!isSetOp(op)) return;
    if (matching?.card !== 'many-to-many') this.fail(expr.start, `no grouping allowed for "${op}" operation`);
    if (hasFill) this.fail(expr.start, 'filling in missing series not allowed for set operators');
  }

  checkAggregate(expr: Aggregate): void {
    this.expect(expr.expr, 'vector', 'aggregation expression');
    if (expr.param !== undefined)
      this.expect(expr.param, expr.op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
  }

  checkCall(expr: Call): void {
    const known = SIGNATURES.get(expr.func);
    if (known === undefined) return this.fail(expr.start, `unknown function with name ${quote(expr.func)}`);
    this.checkCount(expr, known);
    if (expr.func === 'info') this.checkInfoSelector(expr);
    for (const [at, arg] of expr.args.entries()) {
      if (expr.func === 'info' && at === 1 && arg.kind === 'vector') this.checkSelector(arg, true);
      else {
        const wanted = known.args[Math.min(at, known.args.length - 1)] ?? 'scalar';
        this.expect(arg, wanted, `call to function "${expr.func}"`);
      }
    }
  }

  checkCount(expr: Call, { args, variadic }: FunctionSignature): void {
    const given = expr.args.length;
    const isQuantiles = expr.func === 'histogram_quantiles';
    const fewest = isQuantiles ? 3 : args.length - (variadic < 0 ? 1 : variadic);
    const most = isQuantiles ? 12 : args.length;
    const where = `argument(s) in call to "${expr.func}", got ${given}`;
    if (variadic === 0 && given !== args.length) this.fail(expr.start, `expected ${args.length} ${where}`);
    if (variadic !== 0 && given < fewest) this.fail(expr.start, `expected at least ${fewest} ${where}`);
    if (variadic > 0 && given > most) this.fail(expr.start, `expected at most ${most} ${where}`);
  }

  /** The second argument of info() selects by labels and names no metric. */
  checkInfoSelector(expr: Call): void {
    const selector = expr.args[1];
    if (selector === undefined) return;
    const type = typeOf(selector);
    if (type !== 'vector')
      this.fail(expr.start, `expected type instant vector in call to function "info", got ${TYPE_NAMES[type]}`);
    if (selector.kind !== 'vector') this.fail(selector.start, 'expected label selectors only');
    else if (selector.name !== '')
      this.fail(selector.start, 'expected label selectors only, got vector selector instead');
  }
}

/** The type of an expression. Throws PromqlError `bad_data` when it has none. */
export function checkTypes(query: string, expr: Expr): ValueType {
  return new Checker(query).check(expr);
}

/** Range queries take scalars and instant vectors only. */
export function checkRangeQuery(type: ValueType): void {
  if (type === 'scalar' || type === 'vector') return;
  throw new PromqlError(
    'bad_data',
    `invalid expression type "${TYPE_NAMES[type]}" for range query, must be Scalar or instant Vector`,
  );
}
