// Files of rules: what loads, what is refused, and where the message points.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STABLE_FEATURES } from '#query/promql/features.ts';
import type { RuleFile } from '#query/rules/model.ts';
import { parseRuleFile, problemText, type ParseOptions } from '#query/rules/parse-rule-file.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

const OPTIONS: ParseOptions = { features: STABLE_FEATURES, names: 'utf8', ignoreUnknownFields: false };

function problemsOf(text: string, options: ParseOptions = OPTIONS): string[] {
  return parseRuleFile('f', Buffer.from(text), options).problems.map(problemText);
}

function parsed(text: string): RuleFile {
  const { file, problems } = parseRuleFile('f', Buffer.from(text), OPTIONS);
  expect(problems.map(problemText)).toEqual([]);
  return file!;
}

const inRule = (lines: string): string => `groups:\n- name: g\n  rules:\n  - ${lines.replaceAll('\n', '\n    ')}`;

/** What each of the bad files is refused for. */
const REASONS: Readonly<Record<string, RegExp>> = {
  'bad_expr.bad.yaml':
    /^f: 5:15: group "yolo", rule 1, "yolo": could not parse expression: 1:6: parse error: expected type range vector/,
  'bad_field.bad.yaml':
    /^f: 8:9: group "yolo", rule 1, "hola": field annotation not found in a rule: did you mean annotations\?$/,
  'duplicate_grp.bad.yaml': /^f: 3:5: groupname: "yolo" is repeated in the same file$/,
  'invalid_label_name.bad.yaml': /^f: 7:21: group "yolo", rule 1, "hola": invalid label name: __name__$/,
  'invalid_record_name.bad.yaml': /^f: 4:17: .*: braces present in the recording rule name; should it be in expr\?: /,
  'legacy_validation_annotation.bad.yaml':
    /^f: 7:22: group "yolo", rule 1, "hola": invalid annotation name: ins-tance$/,
  'no_rec_alert.bad.yaml': /^f: 4:9: group "yolo", rule 1, "": one of 'record' or 'alert' must be set$/,
  'noexpr.bad.yaml': /^f: 4:9: group "yolo", rule 1, "ylo": field 'expr' must be set in rule$/,
  'record_and_alert.bad.yaml':
    /^f: 4:17: 5:16: group "yolo", rule 1, "Hello": only one of 'record' and 'alert' must be set$/,
  'record_and_for.bad.yaml': /^f: 4:17: group "yolo", rule 1, "Hello": invalid field 'for' in recording rule$/,
  'record_and_keep_firing_for.bad.yaml':
    /^f: 4:17: group "yolo", rule 1, "Hello": invalid field 'keep_firing_for' in recording rule$/,
};

describeWithData("Prometheus' own files of rules", () => {
  it('are refused for what is wrong with them, and load otherwise', () => {
    const directory = sharedData('promql/rulefmt');
    const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
    expect(files.filter((name) => name.endsWith('.bad.yaml')).sort()).toEqual(Object.keys(REASONS).sort());
    for (const name of files) {
      const isLegacy = name.startsWith('legacy');
      const text = readFileSync(join(directory, name), 'utf8');
      const problems = problemsOf(text, { ...OPTIONS, names: isLegacy ? 'legacy' : 'utf8' });
      const reason = REASONS[name];
      expect(problems, name).toHaveLength(reason === undefined ? 0 : 1);
      expect(problems[0] ?? '', name).toMatch(reason ?? /^$/);
    }
  });

  it('have aliases and merged keys where they are written', () => {
    const { groups } = parsed(readFileSync(sharedData('promql/rulefmt/test_aliases.yaml'), 'utf8'));
    expect(groups.map(({ rules }) => rules.map(({ name, kind }) => `${kind} ${name}`))).toEqual([
      ['alerting HighAlert', 'recording new_metric', 'alerting HighAlert', 'alerting HighAlert2'],
      ['alerting HighAlert', 'recording new_metric', 'alerting HighAlert', 'alerting HighAlert2'],
    ]);
    const [first] = groups;
    expect(first!.rules[3]).toMatchObject({ forMs: 300_000, query: first!.rules[0]!.query });
  });
});

