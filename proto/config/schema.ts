// Every setting of Winnow, once: type, default, whether a reload applies it, and what it is for.
// docs/configuration.md and --help are made from this; the collector, the query service and the supervisor read the same.
import { z } from 'zod';
import {
  address,
  bytes,
  count,
  duration,
  durations,
  flag,
  httpAddress,
  oneOf,
  pathPrefix,
  share,
  structure,
  text,
  texts,
} from './leaf.ts';
import { alertmanagersSchema, rules } from './rules-schema.ts';
import { budgetSchema, floorSchema, rulesSchema, tailSamplingSchema } from './sampling-schema.ts';

/** Bounds of the OpenTelemetry Collector's span metrics, so that dashboards carry over. */
const COLLECTOR_RED_BOUNDS = [
  '2ms',
  '4ms',
  '6ms',
  '8ms',
  '10ms',
  '50ms',
  '100ms',
  '200ms',
  '400ms',
  '800ms',
  '1s',
  '1400ms',
  '2s',
  '5s',
  '10s',
  '15s',
] as const;
/** All that `sampling.rescue.triggers` knows. */
const RESCUE_TRIGGERS = ['late-error', 'error-log', 'link'] as const;
/** Flags of Prometheus that switch on parts of PromQL. */
const PROMQL_FEATURES = [
  'promql-experimental-functions',
  'promql-extended-range-selectors',
  'promql-binop-fill-modifiers',
  'promql-delayed-name-removal',
] as const;
/** Threads of one process; far more than cores that evaluate at a time. */
const MAX_CONCURRENCY = 64;
/** More bounds than this make a histogram that nobody can pay for. */
const MAX_RED_BOUNDS = 64;
/** Fewer leave no room to share. */
const LEAST_RED_SERIES = 1000;
/** A request body must fit one slab, and JavaScript buffers have offsets of 31 bits in the index. */
const LEAST_BODY_BYTES = 1024;
/** Less than a few slabs cannot buffer anything. */
const LEAST_BUFFER_BYTES = 32 * 1024 * 1024;

const listen = z.strictObject({
  otlp_grpc: address('127.0.0.1:4317', { description: 'OTLP over gRPC: traces, logs, metrics.' }),
  otlp_http: address('127.0.0.1:4318', {
    description: 'OTLP over HTTP, protobuf and JSON: /v1/traces, /v1/logs, /v1/metrics.',
  }),
  http: address('127.0.0.1:4320', { description: 'The UI, the query API, the Prometheus API, remote write.' }),
  admin: address('127.0.0.1:4321', {
    description: 'The collector itself: /metrics, /healthz, /readyz, live buffer and decisions.',
  }),
});

const http = z.strictObject({
  base_path: pathPrefix({
    description:
      'Path below which a proxy shows the UI and the APIs of listen.http, as /winnow. They answer below it and without it, so the proxy may pass the path on or take it away.',
  }),
});

const clickhouse = z.strictObject({
  url: httpAddress({
    description:
      'HTTP address of your ClickHouse, as http://clickhouse:8123; empty = the embedded one. The variable CLICKHOUSE_URL says the same.',
  }),
  user: text('default', { description: 'User of your ClickHouse.' }),
  password: text('', {
    description: 'Its password; better given as WINNOW_CLICKHOUSE_PASSWORD than written into a file.',
  }),
  database: text('winnow', { description: 'Database that holds the tables; made at the start when it is absent.' }),
});

const buffer = z.strictObject({
  max_bytes: bytes('512MiB', {
    least: LEAST_BUFFER_BYTES,
    description:
      'Memory for spans that wait for their decision. Above 95 % of it traces are decided early: those with their root first, among them the heaviest and oldest.',
  }),
  max_spans: count(2_000_000, {
    least: 1000,
    most: 50_000_000,
    description: 'Spans that wait for their decision, at most.',
  }),
  max_spans_per_trace: count(250_000, {
    least: 100,
    description: 'Spans of one trace, at most; then it is decided at once and what follows is late.',
  }),
});

