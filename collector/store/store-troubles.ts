// What is wrong with the way to the store, in sentences for /readyz and /healthz: the reason, and what to do about it.
import { STORE_SIGNALS, type StoreSignal } from './signals.ts';
import type { StoreWriter } from './writer.ts';

export interface StoreTrouble {
  /** Data of this signal are refused (of all, when it is undefined), or something needs a look although data are accepted. */
  readonly severity: 'refusing' | 'degraded';
  readonly signal?: StoreSignal;
  readonly reason: string;
  readonly remedy: string;
}

/** An insert needs well under a second; on a server that merges hard it may be many. */
const SILENT_MS = 15_000;
const ITEMS: Readonly<Record<StoreSignal, string>> = { traces: 'spans', logs: 'log records', metrics: 'metric points' };

export function storeTroubles(writer: StoreWriter, nowMs: number): StoreTrouble[] {
  return [...refusals(writer), ...degradations(writer, nowMs)];
}

function refusals({ spool, awayMs, drainBytesPerSecond }: StoreWriter): StoreTrouble[] {
  if (spool.isUnsaved) {
    const reason = `the disk of the spool accepts no blocks, and ${mebibytes(spool.unsavedBytes)} MiB of them are in memory`;
    return [{ severity: 'refusing', reason, remedy: 'free space on the disk of the data directory, or make it writable' }];
  }
  const rate = drainBytesPerSecond > 0 ? `, which accepts ${mebibytes(drainBytesPerSecond)} MiB/s` : '';
  return STORE_SIGNALS.filter((signal) => spool.isFull(signal)).map((signal) => ({
    severity: 'refusing', signal,
    reason: `the spool has no room for ${ITEMS[signal]}: ${mebibytes(spool.bytes)} of ${mebibytes(spool.capBytes)} MiB wait for ClickHouse${rate}, ${mebibytes(spool.bytesOf(signal))} MiB of them ${ITEMS[signal]}`,
    remedy: awayMs > 0 ? 'bring ClickHouse back; raise spool.max_bytes to outlast longer pauses' : 'give ClickHouse more power, send less, or raise spool.max_bytes',
  }));
}

function degradations({ spool, sender, awayMs }: StoreWriter, nowMs: number): StoreTrouble[] {
  const troubles: StoreTrouble[] = [];
  const degraded = (reason: string, remedy: string): void => void troubles.push({ severity: 'degraded', reason, remedy });
  if (awayMs > 0) {
    degraded(`ClickHouse has accepted nothing for ${seconds(awayMs)} s (${sender.lastError}); ${spool.entries.size} blocks wait in the spool`, 'see that ClickHouse runs, that clickhouse.url is right, and that its user may insert');
  } else if (sender.silentMs > SILENT_MS) {
    degraded(`ClickHouse has not answered to an insert for ${seconds(sender.silentMs)} s`, 'see whether its process or its machine is stuck');
  } else if (sender.circuit.overloadedSinceMs !== undefined) {
    degraded(`ClickHouse has had too much to do for ${seconds(nowMs - sender.circuit.overloadedSinceMs)} s (${sender.lastError}); it gets ${sender.circuit.limit} blocks at a time`, 'give ClickHouse more memory or power');
  }
  for (const { table, sinceMs, text } of sender.pauses.all()) {
    degraded(`table ${table} of ClickHouse has accepted nothing for ${seconds(nowMs - sinceMs)} s (${text})`, 'see that the table is there and may be written; with TOO_MANY_PARTS, give its merges more power');
  }
  const refused = spool.aside.count('refused');
  if (refused > 0) degraded(`${refused} ${blocks(refused)} that ClickHouse refuses ${refused === 1 ? 'is' : 'are'} set aside`, 'see "winnow spool list" for the reasons; "winnow spool retry" sends them again, "winnow spool drop" removes them');
  const damaged = spool.aside.count('damaged');
  if (damaged > 0) degraded(`${damaged} ${damaged === 1 ? 'file' : 'files'} of the spool ${damaged === 1 ? 'is' : 'are'} damaged`, 'look for errors of the disk; "winnow spool list" names the files, "winnow spool drop" removes them');
  if (sender.systemError !== '') degraded(sender.systemError, 'nothing is lost; see to descriptors (ulimit -n), rights and space of the data directory');
  return troubles;
}

function blocks(count: number): string {
  return count === 1 ? 'block' : 'blocks';
}

function seconds(ms: number): string {
  return String(Math.round(ms / 1000));
}

function mebibytes(bytes: number): string {
  return (bytes / 1048576).toFixed(1);
}
