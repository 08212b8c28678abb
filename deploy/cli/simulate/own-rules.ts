// Winnow's own rules from a configuration file, compiled, or every error in words.
import { readFileSync } from 'node:fs';
import { compileRules } from '#collector/decide/compile-rules.ts';
import type { RuleSet } from '#collector/decide/rule-set.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { loadConfig } from '#proto/config/load.ts';
import type { Config } from '#proto/config/schema.ts';
import { UsageError } from '../command.ts';

export interface OwnConfig {
  readonly config: Config;
  readonly rules: RuleSet;
}

/**
 * The file alone counts here: variables of the shell belong to running processes.
 * @throws UsageError with one line per error: path, value, remedy
 */
export function readOwnConfig(file: string): OwnConfig {
  const loaded = loadConfig({ argv: ['--config', file], env: {}, readFile: (path) => readFileSync(path, 'utf8') });
  if (!loaded.ok) throw new UsageError(loaded.error.map(formatConfigError).join('\n'));
  const { sampling } = loaded.value.config;
  const compiled = compileRules(sampling);
  if (!compiled.ok) throw new UsageError(compiled.error.map((error) => formatConfigError({ ...error, source: file })).join('\n'));
  return { config: loaded.value.config, rules: compiled.value };
}
