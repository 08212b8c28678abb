// One file of unit tests: the files of rules that it names, and its tests one after the other.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { RE2JS } from 're2js';
import { DEFAULT_ENGINE_OPTIONS } from '#query/promql/engine.ts';
import type { RuleGroup } from '#query/rules/model.ts';
import { parseRuleFile, problemText } from '#query/rules/parse-rule-file.ts';
import { runUnitTest, type UnitTestPlan } from '#query/rules/unit/run-unit-test.ts';
import { readUnitTestFile, type UnitTestFile } from '#query/rules/unit/unit-file.ts';
import { YamlError } from '#query/rules/yaml/yaml-tree.ts';
import { UsageError } from '../command.ts';
import type { EnabledFeatures } from './rule-options.ts';

export interface TestFileOptions {
  readonly features: EnabledFeatures;
  /** Names of tests have to match it. */
  readonly pattern: string | undefined;
  readonly ignoreUnknownFields: boolean;
}

interface TestFileResult {
  /** As promtool prints them; empty: all tests pass. */
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
}

export async function testFile(file: string, options: TestFileOptions, signal: AbortSignal): Promise<TestFileResult> {
  const pattern = patternOf(options.pattern);
  const warnings: string[] = [];
  const read = readTests(file);
  if (!('tests' in read)) return { failures: read.failures, warnings };
  const { groups, failures } = loadGroups(file, read, options, warnings);
  const plan: UnitTestPlan = {
    groups,
    evaluationIntervalMs: read.evaluationIntervalMs,
    fuzzyCompare: read.fuzzyCompare,
    engine: {
      ...DEFAULT_ENGINE_OPTIONS,
      features: options.features.language,
      delayedNameRemoval: options.features.delayedNameRemoval,
    },
  };
  const all: string[] = [];
  for (const test of read.tests) {
    if (pattern !== undefined && !pattern.matcher(test.name).find()) continue;
    all.push(...(failures.length > 0 ? failures : await runUnitTest(test, plan, signal)));
  }
  return { failures: all, warnings };
}

function patternOf(pattern: string | undefined): RE2JS | undefined {
  if (pattern === undefined) return undefined;
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new UsageError(`--run is no regular expression: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readTests(file: string): UnitTestFile | { readonly failures: readonly string[] } {
  try {
    const read = readUnitTestFile(readFileSync(file, 'utf8'));
    if (!('problems' in read)) return read;
    return { failures: read.problems.map(({ at, reason }) => placed(file, at, reason)) };
  } catch (error) {
    if (error instanceof YamlError) return { failures: [placed(file, error.at, error.message)] };
    return { failures: [error instanceof Error ? error.message : String(error)] };
  }
}

function placed(file: string, at: YamlError['at'], reason: string): string {
  return `${file}: ${at === undefined ? '' : `${at.line}:${at.column}: `}${reason}`;
}

interface LoadedGroups {
  readonly groups: readonly RuleGroup[];
  readonly failures: readonly string[];
}

/** The groups of all files in the order in which they are evaluated. The first file that is wrong ends the loading. */
function loadGroups(
  testFilePath: string,
  { ruleFiles, groupEvalOrder }: UnitTestFile,
  options: TestFileOptions,
  warnings: string[],
): LoadedGroups {
  const groups: RuleGroup[] = [];
  for (const file of filesOf(path.dirname(testFilePath), ruleFiles, warnings)) {
    const parsed = parseRuleFile(file, readFileSync(file), {
      features: options.features.language,
      names: 'utf8',
      ignoreUnknownFields: options.ignoreUnknownFields,
    });
    warnings.push(...parsed.warnings);
    if (parsed.file === undefined) return { groups: [], failures: parsed.problems.map(problemText) };
    groups.push(...parsed.file.groups);
  }
  const place = (name: string): number => Math.max(0, groupEvalOrder.indexOf(name));
  return { groups: groups.toSorted((a, b) => place(a.name) - place(b.name)), failures: [] };
}

function filesOf(folder: string, patterns: readonly string[], warnings: string[]): ReadonlySet<string> {
  const files = new Set<string>();
  for (const pattern of patterns) {
    const full = pattern !== '' && !path.isAbsolute(pattern) ? path.join(folder, pattern) : pattern;
    const found = globSync(full).sort();
    if (found.length === 0) warnings.push(`no file match pattern ${full}`);
    for (const file of found) files.add(file);
  }
  return files;
}
