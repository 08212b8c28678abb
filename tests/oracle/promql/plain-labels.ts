// Functions of the plain evaluator that rewrite labels, sort, or give what is not there.
import { RE2JS } from 're2js';
import { unwrap, type Expr } from '#query/promql/ast.ts';
import { compareText } from '#query/promql/compare-text.ts';
import { compareLabels, isLabelName, LabelSet, METRIC_NAME } from '#query/promql/labels.ts';
import { failure, isHistogram, mergeRows, rowsOf, vectorAt, type Place, type Row, type Sample } from './plain-value.ts';

export function textOf(expr: Expr | undefined): string {
  const inner = expr === undefined ? undefined : unwrap(expr);
  if (inner?.kind !== 'string') throw failure('expected a string literal');
  return inner.value;
}

/** The text of a replacement in pieces: `$name`, `${name}`, `$$`, and what stands between them. */
function expanded(template: string, group: (name: string) => string): string {
  let text = '';
  for (let at = 0; at < template.length;) {
    if (template[at] !== '$') {
      text += template[at];
      at++;
      continue;
    }
    const rest = template.slice(at + 1);
    const name = /^\{(\w+)\}/.exec(rest) ?? /^(\w+)/.exec(rest);
    if (name !== null) {
      text += group(name[1]!);
      at += 1 + name[0].length;
    } else {
      text += '$';
      at += rest.startsWith('$') ? 2 : 1;
    }
  }
  return text;
}

export function replaceLabels(args: readonly Expr[], input: () => readonly Row[]): readonly Row[] {
  const [target, template, source, pattern] = [1, 2, 3, 4].map((at) => textOf(args[at]));
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(`^(?s:${pattern})$`);
  } catch {
    throw failure(`invalid regular expression in label_replace(): ${pattern}`);
  }
  if (!isLabelName(target!)) throw failure(`invalid destination label name in label_replace(): ${target}`);
  return mergeRows(
    input().map((row) => {
      const match = expression.matcher(row.labels.get(source!));
      if (!match.find()) return row;
      const value = expanded(template!, (name) => {
        try {
          return match.group(/^\d+$/.test(name) ? Number(name) : name) ?? '';
        } catch {
          return '';
        }
      });
      const dropName = target === METRIC_NAME ? false : row.dropName;
      return { ...row, labels: row.labels.with(target!, value), dropName };
    }),
  );
}

export function joinLabels(args: readonly Expr[], input: () => readonly Row[]): readonly Row[] {
  const [target, separator, ...sources] = args.slice(1).map(textOf);
  for (const source of sources)
    if (!isLabelName(source)) throw failure(`invalid source label name in label_join(): ${source}`);
  if (!isLabelName(target!)) throw failure(`invalid destination label name in label_join(): ${target}`);
  return mergeRows(
    input().map((row) => ({
      ...row,
      labels: row.labels.with(target!, sources.map((source) => row.labels.get(source)).join(separator)),
      dropName: target === METRIC_NAME ? false : row.dropName,
    })),
  );
}

/** Digits by their number, the rest by its bytes. */
function naturally(a: string, b: string): number {
  const pieces = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];
  const left = pieces(a);
  const right = pieces(b);
  for (let at = 0; at < left.length && at < right.length; at++) {
    const [x, y] = [left[at]!, right[at]!];
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y) && Number(x) !== Number(y)) return Number(x) - Number(y);
    return compareText(x, y);
  }
  return left.length - right.length;
}

export function sorted(place: Place, func: string, args: readonly Expr[], rows: readonly Row[]): Row[] {
  return rowsOf(place, (step) => {
    const vector = vectorAt(rows, step);
    const sign = func.endsWith('_desc') ? -1 : 1;
    if (func.startsWith('sort_by_label')) {
      const names = args.slice(1).map(textOf);
      return vector.sort((a, b) => {
        for (const name of names) {
          const order = naturally(a.labels.get(name), b.labels.get(name));
          if (order !== 0) return sign * order;
        }
        return sign * compareLabels(a.labels, b.labels);
      });
    }
    const floats: (Sample & { readonly value: number })[] = [];
    for (const one of vector) if (!isHistogram(one.point)) floats.push({ ...one, value: one.point });
    return floats.sort((a, b) => {
      const [noA, noB] = [Number.isNaN(a.value), Number.isNaN(b.value)];
      if (noA || noB) return Number(noA) - Number(noB);
      return a.value === b.value ? 0 : a.value < b.value ? -sign : sign;
    });
  });
}

/** Labels that what is absent would have for certain. */
export function labelsOfAbsent(expr: Expr): LabelSet {
  const selector = expr.kind === 'matrix' ? expr.selector : expr;
  if (selector.kind !== 'vector') return LabelSet.empty;
  const labels = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, operator, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (operator === '=' && !seen.has(name)) {
      labels.set(name, value);
      seen.add(name);
    } else labels.delete(name);
  }
  return LabelSet.from(labels);
}

export function absent(place: Place, expr: Expr, rows: readonly Row[]): Row[] {
  return rowsOf(place, (step) =>
    vectorAt(rows, step).length > 0 ? [] : [{ labels: labelsOfAbsent(expr), dropName: false, point: 1 }],
  );
}
