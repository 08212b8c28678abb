// Unit tests of rules: those that promtool passes pass, and each of them fails when one expectation is changed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENGINE_OPTIONS } from '#query/promql/engine.ts';
import { STABLE_FEATURES } from '#query/promql/features.ts';
import { parseRuleFile } from '#query/rules/parse-rule-file.ts';
import { runUnitTest } from '#query/rules/unit/run-unit-test.ts';
import { readUnitTestFile, type UnitTest, type UnitTestFile } from '#query/rules/unit/unit-file.ts';

const FOLDER = join(import.meta.dirname, '../promtool');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.test.yaml'));

function read(text: string): UnitTestFile {
  const file = readUnitTestFile(text);
  if ('problems' in file) throw new Error(file.problems.map(({ reason }) => reason).join('; '));
  return file;
}

async function run(file: UnitTestFile, test: UnitTest): Promise<string[]> {
  const groups = file.ruleFiles.flatMap((name) => {
    const parsed = parseRuleFile(name, readFileSync(join(FOLDER, name)), {
      features: STABLE_FEATURES,
      names: 'utf8',
      ignoreUnknownFields: false,
    });
    return parsed.file?.groups ?? [];
  });
  const { evaluationIntervalMs, fuzzyCompare } = file;
  const plan = { groups, evaluationIntervalMs, fuzzyCompare, engine: DEFAULT_ENGINE_OPTIONS };
  return runUnitTest(test, plan, new AbortController().signal);
}

