// The applications' side: makes telemetry, sends it, and tries again by OTLP's rules. Remembers which items were acknowledged.
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { logsRequestSchema, metricsRequestSchema, traceRequestSchema } from '#proto/otlp/schema.ts';
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { ExactLoad, type ExactBatch, type SpanSpec } from '#tests/support/exact-load.ts';
import type { Random } from './random.ts';
import type { Load } from './schedule.ts';
import type { StoredRows } from './stored-rows.ts';
import { EPOCH_MS } from './sim-process.ts';
import type { VirtualTime } from './virtual-time.ts';

const DEADLINE_MS = 10_000;
/** First wait after an error without advice, doubled up to the last. */
const FIRST_BACKOFF_MS = 500;
const MOST_BACKOFF_MS = 5000;
/** Senders that give up do so after this long: Go's exporter, and Python's. */
const GIVE_UP_MS = [10_000, 32_000] as const;
/** Batches on their way: beyond it none are made. */
const MOST_UNDER_WAY = 300;
/** Batches that can come again together with others. */
const REMEMBERED = 40;
const MOST_BODY_BYTES = 2 ** 24;
const SCHEMAS = { traces: traceRequestSchema, logs: logsRequestSchema, metrics: metricsRequestSchema } as const;
/** Copies are known for a minute; the first of them may have been answered some seconds after it was received. */
const KNOWN_MS = 55_000;
const RUN_ID = 0x51510001;

/** The way to the collectors. @param fail the connection broke */
export type Send = (
  request: IntakeRequest,
  answer: (answer: IntakeAnswer) => void,
  fail: (why: string) => void,
) => void;

/** What the network and the applications do wrong at the moment. */
export interface ClientFaults {
  /** Times as many requests. */
  burst: number;
  copies: { readonly share: number; readonly withinMs: number };
  overlaps: number;
}

interface Delivery {
  readonly batch: ExactBatch;
  readonly body: Buffer;
  readonly transport: 'grpc' | 'http';
  readonly encoding: 'protobuf' | 'json';
  readonly startedMs: number;
  readonly givesUpMs: number;
  backoffMs: number;
  attempt: number;
  isOver: boolean;
}

export class SimClients {
  readonly load: ExactLoad;
  readonly faults: ClientFaults = { burst: 1, copies: { share: 0, withinMs: 0 }, overlaps: 0 };
  readonly acknowledged: Record<Signal, Set<number>> = { traces: new Set(), logs: new Set(), metrics: new Set() };
  /** Items that a fault destroyed by itself: they may be missing, and where they had been stored before, nobody knows them when they come again. */
  readonly destroyed: Record<Signal, Set<number>> = { traces: new Set(), logs: new Set(), metrics: new Set() };
  /** Items acknowledged once more so long after the first time that nobody has to know them. */
  readonly forgotten: Record<Signal, Set<number>> = { traces: new Set(), logs: new Set(), metrics: new Set() };
  readonly sent: Record<Signal, Set<number>> = { traces: new Set(), logs: new Set(), metrics: new Set() };
  /** Numbers of the spans that were sent, by trace id. */
  readonly spansOfTraces = new Map<string, number[]>();
  /** What no client should hear. */
  readonly refusedForGood: string[] = [];
  retries = 0;
  givenUp = 0;
  underWay = 0;
  /** Copies that are still to be sent. */
  planned = 0;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #send: Send;
  readonly #options: Load;
  readonly #note: (line: string) => void;
  readonly #reach: (what: string) => void;
  readonly #keepsBodies: boolean;
  /** When an item was first acknowledged. */
  readonly #acknowledgedMs = new Map<string, number>();
  readonly #recent: (readonly SpanSpec[])[] = [];
  /** What was sent, by the bytes that the log then holds. */
  readonly #bodies = new Map<string, ExactBatch>();

  /** @param keepsBodies {@link destroy} will be called */
  constructor(
    time: VirtualTime,
    random: Random,
    options: Load,
    send: Send,
    note: (line: string) => void,
    reach: (what: string) => void,
    keepsBodies: boolean,
  ) {
    this.#reach = reach;
    this.#keepsBodies = keepsBodies;
    this.#time = time;
    this.#random = random;
    this.#options = options;
    this.#send = send;
    this.#note = note;
    this.load = new ExactLoad(RUN_ID, () => random.next());
  }

