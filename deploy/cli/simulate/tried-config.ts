// A configuration to try, from its file, whichever kind it is; or every error in words.
import { existsSync, readFileSync } from 'node:fs';
import { compileConfig, type TriedConfig } from '#collector/simulate/compile-config.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { UsageError } from '../command.ts';

/**
 * The file alone counts here: variables of the shell belong to running processes.
 * @param gates the Collector's feature gates
 * @throws UsageError with one line per error: path, value, remedy
 */
export function readTriedConfig(file: string, gates: readonly string[] = []): TriedConfig {
  if (!existsSync(file)) throw new UsageError(`no such file: ${file}`);
  const compiled = compileConfig(readFileSync(file, 'utf8'), file, gates);
  if (!compiled.ok) throw new UsageError(compiled.error.map(formatConfigError).join('\n'));
  return compiled.value;
}
