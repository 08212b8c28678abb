// How long it takes to parse queries: the mix of a dashboard, and one chain of ten thousand operators. CPU time, prints JSON.
import { parse } from '#query/promql/parse.ts';

const DASHBOARD = [
  'up',
  'sum by (service_name) (rate(traces_span_metrics_calls_total{status_code="STATUS_CODE_ERROR"}[5m]))',
  'histogram_quantile(0.99, sum by (le, service_name) (rate(traces_span_metrics_duration_milliseconds_bucket{service_name=~"frontend|checkout"}[$__rate_interval])))'.replace(
    '$__rate_interval',
    '4m15s',
  ),
  '100 * (1 - avg(rate(node_cpu_seconds_total{mode="idle", instance=~"host-(1|2|3):9100"}[5m])))',
  'topk(5, sum(rate(http_requests_total[1m])) by (route)) or on () vector(0)',
  'a / on (instance, job) group_left (version) b offset 1d @ end()',
  'max_over_time(sum(rate(queue_depth[1m]))[1h:1m]) > bool 100 and -x ^ 2 != 3e5',
];
const TERMS = 10_000;
const CHAIN = Array.from({ length: TERMS }, (_, at) => `m{i="${at}"}`).join(' + ');
const PASSES = 2000;
const RUNS = 5;

function cpuMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function measured(run: () => void): number {
  run();
  return median(Array.from({ length: RUNS }, () => cpuMs(run)));
}

const dashboardMs = measured(() => {
  for (let pass = 0; pass < PASSES; pass++) for (const query of DASHBOARD) parse(query);
});
const chainMs = measured(() => {
  parse(CHAIN);
});
console.log(
  JSON.stringify({
    bench: 'promql-parse',
    microsecondsPerDashboardQuery: Number(((dashboardMs * 1000) / (PASSES * DASHBOARD.length)).toFixed(2)),
    millisecondsPerChain: Number(chainMs.toFixed(1)),
    megabytesPerSecondOfChain: Number((CHAIN.length / 1000 / chainMs).toFixed(1)),
  }),
);
