// Durations in brackets and behind `offset`: literals, and expressions of step(), range(), min_of() and max_of().
import type { Duration } from '../ast.ts';
import { MAX_QUERY_DEPTH } from '../limits.ts';
import { readDuration, readNumber } from './read-number.ts';
import type { Token, TokenKind } from './token.ts';
import { nestingError, type TokenStream } from './token-stream.ts';

type DurationOp = '+' | '-' | '*' | '/' | '%' | '^';

const PRECEDENCE: ReadonlyMap<TokenKind, number> = new Map([
  ['+', 1],
  ['-', 1],
  ['*', 2],
  ['/', 2],
  ['%', 2],
  ['^', 3],
]);
const POW = 3;

/** Longest duration that 64 bits of nanoseconds hold. */
const MAX_SECONDS = 2 ** 63 / 1e9;

export interface NumberToken {
  readonly value: number;
  readonly duration: boolean;
}

export function isNumeric(kind: TokenKind): boolean {
  return kind === 'number' || kind === 'duration';
}

/** The value of a token of kind number or duration. */
export function readNumeric(stream: TokenStream, token: Token): NumberToken {
  const duration = token.kind === 'duration';
  const read = duration ? readDuration(stream.text(token)) : readNumber(stream.text(token));
  return 'error' in read ? stream.fail(token.start, read.error) : { value: read.value, duration };
}

type Literal = Extract<Duration, { kind: 'number' }>;

function readLiteral(stream: TokenStream, sign: Token | undefined): Literal {
  const token = stream.take();
  const { value, duration } = readNumeric(stream, token);
  const start = sign?.start ?? token.start;
  if (Math.abs(value) > MAX_SECONDS) stream.fail(start, 'duration out of range');
  return { kind: 'number', seconds: sign?.kind === '-' ? -value : value, duration, start, end: token.end };
}

/** step(), range(), min_of(…) or max_of(…). */
function readKeyword(stream: TokenStream): Duration {
  const token = stream.take();
  stream.expect('(');
  if (token.kind === 'step' || token.kind === 'range')
    return { kind: token.kind, start: token.start, end: stream.expect(')').end };
  const left = readExpression(stream, 1);
  stream.expect(',');
  const right = readExpression(stream, 1);
  stream.expect(')');
  return { kind: token.kind === 'min_of' ? 'min_of' : 'max_of', left, right, start: left.start, end: right.end };
}

function isKeyword(kind: TokenKind): boolean {
  return kind === 'step' || kind === 'range' || kind === 'min_of' || kind === 'max_of';
}

/** Parentheses around parentheses say nothing more. */
function inParentheses(expr: Duration, start: number, end: number): Duration {
  if (expr.kind === 'paren') return expr;
  if (expr.kind === 'number') return { kind: 'paren', expr, start, end };
  return { kind: 'paren', expr, start: expr.start, end: expr.end };
}

function readParentheses(stream: TokenStream): Duration {
  const open = stream.take();
  const expr = readExpression(stream, 1);
  return inParentheses(expr, open.start, stream.expect(')').end);
}

function withSign(sign: Token, expr: Duration): Duration {
  const negative = sign.kind === '-';
  if (expr.kind === 'number') return { ...expr, seconds: negative ? -expr.seconds : expr.seconds, start: sign.start };
  return negative ? { kind: 'negate', expr, start: sign.start, end: expr.end } : expr;
}

function readOperand(stream: TokenStream): Duration {
  const kind = stream.peek();
  if (isNumeric(kind)) return readLiteral(stream, undefined);
  if (isKeyword(kind)) return readNested(stream, readKeyword);
  if (kind === '(') return readNested(stream, readParentheses);
  if (kind !== '+' && kind !== '-') return stream.unexpected();
  return readNested(stream, () => withSign(stream.take(), readExpression(stream, POW)));
}

function readNested(stream: TokenStream, read: (stream: TokenStream) => Duration): Duration {
  stream.enter();
  const expr = read(stream);
  stream.leave();
  return expr;
}

function readOperators(stream: TokenStream, first: Duration, minimum: number): Duration {
  let left = first;
  let length = 0;
  for (;;) {
    const precedence = PRECEDENCE.get(stream.peek()) ?? 0;
    if (precedence < minimum) return left;
    if (++length > MAX_QUERY_DEPTH) throw nestingError();
    const token = stream.take();
    const right =
      precedence === POW
        ? readNested(stream, () => readExpression(stream, POW))
        : readExpression(stream, precedence + 1);
    if (right.kind === 'number' && right.seconds === 0 && (token.kind === '/' || token.kind === '%'))
      stream.fail(token.start, token.kind === '/' ? 'division by zero' : 'modulo by zero');
    left = { kind: 'binary', op: token.kind as DurationOp, left, right, start: left.start, end: right.end };
  }
}

function readExpression(stream: TokenStream, minimum: number): Duration {
  return readOperators(stream, readOperand(stream), minimum);
}

/** A duration in brackets: a literal must be positive, an expression is checked where it is evaluated. */
export function readPositiveDuration(stream: TokenStream): Duration {
  const duration = readExpression(stream, 1);
  if (duration.kind === 'number' && duration.seconds <= 0)
    stream.fail(duration.start, 'duration must be greater than 0');
  return duration.kind === 'number' ? { ...duration, duration: true } : duration;
}

/** A duration behind `offset`: only one that starts with a parenthesis or two signs goes on with operators. */
export function readOffset(stream: TokenStream): Duration {
  const first = stream.peek();
  if (isNumeric(first)) return { ...readLiteral(stream, undefined), duration: true };
  if (isKeyword(first)) return readNested(stream, readKeyword);
  if (first === '(') return readOperators(stream, readNested(stream, readParentheses), 1);
  if (first !== '+' && first !== '-') return stream.unexpected();
  const sign = stream.take();
  const second = stream.peek();
  if (isNumeric(second)) return { ...readLiteral(stream, sign), duration: true };
  if (isKeyword(second)) {
    const expr = readKeyword(stream);
    return withSign(sign, expr);
  }
  if (second !== '(') return readOperators(stream, withSign(sign, readExpression(stream, POW)), 1);
  stream.take();
  const inner = readExpression(stream, 1);
  stream.expect(')');
  return withSign(sign, inParentheses(inner, inner.start, inner.end));
}
