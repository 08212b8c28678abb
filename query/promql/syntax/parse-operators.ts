// Binary operators: their precedence, the modifiers behind them, and the node they make.
import { isSetOp, type Binary, type BinaryOp, type Expr, type VectorMatching } from '../ast.ts';
import { isNumeric, readNumeric } from './parse-duration.ts';
import { readLabels } from './parse-labels.ts';
import { isSpace } from './source.ts';
import { startsExpression, type TokenKind } from './token.ts';
import type { TokenStream } from './token-stream.ts';
import { typeOf } from './type-of.ts';

/** The highest precedence, of the only operator that binds to the right. */
export const POW = 6;

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

function isBinaryOp(kind: TokenKind): kind is BinaryOp {
  return Object.hasOwn(PRECEDENCE, kind);
}

export interface Operator {
  readonly op: BinaryOp;
  readonly precedence: number;
}

/** The operator in view, when it binds at least as strongly as `minimum`. */
export function operatorAhead(stream: TokenStream, minimum: number): Operator | undefined {
  const kind = stream.peek();
  if (!isBinaryOp(kind)) return undefined;
  const precedence = PRECEDENCE[kind];
  return precedence < minimum ? undefined : { op: kind, precedence };
}

export interface OperatorModifiers {
  readonly bool: boolean;
  readonly matching: VectorMatching;
}

/** `bool on (a) group_left (b) fill (0)`, all optional, in this order. */
export function readModifiers(stream: TokenStream): OperatorModifiers {
  const bool = stream.peek() === 'bool';
  if (bool) stream.take();
  const matching = readMatching(stream);
  return { bool, matching: { ...matching, ...readFills(stream) } };
}

type Matching = Omit<VectorMatching, 'fillLeft' | 'fillRight'>;
const UNMATCHED: Matching = { card: 'one-to-one', on: false, labels: [], include: [] };

function readMatching(stream: TokenStream): Matching {
  const kind = stream.peek();
  if (kind !== 'on' && kind !== 'ignoring') return UNMATCHED;
  stream.take();
  const matching: Matching = { ...UNMATCHED, on: kind === 'on', labels: readLabels(stream) };
  const side = stream.peek();
  if (side !== 'group_left' && side !== 'group_right') return matching;
  stream.take();
  const hasLabels = stream.peek() === '(' || !startsExpression(stream.peek());
  const include = hasLabels ? readLabels(stream) : [];
  return { ...matching, card: side === 'group_left' ? 'many-to-one' : 'one-to-many', include };
}

function readFills(stream: TokenStream): Pick<VectorMatching, 'fillLeft' | 'fillRight'> {
  const first = stream.peek();
  let fillLeft: number | undefined;
  let fillRight: number | undefined;
  if (first === 'fill') {
    fillLeft = readFill(stream);
    fillRight = fillLeft;
  } else if (first === 'fill_left') {
    fillLeft = readFill(stream);
    if (stream.peek() === 'fill_right') fillRight = readFill(stream);
  } else if (first === 'fill_right') {
    fillRight = readFill(stream);
    if (stream.peek() === 'fill_left') fillLeft = readFill(stream);
  }
  return { fillLeft, fillRight };
}

function readFill(stream: TokenStream): number {
  stream.take();
  stream.expect('(');
  const sign = stream.peek();
  if (sign === '+' || sign === '-') stream.take();
  if (!isNumeric(stream.peek())) return stream.unexpected();
  const { value } = readNumeric(stream, stream.take());
  stream.expect(')');
  return sign === '-' ? -value : value;
}

/** Where messages show the operator: behind the blanks that follow the left operand. */
function operatorStart(stream: TokenStream, left: Expr): number {
  let at = left.end;
  while (isSpace(stream.source.codeAt(at))) at++;
  return at;
}

export function makeBinary(
  stream: TokenStream,
  op: BinaryOp,
  { bool, matching }: OperatorModifiers,
  left: Expr,
  right: Expr,
): Binary {
  const hasFill = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  if (hasFill && !stream.features.binopFillModifiers)
    stream.fail(left.start, 'binop fill modifiers are experimental and not enabled');
  const [leftType, rightType] = [typeOf(left), typeOf(right)];
  const vectors = leftType === 'vector' && rightType === 'vector';
  const card = isSetOp(op) && matching.card === 'one-to-one' ? 'many-to-many' : matching.card;
  return {
    kind: 'binary',
    op,
    opStart: operatorStart(stream, left),
    left,
    right,
    bool,
    type: leftType === 'scalar' && rightType === 'scalar' ? 'scalar' : 'vector',
    // Labels and fill values between anything but vectors are for the checker to refuse.
    matching: vectors || matching.labels.length > 0 || hasFill ? { ...matching, card } : undefined,
    start: left.start,
    end: right.end,
  };
}
