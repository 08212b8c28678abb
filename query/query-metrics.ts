// Query's own metrics for Prometheus. At the address of the UI `/metrics` is a page: they are below the prefix under which the Prometheus API is, too.
import type { FastifyInstance } from 'fastify';
import { ALERTMANAGER_METRICS } from './rules/alertmanager/alertmanager-metrics.ts';
import { RULE_METRICS } from './rules/run/rule-metrics.ts';
import type { RulesRuntime } from './rules/run/rules-runtime.ts';
import { metricsText, type Metric } from './self/metric-table.ts';

const PATH = '/prometheus/metrics';

/** Headings of docs/metrics.md. */
export const QUERY_METRIC_SECTIONS: readonly (readonly [heading: string, metrics: readonly Metric<never>[]])[] = [
  ['Rules', RULE_METRICS],
  ['Alertmanagers', ALERTMANAGER_METRICS],
];

export function registerMetrics(app: FastifyInstance, rules: RulesRuntime): void {
  app.get(PATH, (_request, reply) =>
    reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(metricsText(RULE_METRICS, rules) + metricsText(ALERTMANAGER_METRICS, rules.alertmanagers)),
  );
}
