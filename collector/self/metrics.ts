// Winnow's own metrics for Prometheus: tables of metrics, each bound to what it is read from.
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Metric, Sample } from '../model/metric-table.ts';

/** A metric and what it is read from. */
export interface MetricSource extends Omit<Metric<never>, 'read'> {
  readonly read: () => readonly Sample[];
}

/** @param of asked at every scrape */
export function bound<Of>(table: readonly Metric<Of>[], of: () => Of): MetricSource[] {
  return table.map((metric) => ({ ...metric, read: () => metric.read(of()) }));
}

export function createRegistry(sources: readonly MetricSource[]): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const source of sources) {
    const Kind = source.kind === 'counter' ? Counter : Gauge;
    const metric = new Kind({
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
