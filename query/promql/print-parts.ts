// Parts of expressions as text: durations, modifiers, selectors, the heads of aggregations and operators.
import type { Aggregate, At, Binary, Duration, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import { formatGo, formatPlain } from './format-number.ts';
import { isLegacyLabelName, METRIC_NAME } from './labels.ts';
import { formatDurationMs } from './literals.ts';
import { quote } from './quote.ts';

/** `5m` where the number was written as a duration and is whole in milliseconds, else the number. */
export function printNumber(value: number, duration: boolean): string {
  const valueMs = Math.round(value * 1000);
  return duration && valueMs / 1000 === value && Number.isSafeInteger(valueMs)
    ? formatDurationMs(valueMs)
    : formatPlain(value);
}

function printDuration(duration: Duration): string {
  switch (duration.kind) {
    case 'number':
      return printNumber(duration.seconds, duration.duration);
    case 'step':
    case 'range':
      return `${duration.kind}()`;
    case 'paren':
      return `(${printDuration(duration.expr)})`;
    case 'negate':
      return `-${printDuration(duration.expr)}`;
    case 'min_of':
    case 'max_of':
      return `${duration.kind}(${printDuration(duration.left)}, ${printDuration(duration.right)})`;
    case 'binary':
      return `${printDuration(duration.left)} ${duration.op} ${printDuration(duration.right)}`;
  }
}

function printAt(at: At | undefined): string {
  if (at === undefined) return '';
  return at.kind === 'time' ? ` @ ${(at.timeMs / 1000).toFixed(3)}` : ` @ ${at.kind}()`;
}

/** Whether operators that follow an offset would become part of it. */
function isOpen(offset: Duration | undefined): boolean {
  if (offset?.kind === 'negate') return offset.expr.kind !== 'paren' && isOpen(offset.expr);
  return offset?.kind === 'paren' || offset?.kind === 'binary';
}

/** The selector or sub-query at the end of an expression that would take in operators behind it. */
export function openEnd(expr: Expr): Expr | undefined {
  let last = expr;
  while (last.kind === 'unary' || last.kind === 'binary') last = last.kind === 'unary' ? last.expr : last.right;
  const holder = last.kind === 'matrix' ? last.selector : last;
  return (holder.kind === 'vector' || holder.kind === 'subquery') && isOpen(holder.offset) ? last : undefined;
}

/** The offset comes last, but where operators follow that must not become part of it. */
function printModifiers(others: string, offset: Duration | undefined, isBeforeOperator: boolean): string {
  if (offset === undefined) return others;
  const text = printDuration(offset);
  if (!isBeforeOperator) return `${others} offset ${text}`;
  return others === '' && offset.kind === 'paren' ? ` offset +${text}` : ` offset ${text}${others}`;
}

function printLabels(labels: readonly string[]): string {
  return labels.map((label) => (isLegacyLabelName(label) ? label : printString(label))).join(', ');
}

function printBareSelector(expr: VectorSelector): string {
  const matchers = expr.matchers
    .filter((one) => !(one.name === METRIC_NAME && one.operator === '=' && one.value === expr.name && expr.name !== ''))
    .map(
      (one) =>
        `${isLegacyLabelName(one.name) ? one.name : printString(one.name)}${one.operator}${printString(one.value)}`,
    )
    .sort();
  return expr.name + (matchers.length === 0 && expr.name !== '' ? '' : `{${matchers.join(',')}}`);
}

function printExtended(expr: VectorSelector): string {
  return expr.extended === undefined ? '' : ` ${expr.extended}`;
}

/** U+FFFD is written as an escape: as a character the lexer takes it for a broken one. */
export function printString(text: string): string {
  return quote(text).replaceAll('\ufffd', '\\ufffd');
}

export function printSelector(expr: VectorSelector, isBeforeOperator: boolean): string {
  const others = printAt(expr.at) + printExtended(expr);
  return printBareSelector(expr) + printModifiers(others, expr.offset, isBeforeOperator);
}

export function printMatrix({ selector, range }: MatrixSelector, isBeforeOperator: boolean): string {
  const others = printExtended(selector) + printAt(selector.at);
  const modifiers = printModifiers(others, selector.offset, isBeforeOperator);
  return `${printBareSelector(selector)}[${printDuration(range)}]${modifiers}`;
}

export function printSubquerySuffix(expr: Subquery, isBeforeOperator: boolean): string {
  const step = expr.step === undefined ? '' : printDuration(expr.step);
  const modifiers = printModifiers(printAt(expr.at), expr.offset, isBeforeOperator);
  return `[${printDuration(expr.range)}:${step}]${modifiers}`;
}

export function printAggregateHead(expr: Aggregate): string {
  if (expr.without) return `${expr.op} without (${printLabels(expr.grouping)}) `;
  return expr.grouping.length === 0 ? expr.op : `${expr.op} by (${printLabels(expr.grouping)}) `;
}

export function printOperator(expr: Binary): string {
  const { matching } = expr;
  let text = `${expr.op}${expr.bool ? ' bool' : ''}`;
  if (matching === undefined) return text;
  const grouped = matching.card === 'many-to-one' || matching.card === 'one-to-many';
  if (matching.labels.length > 0 || matching.on || grouped)
    text += ` ${matching.on ? 'on' : 'ignoring'} (${printLabels(matching.labels)})`;
  if (grouped)
    text += ` ${matching.card === 'many-to-one' ? 'group_left' : 'group_right'} (${printLabels(matching.include)})`;
  const { fillLeft, fillRight } = matching;
  if (fillLeft !== undefined && fillLeft === fillRight) return `${text} fill (${formatGo(fillLeft)})`;
  if (fillLeft !== undefined) text += ` fill_left (${formatGo(fillLeft)})`;
  if (fillRight !== undefined) text += ` fill_right (${formatGo(fillRight)})`;
  return text;
}
