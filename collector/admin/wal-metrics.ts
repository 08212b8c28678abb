// Metrics of the write-ahead log beyond its size, and of requests that are sent again.
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import type { Pipeline } from '#collector/pipeline.ts';
import type { MetricSource } from '#collector/self/metrics.ts';

type Kind = MetricSource['kind'];

function perSignal(name: string, kind: Kind, help: string, read: (signal: Signal) => number): MetricSource {
  return { name, kind, help, labels: ['signal'], read: () => SIGNALS.map((signal) => [{ signal }, read(signal)]) };
}

function plain(name: string, kind: Kind, help: string, read: () => number): MetricSource {
  return { name, kind, help, labels: [], read: () => [[{}, read()]] };
}

export function requestMetrics(pipeline: Pipeline): MetricSource[] {
  const { requests } = pipeline;
  return [
    perSignal(
      'winnow_repeated_requests_total',
      'counter',
      'copies of requests of the last minute: answered as the first, and not received again',
      (signal) => requests.copies[signal],
    ),
    plain(
      'winnow_request_window_seconds',
      'gauge',
      'how far back requests are known when they are sent again: at least 60 once that long has passed, less with more than 16,000 a second',
      () => requests.reachMs / 1000,
    ),
    perSignal(
      'winnow_wal_late_answers_total',
      'counter',
      'requests answered as retryable, as the write-ahead log could not be written before their deadline',
      (signal) => pipeline.durability?.late[signal] ?? 0,
    ),
    perSignal(
      'winnow_wal_request_bytes',
      'gauge',
      'bytes of requests in the write-ahead log',
      (signal) => pipeline.durability?.bytesOf(signal) ?? 0,
    ),
    plain(
      'winnow_wal_failing',
      'gauge',
      '1 while the disk of the write-ahead log fails, or has not answered for two seconds',
      () => (pipeline.durability?.isFailing === true ? 1 : 0),
    ),
    plain(
      'winnow_wal_damaged_bytes_total',
      'counter',
      'bytes of the write-ahead log that could not be read at the start',
      () => pipeline.walDamage.reduce((sum, { bytes }) => sum + bytes, 0),
    ),
    plain(
      'winnow_wal_damaged_segments_total',
      'counter',
      'segments of the write-ahead log with such bytes; each is kept as NAME.wal.damaged',
      () => pipeline.walDamage.length,
    ),
  ];
}