describe('a file of rules', () => {
  it('has groups with intervals, limits, offsets and labels', () => {
    const { groups } = parsed(
      'groups:\n- {name: a, interval: 1m30s, limit: 7, query_offset: 10s, labels: {x: 1, y: two}, rules: [{record: r, expr: 1, labels: {y: own, z: ""}}]}\n' +
        '- {name: b, rules: [{alert: A, expr: up, for: 1d, keep_firing_for: 5m, annotations: {n: null}}]}\n- null\n',
    );
    expect(groups).toMatchObject([
      { name: 'a', file: 'f', intervalMs: 90_000, limit: 7, queryOffsetMs: 10_000 },
      { name: 'b', intervalMs: undefined, limit: 0, queryOffsetMs: undefined },
    ]);
    expect([...groups[0]!.rules[0]!.labels]).toEqual([
      ['x', '1'],
      ['y', 'own'],
      ['z', ''],
    ]);
    expect(groups[1]!.rules[0]).toMatchObject({ forMs: 86_400_000, keepFiringForMs: 300_000, query: 'up' });
  });

  it.each(['', '# nothing\n', 'groups:\n', 'groups: []', 'groups: [null]'])('may be empty: %j', (text) => {
    expect(parsed(text).groups).toEqual([]);
  });

  it('shows everything that is wrong at once', () => {
    const text =
      'groups:\n- name: g\n  interval: 1x\n  limit: few\n  rules:\n  - record: a\n    expr: sum(\n  - alert: B\n    expr: 1\n    for: 5\n    annotations:\n      x: "{{ $nope }}"\n- name: g\n';
    expect(problemsOf(text)).toEqual([
      'f: 3:13: group "g": interval: unknown unit "x" in duration "1x"',
      'f: 4:10: group "g": limit must be a whole number, but is "few"',
      'f: 7:11: group "g", rule 1, "a": could not parse expression: 1:5: parse error: unclosed left parenthesis',
      'f: 10:10: group "g", rule 2, "B": for: not a valid duration string: "5"',
      'f: 12:10: group "g", rule 2, "B": annotation "x": template: __alert_B:1: undefined variable "$nope"',
      'f: 13:3: groupname: "g" is repeated in the same file',
    ]);
  });

  it.each([
    ['groups: foo', 'f: 1:9: groups must be a list, but is "foo"'],
    ['- 1', 'f: 1:1: the file must be a map, but is a list'],
    ['rules: []', 'f: 1:1: field rules not found in the file: it knows groups'],
    ['groups:\n- rules: []', 'f: 2:3: Groupname must not be empty'],
    ['groups:\n- name: a\n  name: b', 'f: 3:3: yaml: mapping key "name" already defined at line 2'],
    [inRule('record: a\nexpr: 1\nexpr: 2'), 'f: 6:5: yaml: mapping key "expr" already defined at line 5'],
    [inRule('record: a\nexpr: [1]'), 'f: 5:11: group "g", rule 1, "a": expr must be a text, but is a list'],
    [inRule('record: a\nexpr: *x'), 'f: 5:11: yaml: unknown anchor "x" referenced'],
    [inRule('{record: "", expr: 1}'), `f: 4:5: group "g", rule 1, "": one of 'record' or 'alert' must be set`],
    [inRule('5'), 'f: 4:5: group "g", rule 1, "": a rule must be a map'],
    [
      inRule('record: a\nexpr: 1\nannotations: {x: y}'),
      `f: 4:13: group "g", rule 1, "a": invalid field 'annotations' in recording rule`,
    ],
    [
      inRule('alert: a\nexpr: 1\nlabels:\n  x: "{{ if }}"'),
      'f: 7:10: group "g", rule 1, "a": label "x": template: __alert_a:1: missing value for if',
    ],
    [
      inRule('record: a\nexpr: info(a)'),
      'f: 5:11: group "g", rule 1, "a": could not parse expression: 1:1: parse error: function "info" is not enabled',
    ],
  ])('refuses %j', (text, problem) => {
    const problems = problemsOf(text);
    expect(problems[0]).toBe(problem);
    expect(problems).toHaveLength(1);
  });

  it('may have braces that are closed at the column of their key', () => {
    const { groups } = parsed(
      'groups:\n- name: g\n  rules:\n  - alert: x\n    expr: up\n    labels: {\n      a: b\n    }\n',
    );
    expect([...groups[0]!.rules[0]!.labels]).toEqual([['a', 'b']]);
  });

  it.each([
    ['010', 8],
    ['0x10', 16],
    ['1_000', 1_000],
    ['1e1', 10],
    ['1.5', 1],
    ['-3', -3],
    ['0b11', 3],
  ])('reads the limit %s as %d', (text, limit) => {
    expect(parsed(`groups:\n- {name: g, limit: ${text}}`).groups[0]!.limit).toBe(limit);
  });

  it('reads no number from a text in quotes', () => {
    expect(problemsOf("groups:\n- {name: g, limit: '5'}")).toEqual([
      'f: 2:20: group "g": limit must be a whole number, but is "5"',
    ]);
  });

  it('warns about further documents, and reads the first', () => {
    const { file, warnings } = parseRuleFile('f', Buffer.from('groups: []\n---\nfoo: [\n'), OPTIONS);
    expect(file).toBeDefined();
    expect(warnings).toEqual(['f: multiple documents are not supported, only the first document is processed']);
  });

  it('is refused where it is no UTF-8', () => {
    const { problems } = parseRuleFile('f', Buffer.from([0x67, 0xff]), OPTIONS);
    expect(problems.map(problemText)).toEqual(['f: yaml: the file is not valid UTF-8']);
  });

  it('passes unknown fields by with the option for it', () => {
    const text = 'x: 1\ngroups:\n- name: g\n  y: 2\n  rules:\n  - {record: r, expr: 1, z: 3}';
    expect(problemsOf(text)).toHaveLength(3);
    expect(problemsOf(text, { ...OPTIONS, ignoreUnknownFields: true })).toEqual([]);
  });

  it('is bounded: aliases of aliases, an anchor in itself, depth, length', () => {
    const levels = Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]`);
    const bomb = `groups:\n- name: g\n  rules: []\n  labels:\n    a0: &a0 [x,x,x,x,x,x,x,x,x]\n    ${levels.join('\n    ')}\n`;
    expect(problemsOf(bomb)[0]).toMatch(/yaml: more than 500000 nodes, aliases included$/);
    expect(problemsOf('groups: &a [*a]')[0]).toMatch(/yaml: an anchor contains itself$/);
    expect(problemsOf(`groups: ${'['.repeat(5_000)}`)[0]).toMatch(/yaml: the file is nested too deeply$/);
    expect(problemsOf(`groups: ${'['.repeat(200)}${']'.repeat(200)}`)[0]).toMatch(/more than 100 levels of nesting$/);
    expect(problemsOf(`#${'x'.repeat(2_000_001)}`)[0]).toMatch(/^f: length limit: the file has 2000002 characters/);
  });
});
