// Text → typed syntax tree, by precedence. Chains of operators are read in a loop: their length costs no stack.
import type { Expr, VectorSelector } from './ast.ts';
import { STABLE_FEATURES, type LanguageFeatures } from './features.ts';
import { MAX_QUERY_BYTES } from './limits.ts';
import { parseError, PromqlError } from './promql-error.ts';
import { readOperand, readSelector } from './syntax/parse-operand.ts';
import { makeBinary, operatorAhead, POW, readModifiers } from './syntax/parse-operators.ts';
import { readPostfixes } from './syntax/parse-postfix.ts';
import { TokenStream } from './syntax/token-stream.ts';

/** Parses one expression. Throws PromqlError `bad_data` with Prometheus' `line:col: parse error: …`. */
export function parse(query: string, features: LanguageFeatures = STABLE_FEATURES): Expr {
  const stream = tokensOf(query, features);
  if (stream.peek() === 'end of input') throw parseError(query, 0, 'no expression found in input');
  const expr = readExpression(stream);
  stream.expect('end of input');
  return expr;
}

/** Parses a selector of series, as `match[]` has them. Throws as `parse` does. */
export function parseSelector(text: string): VectorSelector {
  const stream = tokensOf(text, STABLE_FEATURES);
  const selector = readSelector(stream);
  stream.expect('end of input');
  return selector;
}

function tokensOf(query: string, features: LanguageFeatures): TokenStream {
  const bytes = Buffer.byteLength(query);
  if (bytes > MAX_QUERY_BYTES) {
    throw new PromqlError(
      'bad_data',
      `length limit: the query has ${bytes} bytes, at most ${MAX_QUERY_BYTES} are allowed`,
    );
  }
  return new TokenStream(query, features);
}

function readExpression(stream: TokenStream): Expr {
  return readBinary(stream, 1);
}

function readBinary(stream: TokenStream, minimum: number): Expr {
  let left = readUnary(stream);
  for (;;) {
    const operator = operatorAhead(stream, minimum);
    if (operator === undefined) return left;
    stream.take();
    const modifiers = readModifiers(stream);
    const { op, precedence } = operator;
    const right = precedence === POW ? readDeeper(stream, POW) : readBinary(stream, precedence + 1);
    left = makeBinary(stream, op, modifiers, left, right);
  }
}

/** A level of nesting: a sign, parentheses, arguments, the right side of `^`. */
function readDeeper(stream: TokenStream, minimum: number): Expr {
  stream.enter();
  const expr = readBinary(stream, minimum);
  stream.leave();
  return expr;
}

function readNested(stream: TokenStream): Expr {
  return readDeeper(stream, 1);
}

function readUnary(stream: TokenStream): Expr {
  const op = stream.peek();
  if (op !== '+' && op !== '-') return readPostfixes(stream, readOperand(stream, readNested));
  const { start } = stream.take();
  const expr = readDeeper(stream, POW);
  if (expr.kind === 'number') return { ...expr, value: op === '-' ? -expr.value : expr.value, start };
  return { kind: 'unary', op, expr, start, end: expr.end };
}