describe('unit tests of rules', () => {
  it.each(FILES)('%s passes', async (name) => {
    const file = read(readFileSync(join(FOLDER, name), 'utf8'));
    expect(file.tests.length).toBeGreaterThan(0);
    for (const test of file.tests) expect(await run(file, test)).toEqual([]);
  });

  it('fail when one expectation is wrong, each of them, and only that', async () => {
    const file = read(readFileSync(join(FOLDER, 'recording-and-alerts.test.yaml'), 'utf8'));
    let changed = 0;
    for (const test of file.tests) {
      for (const [at, alertTest] of test.alertTests.entries()) {
        const wrong = {
          ...alertTest,
          expected: [...alertTest.expected, { labels: new Map(), annotations: new Map() }],
        };
        const failures = await run(file, { ...test, alertTests: test.alertTests.with(at, wrong) });
        expect(failures, alertTest.alertname).toHaveLength(1);
        changed++;
      }
      for (const [at, exprTest] of test.exprTests.entries()) {
        const [first, ...others] = exprTest.expected;
        if (first === undefined) continue;
        const other =
          first.histogram === ''
            ? { ...first, value: Number.isFinite(first.value) ? first.value + 1 : 0 }
            : { ...first, histogram: '{{count:99}}' };
        const wrong = { ...exprTest, expected: [other, ...others] };
        expect(await run(file, { ...test, exprTests: test.exprTests.with(at, wrong) }), exprTest.expr).toHaveLength(1);
        changed++;
      }
    }
    expect(changed).toBeGreaterThan(30);
  });

  async function failuresOf(text: string): Promise<string[]> {
    const file = read(text);
    return run(file, file.tests[0]!);
  }

  it('show what was expected and what came', async () => {
    const alerts = await failuresOf(
      'rule_files: [recording-and-alerts.rules.yaml]\ntests:\n- name: n\n  input_series: [{series: \'x{job="a",i="1"}\', values: 9x5}]\n  alert_rule_test: [{eval_time: 2m, alertname: WithFor, exp_alerts: [{exp_labels: {job: b}}]}]',
    );
    expect(alerts).toEqual([
      '    name: n,\n    alertname: WithFor, time: 2m, \n        exp:[\n            0:\n              Labels:{alertname="WithFor", job="b"}\n              Annotations:{}\n            ], \n' +
        '        got:[\n            0:\n              Labels:{alertname="WithFor", i="1", job="a", team=""}'.replace(
          ', team=""',
          '',
        ) +
        '\n              Annotations:{d="9 at 120"}\n            ]',
    ]);
    const samples = await failuresOf(
      'tests:\n- input_series: [{series: h, values: "{{schema:0 count:3 sum:5 buckets:[1 2]}}"}, {series: x, values: 1.5}]\n  promql_expr_test: [{expr: h, eval_time: 1m, exp_samples: [{labels: x, value: 1}]}]',
    );
    expect(samples).toEqual([
      '    expr: "h", time: 1m,\n        exp: {__name__="x"} 1E+00\n        got: {__name__="h"} {{count:3 sum:5 buckets:[1 2]}}',
    ]);
  });

  it.each([
    [
      'promql_expr_test: [{expr: "sum(", eval_time: 1m}]',
      '    expr: "sum(", time: 1m, err: 1:5: parse error: unclosed left parenthesis',
    ],
    ['promql_expr_test: [{expr: "x[5m]"}]', '    expr: "x[5m]", time: 0s, err: rule result is not a vector or scalar'],
    [
      'input_series: [{series: "x{", values: 1}]',
      "input_series x{: 1:4: parse error: unexpected character inside braces: '1'",
    ],
    ['input_series: [{series: x, values: "1 2\\n3"}]', 'input_series x: unexpected line break in series values'],
    [
      'alert_rule_test: [{eval_time: 5m}]',
      'an item under alert_rule_test misses required attribute alertname at eval_time 5m',
    ],
    [
      'promql_expr_test: [{expr: "1", eval_time: 100y}]',
      'evaluation limit: the test needs more than 600000 evaluations',
    ],
    [
      'input_series: [{series: x, values: 1x9000000}]',
      'input_series x: series limit: more than the 1000000 values that are allowed',
    ],
    [
      'promql_expr_test: [{expr: vector(0/0), exp_samples: [{value: .nan}]}]',
      '    expr: "vector(0/0)", time: 0s,\n        exp: {} NaN\n        got: {} NaN',
    ],
  ])('fail for %s', async (lines, failure) => {
    expect(await failuresOf(`tests:\n- ${lines}`)).toEqual([failure]);
  });

  it('compare floats with their neighbours with fuzzy_compare', async () => {
    const text = 'tests:\n- promql_expr_test: [{expr: vector(.1+.2), exp_samples: [{labels: "{}", value: 0.3}]}]';
    expect(await failuresOf(text)).toHaveLength(1);
    expect(await failuresOf(`fuzzy_compare: true\n${text}`)).toEqual([]);
  });

  it('see input only up to the last evaluation, and begin at start_timestamp', async () => {
    const text =
      'tests:\n- interval: 10s\n  start_timestamp: "2020-01-01T00:00:00Z"\n  input_series: [{series: x, values: 0+1x20}]\n  promql_expr_test:\n' +
      '  - {expr: x, eval_time: 90s, exp_samples: [{labels: x, value: 6}]}\n  - {expr: time(), eval_time: 90s, exp_samples: [{value: 1577836890}]}';
    expect(await failuresOf(text)).toEqual([]);
  });

  it('are refused where fields are unknown, or have the wrong type', () => {
    const file = readUnitTestFile(
      'evaluation_interval: 1x\ngroup_eval_order: [a, a]\ntests:\n- foo: 1\n  start_timestamp: soon\n  promql_expr_test: [{exp_samples: [{value: many}]}]',
    );
    expect(
      'problems' in file ? file.problems.map(({ at, reason }) => `${at?.line}:${at?.column}: ${reason}`) : [],
    ).toEqual([
      '1:22: evaluation_interval: unknown unit "x" in duration "1x"',
      '2:19: group name repeated in evaluation order: a',
      expect.stringMatching(/^4:3: field foo not found in a test: it knows interval, /),
      '6:45: value must be a number, but is "many"',
      '5:20: cannot parse "soon" to a valid timestamp',
    ]);
  });
});