const wait = z.strictObject({
  quiet: duration('1s', {
    reload: true,
    description: 'A trace with its root and no missing parent is decided when no span came for this long.',
  }),
  after_root: duration('5s', {
    reload: true,
    description: 'A trace with a root but with missing parents is decided this long after the root came.',
  }),
  max: duration('30s', { reload: true, description: 'Any trace is decided this long after its first span.' }),
});

const overload = z.strictObject({
  enabled: flag(true, {
    reload: true,
    description: 'Whether new traces may be turned away when load lasts that cannot be coped with; see overload.md.',
  }),
  raise_above: share('85%', {
    reload: true,
    description:
      'Part of the buffer in use above which a trace becomes less likely to be taken in: half as likely with every step. At 95% traces begin to be decided early, until it is 85%.',
  }),
  lower_below: share('60%', {
    reload: true,
    description: 'Part of the buffer in use below which it becomes likelier again, a step at a time.',
  }),
  event_loop_lag: duration('500ms', {
    reload: true,
    description: 'The same by how far the event loop is behind: above it a step up, below half of it a step down.',
  }),
  step_every: duration('10s', {
    reload: true,
    description: 'How long the load must last before a step up; before a step down three times as long.',
  }),
  least_probability: share('0.1%', {
    reload: true,
    above: 0,
    description: 'No trace becomes less likely to be taken in than this.',
  }),
});

const rescue = z.strictObject({
  max_bytes: bytes('32MiB', {
    description:
      'Memory for traces that were dropped, compressed as time allows, so that what happens later can bring them back. 0 = none.',
  }),
  disk_bytes: bytes('0', {
    description: 'Disk for more of them, under the data directory. They live as long as the process.',
  }),
  least_horizon: duration('10s', {
    description: 'Under load only dropped traces of high randomness are held, so few that they stay this long.',
  }),
  triggers: texts(RESCUE_TRIGGERS, {
    of: RESCUE_TRIGGERS,
    description:
      'What brings a dropped trace back by itself: an error span that comes after the decision, a log record of severity ERROR or worse with its trace id, a link from a trace that is kept.',
  }),
});

const logSampling = z.strictObject({
  keep: share('100%', {
    reload: true,
    description:
      'Part of the log records that is kept: those of a trace all or none, by the same randomness as the trace, so that logs and traces agree.',
  }),
  always: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'none'], 'error', {
    reload: true,
    description: 'Records of this severity or a greater one are kept whatever `keep` says.',
  }),
});

const sampling = z.strictObject({
  wait: wait.prefault({}),
  rules: structure(rulesSchema, 'list of rules', {
    reload: true,
    description:
      'Ordered rules, first match wins; see Rules below. With rules, what matches none is not kept. With neither rules nor budget nor floor, errors and traces over 5 s are kept whatever they cost, everything else within 20,000 spans/s that a quiet time of up to 10 min may exceed, and of every service, route and status one trace a minute.',
  }),
  budget: structure(budgetSchema, 'budget', {
    reload: true,
    description:
      'Most spans or bytes kept per second, over all rules: { spans_per_second, bytes_per_second, window: 1s, burst: 10m }. Traces are held for a window, and those with the highest randomness are kept; with burst, what a quiet time left over is spent first and nothing is held. A rule with budget: false is neither cut nor counted.',
  }),
  floor: structure(floorSchema, 'floor', {
    reload: true,
    description:
      'Traces kept of every stratum, however rare and whatever the budget: { per: [service, route, status], traces: 1, every: 1m }. Only a rule with keep: 0% knows no floor.',
  }),
  linked: oneOf(['own', 'producer'], 'own', {
    reload: true,
    description:
      'Whose randomness decides on a trace with links (a consumer): its own, or that of a trace it is linked to, so that producer and consumer, and chains of them, are kept together wherever their rules say the same. A trace that was sampled on its way (`ot=th`) or that has randomness of its own (`ot=rv`) keeps it.',
  }),
  tail_sampling: structure(tailSamplingSchema, 'tail_sampling block', {
    reload: true,
    description:
      "The block `tail_sampling:` of an OpenTelemetry Collector's configuration, verbatim, in place of rules, budget and floor: its policies decide, with its waits. It may also stand at the top of this file as `tail_sampling:`, or the whole Collector's file be given with --config; see collector-policies.md.",
  }),
  feature_gates: texts([], {
    reload: true,
    description:
      "The Collector's feature gates for tail_sampling, as `processor.tailsamplingprocessor.usetracestate`; with `-` before it one is off. The flag may be written as the Collector's: --feature-gates=A,-B.",
  }),
  processor: text('', {
    reload: true,
    description:
      "Which tail_sampling processor of a Collector's file decides, as tail_sampling/errors; needed only where traces pipelines use several.",
  }),
  memory_bytes: bytes('64MiB', {
    least: 1024 * 1024,
    description: 'Memory for decisions already made, so that late spans follow them.',
  }),
  overload: overload.prefault({}),
  rescue: rescue.prefault({}),
  logs: logSampling.prefault({}),
});

