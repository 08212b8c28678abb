// What keeps the collector from working as it should, as a list of checks: each stage adds its own. /readyz, /healthz and metrics read it.
import type { Metric } from '../model/metric-table.ts';

export interface HealthCheck {
  /** Of its label in metrics, as `store`. */
  readonly name: string;
  /** It works, though not as it should. What is not ready is degraded, too. */
  readonly isDegraded: () => boolean;
  /** Requests are refused, or the collector is not yet there or about to end. */
  readonly isNotReady: () => boolean;
  /** What is the matter and what to do about it, for people: `what: remedy`. Asked only when one of the two is true. */
  readonly sentence: () => string;
}

export class Health {
  readonly checks: readonly HealthCheck[];

  constructor(checks: readonly HealthCheck[]) {
    this.checks = checks;
  }

  /** Sentences; empty when the collector is ready. */
  notReady(): string[] {
    return this.checks.filter((check) => check.isNotReady()).map((check) => check.sentence());
  }

  /** Sentences; empty when all is as it should be. */
  degraded(): string[] {
    return this.checks.filter(isDegraded).map((check) => check.sentence());
  }
}

function isDegraded(check: HealthCheck): boolean {
  return check.isDegraded() || check.isNotReady();
}

function healthGauge(name: string, help: string, holds: (check: HealthCheck) => boolean): Metric<Health> {
  return {
    name,
    kind: 'gauge',
    labels: ['check'],
    help,
    read: ({ checks }) => checks.map((check) => [{ check: check.name }, holds(check) ? 1 : 0]),
  };
}

export const HEALTH_METRICS: readonly Metric<Health>[] = [
  healthGauge(
    'winnow_health_degraded',
    '1: this part of the collector does not work as it should; /healthz says why',
    isDegraded,
  ),
  healthGauge(
    'winnow_health_not_ready',
    '1: this part of the collector keeps it from being ready; /readyz says why',
    (check) => check.isNotReady(),
  ),
];
