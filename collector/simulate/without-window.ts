// A configuration as it can be tried on stored traces alone: without what depends on the traces that were not stored.
import { compileRules, inForce } from '#collector/decide/rules/compile-rules.ts';
import { isMap } from '#collector/decide/rules/written-map.ts';
import type { TriedConfig } from './compile-config.ts';

export interface WithoutWindow {
  readonly tried: TriedConfig;
  /** What was left out, in words. */
  readonly left: readonly string[];
}

/** Budget and floor are left out. Rates stay, and learn from the stored traces only: they are named, too. */
export function withoutWindow(tried: TriedConfig): WithoutWindow {
  if (tried.kind !== 'own') return { tried, left: [] };
  const { rules = [], budget, floor, linked } = inForce(tried.config.sampling);
  const left: string[] = [];
  if (budget !== undefined) left.push('the budget was');
  if (floor !== undefined) left.push('floors were');
  if (rules.some((rule) => isMap(rule) && isMap(rule['keep'])))
    left.push('what adaptive and throughput rates would learn from dropped traces was');
  if (budget === undefined && floor === undefined) return { tried, left };
  const compiled = compileRules({ rules, linked });
  return compiled.ok ? { tried: { ...tried, rules: compiled.value }, left } : { tried, left: [] };
}
