// The bounds of the duration histograms that are in force unasked, ms.
import { loadConfig } from '#proto/config/load.ts';

export const DEFAULT_BOUNDS_MS: readonly number[] = defaultBounds();

function defaultBounds(): readonly number[] {
  const loaded = loadConfig({ argv: [], env: {}, readFile: () => '' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value.config.red.bounds;
}
