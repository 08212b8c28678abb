// Metrics of the way to the store: what waits in the spool and what is set aside, whether the store accepts blocks, and how fast.
import { SIGNALS } from '#proto/otlp/signal.ts';
import type { MetricSource } from '#collector/self/metrics.ts';
import { CIRCUIT_STATES } from '#collector/store/circuit.ts';
import { INSERT_RESULTS } from '#collector/store/sender.ts';
import type { StoreWriter } from '#collector/store/writer.ts';

/** @param writer undefined while there is none: everything is 0 */
export function storeMetrics(writer: () => StoreWriter | undefined): MetricSource[] {
  const gauge = (name: string, help: string, read: (writer: StoreWriter) => number): MetricSource => {
    return { name, kind: 'gauge', help, labels: [], read: () => [[{}, value(writer(), read)]] };
  };
  return [
    {
      name: 'winnow_spool_bytes',
      kind: 'gauge',
      labels: ['signal'],
      help: 'bytes of blocks that the store has not acknowledged; those that are set aside do not count',
      read: () => SIGNALS.map((signal) => [{ signal }, value(writer(), ({ spool }) => spool.bytesOf(signal))]),
    },
    gauge(
      'winnow_spool_unsaved_bytes',
      'bytes of those blocks that are not on disk yet',
      ({ spool }) => spool.unsavedBytes,
    ),
    gauge('winnow_spool_refused_blocks', 'blocks that the store refuses for good: winnow spool list', ({ spool }) =>
      spool.aside.count('refused'),
    ),
    gauge('winnow_spool_refused_bytes', 'bytes of the blocks that the store refuses for good', ({ spool }) =>
      spool.aside.bytes('refused'),
    ),
    {
      name: 'winnow_spool_refused_removed_total',
      kind: 'counter',
      labels: [],
      help: 'refused blocks that were removed because all of them were larger than spool.max_refused_bytes',
      read: () => [[{}, value(writer(), ({ spool }) => spool.aside.removedBlocks)]],
    },
    gauge('winnow_spool_damaged_files', 'files of the spool whose bytes are not those that were written', ({ spool }) =>
      spool.aside.count('damaged'),
    ),
    {
      name: 'winnow_store_circuit',
      kind: 'gauge',
      labels: ['state'],
      help: '1 for the state of the circuit breaker to the store: closed = blocks go out, half-open = one at a time, open = none',
      read: () =>
        CIRCUIT_STATES.map((state) => [
          { state },
          value(writer(), ({ sender }) => (sender.circuit.state === state ? 1 : 0)),
        ]),
    },
    gauge(
      'winnow_store_insert_limit',
      'inserts that the store is given at the same time',
      ({ sender }) => sender.circuit.limit,
    ),
    {
      name: 'winnow_store_inserts_total',
      kind: 'counter',
      labels: ['result'],
      help: 'inserts by what the store said: stored; away = no answer; overloaded = too much to do; refused = not this block',
      read: () => INSERT_RESULTS.map((result) => [{ result }, value(writer(), ({ sender }) => sender.results[result])]),
    },
    {
      name: 'winnow_store_dropped_rows_total',
      kind: 'counter',
      labels: ['table', 'reason'],
      help: 'rows given up, by table and reason',
      read: () => (writer()?.dropped() ?? []).map(({ table, reason, rows }) => [{ table, reason }, rows]),
    },
    gauge(
      'winnow_store_drain_bytes_per_second',
      'how fast the store has accepted blocks while some waited, averaged over a minute',
      ({ drainBytesPerSecond }) => drainBytesPerSecond,
    ),
    gauge(
      'winnow_store_away_seconds',
      'how long the store has not answered, 0 while it does',
      ({ awayMs }) => awayMs / 1000,
    ),
  ];
}

function value(writer: StoreWriter | undefined, read: (writer: StoreWriter) => number): number {
  return writer === undefined ? 0 : read(writer);
}
