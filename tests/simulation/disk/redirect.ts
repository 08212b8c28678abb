// Import this first: from then on the collector's `node:fs` and `node:fs/promises` are those of the simulation. Paths that are not below /sim
// still go to the real disk.
import { registerHooks } from 'node:module';

const COLLECTOR = new URL('../../../collector/', import.meta.url).href;
const SIM_FILES = new URL('sim-files.ts', import.meta.url).href;
const REPLACED: ReadonlySet<string> = new Set(['node:fs', 'node:fs/promises']);

registerHooks({
  resolve(specifier, context, next) {
    if (REPLACED.has(specifier) && context.parentURL?.startsWith(COLLECTOR) === true) return { url: SIM_FILES, shortCircuit: true };
    return next(specifier, context);
  },
});
