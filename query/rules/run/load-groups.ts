// The groups of all rule files that the settings name, all or nothing.
import type { RuleGroup } from '#query/rules/model.ts';

/** Files of all patterns. */
const MAX_FILES = 1000;
/** Groups in shorter intervals would do little but ask. */
const LEAST_INTERVAL_MS = 100;

export interface LoadedGroups {
  readonly groups: readonly RuleGroup[];
  /** Why none of them may run: file, place and reason. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export interface RuleFileReader {
  /** Paths that a pattern matches. */
  readonly find: (pattern: string) => readonly string[];
  /** The groups of a file. @throws Error when it cannot be read */
  readonly read: (path: string) => LoadedGroups;
}

export interface GroupLimits {
  readonly maxGroups: number;
  readonly maxRules: number;
}

export function loadGroups(patterns: readonly string[], reader: RuleFileReader, limits: GroupLimits): LoadedGroups {
  const paths = new Set<string>();
  const warnings: string[] = [];
  for (const pattern of patterns) {
    const found = reader.find(pattern);
    if (found.length === 0) warnings.push(`${pattern}: no file is there`);
    for (const path of found) paths.add(path);
  }
  if (paths.size > MAX_FILES)
    return {
      groups: [],
      problems: [`rules.files: matches ${paths.size} files, at most ${MAX_FILES} are read`],
      warnings,
    };
  const files = [...paths].sort().map((path) => readOne(path, reader));
  const groups = files.flatMap((file) => file.groups);
  const problems = files.flatMap((file) => file.problems);
  return {
    groups,
    problems: [...problems, ...beyondLimits(groups, limits)],
    warnings: [...warnings, ...files.flatMap((file) => file.warnings)],
  };
}

function readOne(path: string, reader: RuleFileReader): LoadedGroups {
  try {
    return reader.read(path);
  } catch (error) {
    return {
      groups: [],
      problems: [`${path}: ${error instanceof Error ? error.message : String(error)}`],
      warnings: [],
    };
  }
}

function beyondLimits(groups: readonly RuleGroup[], { maxGroups, maxRules }: GroupLimits): string[] {
  const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
  const short = groups.filter(({ intervalMs }) => intervalMs !== undefined && intervalMs < LEAST_INTERVAL_MS);
  return [
    ...short.map(({ file, name }) => `${file}: group "${name}": interval is below ${LEAST_INTERVAL_MS}ms`),
    ...(groups.length > maxGroups ? [`rules.max_groups: there are ${groups.length} groups, ${maxGroups} may run`] : []),
    ...(rules > maxRules ? [`rules.max_rules: there are ${rules} rules, ${maxRules} may run`] : []),
  ];
}
