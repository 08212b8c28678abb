// Which groups run: those of all files, or, where something is wrong with one of them, none.
import { expect, test } from 'vitest';
import { parse } from '#query/promql/parse.ts';
import type { RuleGroup } from '#query/rules/model.ts';
import { loadGroups, type RuleFileReader } from '#query/rules/run/load-groups.ts';
import { carriedState, freshState } from '#query/rules/group-state.ts';
import { groupText, seriesOfState } from '#query/rules/run/same-group.ts';
import { LabelSet } from '#query/promql/labels.ts';

function group(file: string, name: string, rules = 1, intervalMs?: number): RuleGroup {
  return {
    file,
    name,
    intervalMs,
    limit: 0,
    queryOffsetMs: undefined,
    rules: Array.from({ length: rules }, (_, at) => ({
      kind: 'recording',
      name: `r${at}`,
      query: 'up',
      expr: parse('up'),
      labels: new Map(),
    })),
  };
}

function reader(files: Record<string, readonly RuleGroup[] | Error>): RuleFileReader {
  return {
    find: (pattern) => Object.keys(files).filter((path) => path.startsWith(pattern.replace('*', ''))),
    read: (path) => {
      const groups = files[path];
      if (groups instanceof Error) throw groups;
      return { groups: groups ?? [], problems: [], warnings: [] };
    },
  };
}
const LIMITS = { maxGroups: 3, maxRules: 5 };

test('a file that several patterns match is read once, and one that is not there is no mistake', () => {
  const files = reader({ 'b/1': [group('b/1', 'x')], 'a/1': [group('a/1', 'x'), group('a/1', 'y')] });
  const { groups, problems, warnings } = loadGroups(['b/*', 'a/*', 'a/1', 'none'], files, LIMITS);
  expect(groups.map(({ file, name }) => `${file} ${name}`)).toEqual(['a/1 x', 'a/1 y', 'b/1 x']);
  expect(problems).toEqual([]);
  expect(warnings).toEqual(['none: no file is there']);
});

test('what cannot be read, and what is beyond a limit, is said by name', () => {
  const files = reader({
    'a/1': new Error('permission denied'),
    'a/2': [group('a/2', 'x', 6), group('a/2', 'y', 1, 50)],
  });
  expect(loadGroups(['a/*'], files, LIMITS).problems).toEqual([
    'a/1: permission denied',
    'a/2: group "y": interval is below 100ms',
    'rules.max_rules: there are 7 rules, 5 may run',
  ]);
  const many = reader({ 'a/1': ['1', '2', '3', '4'].map((name) => group('a/1', name)) });
  expect(loadGroups(['a/*'], many, LIMITS).problems).toEqual(['rules.max_groups: there are 4 groups, 3 may run']);
  const thousand = reader(Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`a/${at}`, []])));
  expect(loadGroups(['a/*'], thousand, LIMITS).problems).toEqual([
    'rules.files: matches 1001 files, at most 1000 are read',
  ]);
});

test('a group is another one when anything of it changes, and its series are known', () => {
  const one = group('f', 'g', 2);
  expect(groupText(one, 1000)).toBe(groupText({ ...one }, 1000));
  expect(groupText(one, 2000)).not.toBe(groupText(one, 1000));
  for (const change of [{ limit: 1 }, { queryOffsetMs: 0 }, { rules: one.rules.slice(1) }, { name: 'h' }])
    expect(groupText({ ...one, ...change }, 1000)).not.toBe(groupText(one, 1000));
  const labels = LabelSet.from([['__name__', 'r0']]);
  const state = freshState(one, true);
  const written = { ...state, rules: state.rules.map((rule, at) => (at === 0 ? { ...rule, series: new Map([[labels.key, labels]]) } : rule)) }; // prettier-ignore
  expect(seriesOfState(written)).toEqual([labels]);
  const carried = carriedState({ ...one, rules: one.rules.slice(1) }, one, written);
  expect(seriesOfState(carried)).toEqual([labels]);
});
