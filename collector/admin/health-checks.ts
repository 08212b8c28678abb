// What can be the matter with a collector, stage by stage: the sentences of /readyz and /healthz. A stage that can refuse adds its check.
import { SIGNALS } from '#proto/otlp/signal.ts';
import type { DiskReserve } from '#collector/admit/disk-reserve.ts';
import type { OpenedStore } from '#collector/run/open-store.ts';
import type { HealthCheck } from '#collector/self/health.ts';
import type { Pipeline } from '#collector/pipeline.ts';
import { ITEM_NAMES } from '#collector/self/ledger.ts';
import type { StoreTrouble } from '#collector/store/store-troubles.ts';
import type { EngineHealth } from '#collector/run/watch-engine.ts';

export interface HealthState {
  readonly isStopping: () => boolean;
  /** undefined with `store: none`, and before it is opened. */
  readonly store: () => OpenedStore | undefined;
  readonly pipeline: Pipeline;
  readonly disk: DiskReserve;
  /** undefined with `store: none`. */
  readonly engine: EngineHealth | undefined;
}

export function healthChecks({ isStopping, store, pipeline, disk, engine }: HealthState): HealthCheck[] {
  const { ledger } = pipeline;
  const imbalances = (): string[] =>
    SIGNALS.filter((signal) => ledger[signal].imbalance !== 0).map(
      (signal) => `${ITEM_NAMES[signal]}: ${ledger[signal].imbalance}`,
    );
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
      sentence: () =>
        'ClickHouse does not answer: data waits in the spool; start it, or check clickhouse.url and its user',
    },
    {
      name: 'store',
      isDegraded: () => troubles().length > 0,
      isNotReady: () => troubles().some(({ severity }) => severity === 'refusing'),
      sentence: () =>
        troubles()
          .map(({ reason, remedy }) => `${reason}: ${remedy}`)
          .join('; '),
    },
    {
      name: 'log',
      isDegraded: () => pipeline.walDamage.length > 0,
      isNotReady: () =>
        pipeline.durability?.isFailing === true ||
        SIGNALS.some((signal) => pipeline.durability?.isFull(signal) === true),
      sentence: () => logSentences(pipeline).join('; '),
    },
    {
      name: 'ledger',
      isDegraded: () => imbalances().length > 0,
      isNotReady: () => false,
      sentence: () =>
        `the ledger does not balance (${imbalances().join(', ')}): items vanished where the difference is above 0, or are there twice; keep the log of the collector and report it`,
    },
    {
      name: 'audit',
      isDegraded: () => (store()?.audit?.reasons().length ?? 0) > 0,
      isNotReady: () => false,
      sentence: () => (store()?.audit?.reasons() ?? []).map(({ reason, remedy }) => `${reason}: ${remedy}`).join('; '),
    },
    {
      name: 'disk',
      isDegraded: () => false,
      isNotReady: () => disk.sentence !== undefined,
      sentence: () => disk.sentence ?? '',
    },
    {
      name: 'engine',
      isDegraded: () => (engine?.sentences().length ?? 0) > 0,
      isNotReady: () => false,
      sentence: () => engine?.sentences().join('; ') ?? '',
    },
  ];
}

function logSentences({ durability, walDamage }: Pipeline): string[] {
  const full = SIGNALS.filter((signal) => durability?.isFull(signal) === true);
  const sentences: string[] = [];
  if (durability?.isFailing === true)
    sentences.push(
      'the write-ahead log cannot be written, or its disk does not answer: free space on the disk of the data directory, or make it writable',
    );
  else if (full.length > 0)
    sentences.push(
      `the write-ahead log has no room for ${full.join(', ')}: see why their data are not stored, or raise wal.max_bytes`,
    );
  if (walDamage.length > 0)
    sentences.push(
      `${walDamage.length} segments of the write-ahead log were damaged at the start: look for errors of the disk; copies are kept as *.wal.damaged`,
    );
  return sentences;
}
