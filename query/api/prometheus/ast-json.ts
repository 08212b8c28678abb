// The syntax tree in the JSON form of /api/v1/parse_query, which query builders read.
import type { Binary, Duration, Expr, Modifiers, VectorSelector } from '#query/promql/ast.ts';
import { formatPlain } from '#query/promql/format-number.ts';
import { SIGNATURES } from '#query/promql/functions/registry.ts';
import { MAX_QUERY_DEPTH } from '#query/promql/limits.ts';
import { nestingError } from '#query/promql/syntax/token-stream.ts';

type Json = Readonly<Record<string, unknown>>;

function durationJson(duration: Duration, wrapped = false): Json {
  switch (duration.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatPlain(duration.seconds), duration: duration.duration };
    case 'paren':
      // A number in parentheses is shown as one with a sign.
      return duration.expr.kind === 'number'
        ? { type: 'durationExpr', op: '+', lhs: null, rhs: durationJson(duration.expr), wrapped: true }
        : durationJson(duration.expr, true);
    case 'step':
    case 'range':
      return { type: 'durationExpr', op: duration.kind, lhs: null, rhs: null, wrapped };
    case 'negate':
      return { type: 'durationExpr', op: '-', lhs: null, rhs: durationJson(duration.expr), wrapped };
    case 'min_of':
    case 'max_of':
      return {
        type: 'durationExpr',
        op: duration.kind,
        lhs: durationJson(duration.left),
        rhs: durationJson(duration.right),
        wrapped,
      };
    case 'binary':
      return {
        type: 'durationExpr',
        op: duration.op,
        lhs: durationJson(duration.left),
        rhs: durationJson(duration.right),
        wrapped,
      };
  }
}

/** Milliseconds where the duration is a plain number, else 0 and the expression. */
function plainOrExpression(duration: Duration | undefined): { ms: number; expr: Json | null } {
  if (duration === undefined) return { ms: 0, expr: null };
  if (duration.kind === 'number') return { ms: Math.round(duration.seconds * 1000), expr: null };
  return { ms: 0, expr: durationJson(duration) };
}

function modifiersJson({ offset, at }: Modifiers): Json {
  const { ms, expr } = plainOrExpression(offset);
  return {
    offset: ms,
    offsetExpr: expr,
    timestamp: at?.kind === 'time' ? at.timeMs : null,
    startOrEnd: at === undefined || at.kind === 'time' ? null : at.kind,
  };
}

function selectorJson(expr: VectorSelector): Json {
  const matchers = expr.matchers.map(({ name, operator, value }) => ({ name, type: operator, value }));
  return {
    name: expr.name,
    matchers,
    ...modifiersJson(expr),
    anchored: expr.extended === 'anchored',
    smoothed: expr.extended === 'smoothed',
  };
}

function matchingJson(expr: Binary): Json | null {
  const { matching } = expr;
  if (matching === undefined) return null;
  const { card, labels, on, include, fillLeft, fillRight } = matching;
  return { card, labels, on, include, fillValues: { lhs: fillLeft ?? null, rhs: fillRight ?? null } };
}

/** A chain of operators, from its first operand on: its length costs no stack. */
function chainJson(last: Binary): Json {
  const chain: Binary[] = [];
  let first: Expr = last;
  for (; first.kind === 'binary'; first = first.left) chain.push(first);
  if (chain.length > MAX_QUERY_DEPTH) throw nestingError();
  let json = astJson(first);
  for (const expr of chain.reverse()) {
    json = {
      type: 'binaryExpr',
      op: expr.op,
      lhs: json,
      rhs: astJson(expr.right),
      matching: matchingJson(expr),
      bool: expr.bool,
    };
  }
  return json;
}

/** The tree of one expression. */
export function astJson(expr: Expr): Json {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatPlain(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'paren':
      return { type: 'parenExpr', expr: astJson(expr.expr) };
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: astJson(expr.expr) };
    case 'binary':
      return chainJson(expr);
    case 'aggregate': {
      const param = expr.param === undefined ? null : astJson(expr.param);
      return {
        type: 'aggregation',
        op: expr.op,
        expr: astJson(expr.expr),
        param,
        grouping: expr.grouping,
        without: expr.without,
      };
    }
    case 'call': {
      const known = SIGNATURES.get(expr.func);
      const func = {
        name: expr.func,
        argTypes: known?.args ?? [],
        variadic: known?.variadic ?? 0,
        returnType: known?.returns ?? 'vector',
      };
      return { type: 'call', func, args: expr.args.map(astJson) };
    }
    case 'vector':
      return { type: 'vectorSelector', ...selectorJson(expr) };
    case 'matrix': {
      const { ms, expr: rangeExpr } = plainOrExpression(expr.range);
      return { type: 'matrixSelector', ...selectorJson(expr.selector), range: ms, rangeExpr };
    }
    case 'subquery': {
      const range = plainOrExpression(expr.range);
      const step = plainOrExpression(expr.step);
      return {
        type: 'subquery',
        expr: astJson(expr.expr),
        range: range.ms,
        rangeExpr: range.expr,
        step: step.ms,
        stepExpr: step.expr,
        ...modifiersJson(expr),
      };
    }
  }
}