const red = z.strictObject({
  bounds: durations(COLLECTOR_RED_BOUNDS, {
    most: MAX_RED_BOUNDS,
    description: 'Upper bounds of the duration histogram of every service, span name, kind and status.',
  }),
  max_series: count(500_000, {
    least: LEAST_RED_SERIES,
    description:
      'Most Prometheus series of RED: each combination of service, span name, kind and status has as many as there are bounds, and four more. A service takes no more of them than it leaves free for others; what does not fit counts in the series `__overflow__` of its service. Service graphs have a quarter as many of their own.',
  }),
  expire_after: duration('10m', {
    description:
      'A series without a span for so long ends and leaves memory; when spans come again it begins anew at 0. Longer than the 5m that PromQL looks back, so that what comes every few minutes is one series. 0 = never.',
  }),
  flush_every: duration('10s', { description: 'How often RED metrics and service edges are written.' }),
});

const cors = z.strictObject({
  origins: texts([], {
    description: 'Browser origins that may send OTLP over HTTP, as https://shop.example; * = any. Empty = none.',
  }),
  headers: texts(['content-type', 'content-encoding'], {
    description: 'Request headers that such a browser may send.',
  }),
});

const receive = z.strictObject({
  max_body_bytes: bytes('64MiB', { least: LEAST_BODY_BYTES, description: 'Largest request, after decompression.' }),
  max_compressed_bytes: bytes('16MiB', {
    least: LEAST_BODY_BYTES,
    description: 'Largest request as it travels, when compressed.',
  }),
  max_in_flight_bytes: bytes('256MiB', {
    least: LEAST_BODY_BYTES,
    description:
      'Bodies at one time from their first byte until their answer, over gRPC and HTTP together, at most; then new ones are refused with a time to come again. One connection has at most a quarter of it, or one largest request.',
  }),
  max_hold: duration('8s', {
    description: 'How long a reply is held back under pressure before the client is asked to come again.',
  }),
  cors: cors.prefault({}),
});

const spool = z.strictObject({
  max_bytes: bytes('2GiB', {
    least: 1024 * 1024,
    description:
      'Disk for blocks that ClickHouse has not acknowledged; when it is full, receivers hold back. A quarter of it is kept free for each of traces, logs and metrics.',
  }),
  max_refused_bytes: bytes('512MiB', {
    least: 0,
    description:
      'Disk for blocks that ClickHouse refuses for good and which were set aside (`winnow spool list`); beyond it the oldest goes.',
  }),
});

const wal = z.strictObject({
  max_bytes: bytes('4GiB', {
    least: 64 * 1024 * 1024,
    description:
      'Disk for requests whose traces are not decided and stored yet; when it is full, receivers hold back. It may become the largest part of `data`.',
  }),
  on_stop: oneOf(['decide', 'keep'], 'decide', {
    description:
      'What becomes of undecided traces when the collector is stopped. `decide`: they are decided as far as they are known and stored. `keep`: they go on waiting after the next start, so that a restart cuts no trace in pieces.',
  }),
});

