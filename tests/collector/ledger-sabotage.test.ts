// A ledger that cannot show a loss proves nothing: here an item is lost or doubled on purpose in each stage, and its signal has to be out of balance for it.
import { expect, test } from 'vitest';
import type { Signal } from '#proto/otlp/signal.ts';
import { CollectorLives } from '#tests/support/collector-lives.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { traceRequest } from '#tests/support/trace-builder.ts';

const Logs = otlpType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
const Metrics = otlpType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
const TRACES = 12;
const RECORDS = 7;
const POINTS = 5;

interface Sabotage {
  readonly what: string;
  readonly signal: Signal;
  /** Above 0: so many items vanish; below: so many are there twice. */
  readonly imbalance: number;
  readonly before?: (lives: CollectorLives) => void;
  /** When all is received and nothing is decided. */
  readonly buffered?: (lives: CollectorLives) => void | Promise<void>;
}

/** Replaces a method until the collector's next life. */
function replace<Key extends string, Method extends (...args: never[]) => unknown>(
  object: Readonly<Record<Key, Method>>,
  name: Key,
  by: (original: Method) => Method,
): void {
  Object.defineProperty(object, name, { value: by(object[name].bind(object) as Method) });
}

/** The method does nothing the first time. */
function skipOnce<Method extends (...args: never[]) => unknown>(original: Method): Method {
  let calls = 0;
  return ((...args: never[]) => (calls++ === 0 ? undefined : original(...args))) as Method;
}

/** The method does everything twice the first time. */
function twiceOnce<Method extends (...args: never[]) => unknown>(original: Method): Method {
  let calls = 0;
  return ((...args: never[]) => {
    if (calls++ === 0) original(...args);
    return original(...args);
  }) as Method;
}

const SABOTAGES: Sabotage[] = [
  { what: 'nothing is wrong', signal: 'traces', imbalance: 0 },
  {
    what: 'a kept span becomes no row',
    signal: 'traces',
    imbalance: 1,
    before: ({ pipeline }) => replace(pipeline.tables.spans, 'append', skipOnce),
  },
  {
    what: 'a kept span becomes two rows',
    signal: 'traces',
    imbalance: -1,
    before: ({ pipeline }) => replace(pipeline.tables.spans, 'append', twiceOnce),
  },
  {
    what: 'a log record becomes no row',
    signal: 'logs',
    imbalance: 1,
    before: ({ pipeline }) => replace(pipeline.tables.logs, 'append', skipOnce),
  },
  {
    what: 'a log record becomes two rows',
    signal: 'logs',
    imbalance: -1,
    before: ({ pipeline }) => replace(pipeline.tables.logs, 'append', twiceOnce),
  },
  {
    what: 'a block of log records is acknowledged twice',
    signal: 'logs',
    imbalance: -RECORDS,
    before: ({ pipeline }) =>
      replace(pipeline.blocks, 'stored', (stored) => (table, rows) => {
        stored(table, rows);
        if (table === 'logs') stored(table, rows);
      }),
  },
  {
    what: 'a block of log records is never acknowledged',
    signal: 'logs',
    imbalance: RECORDS,
    before: ({ pipeline }) =>
      replace(pipeline.blocks, 'stored', (stored) => (table, rows) => {
        if (table !== 'logs') stored(table, rows);
      }),
  },
  {
    what: 'undecided spans leave the buffer uncounted',
    signal: 'traces',
    imbalance: TRACES,
    buffered: ({ pipeline }) => {
      const receive = pipeline.shard.receive.bind(pipeline.shard);
      pipeline.shard.receive = (output) => {
        if (output.kind !== 'state') return receive(output);
        const { state } = output;
        return receive({ ...output, state: { ...state, pending: state.pending - TRACES } });
      };
    },
  },
  {
    what: 'points are acknowledged and not counted',
    signal: 'metrics',
    imbalance: POINTS,
    buffered: ({ pipeline }) => {
      let { stored } = pipeline.ledger.metrics;
      Object.defineProperty(pipeline.ledger.metrics, 'stored', {
        get: () => stored,
        set: (to: number) => {
          stored = Math.max(stored, to - POINTS);
        },
      });
    },
  },
];

test.each(SABOTAGES)('$what', async ({ signal, imbalance, before, buffered }) => {
  const lives = new CollectorLives();
  await lives.start();
  before?.(lives);
  for (let trace = 1; trace <= TRACES; trace++)
    lives.send('traces', traceRequest(trace.toString(16), [{ id: '1', start: 0, end: 10 }]));
  const logRecords = Array.from({ length: RECORDS }, (_, i) => ({
    severityNumber: 9,
    body: { stringValue: `record ${i}` },
    timeUnixNano: '1700000000000000000',
  }));
  lives.send(
    'logs',
    Buffer.from(Logs.encode(Logs.fromObject({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })).finish()),
  );
  const dataPoints = Array.from({ length: POINTS }, (_, i) => ({
    asDouble: i,
    timeUnixNano: '1700000000000000000',
    attributes: [{ key: 'n', value: { stringValue: `${i}` } }],
  }));
  lives.send(
    'metrics',
    Buffer.from(
      Metrics.encode(
        Metrics.fromObject({
          resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'load', gauge: { dataPoints } }] }] }],
        }),
      ).finish(),
    ),
  );
  await lives.pass(250);
  await buffered?.(lives);
  await lives.settle();
  const { ledger } = lives.pipeline;
  expect({ traces: 0, logs: 0, metrics: 0, [signal]: imbalance }).toEqual({
    traces: ledger.traces.imbalance,
    logs: ledger.logs.imbalance,
    metrics: ledger.metrics.imbalance,
  });
});
