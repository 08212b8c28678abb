// Matchers → SQL conditions over the series table. User text never becomes SQL: it travels in bound values, named by position.
import { METRIC_NAME } from '#query/promql/labels.ts';
import type { Matcher } from '#query/promql/matcher.ts';

export interface Conditions {
  readonly sql: string;
  readonly bindings: Readonly<Record<string, string>>;
}

const SHAPES: Readonly<Record<Matcher['operator'], (value: string, parameter: string) => string>> = {
  '=': (value, parameter) => `${value} = ${parameter}`,
  '!=': (value, parameter) => `${value} != ${parameter}`,
  '=~': (value, parameter) => `match(${value}, ${parameter})`,
  '!~': (value, parameter) => `NOT match(${value}, ${parameter})`,
};

/** The condition of one matcher set, its values bound as `{p<set>v<n>:String}`; a missing label is an empty value. */
function conditionOf(matchers: readonly Matcher[], set: number, bindings: Record<string, string>): string {
  const parts = matchers.map((matcher, at) => {
    const parameter = `p${set}v${at}`;
    const regular = matcher.operator === '=~' || matcher.operator === '!~';
    bindings[parameter] = regular ? `^(?s:${matcher.value})$` : matcher.value;
    let value = 'name';
    if (matcher.name !== METRIC_NAME) {
      bindings[`p${set}n${at}`] = matcher.name;
      value = `labels[{p${set}n${at}:String}]`;
    }
    return SHAPES[matcher.operator](value, `{${parameter}:String}`);
  });
  return parts.length === 0 ? '1' : `(${parts.join(' AND ')})`;
}

/** Any of the matcher sets; none at all means every series. */
export function seriesConditions(matcherSets: readonly (readonly Matcher[])[]): Conditions {
  const bindings: Record<string, string> = {};
  const sql = matcherSets.map((matchers, set) => conditionOf(matchers, set, bindings)).join(' OR ');
  return { sql: sql === '' ? '1' : `(${sql})`, bindings };
}
