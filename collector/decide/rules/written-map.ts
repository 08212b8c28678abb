// A map as it came out of YAML, and what to say when it is none.
import { configError, type ConfigError } from '#proto/config/config-error.ts';

export function isMap(written: unknown): written is Readonly<Record<string, unknown>> {
  return typeof written === 'object' && written !== null && !Array.isArray(written);
}

export function mapExpected(path: string, written: unknown, remedy: string): ConfigError {
  return configError(path, written ?? 'nothing', 'is no map', remedy);
}
