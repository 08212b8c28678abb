// Counts connections that a listener did not accept, and keeps a failing `accept` from ending the process.
import type { Server } from 'node:net';
import type { Metric } from '#collector/model/metric-table.ts';

/** too_many: the listener has as many as it may. accept_failed: no file descriptors, say. Clients try again either way. */
export type ConnectionRefusal = 'too_many' | 'accept_failed';

export class RefusedConnections {
  readonly counts: Record<ConnectionRefusal, number> = { too_many: 0, accept_failed: 0 };

  /** @param server that listens already: errors before that are the caller's */
  watch(server: Server): void {
    server.on('drop', () => this.counts.too_many++);
    server.on('error', () => this.counts.accept_failed++);
  }
}

/** By the name of the listener. */
export const CONNECTION_METRICS: readonly Metric<Readonly<Record<string, RefusedConnections>>>[] = [
  {
    name: 'winnow_connections_refused_total',
    kind: 'counter',
    labels: ['listener', 'reason'],
    help: 'connections that were not accepted: too many at once, or no file descriptors',
    read: (listeners) =>
      Object.entries(listeners).flatMap(([listener, { counts }]) =>
        Object.entries(counts).map(([reason, count]) => [{ listener, reason }, count] as const),
      ),
  },
];
