// What can be the matter with a collector, stage by stage: the sentences of /readyz and /healthz. A stage that can refuse adds its check.
import type { OpenedStore } from './open-store.ts';
import type { HealthCheck } from './self/health.ts';

export interface HealthState {
  readonly isStopping: () => boolean;
  /** undefined with `store: none`, and before it is opened. */
  readonly store: () => OpenedStore | undefined;
}

export function healthChecks({ isStopping, store }: HealthState): HealthCheck[] {
  return [
    {
      name: 'stopping',
      isDegraded: () => false,
      isNotReady: isStopping,
      sentence: () => 'the collector is stopping: send to another one, or wait for the next start',
    },
    {
      name: 'clickhouse',
      isDegraded: () => (store()?.writer.awayMs ?? 0) > 0,
      isNotReady: () => store()?.isReady() === false,
      sentence: () => 'ClickHouse does not answer: data waits in the spool; start it, or check clickhouse.url and its user',
    },
  ];
}
