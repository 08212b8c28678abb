// What is counted of each Alertmanager, named after what Prometheus counts.
import type { Metric } from '#query/self/metric-table.ts';
import { AlertQueue } from './alert-queue.ts';
import type { Alertmanagers } from './alertmanagers.ts';

function perQueue(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  read: (queue: AlertQueue) => number,
): Metric<Alertmanagers> {
  return {
    name: `winnow_alertmanager_${name}`,
    kind,
    labels: ['alertmanager'],
    help,
    read: ({ queues }) => queues.map((queue) => [{ alertmanager: queue.url }, read(queue)]),
  };
}

export const ALERTMANAGER_METRICS: readonly Metric<Alertmanagers>[] = [
  {
    name: 'winnow_alertmanager_discovered',
    kind: 'gauge',
    labels: [],
    help: 'Alertmanagers that alerts are sent to',
    read: ({ queues }) => [[{}, queues.length]],
  },
  {
    name: 'winnow_alertmanager_queue_capacity',
    kind: 'gauge',
    labels: [],
    help: 'alerts that the queue of an Alertmanager holds; beyond it the oldest are dropped',
    read: () => [[{}, AlertQueue.capacity]],
  },
  perQueue('gauge', 'queue_length', 'alerts that wait to be sent', ({ length }) => length),
  perQueue('counter', 'sent_total', 'alerts that an Alertmanager has accepted', ({ counts }) => counts.sent),
  perQueue('counter', 'errors_total', 'alerts of requests that failed', ({ counts }) => counts.errors),
  perQueue(
    'counter',
    'dropped_total',
    'alerts that were not sent: of requests that failed, or because the queue was full or the process ended',
    ({ counts }) => counts.dropped,
  ),
  perQueue('counter', 'requests_total', 'requests that an Alertmanager has accepted', ({ counts }) => counts.batches),
  perQueue(
    'counter',
    'request_seconds_total',
    'time that those requests took',
    ({ counts }) => counts.latencyMs / 1000,
  ),
];
