// Parts of expressions as text: durations, modifiers, selectors, the heads of aggregations and operators.
import type { Aggregate, At, Binary, Duration, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
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
    case 'plus':
      return printDuration(duration.expr);
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

function printOffset(offset: Duration | undefined): string {
  return offset === undefined ? '' : ` offset ${printDuration(offset)}`;
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

export function printSelector(expr: VectorSelector): string {
  return printBareSelector(expr) + printAt(expr.at) + printExtended(expr) + printOffset(expr.offset);
}

export function printMatrix({ selector, range }: MatrixSelector): string {
  const modifiers = printExtended(selector) + printAt(selector.at) + printOffset(selector.offset);
  return `${printBareSelector(selector)}[${printDuration(range)}]${modifiers}`;
}

export function printSubquerySuffix(expr: Subquery): string {
  const step = expr.step === undefined ? '' : printDuration(expr.step);
  return `[${printDuration(expr.range)}:${step}]${printAt(expr.at)}${printOffset(expr.offset)}`;
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
