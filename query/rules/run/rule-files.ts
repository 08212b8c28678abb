// The rule files on disk: found by their patterns, read within a bound, and parsed.
import { globSync, readFileSync, statSync } from 'node:fs';
import type { LanguageFeatures } from '#query/promql/features.ts';
import { parseRuleFile, problemText } from '#query/rules/parse-rule-file.ts';
import type { RuleFileReader } from './load-groups.ts';

/** Larger than any file that people write; what tools make can be divided. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

export function findRuleFiles(pattern: string): readonly string[] {
  return globSync(pattern).filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

export function ruleFileReader(features: LanguageFeatures): RuleFileReader {
  return {
    find: findRuleFiles,
    read: (path) => {
      const { size } = statSync(path);
      if (size > MAX_FILE_BYTES) throw new Error(`has ${size} bytes, at most ${MAX_FILE_BYTES} are read`);
      const { file, problems, warnings } = parseRuleFile(path, readFileSync(path), {
        features,
        names: 'utf8',
        ignoreUnknownFields: false,
      });
      return { groups: file?.groups ?? [], problems: problems.map(problemText), warnings };
    },
  };
}
