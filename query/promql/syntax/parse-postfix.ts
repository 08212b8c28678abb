// What may follow an expression: ranges, sub-queries, `offset`, `@`, `anchored` and `smoothed`, each checked where it stands.
import type { At, Duration, Expr, MatrixSelector, Subquery, VectorSelector } from '../ast.ts';
import { isNumeric, readNumeric, readOffset, readPositiveDuration } from './parse-duration.ts';
import type { Token } from './token.ts';
import type { TokenStream } from './token-stream.ts';

const IN_OFFSET = ' in offset, expected number, duration, step(), or range()';
const IN_AT = ' in @, expected timestamp';
const IN_BRACKETS = ' in subquery or range selector, expected number, duration, step(), or range()';
const IN_STEP = ' in subquery selector, expected number, duration, step(), range(), or "]"';

/** Applies everything that follows an operand. */
export function readPostfixes(stream: TokenStream, operand: Expr): Expr {
  let expr = operand;
  const outer = stream.context;
  for (;;) {
    switch (stream.peek()) {
      case '[':
        expr = readBrackets(stream, expr);
        break;
      case 'offset':
        expr = readOffsetOf(stream, expr);
        break;
      case '@':
        expr = readAtOf(stream, expr);
        break;
      case 'anchored':
      case 'smoothed':
        expr = extend(stream, expr, stream.take());
        break;
      default:
        return expr;
    }
    stream.context = outer;
  }
}

function readBrackets(stream: TokenStream, expr: Expr): Expr {
  const open = stream.take();
  stream.context = IN_BRACKETS;
  const range = readPositiveDuration(stream);
  if (stream.peek() === ']') return makeRange(stream, expr, open, range, stream.take().end);
  stream.expect(':', ' in subquery or range, expected ":" or "]"');
  stream.context = IN_STEP;
  const step = stream.peek() === ']' ? undefined : readPositiveDuration(stream);
  const { end } = stream.expect(']', ' in subquery selector, expected "]"');
  return { kind: 'subquery', expr, range, step, offset: undefined, at: undefined, start: expr.start, end };
}

function makeRange(stream: TokenStream, expr: Expr, open: Token, range: Duration, end: number): MatrixSelector {
  if (expr.kind !== 'vector') return stream.fail(open.start, 'ranges only allowed for vector selectors');
  if (expr.offset !== undefined) stream.fail(open.start, 'no offset modifiers allowed before range');
  if (expr.at !== undefined) stream.fail(open.start, 'no @ modifiers allowed before range');
  return { kind: 'matrix', selector: expr, range, start: expr.start, end };
}

/** The selector or sub-query that a modifier changes. */
function holderOf(stream: TokenStream, expr: Expr, what: string): VectorSelector | Subquery {
  if (expr.kind === 'matrix') return expr.selector;
  if (expr.kind === 'vector' || expr.kind === 'subquery') return expr;
  return stream.fail(
    expr.start,
    `${what} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
  );
}

function readOffsetOf(stream: TokenStream, expr: Expr): Expr {
  stream.take();
  stream.context = IN_OFFSET;
  const written = readOffset(stream);
  const holder = holderOf(stream, expr, 'offset');
  if (holder.offset !== undefined) stream.fail(expr.start, 'offset may not be set multiple times');
  const isNothing = written.kind === 'number' && Math.round(written.seconds * 1e9) === 0;
  const offset = isNothing ? undefined : written;
  const end = stream.lastClosing;
  if (expr.kind === 'matrix') return { ...expr, selector: { ...expr.selector, offset }, end };
  return { ...holder, offset, end };
}

function readAtOf(stream: TokenStream, expr: Expr): Expr {
  stream.take();
  stream.context = IN_AT;
  const at = readAt(stream, expr);
  const holder = holderOf(stream, expr, '@');
  if (holder.at !== undefined) stream.fail(expr.start, '@ <timestamp> may not be set multiple times');
  const end = stream.lastClosing;
  if (expr.kind === 'matrix') return { ...expr, selector: { ...expr.selector, at }, end };
  return { ...holder, at, end };
}

function readAt(stream: TokenStream, expr: Expr): At {
  const kind = stream.peek();
  if (kind === 'start' || kind === 'end') {
    stream.take();
    stream.expect('(');
    stream.expect(')');
    return { kind };
  }
  if (kind === '+' || kind === '-') stream.take();
  if (!isNumeric(stream.peek())) return stream.unexpected();
  const { value } = readNumeric(stream, stream.take());
  const seconds = kind === '-' ? -value : value;
  if (!(Math.abs(seconds) < MAX_SECONDS))
    stream.fail(expr.start, `timestamp out of bounds for @ modifier: ${formatFixed(seconds)}`);
  return { kind: 'time', timeMs: roundHalfAway(seconds * 1000) };
}

/** Largest second count of an `@` timestamp: 64 bits. */
const MAX_SECONDS = 2 ** 63;

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0;
}

/** Go's %f. */
function formatFixed(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

function extend(stream: TokenStream, expr: Expr, token: Token): Expr {
  const extended = token.kind === 'anchored' ? 'anchored' : 'smoothed';
  if (!stream.features.extendedRangeSelectors)
    stream.fail(expr.start, `${extended} modifier is experimental and not enabled`);
  if (expr.kind === 'subquery') return stream.fail(expr.start, `${extended} modifier is not supported for subqueries`);
  if (expr.kind !== 'vector' && expr.kind !== 'matrix')
    return stream.fail(expr.start, `${extended} modifier not implemented`);
  const selector = expr.kind === 'vector' ? expr : expr.selector;
  if (selector.extended !== undefined && selector.extended !== extended)
    stream.fail(expr.start, 'anchored and smoothed modifiers cannot be used together');
  return expr.kind === 'vector' ? { ...expr, extended } : { ...expr, selector: { ...selector, extended } };
}
