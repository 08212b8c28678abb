// What is wrong with the way to the store, in sentences for /readyz and /healthz: the reason, and what to do about it.
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import type { StoreWriter } from './writer.ts';

export interface StoreTrouble {
  /** Data are refused, or something needs a look although data are accepted. */
  readonly severity: 'refusing' | 'degraded';
  readonly reason: string;
  readonly remedy: string;
}

/** An insert needs well under a second; on a server that merges hard it may be many. */
const SILENT_MS = 15_000;
const ITEMS: Readonly<Record<Signal, string>> = { traces: 'spans', logs: 'log records', metrics: 'metric points' };

export function storeTroubles(writer: StoreWriter, nowMs: number): StoreTrouble[] {
  return [...refusals(writer), ...degradations(writer, nowMs)];
}

function refusals({ spool, awayMs, drainBytesPerSecond }: StoreWriter): StoreTrouble[] {
  if (spool.isUnsaved) {
    const reason = `the disk of the spool accepts no blocks, and ${mebibytes(spool.unsavedBytes)} MiB of them are in memory`;
    return [
      { severity: 'refusing', reason, remedy: 'free space on the disk of the data directory, or make it writable' },
    ];
  }
  const all = `${mebibytes(spool.bytes)} of ${mebibytes(spool.capBytes)} MiB wait for ClickHouse`;
  const rate = drainBytesPerSecond > 0 ? `, which accepts ${mebibytes(drainBytesPerSecond)} MiB/s` : '';
  const remedy =
    awayMs > 0
      ? 'bring ClickHouse back; raise spool.max_bytes to outlast longer pauses'
      : 'give ClickHouse more power, send less, or raise spool.max_bytes';
  return SIGNALS.filter((signal) => spool.isFull(signal)).map((signal) => {
    const own = `${mebibytes(spool.bytesOf(signal))} MiB of them ${ITEMS[signal]}`;
    return {
      severity: 'refusing',
      reason: `the spool has no room for ${ITEMS[signal]}: ${all}${rate}, ${own}`,
      remedy,
    };
  });
}

function degradations(writer: StoreWriter, nowMs: number): StoreTrouble[] {
  const { spool, sender } = writer;
  const troubles = slowness(writer, nowMs);
  const degraded = (reason: string, remedy: string): void =>
    void troubles.push({ severity: 'degraded', reason, remedy });
  for (const { table, sinceMs, text } of sender.pauses.all()) {
    const remedy = 'see that the table is there and may be written; with TOO_MANY_PARTS, give its merges more power';
    degraded(`table ${table} of ClickHouse has accepted nothing for ${seconds(nowMs - sinceMs)} s (${text})`, remedy);
  }
  const refused = spool.aside.count('refused');
  if (refused > 0) {
    const remedy =
      'see "winnow spool list" for the reasons; "winnow spool retry" sends them again, "winnow spool drop" removes them';
    degraded(
      `${refused} ${refused === 1 ? 'block that ClickHouse refuses is' : 'blocks that ClickHouse refuses are'} set aside`,
      remedy,
    );
  }
  const damaged = spool.aside.count('damaged');
  if (damaged > 0) {
    const remedy = 'look for errors of the disk; "winnow spool list" names the files, "winnow spool drop" removes them';
    degraded(`${damaged} ${damaged === 1 ? 'file of the spool is' : 'files of the spool are'} damaged`, remedy);
  }
  if (sender.systemError !== '') {
    degraded(
      sender.systemError,
      'nothing is lost; see to descriptors (ulimit -n), rights and space of the data directory',
    );
  }
  return troubles;
}

/** That ClickHouse is away, or does not keep up. */
function slowness({ spool, sender, awayMs }: StoreWriter, nowMs: number): StoreTrouble[] {
  const { circuit, lastError, silentMs } = sender;
  if (awayMs > 0) {
    const reason = `ClickHouse has accepted nothing for ${seconds(awayMs)} s (${lastError}); ${spool.entries.size} blocks wait in the spool`;
    return [
      {
        severity: 'degraded',
        reason,
        remedy: 'see that ClickHouse runs, that clickhouse.url is right, and that its user may insert',
      },
    ];
  }
  if (silentMs > SILENT_MS) {
    const reason = `ClickHouse has not answered to an insert for ${seconds(silentMs)} s`;
    return [{ severity: 'degraded', reason, remedy: 'see whether its process or its machine is stuck' }];
  }
  if (circuit.overloadedSinceMs === undefined) return [];
  const since = seconds(nowMs - circuit.overloadedSinceMs);
  const reason = `ClickHouse has had too much to do for ${since} s (${lastError}); it gets ${circuit.limit} blocks at a time`;
  return [{ severity: 'degraded', reason, remedy: 'give ClickHouse more memory or power' }];
}

function seconds(ms: number): string {
  return String(Math.round(ms / 1000));
}

function mebibytes(bytes: number): string {
  return (bytes / 1048576).toFixed(1);
}
