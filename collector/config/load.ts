// Reads the configuration of a process: the file from disk, then variables and flags over it.
import { readFileSync } from 'node:fs';
import type { ConfigError, Result } from '#proto/config/config-error.ts';
import { loadConfig, type LoadedConfig } from '#proto/config/load.ts';

/**
 * @param argv arguments after the program's name
 * @returns every error at once; print them with formatConfigError and exit with 2
 */
export function loadProcessConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<LoadedConfig, readonly ConfigError[]> {
  return loadConfig({ argv, env, readFile: (path) => readFileSync(path, 'utf8') });
}
