// The ledger in the collector's own metrics.
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import type { Metric, Sample } from '../model/metric-table.ts';
import { ITEM_NAMES, type Ledger, type SignalLedger } from './ledger.ts';

/** The conservation ledger of one signal: received = stored + sampled_out + rejected + dropped + pending. */
function signalMetrics(signal: Signal): Metric<Ledger>[] {
  const items = ITEM_NAMES[signal];
  const words = items.replace('_', ' ');
  const by =
    (label: string, counts: (ledger: SignalLedger) => readonly (readonly [string, number])[]) =>
    (ledger: Ledger): Sample[] =>
      counts(ledger[signal]).map(([value, count]) => [{ [label]: value }, count]);
  return [
    {
      name: `winnow_${items}_received_total`,
      kind: 'counter',
      labels: ['transport', 'encoding'],
      help: `${words} of requests that decoded; transport spool: accepted by an earlier process, rescue: sampled out before, and brought back`,
      read: (ledger) =>
        ledger[signal].receivedBy().map(({ transport, encoding, items: count }) => [{ transport, encoding }, count]),
    },
    {
      name: `winnow_${items}_stored_total`,
      kind: 'counter',
      labels: [],
      help: `${words} acknowledged by the store`,
      read: (ledger) => [[{}, ledger[signal].stored]],
    },
    {
      name: `winnow_${items}_sampled_out_total`,
      kind: 'counter',
      labels: ['rule'],
      help: `${words} left out by a rule`,
      read: by('rule', (ledger) => ledger.sampledOutByRule()),
    },
    {
      name: `winnow_${items}_rejected_total`,
      kind: 'counter',
      labels: ['reason'],
      help: `${words} that are invalid, reported to the sender`,
      read: by('reason', (ledger) => ledger.rejectedByReason()),
    },
    {
      name: `winnow_${items}_dropped_total`,
      kind: 'counter',
      labels: ['reason'],
      help: `${words} accepted but lost, by named reason`,
      read: by('reason', (ledger) => ledger.droppedByReason()),
    },
    {
      name: `winnow_${items}_pending`,
      kind: 'gauge',
      labels: [],
      help: `${words} buffered, spooled or on their way to the store`,
      read: (ledger) => [[{}, ledger[signal].pending]],
    },
  ];
}

export const LEDGER_METRICS: readonly Metric<Ledger>[] = [
  ...SIGNALS.flatMap(signalMetrics),
  {
    name: 'winnow_ledger_imbalance',
    kind: 'gauge',
    labels: ['signal'],
    help: 'received - (stored + sampled out + rejected + dropped + pending): 0 unless items vanished (above) or are there twice (below)',
    read: (ledger) => SIGNALS.map((signal) => [{ signal }, ledger[signal].imbalance]),
  },
  {
    name: 'winnow_requests_refused_total',
    kind: 'counter',
    labels: ['signal', 'reason'],
    help: 'requests turned away whole, before their items were counted',
    read: (ledger) =>
      SIGNALS.flatMap((signal) =>
        ledger[signal].refusedByReason().map(([reason, count]): Sample => [{ signal, reason }, count]),
      ),
  },
];
