// A file of rules → groups and rules, strictly: every error with its place, group and rule, all of them at once.
import type { LanguageFeatures } from '#query/promql/features.ts';
import { quote } from '#query/promql/quote.ts';
import { labelProblems, type NameScheme } from './label-names.ts';
import type { Rule, RuleFile, RuleGroup } from './model.ts';
import { parseRule } from './parse-rule.ts';
import { Fields, type FieldProblem } from './yaml/fields.ts';
import { readYaml, YamlError, type YamlValue } from './yaml/yaml-tree.ts';

export interface ParseOptions {
  readonly features: LanguageFeatures;
  readonly names: NameScheme;
  /** Fields that Prometheus does not know are passed by. */
  readonly ignoreUnknownFields: boolean;
}

/** Something wrong with a file. */
export interface FileProblem extends FieldProblem {
  readonly file: string;
  readonly group: string | undefined;
  /** Number in the group from 1, and name. */
  readonly rule: { readonly number: number; readonly name: string } | undefined;
}

export interface ParsedRuleFile {
  /** Absent exactly where there are problems. */
  readonly file: RuleFile | undefined;
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly string[];
}

/** Rules of one file: each is an evaluation. */
const MAX_RULES = 20_000;
/** Problems of one file that are shown. */
const MAX_PROBLEMS = 100;

const GROUP_FIELDS = ['name', 'interval', 'query_offset', 'limit', 'rules', 'labels'];

/** `FILE: LINE:COLUMN: group "G", rule N, "NAME": reason`, as promtool prints it. */
export function problemText({ file, at, alsoAt, group, rule, reason }: FileProblem): string {
  const places = [at, alsoAt].map((place) => (place === undefined ? '' : `${place.line}:${place.column}: `)).join('');
  const inRule = rule === undefined ? '' : `, rule ${rule.number}, ${quote(rule.name)}`;
  const where = group === undefined ? '' : `group ${quote(group)}${inRule}: `;
  return `${file}: ${places}${where}${reason}`;
}

export function parseRuleFile(path: string, bytes: Uint8Array, options: ParseOptions): ParsedRuleFile {
  const problems: FileProblem[] = [];
  const add = (problem: FieldProblem, group?: string, rule?: FileProblem['rule']): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ file: path, group, rule, ...problem });
  };
  const warnings: string[] = [];
  let groups: readonly RuleGroup[] = [];
  try {
    const { root, hasMore } = readYaml(textOf(bytes));
    if (hasMore) warnings.push(`${path}: multiple documents are not supported, only the first document is processed`);
    if (root !== undefined) groups = readGroups(path, root, options, add);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    add({ at: error.at, reason: error.message });
  }
  return { file: problems.length > 0 ? undefined : { path, groups }, problems, warnings };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new YamlError(undefined, 'yaml: the file is not valid UTF-8');
  }
}

type Add = (problem: FieldProblem, group?: string, rule?: FileProblem['rule']) => void;

function readGroups(file: string, root: YamlValue, options: ParseOptions, add: Add): RuleGroup[] {
  const found: FieldProblem[] = [];
  const top = Fields.of(root, 'the file', ['groups'], found, options.ignoreUnknownFields);
  const items = top.list('groups');
  for (const problem of found) add(problem);
  const names = new Set<string>();
  let rules = 0;
  return items.map((item) => {
    const group = readGroup(file, item, options, add);
    if (group.name === '') add({ at: item.at, reason: 'Groupname must not be empty' });
    else if (names.has(group.name))
      add({ at: item.at, reason: `groupname: "${group.name}" is repeated in the same file` });
    names.add(group.name);
    rules += group.rules.length;
    if (rules > MAX_RULES)
      throw new YamlError(item.at, `rule limit: more than the ${MAX_RULES} rules that are allowed`);
    return group;
  });
}

function readGroup(file: string, item: YamlValue, options: ParseOptions, add: Add): RuleGroup {
  const found: FieldProblem[] = [];
  const fields = Fields.of(item, 'a group', GROUP_FIELDS, found, options.ignoreUnknownFields);
  const name = fields.text('name');
  const intervalMs = fields.duration('interval');
  const queryOffsetMs = fields.duration('query_offset');
  const limit = fields.integer('limit');
  const labels = fields.texts('labels') ?? new Map<string, string>();
  found.push(...labelProblems(fields, 'labels', labels, options.names));
  const items = fields.list('rules');
  for (const problem of found) add(problem, name);
  const rules: Rule[] = [];
  for (const [at, one] of items.entries()) {
    const { rule, name: ruleName, problems } = parseRule(one, labels, options);
    for (const problem of problems) add(problem, name, { number: at + 1, name: ruleName });
    if (rule !== undefined) rules.push(rule);
  }
  return { name, file, intervalMs: intervalMs === 0 ? undefined : intervalMs, limit, queryOffsetMs, rules };
}
