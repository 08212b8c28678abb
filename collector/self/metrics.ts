// Winnow's own metrics, declared as one table and read from live state when scraped: nothing is counted twice, nothing on the hot path.
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Signal } from '#proto/otlp/signal.ts';
import { ITEM_NAMES, type Ledger } from './ledger.ts';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface MetricSource {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  /** Current values; counters MUST only grow. */
  readonly read: () => readonly Sample[];
}

export function createRegistry(sources: readonly MetricSource[]): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const source of sources) {
    const Metric = source.kind === 'counter' ? Counter : Gauge;
    const metric = new Metric({
      name: source.name,
      help: source.help,
      labelNames: [...source.labels],
      registers: [registry],
      collect() {
        metric.reset();
        for (const [labels, value] of source.read()) metric.inc({ ...labels }, value);
      },
    });
  }
  return registry;
}

/** The conservation ledger of one signal: received = stored + sampled_out + rejected + dropped + pending. */
export function ledgerMetrics(ledger: Ledger): MetricSource[] {
  return (['traces', 'logs', 'metrics'] as const).flatMap((signal) => signalMetrics(ledger, signal));
}

function signalMetrics(all: Ledger, signal: Signal): MetricSource[] {
  const ledger = all[signal];
  const items = ITEM_NAMES[signal];
  const words = items.replace('_', ' ');
  const by = (label: string, counts: () => readonly [string, number][]) => (): Sample[] =>
    counts().map(([value, count]) => [{ [label]: value }, count]);
  return [
    {
      name: `winnow_${items}_received_total`,
      kind: 'counter',
      labels: ['transport', 'encoding'],
      help: `${words} of requests that decoded; transport spool: accepted by an earlier process, rescue: sampled out before, and brought back`,
      read: () => ledger.receivedBy().map(({ transport, encoding, items: count }) => [{ transport, encoding }, count]),
    },
    {
      name: `winnow_${items}_stored_total`,
      kind: 'counter',
      labels: [],
      help: `${words} acknowledged by the store`,
      read: () => [[{}, ledger.stored]],
    },
    {
      name: `winnow_${items}_sampled_out_total`,
      kind: 'counter',
      labels: ['rule'],
      help: `${words} left out by a rule`,
      read: by('rule', () => ledger.sampledOutByRule()),
    },
    {
      name: `winnow_${items}_rejected_total`,
      kind: 'counter',
      labels: ['reason'],
      help: `${words} that are invalid, told to the sender`,
      read: by('reason', () => ledger.rejectedByReason()),
    },
    {
      name: `winnow_${items}_dropped_total`,
      kind: 'counter',
      labels: ['reason'],
      help: `${words} accepted but lost, by named reason`,
      read: by('reason', () => ledger.droppedByReason()),
    },
    {
      name: `winnow_${items}_pending`,
      kind: 'gauge',
      labels: [],
      help: `${words} buffered, spooled or on their way to the store`,
      read: () => [[{}, ledger.pending]],
    },
  ];
}

/** Of each signal what received has more than the rest of the ledger. */
export function imbalanceMetric(ledger: Ledger): MetricSource {
  return {
    name: 'winnow_ledger_imbalance',
    kind: 'gauge',
    labels: ['signal'],
    help: 'received - (stored + sampled out + rejected + dropped + pending): 0 unless items vanished (above) or are there twice (below)',
    read: () => (['traces', 'logs', 'metrics'] as const).map((signal) => [{ signal }, ledger[signal].imbalance]),
  };
}

export function refusalMetrics(ledger: Ledger): MetricSource {
  return {
    name: 'winnow_requests_refused_total',
    kind: 'counter',
    labels: ['signal', 'reason'],
    help: 'requests turned away whole, before their items were counted',
    read: () =>
      (['traces', 'logs', 'metrics'] as const).flatMap((signal) =>
        ledger[signal].refusedByReason().map(([reason, count]): Sample => [{ signal, reason }, count]),
      ),
  };
}
