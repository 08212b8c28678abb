// Requests of all three signals whose items can be counted in the store, and their copies.
import type { IntakeAnswer } from '#collector/receive/intake.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import type { CollectorLives } from './collector-lives.ts';
import { otlpType } from './otlp-proto.ts';
import { traceRequest } from './trace-builder.ts';

const Logs = otlpType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
const Metrics = otlpType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
const TIME = '1700000000000000000';
/** Values of points begin here: no counter of the collector's own gets so far. */
const FIRST_VALUE = 1e12;

export interface SentRequest {
  readonly signal: Signal;
  readonly body: Buffer;
  readonly atMs: number;
  /** Of its items. */
  readonly numbers: readonly number[];
  /** All its spans are of this one. */
  readonly trace: number;
}

export class SignalLoad {
  readonly sent: SentRequest[] = [];
  readonly items: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  readonly #lives: CollectorLives;

  constructor(lives: CollectorLives) {
    this.#lives = lives;
  }

  /** A request like no other. @param items spans (all of trace number `trace`), records or points */
  send(signal: Signal, items = 1, trace = 1): () => IntakeAnswer | undefined {
    const numbers = Array.from({ length: items }, () => ++this.items[signal]);
    const body =
      signal === 'traces' ? spansOf(trace, numbers) : signal === 'logs' ? recordsOf(numbers) : pointsOf(numbers);
    this.sent.push({ signal, body, atMs: this.#lives.nowMs, numbers, trace });
    return this.#lives.send(signal, body);
  }

  /** The same again, in a buffer of its own. */
  again({ signal, body }: SentRequest): () => IntakeAnswer | undefined {
    return this.#lives.send(signal, Buffer.from(body));
  }

  /** Spans that were sent before, by number, in one request with a new one: a batch that overlaps others. @param freshTrace of the new one */
  overlapping(numbers: readonly number[], trace = 1, freshTrace = trace): void {
    const fresh = ++this.items.traces;
    const body = Buffer.concat([spansOf(trace, numbers), spansOf(freshTrace, [fresh])]);
    this.sent.push({ signal: 'traces', body, atMs: this.#lives.nowMs, numbers: [fresh], trace: freshTrace });
    this.#lives.send('traces', body);
  }

  /** The same from another client, while those that asked before give up. */
  instead(sent: SentRequest): void {
    this.#lives.giveUp(sent.signal, sent.body);
    this.again(sent);
  }

  /** What is stored, each item once however often it was sent. */
  get expected(): object {
    const { traces, logs, metrics } = this.items;
    return { spans: traces, red: traces, logs, points: metrics, distinctPoints: metrics, unanswered: 0, failures: [] };
  }

  get stored(): object {
    const points = this.#lives.floats('samples', 'value').filter((value) => value > FIRST_VALUE);
    return {
      spans: this.#lives.rows('spans'),
      red: this.#lives.sum('red', 'calls'),
      logs: this.#lives.rows('logs'),
      points: points.length,
      distinctPoints: new Set(points).size,
      unanswered: this.#lives.unanswered,
      failures: this.#lives.failures,
    };
  }
}

function spansOf(trace: number, numbers: readonly number[]): Buffer {
  const id = trace.toString(16).padStart(18, '5').padEnd(32, '5');
  return traceRequest(
    id,
    numbers.map((n) => ({
      id: n.toString(16),
      start: 0,
      end: 1000,
      kind: 2,
      ...(trace % 2 === 1 && { parent: 'fffffff' }),
    })),
  );
}

function recordsOf(numbers: readonly number[]): Buffer {
  const logRecords = numbers.map((n) => ({
    severityNumber: 9,
    body: { stringValue: `record ${n}` },
    timeUnixNano: TIME,
  }));
  return encoded(Logs, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
}

function pointsOf(numbers: readonly number[]): Buffer {
  const metrics = numbers.map((n) => ({
    name: 'gauge',
    gauge: { dataPoints: [{ timeUnixNano: TIME, asDouble: FIRST_VALUE + n }] },
  }));
  return encoded(Metrics, { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
}

function encoded(type: typeof Logs, message: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}
