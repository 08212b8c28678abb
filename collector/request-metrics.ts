// Metrics of the write-ahead log beyond its size, and of requests that come again.
import type { Pipeline } from './pipeline.ts';
import type { Signal } from './receive/intake.ts';
import type { MetricSource } from './self/metrics.ts';

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];

export function requestMetrics(pipeline: Pipeline): MetricSource[] {
  const perSignal = (name: string, kind: MetricSource['kind'], help: string, read: (signal: Signal) => number): MetricSource => ({
    name, kind, help, labels: ['signal'], read: () => SIGNALS.map((signal) => [{ signal }, read(signal)]),
  });
  const plain = (name: string, kind: MetricSource['kind'], help: string, read: () => number): MetricSource => ({ name, kind, help, labels: [], read: () => [[{}, read()]] });
  return [
    perSignal('winnow_repeated_requests_total', 'counter', 'requests that came again, and were answered as the first time without being received twice', (signal) => pipeline.requests.copies[signal]),
    plain('winnow_request_window_seconds', 'gauge', 'how far back requests are known when they come again: at least 60 once that long has passed, less when more than 16,000 come a second', () => pipeline.requests.reachMs / 1000),
    perSignal('winnow_wal_late_answers_total', 'counter', 'requests answered as retryable, as the write-ahead log could not be written before their deadline', (signal) => pipeline.durability?.late[signal] ?? 0),
    perSignal('winnow_wal_request_bytes', 'gauge', 'bytes of requests in the write-ahead log', (signal) => pipeline.durability?.bytesOf(signal) ?? 0),
    plain('winnow_wal_failing', 'gauge', '1 while the disk of the write-ahead log fails, or has not answered for two seconds', () => (pipeline.durability?.isFailing === true ? 1 : 0)),
    plain('winnow_wal_damaged_bytes_total', 'counter', 'bytes of the write-ahead log that could not be read at the start', () => pipeline.walDamage.reduce((sum, { bytes }) => sum + bytes, 0)),
    plain('winnow_wal_damaged_segments_total', 'counter', 'segments of the write-ahead log with such bytes; each is kept as NAME.wal.damaged', () => pipeline.walDamage.length),
  ];
}
