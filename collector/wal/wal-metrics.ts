// The write-ahead log, and requests that are sent again, in the collector's own metrics.
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import { counter, gauge, type Metric } from '#collector/model/metric-table.ts';
import type { Durability } from './durability.ts';
import type { KnownRequests } from './known-requests.ts';
import type { Damage } from './read-log.ts';

export interface LogState {
  readonly requests: KnownRequests;
  /** undefined where there is no log. */
  readonly durability: Durability | undefined;
  readonly walDamage: readonly Damage[];
}

function perSignal(
  name: string,
  kind: Metric<LogState>['kind'],
  help: string,
  read: (state: LogState, signal: Signal) => number,
): Metric<LogState> {
  return {
    name,
    kind,
    help,
    labels: ['signal'],
    read: (state) => SIGNALS.map((signal) => [{ signal }, read(state, signal)]),
  };
}

export const WAL_METRICS: readonly Metric<LogState>[] = [
  gauge(
    'winnow_wal_bytes',
    'bytes of requests whose traces are not decided and in the spool yet',
    ({ durability }) => durability?.bytes ?? 0,
  ),
  perSignal(
    'winnow_repeated_requests_total',
    'counter',
    'copies of requests of the last minute: answered as the first, and not received again',
    ({ requests }, signal) => requests.copies[signal],
  ),
  gauge(
    'winnow_request_window_seconds',
    'how far back requests are known when they are sent again: at least 60 once that long has passed, less with more than 16,000 a second',
    ({ requests }) => requests.reachMs / 1000,
  ),
  perSignal(
    'winnow_wal_late_answers_total',
    'counter',
    'requests answered as retryable, as the write-ahead log could not be written before their deadline',
    ({ durability }, signal) => durability?.late[signal] ?? 0,
  ),
  perSignal(
    'winnow_wal_request_bytes',
    'gauge',
    'bytes of requests in the write-ahead log',
    ({ durability }, signal) => durability?.bytesOf(signal) ?? 0,
  ),
  gauge(
    'winnow_wal_failing',
    '1 while the disk of the write-ahead log fails, or has not answered for two seconds',
    ({ durability }) => (durability?.isFailing === true ? 1 : 0),
  ),
  counter(
    'winnow_wal_damaged_bytes_total',
    'bytes of the write-ahead log that could not be read at the start',
    ({ walDamage }) => walDamage.reduce((sum, { bytes }) => sum + bytes, 0),
  ),
  counter(
    'winnow_wal_damaged_segments_total',
    'segments of the write-ahead log with such bytes; each is kept as NAME.wal.damaged',
    ({ walDamage }) => walDamage.length,
  ),
];
