// What clients of Prometheus ask besides queries and rules: targets and the state of the server, in Prometheus' shapes. Winnow scrapes no targets: those lists
// are empty.
import { formatDurationMs } from '#query/promql/literals.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { success, type Success } from './envelope.ts';
import type { Params } from './params.ts';
import type { RouteContext } from './query-routes.ts';

/** What never changes, by path. */
export const FIXED: Readonly<Record<string, unknown>> = {
  '/targets': { activeTargets: [], droppedTargets: [], droppedTargetCounts: {} },
  '/targets/metadata': [],
  '/scrape_pools': { scrapePools: [] },
  '/notifications': [],
  // The collector has read its log again before it takes anything.
  '/status/walreplay': { min: 0, max: 1, current: 1 },
};

/** Rules and Alertmanagers; the only part of the configuration that Prometheus has, too. */
export function statusConfig(_params: Params, { rules }: RouteContext): Promise<Success> {
  return Promise.resolve(success({ yaml: rules.yaml }));
}

/** Prometheus' search is experimental, and off unless a flag switches it on. */
export function searchDisabled(): Promise<Success> {
  return Promise.reject(new PromqlError('unavailable', 'search API disabled'));
}

/** The settings of the engine, under the names of Prometheus' flags. */
export function statusFlags(_params: Params, { engine, rules }: RouteContext): Promise<Success> {
  return Promise.resolve(
    success({
      'query.lookback-delta': formatDurationMs(engine.lookbackMs),
      'query.max-samples': String(engine.limits.maxSamples),
      'query.timeout': formatDurationMs(engine.limits.timeoutMs),
      ...rules.flags,
    }),
  );
}

/** @param startedMs when the process began to serve; with rules, the configuration is as old as those */
export function runtimeInfo(startedMs: number): (params: Params, context: RouteContext) => Promise<Success> {
  const startTime = new Date(startedMs).toISOString();
  return (_params, { now, rules: { reload } }) =>
    Promise.resolve(
      success({
        startTime,
        CWD: '',
        hostname: '',
        serverTime: new Date(now()).toISOString(),
        reloadConfigSuccess: reload.problems.length === 0,
        lastConfigTime: reload.appliedMs === 0 ? startTime : new Date(reload.appliedMs).toISOString(),
        corruptionCount: 0,
        goroutineCount: 0,
        GOMAXPROCS: 1,
        GOMEMLIMIT: 0,
        GOGC: '',
        GODEBUG: '',
        storageRetention: '',
      }),
    );
}
