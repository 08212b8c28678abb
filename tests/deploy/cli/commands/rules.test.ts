// `winnow check-rules` and `winnow test-rules`: output and exit codes, as scripts see them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWinnow } from '#deploy/cli/run-winnow.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function winnow(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const parts = { out: '', err: '' };
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        parts[name] += chunk.toString();
        done();
      },
    });
  const code = await runWinnow(words, {
    stdout: into('out'),
    stderr: into('err') as NodeJS.WriteStream,
    env: {},
    signal: new AbortController().signal,
  });
  return { code, ...parts };
}

const GOOD = 'groups:\n- name: g\n  rules:\n  - {record: r, expr: sum(x)}\n  - {alert: A, expr: r > 1}\n';
const TWINS =
  'groups:\n- name: g\n  rules:\n  - {record: r, expr: 1, labels: {a: b}}\n  - {record: r, expr: 2, labels: {a: b}}\n';

describe('winnow check-rules', () => {
  it('counts the rules of good files', async () => {
    const path = file('good.yaml', GOOD);
    expect(await winnow('check-rules', path)).toEqual({
      code: 0,
      out: `Checking ${path}\n  SUCCESS: 2 rules found\n\n`,
      err: '',
    });
  });

  it('fails for one bad file among good ones, and shows where', async () => {
    const good = file('good.yaml', GOOD);
    const bad = file('bad.yaml', 'groups:\n- name: g\n  rules:\n  - {record: r, expr: sum(}\n');
    const { code, out, err } = await winnow('check-rules', bad, good, join(folder, 'nowhere.yaml'));
    expect(code).toBe(1);
    expect(out).toContain(`Checking ${good}\n  SUCCESS: 2 rules found\n`);
    expect(err).toContain(
      `  FAILED:\n${bad}: 4:23: group "g", rule 1, "r": could not parse expression: 1:5: parse error: unclosed left parenthesis\n`,
    );
    expect(err).toContain('ENOENT');
  });

  it('shows duplicate rules, which fail with --lint-fatal', async () => {
    const path = file('twins.yaml', TWINS);
    const text =
      '  FAILED:\nlint error 1 duplicate rule(s) found.\nMetric: r\nLabel(s):\n\ta: b\nMight cause inconsistency while recording expressions\n';
    expect(await winnow('check-rules', path)).toMatchObject({ code: 0, err: text });
    expect(await winnow('check-rules', '--lint-fatal', path)).toMatchObject({ code: 3, err: text });
    expect(await winnow('check-rules', '--lint', 'none', '--lint-fatal', path)).toMatchObject({ code: 0, err: '' });
    expect((await winnow('check-rules', '--lint', 'some', path)).code).toBe(2);
  });

  it('knows features, old names and fields of others', async () => {
    const path = file(
      'new.yaml',
      'groups:\n- name: g\n  rules:\n  - {record: r, expr: info(x), labels: {a-b: c}, note: n}\n',
    );
    expect((await winnow('check-rules', path)).err.split('\n')).toHaveLength(4);
    const options = ['--enable-feature', 'promql-experimental-functions', '--ignore-unknown-fields'];
    expect((await winnow('check-rules', ...options, path)).code).toBe(0);
    const legacy = await winnow('check-rules', ...options, '--legacy-names', path);
    expect(legacy).toMatchObject({ code: 1, err: expect.stringContaining('invalid label name: a-b') });
    expect((await winnow('check-rules', '--enable-feature', 'magic', path)).code).toBe(2);
  });
});

describe('winnow test-rules', () => {
  const tests = (value: number): string =>
    `rule_files: ["good*.yaml"]\ntests:\n- name: sums\n  input_series: [{series: 'x{i="1"}', values: 1x5}, {series: 'x{i="2"}', values: 2x5}]\n` +
    `  promql_expr_test: [{expr: r, eval_time: 2m, exp_samples: [{labels: r, value: ${value}}]}]\n` +
    `  alert_rule_test: [{eval_time: 2m, alertname: A, exp_alerts: [{}]}]\n- name: nothing\n`;

  it('passes what is right, finding rules beside the file', async () => {
    file('good.yaml', GOOD);
    expect(await winnow('test-rules', file('right.yaml', tests(3)))).toEqual({
      code: 0,
      out: '  SUCCESS\n\n',
      err: '',
    });
  });

  it('fails what is wrong, as promtool prints it', async () => {
    file('good.yaml', GOOD);
    const wrong = file('wrong.yaml', tests(4));
    expect(await winnow('test-rules', wrong)).toEqual({
      code: 1,
      out: '\n\n',
      err: '  FAILED:\n    expr: "r", time: 2m,\n        exp: {__name__="r"} 4E+00\n        got: {__name__="r"} 3E+00\n',
    });
    expect((await winnow('test-rules', '--run', 'noth', wrong)).code).toBe(0);
    expect((await winnow('test-rules', '--run', '(', wrong)).code).toBe(2);
    expect((await winnow('test-rules')).code).toBe(2);
  });

  it('fails for rules that cannot be loaded, and warns of patterns without files', async () => {
    file('broken.yaml', 'groups:\n- name: g\n  rules:\n  - {record: r, expr: sum(}\n');
    const path = file('t.yaml', 'rule_files: [broken.yaml, none*.yaml]\ntests: [{name: a}]\n');
    const { code, err } = await winnow('test-rules', path);
    expect(code).toBe(1);
    expect(err).toContain('  WARNING: no file match pattern ');
    expect(err).toContain('broken.yaml: 4:23: group "g", rule 1, "r": could not parse expression');
    expect((await winnow('test-rules', file('odd.yaml', 'foo: 1'))).err).toContain(
      'odd.yaml: 1:1: field foo not found',
    );
  });
});
