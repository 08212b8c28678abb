// A file of unit tests of rules, as `promtool test rules` reads it, strictly.
import { Fields, type FieldProblem } from '../yaml/fields.ts';
import { readYaml, type YamlValue } from '../yaml/yaml-tree.ts';

interface InputSeriesText {
  readonly series: string;
  readonly values: string;
}

interface ExpectedAlert {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
}

export interface AlertTest {
  readonly evalTimeMs: number;
  readonly alertname: string;
  readonly expected: readonly ExpectedAlert[];
}

interface ExpectedSampleText {
  readonly labels: string;
  readonly value: number;
  /** Not empty: the value does not count. */
  readonly histogram: string;
}

export interface ExprTest {
  readonly expr: string;
  readonly evalTimeMs: number;
  readonly expected: readonly ExpectedSampleText[];
}

export interface UnitTest {
  readonly name: string;
  /** Between the values of input series. */
  readonly intervalMs: number;
  readonly inputSeries: readonly InputSeriesText[];
  readonly alertTests: readonly AlertTest[];
  readonly exprTests: readonly ExprTest[];
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly externalUrl: string;
  readonly startMs: number;
}

export interface UnitTestFile {
  /** Patterns of paths, relative to the file. */
  readonly ruleFiles: readonly string[];
  readonly evaluationIntervalMs: number;
  readonly groupEvalOrder: readonly string[];
  readonly fuzzyCompare: boolean;
  readonly tests: readonly UnitTest[];
}

const DEFAULT_INTERVAL_MS = 60_000;

const FILE_FIELDS = ['rule_files', 'evaluation_interval', 'group_eval_order', 'tests', 'fuzzy_compare'];
const TEST_FIELDS = [
  'interval',
  'input_series',
  'alert_rule_test',
  'promql_expr_test',
  'external_labels',
  'external_url',
  'name',
  'start_timestamp',
];

/** The file, or what is wrong with it. Throws YamlError where it is no YAML. */
export function readUnitTestFile(text: string): UnitTestFile | { readonly problems: readonly FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const { root } = readYaml(text);
  const empty: YamlValue = { kind: 'map', entries: [], at: { line: 1, column: 1 } };
  const fields = Fields.of(root ?? empty, 'a test file', FILE_FIELDS, problems, false);
  const evaluationIntervalMs = fields.duration('evaluation_interval') || DEFAULT_INTERVAL_MS;
  const groupEvalOrder = fields.textList('group_eval_order');
  const repeated = groupEvalOrder.find((name, at) => groupEvalOrder.indexOf(name) < at);
  if (repeated !== undefined)
    problems.push({
      at: fields.placeOf('group_eval_order'),
      reason: `group name repeated in evaluation order: ${repeated}`,
    });
  const file: UnitTestFile = {
    ruleFiles: fields.textList('rule_files'),
    evaluationIntervalMs,
    groupEvalOrder,
    fuzzyCompare: fields.boolean('fuzzy_compare'),
    tests: fields.list('tests').map((item) => readTest(item, evaluationIntervalMs, problems)),
  };
  return problems.length > 0 ? { problems } : file;
}

function readTest(item: YamlValue, defaultIntervalMs: number, problems: FieldProblem[]): UnitTest {
  const fields = Fields.of(item, 'a test', TEST_FIELDS, problems, false);
  return {
    name: fields.text('name'),
    intervalMs: fields.duration('interval') || defaultIntervalMs,
    inputSeries: fields.list('input_series').map((one) => {
      const series = Fields.of(one, 'an input series', ['series', 'values'], problems, false);
      return { series: series.text('series'), values: series.text('values') };
    }),
    alertTests: fields.list('alert_rule_test').map((one) => readAlertTest(one, problems)),
    exprTests: fields.list('promql_expr_test').map((one) => readExprTest(one, problems)),
    externalLabels: fields.texts('external_labels') ?? new Map<string, string>(),
    externalUrl: fields.text('external_url'),
    startMs: startOf(fields, problems),
  };
}

function readAlertTest(item: YamlValue, problems: FieldProblem[]): AlertTest {
  const fields = Fields.of(item, 'an alert test', ['eval_time', 'alertname', 'exp_alerts'], problems, false);
  return {
    evalTimeMs: fields.duration('eval_time') ?? 0,
    alertname: fields.text('alertname'),
    expected: fields.list('exp_alerts').map((one) => {
      const alert = Fields.of(one, 'an expected alert', ['exp_labels', 'exp_annotations'], problems, false);
      return {
        labels: alert.texts('exp_labels') ?? new Map<string, string>(),
        annotations: alert.texts('exp_annotations') ?? new Map<string, string>(),
      };
    }),
  };
}

function readExprTest(item: YamlValue, problems: FieldProblem[]): ExprTest {
  const fields = Fields.of(item, 'an expression test', ['expr', 'eval_time', 'exp_samples'], problems, false);
  return {
    expr: fields.text('expr'),
    evalTimeMs: fields.duration('eval_time') ?? 0,
    expected: fields.list('exp_samples').map((one) => {
      const sample = Fields.of(one, 'an expected sample', ['labels', 'value', 'histogram'], problems, false);
      return { labels: sample.text('labels'), value: sample.float('value'), histogram: sample.text('histogram') };
    }),
  };
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Unix seconds, or RFC 3339. */
function startOf(fields: Fields, problems: FieldProblem[]): number {
  const text = fields.text('start_timestamp');
  if (text === '') return 0;
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Math.trunc(Number(text) * 1000);
  const parsed = RFC3339.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(parsed)) return parsed;
  problems.push({
    at: fields.placeOf('start_timestamp'),
    reason: `cannot parse ${JSON.stringify(text)} to a valid timestamp`,
  });
  return 0;
}
