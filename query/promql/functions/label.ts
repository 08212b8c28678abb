// Functions that rewrite or sort by labels: label_replace, label_join, sort_by_label.
import type { RE2JS } from 're2js';
import { METRIC_NAME, compareLabels, isLabelName } from '../labels.ts';
import { compileAnchored } from '../matcher.ts';
import { compareText } from '../compare-text.ts';
import { evaluateVector, stringOf } from '../eval/operands.ts';
import { mergeSameLabels } from '../eval/same-labels.ts';
import type { VectorSeries, VectorValue } from '../eval/value.ts';
import { PromqlError } from '../promql-error.ts';
import { argument, type FunctionImplementation, type PromqlFunction } from './function.ts';
import { info } from './info.ts';
import { INEFFECTIVE_SORT, isRange } from './shape.ts';
import { experimental, optional, repeating, takes } from './signature.ts';

/** `$1`, `${1}`, `$name` and `$$` of a replacement, as Go expands them; unknown groups are empty. */
function expand(template: string, group: (name: string) => string): string {
  return template.replaceAll(
    /\$(?:\$|\{(\w+)\}|(\w+))/g,
    (_whole, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare;
      return name === undefined ? '$' : group(name);
    },
  );
}

function replaced(expression: RE2JS, template: string, value: string): string | undefined {
  const matcher = expression.matcher(value);
  if (!matcher.find()) return undefined;
  return expand(template, (name) => {
    try {
      return matcher.group(/^\d+$/.test(name) ? Number(name) : name) ?? '';
    } catch {
      return '';
    }
  });
}

function written(one: VectorSeries, name: string, value: string, removesNames: boolean): VectorSeries {
  const labels = one.labels.with(name, value);
  return { ...one, labels, dropName: name === METRIC_NAME && removesNames ? false : one.dropName };
}

const labelReplace: FunctionImplementation = async (context, call): Promise<VectorValue> => {
  const input = await evaluateVector(context, argument(call, 0));
  const [target, template, source, pattern] = [1, 2, 3, 4].map((at) => stringOf(call.args[at])) as [
    string,
    string,
    string,
    string,
  ];
  let expression: RE2JS;
  try {
    expression = compileAnchored(pattern);
  } catch {
    throw new PromqlError('execution', `invalid regular expression in label_replace(): ${pattern}`);
  }
  if (!isLabelName(target))
    throw new PromqlError('execution', `invalid destination label name in label_replace(): ${target}`);
  const series = input.series.map((one) => {
    const value = replaced(expression, template, one.labels.get(source));
    return value === undefined ? one : written(one, target, value, context.scope.delayedNameRemoval);
  });
  return { type: 'vector', series: mergeSameLabels(series) };
};

const labelJoin: FunctionImplementation = async (context, call): Promise<VectorValue> => {
  const input = await evaluateVector(context, argument(call, 0));
  const [target = '', separator = '', ...sources] = call.args.slice(1).map((arg) => stringOf(arg));
  const badSource = sources.find((source) => !isLabelName(source));
  if (badSource !== undefined)
    throw new PromqlError('execution', `invalid source label name in label_join(): ${badSource}`);
  if (!isLabelName(target))
    throw new PromqlError('execution', `invalid destination label name in label_join(): ${target}`);
  const series = input.series.map((one) => {
    const value = sources.map((source) => one.labels.get(source)).join(separator);
    return written(one, target, value, context.scope.delayedNameRemoval);
  });
  return { type: 'vector', series: mergeSameLabels(series) };
};

/** Runs of digits compare as numbers, everything else as text. */
function compareNaturally(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const x = left[at] ?? '';
    const y = right[at] ?? '';
    if (x === y) continue;
    const numbers = /^\d/.test(x) && /^\d/.test(y);
    const order = numbers ? Number(BigInt(x) - BigInt(y)) : compareText(x, y);
    if (order !== 0) return order;
    if (x.length !== y.length) return x.length - y.length;
  }
  return left.length - right.length;
}

function sortByLabel(descending: boolean): FunctionImplementation {
  return async (context, call): Promise<VectorValue> => {
    const input = await evaluateVector(context, argument(call, 0));
    if (isRange(context)) context.scope.annotations.warn(call, INEFFECTIVE_SORT);
    const names = call.args.slice(1).map((arg) => stringOf(arg));
    const sign = descending ? -1 : 1;
    const series = [...input.series].sort((a, b) => {
      for (const name of names) {
        const order = compareNaturally(a.labels.get(name), b.labels.get(name));
        if (order !== 0) return sign * order;
      }
      return sign * compareLabels(a.labels, b.labels);
    });
    return { type: 'vector', series };
  };
}

export const labelFunctions: readonly PromqlFunction[] = [
  ['label_replace', takes('vector', 'string', 'string', 'string', 'string'), labelReplace],
  ['label_join', repeating(takes('vector', 'string', 'string', 'string')), labelJoin],
  ['sort_by_label', experimental(repeating(takes('vector', 'string'))), sortByLabel(false)],
  ['sort_by_label_desc', experimental(repeating(takes('vector', 'string'))), sortByLabel(true)],
  ['info', experimental(optional(1, takes('vector', 'vector'))), info],
];
