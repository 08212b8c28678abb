// Import this first: from then on the collector's `node:fs`, `node:fs/promises` and timers are those of the simulation. Paths that are not below
// /sim still go to the real disk, and what runs outside of simulated processes keeps Node's timers.
import { registerHooks } from 'node:module';

const COLLECTOR = new URL('../../collector/', import.meta.url).href;
const SIM_FILES = new URL('disk/sim-files.ts', import.meta.url).href;
const SIM_TIMERS = new URL('sim-timers.ts', import.meta.url).href;
const REPLACED: ReadonlyMap<string, string> = new Map([
  ['node:fs', SIM_FILES],
  ['node:fs/promises', SIM_FILES],
  ['node:timers/promises', SIM_TIMERS],
]);

registerHooks({
  resolve(specifier, context, next) {
    const url = context.parentURL?.startsWith(COLLECTOR) === true ? REPLACED.get(specifier) : undefined;
    if (url !== undefined) return { url, shortCircuit: true };
    return next(specifier, context);
  },
});

const { replaceGlobalTimers } = await import('./sim-timers.ts');
replaceGlobalTimers();
