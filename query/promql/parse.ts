// Text → typed syntax tree. The grammar is Prometheus' own for editors (@prometheus-io/lezer-promql); its tree is flattened and
// rebuilt by precedence here, because that grammar lets a postfix (`offset`, `[5m]`, `@`) swallow the operators before it.
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Aggregate, AggregateOp, Binary, BinaryOp, Expr, VectorMatching, VectorSelector } from './ast.ts';
import { isSetOp } from './ast.ts';
import { STABLE_FEATURES, type LanguageFeatures } from './features.ts';
import { grammarText } from './grammar-text.ts';
import { MAX_MATCHERS, MAX_QUERY_CHARACTERS, MAX_QUERY_DEPTH, MAX_REGEX_CHARACTERS } from './limits.ts';
import { deepestNesting } from './nesting.ts';
import { METRIC_NAME } from './labels.ts';
import { makeMatcher, type Matcher, type MatchOperator } from './matcher.ts';
import { parseNumber, unquote } from './literals.ts';
import { childrenOf, type ParseContext } from './parse-context.ts';
import { applyPostfix } from './parse-postfix.ts';
import { parseError, PromqlError } from './promql-error.ts';
import { explainSyntaxError } from './syntax-error.ts';

type Item =
  | { readonly kind: 'operand'; readonly node: SyntaxNode; readonly signed: boolean }
  | { readonly kind: 'unary'; readonly op: '+' | '-'; readonly start: number }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOp;
      readonly modifiers: readonly SyntaxNode[];
      readonly start: number;
    }
  | { readonly kind: 'postfix'; readonly node: SyntaxNode };

const POSTFIX = new Set([
  'OffsetExpr',
  'StepInvariantExpr',
  'MatrixSelector',
  'SubqueryExpr',
  'AnchoredExpr',
  'SmoothedExpr',
]);
const POW = 6;
const PRECEDENCE: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': POW,
};

/** Parses one expression. Throws PromqlError `bad_data` with Prometheus' `line:col: parse error: …`. */
export function parse(query: string, features: LanguageFeatures = STABLE_FEATURES): Expr {
  if (query === '') throw new PromqlError('bad_data', 'unknown position: parse error: no expression found in input');
  if (query.length > MAX_QUERY_CHARACTERS) {
    throw new PromqlError(
      'bad_data',
      `the query has ${query.length} characters, at most ${MAX_QUERY_CHARACTERS} are allowed`,
    );
  }
  // Before the parser sees it: brackets that are never closed cost it most.
  if (deepestNesting(query) > MAX_QUERY_DEPTH)
    throw new PromqlError('bad_data', `the query nests deeper than ${MAX_QUERY_DEPTH} levels`);
  const context: ParseContext = {
    query,
    features,
    text: (node) => query.slice(node.from, node.to),
    fail: (offset, message) => {
      throw parseError(query, offset, message);
    },
  };
  const tree = parser.parse(grammarText(query));
  let firstError = -1;
  tree.iterate({
    enter: (node) => {
      if (firstError < 0 && node.type.isError) firstError = node.from;
      return firstError < 0;
    },
  });
  const top = childrenOf(tree.topNode)[0];
  const lexical = explainSyntaxError(query, firstError);
  if (lexical !== undefined) context.fail(lexical.offset, lexical.message);
  if (top === undefined) return context.fail(0, 'no expression found in input');
  return convert(context, top, 0);
}

/** The un-parenthesised operators around a node, in the order of the text. */
function flatten(context: ParseContext, top: SyntaxNode): Item[] {
  const items: Item[] = [];
  const stack: (SyntaxNode | Item)[] = [top];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ('kind' in next) {
      items.push(next);
      continue;
    }
    const parts = childrenOf(next);
    const first = parts[0];
    const last = parts.at(-1);
    if (next.name === 'BinaryExpr' && first !== undefined && last !== undefined && parts.length >= 3) {
      const op = context.text(parts[1] ?? first).toLowerCase() as BinaryOp;
      stack.push(last, { kind: 'binary', op, modifiers: parts.slice(2, -1), start: (parts[1] ?? first).from }, first);
    } else if (next.name === 'UnaryExpr' && first !== undefined && last !== undefined) {
      stack.push(last, { kind: 'unary', op: context.text(first) as '+' | '-', start: first.from });
    } else if (POSTFIX.has(next.name) && first !== undefined) {
      stack.push({ kind: 'postfix', node: next }, first);
    } else if (next.name === 'NumberDurationLiteral' && /^[+-]/.test(context.text(next))) {
      stack.push(
        { kind: 'operand', node: next, signed: true },
        { kind: 'unary', op: context.text(next)[0] as '+' | '-', start: next.from },
      );
    } else items.push({ kind: 'operand', node: next, signed: false });
  }
  return items;
}

