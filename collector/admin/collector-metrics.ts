// The collector's own metrics, all of them: the tables of the stages, under headings, and what each is read from. Other programs rely on the names.
import { LARGE_REQUEST_METRICS, type LargeRequests } from '#collector/admit/large-requests/large-requests.ts';
import { DISK_METRICS, type DiskReserve } from '#collector/admit/disk-reserve.ts';
import { BUFFER_METRICS } from '#collector/assemble/buffer-metrics.ts';
import { AUDIT_METRICS } from '#collector/audit/audit-metrics.ts';
import type { Audit } from '#collector/audit/audit.ts';
import { DECISION_MEMORY_METRICS } from '#collector/decide/memory/decision-memory.ts';
import { DERIVE_METRICS } from '#collector/derive/derive-metrics.ts';
import type { Metric } from '#collector/model/metric-table.ts';
import { OVERLOAD_METRICS } from '#collector/overload/overload-control.ts';
import { SHEDDING_METRICS } from '#collector/overload/trace-shedding.ts';
import { WORK_METRICS } from '#collector/overload/work-share.ts';
import type { Pipeline } from '#collector/pipeline.ts';
import { CONNECTION_METRICS, type RefusedConnections } from '#collector/receive/refused-connections.ts';
import { REBUILD_METRICS, type Rebuilder } from '#collector/rebuild/rebuilder.ts';
import { RESCUE_METRICS } from '#collector/rescue/rescue-metrics.ts';
import { DERIVED_METRICS } from '#collector/rows/derived-flush.ts';
import { ENGINE_METRICS, type EngineHealth } from '#collector/run/watch-engine.ts';
import { DECIDED_METRICS } from '#collector/self/decided-counts.ts';
import { HEALTH_METRICS, type Health } from '#collector/self/health.ts';
import { LEDGER_METRICS } from '#collector/self/ledger-metrics.ts';
import { bound, type MetricSource } from '#collector/self/metrics.ts';
import { STORE_METRICS } from '#collector/store/store-metrics.ts';
import type { StoreWriter } from '#collector/store/writer.ts';
import { WAL_METRICS } from '#collector/wal/wal-metrics.ts';
import { RELOAD_METRICS, type ConfigReload } from './reload-config.ts';

export interface MeasuredCollector {
  readonly pipeline: Pipeline;
  readonly writer: () => StoreWriter | undefined;
  readonly audit: () => Audit | undefined;
  readonly reload: ConfigReload;
  readonly large: LargeRequests;
  /** By the name of the listener. */
  readonly refused: Readonly<Record<string, RefusedConnections>>;
  readonly health: Health;
  readonly disk: DiskReserve;
  /** undefined with `store: none`. */
  readonly engine: EngineHealth | undefined;
  readonly rebuilder: () => Rebuilder | undefined;
}

/** Headings of docs/metrics.md. */
export const METRIC_SECTIONS: readonly (readonly [heading: string, metrics: readonly Metric<never>[]])[] = [
  ['Ledger', LEDGER_METRICS],
  ['Receivers', [...CONNECTION_METRICS, ...LARGE_REQUEST_METRICS]],
  ['Buffer and decisions', [...BUFFER_METRICS, ...DECIDED_METRICS, ...DECISION_MEMORY_METRICS]],
  ['Second chances', RESCUE_METRICS],
  ['Overload', [...OVERLOAD_METRICS, ...SHEDDING_METRICS, ...WORK_METRICS]],
  ['Series made from spans', [...DERIVE_METRICS, ...DERIVED_METRICS]],
  ['Write-ahead log', WAL_METRICS],
  ['Spool and store', [...STORE_METRICS, ...REBUILD_METRICS]],
  ['ClickHouse', ENGINE_METRICS],
  ['Audit', AUDIT_METRICS],
  ['Disk', DISK_METRICS],
  ['Health', HEALTH_METRICS],
  ['Configuration', RELOAD_METRICS],
];

export function collectorMetrics(of: MeasuredCollector): MetricSource[] {
  const { pipeline, engine } = of;
  const { ledger } = pipeline;
  return [
    ...bound(LEDGER_METRICS, () => ledger),
    ...bound(CONNECTION_METRICS, () => of.refused),
    ...bound(LARGE_REQUEST_METRICS, () => of.large),
    ...bound(BUFFER_METRICS, () => pipeline.shardCounts().buffer),
    ...bound(DECIDED_METRICS, () => pipeline.shardCounts().decided),
    ...bound(DECISION_MEMORY_METRICS, () => pipeline.shardCounts().decisionMemory),
    ...bound(RESCUE_METRICS, () => pipeline.shardCounts().rescue),
    ...bound(OVERLOAD_METRICS, () => pipeline.overload),
    ...bound(SHEDDING_METRICS, () => ({ traces: pipeline.shardCounts().shedTraces })),
    ...bound(WORK_METRICS, () => pipeline.work),
    ...bound(DERIVE_METRICS, () => pipeline.facts),
    ...bound(DERIVED_METRICS, () => pipeline.derived),
    ...bound(WAL_METRICS, () => pipeline),
    ...bound(STORE_METRICS, of.writer),
    ...bound(REBUILD_METRICS, of.rebuilder),
    ...(engine === undefined ? [] : bound(ENGINE_METRICS, () => engine.numbers())),
    ...bound(AUDIT_METRICS, of.audit),
    ...bound(DISK_METRICS, () => of.disk),
    ...bound(HEALTH_METRICS, () => of.health),
    ...bound(RELOAD_METRICS, () => of.reload),
  ];
}
