// Winnow's own rules from a configuration file, compiled, or every error in words.
import type { RuleSet } from '#collector/decide/rule-set.ts';
import type { Config } from '#proto/config/schema.ts';
import { UsageError } from '../command.ts';
import { readTriedConfig } from './tried-config.ts';

export interface OwnConfig {
  readonly config: Config;
  readonly rules: RuleSet;
}

/**
 * The file alone counts here: variables of the shell belong to running processes.
 * @throws UsageError with one line per error: path, value, remedy
 */
export function readOwnConfig(file: string): OwnConfig {
  const tried = readTriedConfig(file);
  if (tried.kind !== 'own') throw new UsageError(`${file}: processors: is a Collector's configuration; give one of Winnow's own`);
  return tried;
}
