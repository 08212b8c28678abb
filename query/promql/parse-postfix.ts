// What may follow a selector or sub-query: ranges, sub-query brackets, `offset` and `@`, each checked where it stands.
import type { SyntaxNode } from '@lezer/common';
import type { At, Duration, Expr, Modifiers } from './ast.ts';
import { parseNumber } from './literals.ts';
import { childrenOf, type ParseContext } from './parse-context.ts';

/** Longest duration that Prometheus' 64-bit nanoseconds hold, in seconds. */
const MAX_DURATION_SECONDS = 2 ** 63 / 1e9;
/** Largest millisecond count of an `@` timestamp: 64 bits. */
const MAX_TIMESTAMP_MS = 2 ** 63;

/** Applies one postfix node of the grammar to the operand that stands before it. */
export function applyPostfix(context: ParseContext, expr: Expr, node: SyntaxNode): Expr {
  switch (node.name) {
    case 'MatrixSelector':
      return applyRange(context, expr, node);
    case 'SubqueryExpr':
      return applySubquery(context, expr, node);
    case 'OffsetExpr':
      return applyOffset(context, expr, node);
    case 'StepInvariantExpr':
      return applyAt(context, expr, node);
    default:
      return applyExtended(context, expr, node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed', node.to);
  }
}

function applyExtended(context: ParseContext, expr: Expr, extended: 'anchored' | 'smoothed', end: number): Expr {
  if (!context.features.extendedRangeSelectors)
    context.fail(expr.start, `${extended} modifier is experimental and not enabled`);
  if (expr.kind === 'subquery') context.fail(expr.start, `${extended} modifier is not supported for subqueries`);
  if (expr.kind !== 'vector' && expr.kind !== 'matrix')
    return context.fail(expr.start, `${extended} modifier not implemented`);
  const selector = expr.kind === 'vector' ? expr : expr.selector;
  if (selector.extended !== undefined && selector.extended !== extended)
    context.fail(expr.start, 'anchored and smoothed modifiers cannot be used together');
  if (expr.kind === 'vector') return { ...expr, extended, end };
  return { ...expr, selector: { ...expr.selector, extended }, end };
}

function bracketOf(context: ParseContext, node: SyntaxNode): number {
  const first = node.firstChild;
  return first === null ? node.from : context.query.indexOf('[', first.to);
}

function applyRange(context: ParseContext, expr: Expr, node: SyntaxNode): Expr {
  const bracket = bracketOf(context, node);
  if (expr.kind !== 'vector') return context.fail(bracket, 'ranges only allowed for vector selectors');
  if (expr.offset !== undefined) context.fail(bracket, 'no offset modifiers allowed before range');
  if (expr.at !== undefined) context.fail(bracket, 'no @ modifiers allowed before range');
  const written = childrenOf(node)[1];
  if (written === undefined) return context.fail(bracket, 'duration must be greater than 0');
  return {
    kind: 'matrix',
    selector: expr,
    range: positive(context, readDuration(context, written)),
    start: expr.start,
    end: node.to,
  };
}

function applySubquery(context: ParseContext, expr: Expr, node: SyntaxNode): Expr {
  const [, range, step] = childrenOf(node);
  if (range === undefined) return context.fail(bracketOf(context, node), 'duration must be greater than 0');
  return {
    kind: 'subquery',
    expr,
    range: positive(context, readDuration(context, range)),
    step: step === undefined ? undefined : positive(context, readDuration(context, step)),
    offset: undefined,
    at: undefined,
    start: expr.start,
    end: node.to,
  };
}

function modify(
  context: ParseContext,
  expr: Expr,
  what: string,
  twice: string,
  change: (old: Modifiers) => Partial<Modifiers> | undefined,
  end: number,
): Expr {
  const holder = expr.kind === 'matrix' ? expr.selector : expr;
  if (holder.kind !== 'vector' && holder.kind !== 'subquery') {
    return context.fail(
      expr.start,
      `${what} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
    );
  }
  const changed = change(holder);
  if (changed === undefined) return context.fail(expr.start, twice);
  if (expr.kind === 'matrix') return { ...expr, selector: { ...expr.selector, ...changed }, end };
  return { ...holder, ...changed, end };
}

function applyOffset(context: ParseContext, expr: Expr, node: SyntaxNode): Expr {
  const written = childrenOf(node).at(-1);
  if (written === undefined)
    return context.fail(node.from, 'unexpected end of input in offset, expected number, duration, step(), or range()');
  const offset = readDuration(context, written);
  return modify(
    context,
    expr,
    'offset',
    'offset may not be set multiple times',
    (old) => (old.offset === undefined ? { offset } : undefined),
    node.to,
  );
}

function applyAt(context: ParseContext, expr: Expr, node: SyntaxNode): Expr {
  const written = childrenOf(node).at(-1);
  if (written === undefined) return context.fail(node.from, 'unexpected end of input in @, expected timestamp');
  const text = context.text(written).replaceAll(/\s+/g, '');
  let at: At;
  if (written.name === 'AtModifierPreprocessors') at = { kind: text.toLowerCase() === 'start' ? 'start' : 'end' };
  else {
    const sign = text.startsWith('-') ? -1 : 1;
    const seconds = sign * (parseNumber(text.replace(/^[+-]/, ''))?.value ?? NaN);
    const timeMs = Math.round(seconds * 1000);
    if (!(Math.abs(timeMs) < MAX_TIMESTAMP_MS))
      context.fail(expr.start, `timestamp out of bounds for @ modifier: ${formatFixed(seconds)}`);
    at = { kind: 'time', timeMs };
  }
  return modify(
    context,
    expr,
    '@',
    '@ <timestamp> may not be set multiple times',
    (old) => (old.at === undefined ? { at } : undefined),
    node.to,
  );
}

function formatFixed(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

function positive(context: ParseContext, duration: Duration): Duration {
  const negative = duration.kind === 'negate' && duration.expr.kind === 'number';
  if (negative || (duration.kind === 'number' && duration.seconds <= 0))
    context.fail(duration.start, 'duration must be greater than 0');
  return duration;
}

function readDuration(context: ParseContext, node: SyntaxNode): Duration {
  const span = { start: node.from, end: node.to };
  const parts = childrenOf(node);
  const first = parts[0];
  if (node.name === 'NumberDurationLiteralInDurationContext') {
    const text = context.text(node);
    const number = parseNumber(text);
    if (number === undefined) return context.fail(node.from, `bad number or duration syntax: ${JSON.stringify(text)}`);
    if (!(number.value < MAX_DURATION_SECONDS)) context.fail(node.from, 'duration out of range');
    return { kind: 'number', seconds: number.value, duration: number.duration, ...span };
  }
  if (first === undefined) return context.fail(node.from, 'expected number literal or duration expression');
  if (first.name === 'DurationStep' || first.name === 'DurationRange')
    return { kind: first.name === 'DurationStep' ? 'step' : 'range', ...span };
  if (first.name === 'UnaryOp') {
    return {
      kind: context.text(first) === '-' ? 'negate' : 'plus',
      expr: readDuration(context, parts[1] ?? node),
      ...span,
    };
  }
  if (parts.length === 1) {
    const inner = readDuration(context, first);
    return context.query[node.from] === '(' ? { kind: 'paren', expr: inner, ...span } : inner;
  }
  const last = parts.at(-1) ?? first;
  if (first.name === 'DurationMinOf' || first.name === 'DurationMaxOf') {
    const kind = first.name === 'DurationMinOf' ? 'min_of' : 'max_of';
    return { kind, left: readDuration(context, parts[1] ?? first), right: readDuration(context, last), ...span };
  }
  const op = context.text(parts[1] ?? first) as '+' | '-' | '*' | '/' | '%' | '^';
  const right = readDuration(context, last);
  if ((op === '/' || op === '%') && right.kind === 'number' && right.seconds === 0) {
    context.fail((parts[1] ?? first).from, op === '/' ? 'division by zero' : 'modulo by zero');
  }
  return { kind: 'binary', op, left: readDuration(context, first), right, ...span };
}