function convert(context: ParseContext, top: SyntaxNode, depth: number): Expr {
  if (depth > MAX_QUERY_DEPTH)
    throw new PromqlError('bad_data', `the query nests deeper than ${MAX_QUERY_DEPTH} levels`);
  const items = flatten(context, top);
  let at = 0;
  let height = 0;
  const inner = (node: SyntaxNode): Expr => convert(context, node, depth + 1);

  const readUnary = (): Expr => {
    const item = items[at];
    if (item?.kind === 'unary') {
      at++;
      if (++height > MAX_QUERY_DEPTH)
        throw new PromqlError('bad_data', `the query nests deeper than ${MAX_QUERY_DEPTH} levels`);
      const expr = readBinary(POW);
      if (expr.kind === 'number')
        return { ...expr, value: item.op === '-' ? -expr.value : expr.value, start: item.start };
      return { kind: 'unary', op: item.op, expr, start: item.start, end: expr.end };
    }
    if (item?.kind !== 'operand') return context.fail(top.from, 'unexpected end of input');
    at++;
    let expr = convertOperand(context, item.node, item.signed, inner);
    for (let next = items[at]; next?.kind === 'postfix'; next = items[at]) {
      expr = applyPostfix(context, expr, next.node);
      at++;
    }
    return expr;
  };

  const readBinary = (minimum: number): Expr => {
    let left = readUnary();
    for (let item = items[at]; item?.kind === 'binary' && PRECEDENCE[item.op] >= minimum; item = items[at]) {
      at++;
      if (++height > MAX_QUERY_DEPTH)
        throw new PromqlError('bad_data', `the query nests deeper than ${MAX_QUERY_DEPTH} levels`);
      const right = readBinary(item.op === '^' ? POW : PRECEDENCE[item.op] + 1);
      left = makeBinary(context, item, left, right);
    }
    return left;
  };
  return readBinary(1);
}

function makeBinary(context: ParseContext, item: Extract<Item, { kind: 'binary' }>, left: Expr, right: Expr): Binary {
  const { op, modifiers, start: opStart } = item;
  let bool = false;
  let matching: VectorMatching | undefined;
  let fill: { fillLeft?: number; fillRight?: number } = {};
  for (const modifier of modifiers) {
    if (modifier.name === 'BoolModifier') bool = true;
    else if (modifier.name === 'FillModifier') fill = { ...fill, ...readFill(context, modifier) };
    else if (modifier.name === 'MatchingModifierClause') matching = convertMatching(context, modifier);
  }
  const hasFill = fill.fillLeft !== undefined || fill.fillRight !== undefined;
  if (hasFill && !context.features.binopFillModifiers)
    context.fail(left.start, 'binop fill modifiers are experimental and not enabled');
  if (hasFill) matching = { ...(matching ?? { ...UNMATCHED, card: 'one-to-one' }), ...fill };
  if (isSetOp(op) && matching === undefined) matching = UNMATCHED;
  else if (isSetOp(op) && matching?.card === 'one-to-one') matching = { ...matching, card: 'many-to-many' };
  return { kind: 'binary', op, opStart, left, right, bool, matching, start: left.start, end: right.end };
}

