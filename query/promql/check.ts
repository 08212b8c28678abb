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
import type { LanguageFeatures } from './features.ts';
import { SIGNATURES } from './functions/registry.ts';
import { parseError, PromqlError } from './promql-error.ts';

const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

class Checker {
  readonly query: string;
  readonly features: LanguageFeatures;

  constructor(query: string, features: LanguageFeatures) {
    this.query = query;
    this.features = features;
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
    switch (expr.kind) {
      case 'number':
        return 'scalar';
      case 'string':
        return 'string';
      case 'paren':
        return this.check(expr.expr);
      case 'unary': {
        const type = this.check(expr.expr);
        if (type !== 'scalar' && type !== 'vector') {
          this.fail(
            expr.start,
            `unary expression only allowed on expressions of type scalar or instant vector, got "${TYPE_NAMES[type]}"`,
          );
        }
        return type;
      }
      case 'binary':
        return this.checkBinary(expr);
      case 'aggregate':
        return this.checkAggregate(expr);
      case 'call':
        return this.checkCall(expr);
      case 'vector':
        return this.checkSelector(expr);
      case 'matrix':
        this.check(expr.selector);
        return 'matrix';
      case 'subquery': {
        const type = this.check(expr.expr);
        if (type !== 'vector')
          this.fail(expr.start, `subquery is only allowed on instant vector, got ${TYPE_NAMES[type]} instead`);
        return 'matrix';
      }
    }
  }

  checkSelector(expr: VectorSelector): ValueType {
    if (!expr.matchers.some((matcher) => !matcher.matches(''))) {
      this.fail(expr.start, 'vector selector must contain at least one non-empty matcher');
    }
    return 'vector';
  }

  checkBinary(expr: Binary): ValueType {
    const left = this.check(expr.left);
    const right = this.check(expr.right);
    const scalars = left === 'scalar' && right === 'scalar';
    if (expr.bool && !isComparison(expr.op))
      this.fail(expr.opStart, 'bool modifier can only be used on comparison operators');
    if (isComparison(expr.op) && !expr.bool && scalars)
      this.fail(expr.opStart, 'comparisons between scalars must use BOOL modifier');
    const { matching } = expr;
    if (matching?.on === true) {
      const both = matching.labels.find((label) => matching.include.includes(label));
      if (both !== undefined)
        this.fail(expr.opStart, `label ${JSON.stringify(both)} must not occur in ON and GROUP clause at once`);
    }
    for (const [side, type] of [
      [expr.left, left],
      [expr.right, right],
    ] as const) {
      if (type !== 'scalar' && type !== 'vector')
        this.fail(side.start, 'binary expression must contain only scalar and instant vector types');
    }
    if (left !== 'vector' || right !== 'vector') {
      if (
        matching !== undefined &&
        (matching.labels.length > 0 || matching.card === 'many-to-one' || matching.card === 'one-to-many')
      ) {
        this.fail(expr.start, 'vector matching only allowed between instant vectors');
      }
      if (matching?.fillLeft !== undefined || matching?.fillRight !== undefined)
        this.fail(expr.start, 'filling in missing series only allowed between instant vectors');
      if (isSetOp(expr.op)) this.fail(expr.start, `set operator "${expr.op}" not allowed in binary scalar expression`);
      return scalars ? 'scalar' : 'vector';
    }
    if (isSetOp(expr.op)) {
      if (matching?.card === 'one-to-many' || matching?.card === 'many-to-one')
        this.fail(expr.start, `no grouping allowed for "${expr.op}" operation`);
      if (matching?.card !== 'many-to-many') this.fail(expr.start, 'set operations must always be many-to-many');
      if (matching?.fillLeft !== undefined || matching?.fillRight !== undefined)
        this.fail(expr.start, 'filling in missing series not allowed for set operators');
    }
    return 'vector';
  }

  checkAggregate(expr: Aggregate): ValueType {
    if ((expr.op === 'limitk' || expr.op === 'limit_ratio') && !this.features.experimentalFunctions) {
      this.fail(
        expr.start,
        `${expr.op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
      );
    }
    this.expect(expr.expr, 'vector', 'aggregation expression');
    if (expr.param !== undefined)
      this.expect(expr.param, expr.op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
    return 'vector';
  }

  checkCall(expr: Call): ValueType {
    const known = SIGNATURES.get(expr.func);
    if (known === undefined) return this.fail(expr.start, `unknown function with name "${expr.func}"`);
    if (known.experimental && !this.features.experimentalFunctions)
      this.fail(expr.start, `function "${expr.func}" is not enabled`);
    const given = expr.args.length;
    const { args, variadic } = known;
    if (variadic === 0 && given !== args.length) {
      this.fail(expr.start, `expected ${args.length} argument(s) in call to "${expr.func}", got ${given}`);
    }
    const least = args.length - (variadic < 0 ? 1 : variadic);
    const fewest = expr.func === 'histogram_quantiles' ? 3 : least;
    if (variadic !== 0 && given < fewest)
      this.fail(expr.start, `expected at least ${fewest} argument(s) in call to "${expr.func}", got ${given}`);
    const most = expr.func === 'histogram_quantiles' ? 12 : args.length;
    if (variadic > 0 && given > most)
      this.fail(expr.start, `expected at most ${most} argument(s) in call to "${expr.func}", got ${given}`);
    if (expr.func === 'info' && expr.args[1] !== undefined && expr.args[1].kind !== 'vector')
      this.fail(expr.args[1].start, 'expected label selectors only');
    for (const [at, arg] of expr.args.entries()) {
      const wanted = args[Math.min(at, args.length - 1)] ?? 'scalar';
      if (expr.func === 'info' && at === 1) continue;
      this.expect(arg, wanted, `call to function "${expr.func}"`);
    }
    return known.returns;
  }
}

/** The type of an expression. Throws PromqlError `bad_data` when it has none. */
export function checkTypes(query: string, expr: Expr, features: LanguageFeatures): ValueType {
  return new Checker(query, features).check(expr);
}

/** Range queries take scalars and instant vectors only. */
export function checkRangeQuery(type: ValueType): void {
  if (type === 'scalar' || type === 'vector') return;
  throw new PromqlError(
    'bad_data',
    `invalid expression type "${TYPE_NAMES[type]}" for range query, must be Scalar or instant Vector`,
  );
}
