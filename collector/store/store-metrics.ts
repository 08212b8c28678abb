// The way to the store in the collector's own metrics: what waits in the spool and what is set aside, whether the store accepts blocks, and how fast.
import { SIGNALS } from '#proto/otlp/signal.ts';
import { gauge, type Metric } from '#collector/model/metric-table.ts';
import { CIRCUIT_STATES } from './circuit.ts';
import { INSERT_RESULTS } from './sender.ts';
import type { StoreWriter } from './writer.ts';

/** undefined while there is none: everything is 0. */
type Writer = StoreWriter | undefined;

function storeGauge(name: string, help: string, read: (writer: StoreWriter) => number): Metric<Writer> {
  return gauge(name, help, (writer) => value(writer, read));
}

export const STORE_METRICS: readonly Metric<Writer>[] = [
  {
    name: 'winnow_spool_bytes',
    kind: 'gauge',
    labels: ['signal'],
    help: 'bytes of blocks that the store has not acknowledged; those that are set aside do not count',
    read: (writer) => SIGNALS.map((signal) => [{ signal }, value(writer, ({ spool }) => spool.bytesOf(signal))]),
  },
  storeGauge(
    'winnow_spool_unsaved_bytes',
    'bytes of those blocks that are not on disk yet',
    ({ spool }) => spool.unsavedBytes,
  ),
  storeGauge('winnow_spool_refused_blocks', 'blocks that the store refuses for good: winnow spool list', ({ spool }) =>
    spool.aside.count('refused'),
  ),
  storeGauge('winnow_spool_refused_bytes', 'bytes of the blocks that the store refuses for good', ({ spool }) =>
    spool.aside.bytes('refused'),
  ),
  {
    name: 'winnow_spool_refused_removed_total',
    kind: 'counter',
    labels: [],
    help: 'refused blocks that were removed because all of them were larger than spool.max_refused_bytes',
    read: (writer) => [[{}, value(writer, ({ spool }) => spool.aside.removedBlocks)]],
  },
  storeGauge(
    'winnow_spool_damaged_files',
    'files of the spool whose bytes are not those that were written',
    ({ spool }) => spool.aside.count('damaged'),
  ),
  {
    name: 'winnow_store_circuit',
    kind: 'gauge',
    labels: ['state'],
    help: '1 for the state of the circuit breaker to the store: closed = blocks go out, half-open = one at a time, open = none',
    read: (writer) =>
      CIRCUIT_STATES.map((state) => [
        { state },
        value(writer, ({ sender }) => (sender.circuit.state === state ? 1 : 0)),
      ]),
  },
  storeGauge(
    'winnow_store_insert_limit',
    'inserts that the store is given at the same time',
    ({ sender }) => sender.circuit.limit,
  ),
  {
    name: 'winnow_store_inserts_total',
    kind: 'counter',
    labels: ['result'],
    help: 'inserts by what the store answered: stored; away = no answer; overloaded = too much to do; refused = not this block',
    read: (writer) =>
      INSERT_RESULTS.map((result) => [{ result }, value(writer, ({ sender }) => sender.results[result])]),
  },
  {
    name: 'winnow_store_dropped_rows_total',
    kind: 'counter',
    labels: ['table', 'reason'],
    help: 'rows given up, by table and reason',
    read: (writer) => (writer?.dropped() ?? []).map(({ table, reason, rows }) => [{ table, reason }, rows]),
  },
  storeGauge(
    'winnow_store_drain_bytes_per_second',
    'how fast the store has accepted blocks while some waited, averaged over a minute',
    ({ drainBytesPerSecond }) => drainBytesPerSecond,
  ),
  storeGauge(
    'winnow_store_away_seconds',
    'how long the store has not answered, 0 while it does',
    ({ awayMs }) => awayMs / 1000,
  ),
];

function value(writer: Writer, read: (writer: StoreWriter) => number): number {
  return writer === undefined ? 0 : read(writer);
}
