// What clients of Prometheus ask besides queries: rules, alerts, targets, Alertmanagers and the state of the server, in Prometheus' shapes.
// Winnow has no rules, no targets and no Alertmanagers: those lists are empty, but their parameters are checked all the same.
import { formatDurationMs } from '#query/promql/literals.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { quote } from '#query/promql/quote.ts';
import { success, type Success } from './envelope.ts';
import { invalidParameter, parseMatcherSets, type Params } from './params.ts';
import type { RouteContext } from './query-routes.ts';

const BOOLEANS: ReadonlySet<string> = new Set(['1', 't', 'true', '0', 'f', 'false']);

function checkPaging(params: Params): void {
  const limit = params.get('group_limit');
  if (params.get('group_next_token') !== '' && limit === '') {
    throw invalidParameter('group_next_token', 'group_limit needs to be present in order to paginate over the groups');
  }
  if (limit === '') return;
  const reason = !/^[+-]?\d+$/.test(limit)
    ? 'invalid syntax'
    : Math.abs(Number(limit)) > 2 ** 31 - 1
      ? 'value out of range'
      : undefined;
  if (reason !== undefined) {
    throw invalidParameter(
      'group_limit',
      `group_limit needs to be a valid number: strconv.ParseInt: parsing ${quote(limit)}: ${reason}`,
    );
  }
  if (Number(limit) <= 0) throw invalidParameter('group_limit', 'group_limit needs to be greater than 0');
}

export function rules(params: Params): Promise<Success> {
  parseMatcherSets(params, true);
  const type = params.get('type').toLowerCase();
  if (type !== '' && type !== 'alert' && type !== 'record')
    throw invalidParameter('type', `not supported value ${quote(type)}`);
  const exclude = params.get('exclude_alerts').toLowerCase();
  if (exclude !== '' && !BOOLEANS.has(exclude)) {
    throw invalidParameter(
      'exclude_alerts',
      `error converting exclude_alerts: strconv.ParseBool: parsing ${quote(exclude)}: invalid syntax`,
    );
  }
  checkPaging(params);
  return Promise.resolve(success({ groups: [] }));
}

/** What never changes, by path. */
export const FIXED: Readonly<Record<string, unknown>> = {
  '/alerts': { alerts: [] },
  '/alertmanagers': { activeAlertmanagers: [], droppedAlertmanagers: [] },
  '/targets': { activeTargets: [], droppedTargets: [], droppedTargetCounts: {} },
  '/targets/metadata': [],
  '/scrape_pools': { scrapePools: [] },
  '/notifications': [],
  '/status/config': { yaml: '' },
  // The collector has read its log again before it takes anything.
  '/status/walreplay': { min: 0, max: 1, current: 1 },
};

/** Prometheus' search is experimental, and off unless a flag switches it on. */
export function searchDisabled(): Promise<Success> {
  return Promise.reject(new PromqlError('unavailable', 'search API disabled'));
}

/** The settings of the engine, under the names of Prometheus' flags. */
export function statusFlags(_params: Params, { engine }: RouteContext): Promise<Success> {
  return Promise.resolve(
    success({
      'query.lookback-delta': formatDurationMs(engine.lookbackMs),
      'query.max-samples': String(engine.limits.maxSamples),
      'query.timeout': formatDurationMs(engine.limits.timeoutMs),
    }),
  );
}

/** @param startedMs when the process began to serve */
export function runtimeInfo(startedMs: number): (params: Params, context: RouteContext) => Promise<Success> {
  const startTime = new Date(startedMs).toISOString();
  return (_params, { now }) =>
    Promise.resolve(
      success({
        startTime,
        CWD: '',
        hostname: '',
        serverTime: new Date(now()).toISOString(),
        reloadConfigSuccess: true,
        lastConfigTime: startTime,
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
