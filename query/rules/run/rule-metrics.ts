// What is counted of rules, named after what Prometheus counts.
import type { Metric, Sample } from '#query/self/metric-table.ts';
import type { GroupRunner } from './group-runner.ts';
import type { RulesRuntime } from './rules-runtime.ts';

const MS_PER_SECOND = 1000;

function perGroup(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  read: (group: GroupRunner) => number | undefined,
): Metric<RulesRuntime> {
  return {
    name: `winnow_rule_${name}`,
    kind,
    labels: ['rule_group'],
    help,
    read: ({ groups }) =>
      groups.flatMap((one): Sample[] => {
        const value = read(one);
        return value === undefined ? [] : [[{ rule_group: `${one.group.file};${one.group.name}` }, value]];
      }),
  };
}

function single(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  read: (of: RulesRuntime) => number,
): Metric<RulesRuntime> {
  return { name: `winnow_rule${name}`, kind, labels: [], help, read: (of) => [[{}, read(of)]] };
}

export const RULE_METRICS: readonly Metric<RulesRuntime>[] = [
  perGroup('counter', 'evaluations_total', 'rules evaluated', ({ counts }) => counts.evaluations),
  perGroup('counter', 'evaluation_failures_total', 'rules whose evaluation failed', ({ counts }) => counts.failures),
  perGroup(
    'counter',
    'group_iterations_total',
    'evaluations that were due, missed ones too',
    ({ counts }) => counts.iterations,
  ),
  perGroup(
    'counter',
    'group_iterations_missed_total',
    'evaluations left out because the one before took too long',
    ({ counts }) => counts.missed,
  ),
  perGroup('gauge', 'group_interval_seconds', 'interval of the group', (one) => one.intervalMs / MS_PER_SECOND),
  perGroup('gauge', 'group_rules', 'rules of the group', ({ group }) => group.rules.length),
  perGroup(
    'gauge',
    'group_last_duration_seconds',
    'how long the last evaluation took',
    ({ state }) => state.durationMs / MS_PER_SECOND,
  ),
  perGroup('gauge', 'group_last_evaluation_timestamp_seconds', 'when the last evaluation began', ({ state }) =>
    state.evaluatedAtMs === undefined ? undefined : state.evaluatedAtMs / MS_PER_SECOND,
  ),
  perGroup('gauge', 'group_last_evaluation_samples', 'samples of the last evaluation', ({ counts }) => counts.samples),
  perGroup(
    'gauge',
    'group_last_restore_duration_seconds',
    'how long it took to find out how long alerts had waited before the start',
    ({ counts }) => counts.restoreMs / MS_PER_SECOND,
  ),
  single(
    'gauge',
    's_last_reload_successful',
    '1: the rules of the configuration run; 0: it was refused',
    ({ reload }) => (reload.problems.length === 0 ? 1 : 0),
  ),
  single(
    'gauge',
    's_last_reload_success_timestamp_seconds',
    'when the rules that run were read',
    ({ reload }) => reload.appliedMs / MS_PER_SECOND,
  ),
  single(
    'counter',
    '_samples_written_total',
    'samples of rules that the collector has accepted',
    ({ queue }) => queue.written,
  ),
  {
    name: 'winnow_rule_samples_dropped_total',
    kind: 'counter',
    labels: ['reason'],
    help: 'samples of rules that were not written: queue_full (the collector was away for long), refused (by the collector), shutdown, discarded (another rule had written the series)',
    read: ({ queue, discarded }) =>
      Object.entries({ ...queue.dropped, discarded }).map(([reason, count]) => [{ reason }, count]),
  },
  single(
    'gauge',
    '_samples_waiting',
    'samples of rules that the collector has not accepted yet',
    ({ queue }) => queue.waiting,
  ),
  single('gauge', '_samples_fresh', 'samples held because the store may not show them yet', ({ fresh }) => fresh.count),
  single(
    'counter',
    '_samples_fresh_evicted_total',
    'samples no longer held although the store may not show them: later rules may miss them',
    ({ fresh }) => fresh.evicted,
  ),
];
