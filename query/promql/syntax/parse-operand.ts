// What stands between operators: literals, selectors, calls, aggregations and parentheses.
import type { Aggregate, AggregateOp, Call, Expr, VectorSelector } from '../ast.ts';
import { SIGNATURES } from '../functions/registry.ts';
import { METRIC_NAME } from '../labels.ts';
import { makeMatcher } from '../matcher.ts';
import { quote } from '../quote.ts';
import { readNumeric } from './parse-duration.ts';
import { readLabels, readMatchers, type Matchers } from './parse-labels.ts';
import { isAggregator, mayNameMetric, startsExpression, type Token, type TokenKind } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** Reads a whole expression; handed in, because expressions hold each other. */
export type ReadExpression = (stream: TokenStream) => Expr;

const CALLABLE: ReadonlySet<TokenKind> = new Set(['identifier', 'start', 'end', 'step', 'range', 'max_of', 'min_of']);

export function readOperand(stream: TokenStream, readExpression: ReadExpression): Expr {
  const kind = stream.peek();
  switch (kind) {
    case 'number':
    case 'duration': {
      const token = stream.take();
      return { kind: 'number', ...readNumeric(stream, token), start: token.start, end: token.end };
    }
    case 'string': {
      const token = stream.take();
      const { text: value, ...rest } = stream.string(token);
      return { kind: 'string', value, ...rest, start: token.start, end: token.end };
    }
    case '(': {
      const { start } = stream.take();
      const expr = readExpression(stream);
      return { kind: 'paren', expr, start, end: stream.expect(')').end };
    }
    case '{': {
      const { start } = stream.ahead();
      return makeSelector('', start, readMatchers(stream));
    }
    default:
      return mayNameMetric(kind) ? readNamed(stream, readExpression) : stream.unexpected();
  }
}

/** A word: the name of an aggregation, of a function or of a metric, by what follows it. */
function readNamed(stream: TokenStream, readExpression: ReadExpression): Expr {
  const name = stream.take();
  const next = stream.peek();
  if (isAggregator(name.kind) && (next === '(' || next === 'by' || next === 'without'))
    return readAggregate(stream, name.kind, name.start, readExpression);
  if (CALLABLE.has(name.kind) && next === '(') return readCall(stream, name, readExpression);
  const matchers = next === '{' ? readMatchers(stream) : { matchers: [], end: name.end };
  return makeSelector(stream.text(name), name.start, matchers);
}

/** A selector of series and nothing else: `name{…}`. */
export function readSelector(stream: TokenStream): VectorSelector {
  const { kind, start } = stream.ahead();
  if (kind === '{') return makeSelector('', start, readMatchers(stream));
  if (!mayNameMetric(kind)) return stream.unexpected();
  const name = stream.take();
  const matchers = stream.peek() === '{' ? readMatchers(stream) : { matchers: [], end: name.end };
  return makeSelector(stream.text(name), start, matchers);
}

function makeSelector(name: string, start: number, { matchers, end }: Matchers): VectorSelector {
  if (name !== '') matchers.push(makeMatcher(METRIC_NAME, '=', name));
  return { kind: 'vector', name, matchers, extended: undefined, offset: undefined, at: undefined, start, end };
}

interface Arguments {
  readonly args: readonly Expr[];
  readonly end: number;
}

function readArguments(stream: TokenStream, readExpression: ReadExpression): Arguments {
  stream.expect('(');
  const args: Expr[] = [];
  if (stream.peek() === ')') return { args, end: stream.take().end };
  for (;;) {
    args.push(readExpression(stream));
    if (stream.peek() !== ',') return { args, end: stream.expect(')').end };
    const comma = stream.take();
    if (!startsExpression(stream.peek())) stream.fail(comma.start, 'trailing commas not allowed in function call args');
  }
}

function readCall(stream: TokenStream, name: Token, readExpression: ReadExpression): Call {
  const func = stream.text(name);
  const { args, end } = readArguments(stream, readExpression);
  const signature = SIGNATURES.get(func);
  if (signature === undefined) return stream.fail(name.start, `unknown function with name ${quote(func)}`);
  if (signature.experimental && !stream.features.experimentalFunctions)
    stream.fail(name.start, `function ${quote(func)} is not enabled`);
  return { kind: 'call', func, args, type: signature.returns, start: name.start, end };
}

const WITH_PARAMETER: ReadonlySet<AggregateOp> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);
const EXPERIMENTAL: ReadonlySet<AggregateOp> = new Set(['limitk', 'limit_ratio']);

interface Grouping {
  readonly grouping: readonly string[];
  readonly without: boolean;
  readonly end: number;
}

function readGrouping(stream: TokenStream): Grouping | undefined {
  const kind = stream.peek();
  if (kind !== 'by' && kind !== 'without') return undefined;
  stream.take();
  return { grouping: readLabels(stream), without: kind === 'without', end: stream.lastClosing };
}

function readAggregate(stream: TokenStream, op: AggregateOp, start: number, readExpression: ReadExpression): Aggregate {
  const outer = stream.context;
  stream.context = ' in aggregation';
  const before = readGrouping(stream);
  const { args, end } = readArguments(stream, readExpression);
  const after = before === undefined ? readGrouping(stream) : undefined;
  stream.context = outer;
  const wanted = WITH_PARAMETER.has(op) ? 2 : 1;
  if (args.length === 0) stream.fail(start, 'no arguments for aggregate expression provided');
  if (EXPERIMENTAL.has(op) && !stream.features.experimentalFunctions) {
    stream.fail(
      start,
      `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
    );
  }
  const expr = args[wanted - 1];
  if (expr === undefined || args.length !== wanted) {
    return stream.fail(
      start,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
  }
  const { grouping, without } = before ?? after ?? { grouping: [], without: false };
  const param = wanted === 2 ? args[0] : undefined;
  return { kind: 'aggregate', op, expr, param, grouping, without, start, end: after?.end ?? end };
}
