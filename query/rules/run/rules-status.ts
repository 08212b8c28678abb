// What runs of rules and alerts, as the Prometheus API shows it.
import { formatDurationMs } from '#query/promql/literals.ts';
import { AlertQueue } from '#query/rules/alertmanager/alert-queue.ts';
import { alertsUrl } from '#query/rules/alertmanager/send-alerts.ts';
import { stringify } from 'yaml';
import type { GroupRunner } from './group-runner.ts';
import type { Reload, RuleConfig, RulesRuntime } from './rules-runtime.ts';

export class RunningRules {
  readonly #runtime: RulesRuntime;

  constructor(runtime: RulesRuntime) {
    this.#runtime = runtime;
  }

  get groups(): readonly GroupRunner[] {
    return this.#runtime.groups;
  }

  get alertmanagerUrls(): readonly string[] {
    return this.#runtime.alertmanagers.queues.map(({ url }) => url);
  }

  get reload(): Reload {
    return this.#runtime.reload;
  }

  get yaml(): string {
    return yamlOf(this.#runtime.config);
  }

  get flags(): Readonly<Record<string, string>> {
    const { rules } = this.#runtime.config;
    return {
      'rules.alert.for-grace-period': formatDurationMs(rules.alert.for_grace_period),
      'rules.alert.for-outage-tolerance': formatDurationMs(rules.alert.for_outage_tolerance),
      'rules.alert.resend-delay': formatDurationMs(rules.alert.resend_delay),
      'rules.max-concurrent-evals': String(rules.max_concurrency),
      'alertmanager.notification-batch-size': String(AlertQueue.maxBatch),
      'alertmanager.notification-queue-capacity': String(AlertQueue.capacity),
      'web.external-url': rules.external_url,
    };
  }
}

/** As a configuration of Prometheus says it; without credentials. */
function yamlOf({ rules, alertmanagers = [] }: RuleConfig): string {
  if (rules.files.length === 0 && alertmanagers.length === 0) return '';
  const targets = alertmanagers.map((one) => {
    const url = new URL(alertsUrl(one));
    return {
      scheme: url.protocol.slice(0, -1),
      path_prefix: url.pathname.replace(/\/api\/v2\/alerts$/, ''),
      timeout: formatDurationMs(one.timeout),
      static_configs: [{ targets: [url.host] }],
    };
  });
  return stringify({
    global: {
      evaluation_interval: formatDurationMs(rules.evaluation_interval),
      rule_query_offset: formatDurationMs(rules.query_offset),
      ...(rules.external_labels === undefined ? {} : { external_labels: rules.external_labels }),
    },
    ...(targets.length === 0 ? {} : { alerting: { alertmanagers: targets } }),
    rule_files: rules.files,
  });
}
