// Expression → text: one line that parses to the same tree, or broken over lines where it grows too long.
import type { Aggregate, At, Binary, Duration, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import { formatGo, formatPlain } from './format-number.ts';
import { isLegacyLabelName, METRIC_NAME } from './labels.ts';
import { formatDurationMs } from './literals.ts';
import { quote } from './quote.ts';

/** Characters of one line of pretty-printed text; Prometheus' own figure. */
const MAX_LINE = 100;

function printNumber(value: number, duration: boolean): string {
  if (!duration) return formatPlain(value);
  return formatDurationMs(Math.round(value * 1000));
}

function printDuration(duration: Duration): string {
  switch (duration.kind) {
    case 'number':
      return duration.duration
        ? formatDurationMs(Math.round(duration.seconds * 1000))
        : formatDurationMs(duration.seconds * 1000);
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
  return labels.map((label) => (isLegacyLabelName(label) ? label : quote(label))).join(', ');
}

function printBareSelector(expr: VectorSelector): string {
  const matchers = expr.matchers
    .filter((one) => !(one.name === METRIC_NAME && one.operator === '=' && one.value === expr.name && expr.name !== ''))
    .map((one) => `${isLegacyLabelName(one.name) ? one.name : quote(one.name)}${one.operator}${quote(one.value)}`)
    .sort();
  return expr.name + (matchers.length === 0 && expr.name !== '' ? '' : `{${matchers.join(',')}}`);
}

function printExtended(expr: VectorSelector): string {
  return expr.extended === undefined ? '' : ` ${expr.extended}`;
}

function printSelector(expr: VectorSelector): string {
  return printBareSelector(expr) + printAt(expr.at) + printExtended(expr) + printOffset(expr.offset);
}

function printMatrix(expr: MatrixSelector): string {
  return `${printBareSelector(expr.selector)}[${printDuration(expr.range)}]${printExtended(expr.selector)}${printAt(expr.selector.at)}${printOffset(expr.selector.offset)}`;
}

function printSubquerySuffix(expr: Subquery): string {
  return `[${printDuration(expr.range)}:${expr.step === undefined ? '' : printDuration(expr.step)}]${printAt(expr.at)}${printOffset(expr.offset)}`;
}

function printAggregateHead(expr: Aggregate): string {
  if (expr.without) return `${expr.op} without (${printLabels(expr.grouping)}) `;
  return expr.grouping.length === 0 ? expr.op : `${expr.op} by (${printLabels(expr.grouping)}) `;
}

function printOperator(expr: Binary): string {
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

/** The expression on one line. */
export function print(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr.value, expr.duration);
    case 'string':
      return quote(expr.value);
    case 'paren':
      return `(${print(expr.expr)})`;
    case 'unary':
      return expr.op + print(expr.expr);
    case 'binary':
      return `${print(expr.left)} ${printOperator(expr)} ${print(expr.right)}`;
    case 'call':
      return `${expr.func}(${expr.args.map(print).join(', ')})`;
    case 'aggregate':
      return `${printAggregateHead(expr)}(${expr.param === undefined ? '' : `${print(expr.param)}, `}${print(expr.expr)})`;
    case 'vector':
      return printSelector(expr);
    case 'matrix':
      return printMatrix(expr);
    case 'subquery':
      return print(expr.expr) + printSubquerySuffix(expr);
  }
}

/** The expression over several lines where one would be longer than 100 characters. */
export function prettyPrint(expr: Expr, level = 0): string {
  const indent = '  '.repeat(level);
  const line = print(expr);
  if (line.length <= MAX_LINE) return indent + line;
  switch (expr.kind) {
    case 'aggregate': {
      const param = expr.param === undefined ? '' : `${prettyPrint(expr.param, level + 1)},\n`;
      return `${indent}${printAggregateHead(expr)}(\n${param}${prettyPrint(expr.expr, level + 1)}\n${indent})`;
    }
    case 'binary':
      return `${prettyPrint(expr.left, level + 1)}\n${indent}${printOperator(expr)}\n${prettyPrint(expr.right, level + 1)}`;
    case 'call':
      return `${indent}${expr.func}(\n${expr.args.map((arg) => prettyPrint(arg, level + 1)).join(',\n')}\n${indent})`;
    case 'paren':
      return `${indent}(\n${prettyPrint(expr.expr, level + 1)}\n${indent})`;
    case 'unary':
      return indent + expr.op + prettyPrint(expr.expr, level).trimStart();
    case 'subquery':
      return prettyPrint(expr.expr, level) + printSubquerySuffix(expr);
    default:
      return indent + line;
  }
}