  /** Sends until the load is over. */
  start(): void {
    const next = (): void => {
      if (this.#time.nowMs > this.#options.forMs) return;
      if (this.underWay < MOST_UNDER_WAY) this.#one();
      this.#time.after(
        (1000 / this.#options.requestsPerSecond / this.faults.burst) * this.#random.between(0.2, 1.8),
        next,
      );
    };
    this.#time.after(0, next);
  }

  /** The items of a request are gone, and no fault of the collector's. @param body as it was in the log */
  destroy(body: Buffer): void {
    const batch = this.#bodies.get(body.toString('base64'));
    if (batch !== undefined) for (const item of batch.items) this.destroyed[batch.signal].add(item);
  }

  /** What the store had is gone, and no fault of the collector's. */
  destroyStored({ spans, logs }: StoredRows): void {
    for (const item of spans.keys()) this.destroyed.traces.add(item);
    for (const item of logs.keys()) this.destroyed.logs.add(item);
  }

  #one(): void {
    const random = this.#random;
    const nowMs = EPOCH_MS + this.#time.nowMs;
    const which = random.next();
    const count = random.whole(1, this.#options.itemsPerRequest);
    const batch =
      which < 0.6
        ? this.#spans(nowMs, count)
        : which < 0.8
          ? this.load.logs(nowMs, count)
          : this.load.points(nowMs, count);
    for (const item of batch.items) this.sent[batch.signal].add(item);
    for (const { trace, seq } of batch.spans) {
      const known = this.spansOfTraces.get(trace.id);
      if (known === undefined) this.spansOfTraces.set(trace.id, [seq]);
      else known.push(seq);
    }
    this.#deliver(batch);
    const { share, withinMs } = this.faults.copies;
    while (random.chance(share)) {
      this.planned++;
      this.#time.after(random.next() * withinMs, () => {
        this.planned--;
        this.#reach(`client: a copy of ${batch.signal}`);
        this.#deliver(batch);
      });
    }
  }

  #spans(nowMs: number, count: number): ExactBatch {
    let batch = this.load.spans(nowMs, count);
    if (this.#recent.length > 0 && this.#random.chance(this.faults.overlaps)) {
      const earlier = this.#random.pick(this.#recent).filter(() => this.#random.chance(0.6));
      batch = this.load.batchOf([...earlier, ...batch.spans], nowMs);
      this.#reach('client: spans that come again with others');
    }
    this.#recent.push(batch.spans);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
    return batch;
  }

  #deliver(batch: ExactBatch): void {
    const random = this.#random;
    const isJson = random.chance(0.2);
    const transport = isJson || random.chance(0.5) ? 'http' : 'grpc';
    const body = isJson
      ? Buffer.from(jsonToProtobuf(SCHEMAS[batch.signal], Buffer.from(this.load.json(batch)), MOST_BODY_BYTES))
      : batch.body;
    const givesUpMs = random.chance(this.#options.givesUpShare) ? random.pick(GIVE_UP_MS) : Infinity;
    this.underWay++;
    if (this.#keepsBodies) this.#bodies.set(body.toString('base64'), batch);
    this.#ask({
      batch,
      body,
      transport,
      encoding: isJson ? 'json' : 'protobuf',
      startedMs: this.#time.nowMs,
      givesUpMs,
      backoffMs: FIRST_BACKOFF_MS,
      attempt: 0,
      isOver: false,
    });
  }

  #ask(delivery: Delivery): void {
    const attempt = ++delivery.attempt;
    const isCurrent = (): boolean => !delivery.isOver && delivery.attempt === attempt;
    const {
      batch: { signal },
      body,
      transport,
      encoding,
    } = delivery;
    const stopWaiting = this.#time.after(DEADLINE_MS, () => {
      if (isCurrent()) this.#again(delivery, undefined, 'deadline');
    });
    this.#send(
      { signal, body, transport, encoding, deadlineMs: DEADLINE_MS },
      (answer) => {
        if (!isCurrent()) return;
        stopWaiting();
        this.#answered(delivery, answer);
      },
      (why) => {
        if (!isCurrent()) return;
        stopWaiting();
        this.#again(delivery, undefined, why);
      },
    );
  }

  #answered(delivery: Delivery, answer: IntakeAnswer): void {
    const { signal, items } = delivery.batch;
    if (answer.kind === 'busy') {
      this.#again(delivery, answer.retryAfterMs, 'busy');
      return;
    }
    delivery.isOver = true;
    this.underWay--;
    if (answer.kind !== 'accepted' || answer.rejected > 0) {
      this.refusedForGood.push(`${signal}: ${answer.message}`);
      return;
    }
    for (const item of items) {
      const key = `${signal} ${item}`;
      const firstMs = this.#acknowledgedMs.get(key);
      if (firstMs === undefined) this.#acknowledgedMs.set(key, this.#time.nowMs);
      else if (this.#time.nowMs - firstMs > KNOWN_MS) this.forgotten[signal].add(item);
      this.acknowledged[signal].add(item);
    }
    this.#note(`acknowledged ${signal} ${items[0]}…${items.at(-1)} (${items.length}), attempt ${delivery.attempt}`);
  }

  #again(delivery: Delivery, adviceMs: number | undefined, why: string): void {
    delivery.attempt++; // an answer that comes later is heard by nobody
    const waitMs = (adviceMs ?? delivery.backoffMs) * this.#random.between(0.8, 1.2);
    delivery.backoffMs = Math.min(MOST_BACKOFF_MS, delivery.backoffMs * 2);
    if (this.#time.nowMs + waitMs - delivery.startedMs > delivery.givesUpMs) {
      delivery.isOver = true;
      this.underWay--;
      this.givenUp++;
      this.#reach('client: gave up');
      return;
    }
    this.retries++;
    this.#reach(`client: ${why}`);
    this.#note(`${delivery.batch.signal} ${delivery.batch.items[0]}… comes again in ${Math.round(waitMs)} ms (${why})`);
    this.#time.after(waitMs, () => this.#ask(delivery));
  }
}
