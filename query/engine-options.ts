// The settings of `query` as the PromQL engine takes them.
import type { Config } from '#proto/config/schema.ts';
import { DEFAULT_ENGINE_OPTIONS, type EngineOptions } from './promql/engine.ts';

export function engineOptions({ query }: Pick<Config, 'query'>): EngineOptions {
  const has = (flag: string): boolean => query.features.includes(flag);
  return {
    ...DEFAULT_ENGINE_OPTIONS,
    lookbackMs: query.lookback_delta,
    limits: { ...DEFAULT_ENGINE_OPTIONS.limits, maxSamples: query.max_samples, timeoutMs: query.timeout },
    delayedNameRemoval: has('promql-delayed-name-removal'),
    features: {
      experimentalFunctions: has('promql-experimental-functions'),
      extendedRangeSelectors: has('promql-extended-range-selectors'),
      binopFillModifiers: has('promql-binop-fill-modifiers'),
    },
  };
}