const disk = z.strictObject({
  reserve_bytes: bytes('0', {
    description:
      'Free disk below which receivers hold back, so that log, spool and the embedded ClickHouse never meet a full disk. 0 = 5 % of the disk, at least 64 MiB and at most 1 GiB.',
  }),
});

const retention = z.strictObject({
  traces: duration('7d', {
    description: 'How long traces, spans, links and exemplars are kept, counted from their storing.',
  }),
  logs: duration('7d', { description: 'How long log records are kept.' }),
  metrics: duration('30d', { description: 'How long metric samples, RED counts and service edges are kept.' }),
  decisions: duration('3d', { description: 'How long the log of decisions, dropped traces too, is kept.' }),
});

const queryCors = z.strictObject({
  origins: texts([], {
    description: 'Browser origins that may ask the Prometheus API, as https://grafana.example; * = any. Empty = none.',
  }),
});

const query = z.strictObject({
  timeout: duration('30s', {
    description:
      'Longest time one question may take, PromQL ones with the time in the queue. A request may ask for less.',
  }),
  max_memory: bytes('1GiB', { description: 'Most memory ClickHouse may take for one question.' }),
  max_concurrency: count(0, {
    most: MAX_CONCURRENCY,
    description:
      'PromQL queries that are evaluated at a time, each in a thread, once they take longer than 50 ms; the others wait. Short ones have a thread of their own. 0: as many as the machine has cores.',
  }),
  max_samples: count(50_000_000, {
    least: 1,
    description: 'Most samples that one PromQL query may hold in memory at a time, 16 bytes each.',
  }),
  lookback_delta: duration('5m', { description: 'How far back PromQL looks for the newest sample of a series.' }),
  features: texts([], {
    of: PROMQL_FEATURES,
    description: `Parts of PromQL that Prometheus keeps behind flags of these names: ${PROMQL_FEATURES.join(', ')}.`,
  }),
  cors: queryCors.prefault({}),
});

const log = z.strictObject({
  level: oneOf(['debug', 'info', 'warn', 'error'], 'info', { description: 'Least severity of log lines.' }),
  json: flag(false, { description: 'Log lines as JSON, for machines.' }),
});

export const configSchema = z.strictObject({
  listen: listen.prefault({}),
  http: http.prefault({}),
  data: text('./data', {
    description:
      'Directory of everything on disk: the embedded ClickHouse, the write-ahead log, the spool. Made when it is absent, and read by this user only. One collector owns it at a time; the next one waits. It must be on a disk of this machine.',
  }),
  store: oneOf(['clickhouse', 'none'], 'clickhouse', {
    description: '`none`: kept traces are decided, counted and discarded, for measuring without ClickHouse.',
  }),
  durability: oneOf(['memory', 'written', 'fsync'], 'written', {
    description:
      '`written`: a request is in the write-ahead log before it is answered, so that a crash of any process loses nothing that was acknowledged, and undecided traces outlive a restart. `fsync`: it survives loss of power, too. `memory`: a crash of the collector loses what waits for a decision. With `store: none` always `memory`.',
  }),
  clickhouse: clickhouse.prefault({}),
  buffer: buffer.prefault({}),
  sampling: sampling.prefault({}),
  red: red.prefault({}),
  receive: receive.prefault({}),
  spool: spool.prefault({}),
  wal: wal.prefault({}),
  disk: disk.prefault({}),
  retention: retention.prefault({}),
  query: query.prefault({}),
  rules: rules.prefault({}),
  alertmanagers: structure(alertmanagersSchema, 'list of Alertmanagers', {
    reload: true,
    description:
      'Where alerts are sent: [{ url: "http://127.0.0.1:9093", path_prefix: /, timeout: 10s, basic_auth: { username, password_file }, authorization: { type: Bearer, credentials_file } }], all but url optional, or addresses separated by commas. Each gets every alert.',
  }),
  log: log.prefault({}),
});

/** A complete configuration: durations in ms, sizes in bytes, addresses split. */
export type Config = z.infer<typeof configSchema>;
export type SamplingConfig = Config['sampling'];
