// Whether Winnow works as it should: what the collector says of itself, and whether ClickHouse answers query.
import type { StateResponse } from '#proto/api/health.ts';
import type { CollectorLink } from '#query/collector/collector-link.ts';
import type { Store } from '#query/store/open-store.ts';

/** @param problems of rules and alerts */
export async function stateNow(
  collector: Pick<CollectorLink, 'health'>,
  store: Pick<Store, 'isReachable'>,
  problems: readonly string[] = [],
): Promise<StateResponse> {
  const [health, isReachable] = await Promise.all([collector.health(), store.isReachable()]);
  const isReady = health !== undefined && health.notReady.length === 0;
  return {
    collector: health === undefined ? 'unreachable' : isReady ? 'ready' : 'not ready',
    store: isReachable ? 'ready' : 'unreachable',
    not_ready: [...(health?.notReady ?? [])],
    degraded: [...(health?.degraded ?? []), ...problems],
  };
}