const UNMATCHED: VectorMatching = {
  card: 'many-to-many',
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

function readFill(context: ParseContext, node: SyntaxNode): { fillLeft?: number; fillRight?: number } {
  const found = /^(fill(?:_left|_right)?)\s*\(\s*([+-]?)\s*(.*?)\s*\)$/i.exec(context.text(node));
  const number = parseNumber(found?.[3] ?? '') ?? context.fail(node.from, 'expected a number in fill');
  const value = found?.[2] === '-' ? -number.value : number.value;
  const name = found?.[1]?.toLowerCase();
  return {
    ...(name === 'fill_right' ? {} : { fillLeft: value }),
    ...(name === 'fill_left' ? {} : { fillRight: value }),
  };
}

function convertMatching(context: ParseContext, node: SyntaxNode): VectorMatching {
  const parts = childrenOf(node);
  const labels = convertGrouping(
    context,
    parts.find((part) => part.name === 'GroupingLabels'),
  );
  const side = parts.findIndex((part) => part.name === 'GroupLeft' || part.name === 'GroupRight');
  const card = side < 0 ? 'one-to-one' : parts[side]?.name === 'GroupLeft' ? 'many-to-one' : 'one-to-many';
  return {
    card,
    on: parts[0]?.name === 'On',
    labels,
    include: side < 0 ? [] : convertGrouping(context, parts[side + 1]),
    fillLeft: undefined,
    fillRight: undefined,
  };
}

function convertGrouping(context: ParseContext, node: SyntaxNode | undefined): string[] {
  if (node === undefined) return [];
  return childrenOf(node).map((part) => {
    const name = part.name === 'QuotedLabelName' ? readString(context, part) : context.text(part);
    if (part.name !== 'QuotedLabelName' && /^(?:inf|nan)$/i.test(name))
      context.fail(part.from, `unexpected number ${JSON.stringify(name)} in grouping opts, expected label`);
    if (name === '' || name.includes('\ufffd'))
      context.fail(part.from, `invalid label name for grouping: ${JSON.stringify(name)}`);
    return name;
  });
}

function convertOperand(
  context: ParseContext,
  node: SyntaxNode,
  signed: boolean,
  inner: (node: SyntaxNode) => Expr,
): Expr {
  const span = { start: node.from, end: node.to };
  switch (node.name) {
    case 'NumberDurationLiteral': {
      const text = context.text(node).replace(signed ? /^[+-]\s*/ : '', '');
      const number = parseNumber(text);
      if (number === undefined)
        return context.fail(node.from, `bad number or duration syntax: ${JSON.stringify(text)}`);
      return { kind: 'number', ...number, ...span };
    }
    case 'StringLiteral':
      return { kind: 'string', value: readString(context, node), ...span };
    case 'ParenExpr': {
      const only = childrenOf(node)[0];
      return only === undefined
        ? context.fail(node.from, 'no expression found in input')
        : { kind: 'paren', expr: inner(only), ...span };
    }
    case 'FunctionCall': {
      const [name, body] = childrenOf(node);
      const args = body === undefined ? [] : childrenOf(body).map(inner);
      return { kind: 'call', func: name === undefined ? '' : context.text(name), args, ...span };
    }
    case 'AggregateExpr':
      return convertAggregate(context, node, inner);
    case 'VectorSelector':
      return convertSelector(context, node);
    default:
      return context.fail(node.from, `unexpected ${JSON.stringify(context.text(node))}`);
  }
}

function convertAggregate(context: ParseContext, node: SyntaxNode, inner: (node: SyntaxNode) => Expr): Aggregate {
  const parts = childrenOf(node);
  const op = context.text(parts[0] ?? node).toLowerCase() as AggregateOp;
  const body = parts.find((part) => part.name === 'FunctionCallBody');
  const modifier = parts.find((part) => part.name === 'AggregateModifier');
  const [how, labels] = modifier === undefined ? [] : childrenOf(modifier);
  const args = body === undefined ? [] : childrenOf(body).map(inner);
  const wanted = TAKES_PARAMETER.has(op) ? 2 : 1;
  if (args.length === 0) context.fail(node.from, 'no arguments for aggregate expression provided');
  if (args.length !== wanted) {
    context.fail(
      node.from,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
  }
  const expr = args.at(-1) ?? context.fail(node.from, 'no arguments for aggregate expression provided');
  return {
    kind: 'aggregate',
    op,
    expr,
    param: wanted === 2 ? args[0] : undefined,
    grouping: convertGrouping(context, labels),
    without: how?.name === 'Without',
    start: node.from,
    end: node.to,
  };
}

const TAKES_PARAMETER: ReadonlySet<AggregateOp> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);

function convertSelector(context: ParseContext, node: SyntaxNode): VectorSelector {
  const parts = childrenOf(node);
  const identifier = parts.find((part) => part.name === 'Identifier');
  const name = identifier === undefined ? '' : context.text(identifier);
  const matchers: Matcher[] = [];
  const names: string[] = name === '' ? [] : [name];
  for (const part of parts) {
    if (part.name !== 'LabelMatchers') continue;
    for (const item of childrenOf(part)) {
      if (item.name === 'QuotedLabelName') {
        names.push(readString(context, item));
        matchers.push(makeMatcher(METRIC_NAME, '=', names.at(-1) ?? ''));
      } else matchers.push(convertMatcher(context, item));
    }
  }
  if (matchers.length > MAX_MATCHERS)
    context.fail(node.from, `a selector has ${matchers.length} matchers, at most ${MAX_MATCHERS} are allowed`);
  const byName = matchers.filter((matcher) => matcher.name === METRIC_NAME).map((matcher) => matcher.value);
  const others = name === '' ? byName : [name, ...byName];
  if (name !== '' && others.length > 1) {
    context.fail(
      node.from,
      `metric name must not be set twice: ${JSON.stringify(others[0])} or ${JSON.stringify(others[1])}`,
    );
  }
  if (name !== '') matchers.push(makeMatcher(METRIC_NAME, '=', name));
  return {
    kind: 'vector',
    name,
    matchers,
    extended: undefined,
    offset: undefined,
    at: undefined,
    start: node.from,
    end: node.to,
  };
}

function convertMatcher(context: ParseContext, node: SyntaxNode): Matcher {
  const [label, operator, literal] = childrenOf(node);
  if (label === undefined || operator === undefined || literal === undefined)
    return context.fail(node.from, 'unexpected character inside braces');
  const name = label.name === 'QuotedLabelName' ? readString(context, label) : context.text(label);
  const value = readString(context, literal);
  const how = context.text(operator) as MatchOperator;
  if (value.length > MAX_REGEX_CHARACTERS && (how === '=~' || how === '!~')) {
    return context.fail(
      node.from,
      `a regular expression has ${value.length} characters, at most ${MAX_REGEX_CHARACTERS} are allowed`,
    );
  }
  try {
    return makeMatcher(name, how, value);
  } catch (error) {
    return context.fail(node.from, error instanceof Error ? error.message : String(error));
  }
}

function readString(context: ParseContext, node: SyntaxNode): string {
  const read = unquote(context.text(node));
  return 'error' in read ? context.fail(node.from, read.error) : read.text;
}
