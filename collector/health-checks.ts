// What can be the matter with a collector, stage by stage: the sentences of /readyz and /healthz. A stage that can refuse adds its check.
import type { DiskReserve } from './admit/disk-reserve.ts';
import type { OpenedStore } from './open-store.ts';
import { SIGNALS } from './receive/intake.ts';
import type { HealthCheck } from './self/health.ts';
import { ITEM_NAMES, type Ledger } from './self/ledger.ts';
import type { StoreTrouble } from './store/store-troubles.ts';
import type { EngineHealth } from './watch-engine.ts';

export interface HealthState {
  readonly isStopping: () => boolean;
  /** undefined with `store: none`, and before it is opened. */
  readonly store: () => OpenedStore | undefined;
  readonly ledger: Ledger;
  readonly disk: DiskReserve;
  /** undefined with `store: none`. */
  readonly engine: EngineHealth | undefined;
}

export function healthChecks({ isStopping, store, ledger, disk, engine }: HealthState): HealthCheck[] {
  const imbalances = (): string[] => SIGNALS.filter((signal) => ledger[signal].imbalance !== 0).map((signal) => `${ITEM_NAMES[signal]}: ${ledger[signal].imbalance}`);
  const troubles = (): readonly StoreTrouble[] => store()?.writer.troubles() ?? [];
  return [
    {
      name: 'stopping',
      isDegraded: () => false,
      isNotReady: isStopping,
      sentence: () => 'the collector is stopping: send to another one, or wait for the next start',
    },
    {
      name: 'clickhouse',
      isDegraded: () => false,
      isNotReady: () => store()?.isReady() === false,
      sentence: () => 'ClickHouse does not answer: data waits in the spool; start it, or check clickhouse.url and its user',
    },
    {
      name: 'store',
      isDegraded: () => troubles().length > 0,
      isNotReady: () => troubles().some(({ severity }) => severity === 'refusing'),
      sentence: () => troubles().map(({ reason, remedy }) => `${reason}: ${remedy}`).join('; '),
    },
    {
      name: 'ledger',
      isDegraded: () => imbalances().length > 0,
      isNotReady: () => false,
      sentence: () => `the ledger does not balance (${imbalances().join(', ')}): items vanished where the difference is above 0, or are there twice; keep the log of the collector and report it`,
    },
    {
      name: 'audit',
      isDegraded: () => (store()?.audit?.reasons().length ?? 0) > 0,
      isNotReady: () => false,
      sentence: () => (store()?.audit?.reasons() ?? []).map(({ reason, remedy }) => `${reason}: ${remedy}`).join('; '),
    },
    { name: 'disk', isDegraded: () => false, isNotReady: () => disk.sentence !== undefined, sentence: () => disk.sentence ?? '' },
    { name: 'engine', isDegraded: () => (engine?.sentences().length ?? 0) > 0, isNotReady: () => false, sentence: () => engine?.sentences().join('; ') ?? '' },
  ];
}
