// Requests to a collector that crashes, in which every span, record and point is counted, and what became of all that was sent.
import { CollectorLives, type LivesOptions } from '#tests/support/collector-lives.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';

const Logs = otlpType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
const Metrics = otlpType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
/** Values of points begin here: those of Winnow's own series are far below. */
export const FIRST_POINT = 1e12;

export class CountedLoad {
  spans = 0;
  logs = 0;
  points = 0;
  readonly #lives: CollectorLives;
  readonly #sent: { readonly id: string; readonly spans: readonly PlainSpan[] }[] = [];

  constructor(lives: CollectorLives) {
    this.#lives = lives;
  }

  /** Spans of a trace, new ones each time. @param randomness first hex digits of R */
  trace(trace: number, spans = 2, randomness = '', status = 0): void {
    const made = Array.from({ length: spans }, () => ({
      id: (++this.spans).toString(16),
      start: 0,
      end: 1000,
      kind: 2,
      status,
      ...(trace % 2 === 1 && { parent: 'fffffff' }),
    }));
    const id = trace.toString(16).padStart(18, '5') + randomness.padEnd(14, '5');
    this.#sent.push({ id, spans: made });
    this.#lives.send('traces', traceRequest(id, made));
  }

  /** Spans that were sent before, in another request and another resource, and a new one of a trace. */
  again(which: number, trace: number): void {
    const it = this.#sent[which % Math.max(1, this.#sent.length)];
    if (it === undefined) return;
    const fresh = { id: (++this.spans).toString(16), start: 0, end: 1000, kind: 2 };
    const copies = it.spans.map((span) => ({ ...span, host: 'another' }));
    const own = traceRequest(trace.toString(16).padStart(18, '5').padEnd(32, '5'), [fresh]);
    this.#lives.send(
      'traces',
      Buffer.concat([traceRequest(it.id, copies.slice(0, 2)), own, traceRequest(it.id, copies)]),
    );
  }

  /** Log records in one request, new ones each time. */
  log(records = 1): void {
    const logRecords = Array.from({ length: records }, () => ({
      severityNumber: 9,
      body: { stringValue: `record ${++this.logs}` },
      timeUnixNano: '1700000000000000000',
    }));
    this.#lives.send(
      'logs',
      Buffer.from(Logs.encode(Logs.fromObject({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })).finish()),
    );
  }

  /** Points in one request, new ones each time. */
  metric(points: number): void {
    const dataPoints = Array.from({ length: points }, () => ({
      asDouble: FIRST_POINT + ++this.points,
      timeUnixNano: '1700000000000000000',
      attributes: [{ key: 'n', value: { stringValue: `${this.points}` } }],
    }));
    this.#lives.send(
      'metrics',
      Buffer.from(
        Metrics.encode(
          Metrics.fromObject({
            resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'load', gauge: { dataPoints } }] }] }],
          }),
        ).finish(),
      ),
    );
  }
}

export async function livesOf(options: LivesOptions = {}): Promise<{ lives: CollectorLives; load: CountedLoad }> {
  const lives = new CollectorLives(options);
  await lives.start();
  return { lives, load: new CountedLoad(lives) };
}

/** What became of all that was sent. */
export function accountOf(lives: CollectorLives): unknown {
  const { ledger } = lives.pipeline;
  const { isBalanced } = lives.pipeline.shardCounts();
  return {
    spans: lives.rows('spans'),
    logs: lives.rows('logs'),
    points: lives.doubles('samples', 'value').filter((value) => value > FIRST_POINT).length,
    red: lives.sum('red', 'calls'),
    unanswered: lives.unanswered,
    failures: lives.failures,
    isBalanced,
    pending: ledger.traces.pending + ledger.logs.pending + ledger.metrics.pending,
    dropped: ledger.traces.droppedTotal,
    imbalance: [ledger.traces.imbalance, ledger.logs.imbalance, ledger.metrics.imbalance],
    isStoredCounted: ledger.traces.stored === lives.rows('spans') && ledger.logs.stored === lives.rows('logs'),
  };
}

/** Each stored once. */
export function exactly({ spans, logs, points }: CountedLoad): object {
  return {
    spans,
    logs,
    points,
    red: spans,
    unanswered: 0,
    failures: [],
    isBalanced: true,
    pending: 0,
    dropped: 0,
    imbalance: [0, 0, 0],
    isStoredCounted: true,
  };
}
