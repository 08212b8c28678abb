// One rule of a file: fields, names, expression and templates.
import type { Expr } from '#query/promql/ast.ts';
import { prepare } from '#query/promql/engine.ts';
import type { LanguageFeatures } from '#query/promql/features.ts';
import { print } from '#query/promql/print.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { quote } from '#query/promql/quote.ts';
import { isMetricName, labelProblems } from './label-names.ts';
import type { Rule, RuleLabels } from './model.ts';
import type { ParseOptions } from './parse-rule-file.ts';
import { checkAlertTemplate } from './template/alert-template.ts';
import { Fields, type FieldProblem } from './yaml/fields.ts';
import type { YamlValue } from './yaml/yaml-tree.ts';

interface ParsedRule {
  /** Absent where the rule has problems. */
  readonly rule: Rule | undefined;
  readonly name: string;
  readonly problems: readonly FieldProblem[];
}

const RULE_FIELDS = ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'];

export function parseRule(item: YamlValue, groupLabels: RuleLabels, options: ParseOptions): ParsedRule {
  const problems: FieldProblem[] = [];
  if (item.kind !== 'map')
    return { rule: undefined, name: '', problems: [{ at: item.at, reason: 'a rule must be a map' }] };
  const fields = Fields.of(item, 'a rule', RULE_FIELDS, problems, options.ignoreUnknownFields);
  const record = fields.text('record');
  const alert = fields.text('alert');
  const name = alert === '' ? record : alert;
  if (record !== '' && alert !== '')
    problems.push({
      at: fields.placeOf('record'),
      alsoAt: fields.placeOf('alert'),
      reason: "only one of 'record' and 'alert' must be set",
    });
  if (name === '') problems.push({ at: item.at, reason: "one of 'record' or 'alert' must be set" });
  const expr = readExpression(fields, options.features, problems);
  const forMs = fields.duration('for') ?? 0;
  const keepFiringForMs = fields.duration('keep_firing_for') ?? 0;
  const labels = fields.texts('labels') ?? new Map<string, string>();
  const annotations = fields.texts('annotations') ?? new Map<string, string>();
  if (record !== '') checkRecording(fields, record, { forMs, keepFiringForMs, annotations }, options, problems);
  problems.push(...labelProblems(fields, 'labels', labels, options.names));
  problems.push(...labelProblems(fields, 'annotations', annotations, options.names));
  if (alert !== '') {
    checkTemplates(fields, alert, 'labels', labels, problems);
    checkTemplates(fields, alert, 'annotations', annotations, problems);
  }
  if (problems.length > 0 || expr === undefined) return { rule: undefined, name, problems };
  const common = { name, expr, query: print(expr), labels: mergedLabels(groupLabels, labels) };
  const rule: Rule =
    alert === ''
      ? { kind: 'recording', ...common }
      : { kind: 'alerting', ...common, forMs, keepFiringForMs, annotations };
  return { rule, name, problems };
}

function mergedLabels(group: RuleLabels, own: RuleLabels): RuleLabels {
  if (group.size === 0) return own;
  return new Map([...group, ...own].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function readExpression(fields: Fields, features: LanguageFeatures, problems: FieldProblem[]): Expr | undefined {
  const before = problems.length;
  const text = fields.text('expr');
  const at = fields.placeOf('expr');
  if (text === '') {
    if (problems.length === before) problems.push({ at, reason: "field 'expr' must be set in rule" });
    return undefined;
  }
  try {
    return prepare(text, features).expr;
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    problems.push({ at, reason: `could not parse expression: ${error.message}` });
    return undefined;
  }
}

interface AlertFields {
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly annotations: RuleLabels;
}

function checkRecording(
  fields: Fields,
  record: string,
  { forMs, keepFiringForMs, annotations }: AlertFields,
  options: ParseOptions,
  problems: FieldProblem[],
): void {
  const at = fields.placeOf('record');
  const refuse = (reason: string): void => void problems.push({ at, reason });
  if (annotations.size > 0) refuse("invalid field 'annotations' in recording rule");
  if (forMs !== 0) refuse("invalid field 'for' in recording rule");
  if (keepFiringForMs !== 0) refuse("invalid field 'keep_firing_for' in recording rule");
  if (!isMetricName(record, options.names)) refuse(`invalid recording rule name: ${record}`);
  if (/[{}]/.test(record)) refuse(`braces present in the recording rule name; should it be in expr?: ${record}`);
}

function checkTemplates(
  fields: Fields,
  alert: string,
  field: 'labels' | 'annotations',
  texts: RuleLabels,
  problems: FieldProblem[],
): void {
  for (const [name, text] of texts) {
    const error = checkAlertTemplate(alert, text);
    if (error === undefined) continue;
    const what = field === 'labels' ? 'label' : 'annotation';
    problems.push({ at: fields.placeOfMember(field, name), reason: `${what} ${quote(name)}: ${error}` });
  }
}
