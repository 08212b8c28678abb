// Sends telemetry whose every item has a number, half over gRPC and half over HTTP, for ever by OTLP's rules, and knows what was acknowledged.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Client, compressionAlgorithms, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { readRpcStatus } from '#deploy/replay/export-outcome.ts';
import { otlpSignals } from '#deploy/replay/otlp-signal.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { ExactLoad, type ExactBatch } from '#tests/support/exact-load.ts';
import { Random } from '../simulation/random.ts';

const DEADLINE_MS = 10_000;
const FIRST_BACKOFF_MS = 200;
const MOST_BACKOFF_MS = 5000;
const ITEMS_PER_REQUEST = 100;
/** HTTP codes and gRPC codes after which OTLP lets a client try again; gRPC's 8 only with RetryInfo. */
const RETRYABLE_HTTP: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const RETRYABLE_GRPC: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
const SENT = 1;
const ACKNOWLEDGED = 2;

export interface Rates {
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
}

export interface ClientOptions {
  /** HOST:PORT of each. */
  readonly grpc: string;
  readonly http: string;
  readonly rates: Rates;
  readonly seed: number;
  /** Requests on their way at once; more are not made. */
  readonly mostUnderWay?: number | undefined;
  readonly itemsPerRequest?: number | undefined;
}

type Result =
  | { readonly kind: 'ok'; readonly isPartial: boolean }
  | { readonly kind: 'again'; readonly why: string; readonly afterMs: number | undefined }
  | { readonly kind: 'never'; readonly why: string };

/** What became of each number: sent, acknowledged. */
export class Numbers {
  #states = new Uint8Array(65_536);
  most = 0;
  acknowledged = 0;

  set(items: readonly number[], state: number): void {
    for (const item of items) {
      if (item >= this.#states.length) {
        const larger = new Uint8Array(Math.max(item + 1, this.#states.length * 2));
        larger.set(this.#states);
        this.#states = larger;
      }
      if (state === ACKNOWLEDGED && this.#states[item] !== ACKNOWLEDGED) this.acknowledged++;
      this.#states[item] = Math.max(state, this.#states[item]!);
      this.most = Math.max(this.most, item);
    }
  }

  isAcknowledged(item: number): boolean {
    return this.#states[item] === ACKNOWLEDGED;
  }
}

export class ExactClient {
  readonly load: ExactLoad;
  readonly numbers: Readonly<Record<Signal, Numbers>> = {
    traces: new Numbers(),
    logs: new Numbers(),
    metrics: new Numbers(),
  };
  /** Why requests had to come again, and how often. */
  readonly again = new Map<string, number>();
  /** Requests that a client would throw away. */
  readonly refusedForGood: string[] = [];
  readonly latenciesMs: number[] = [];
  underWay = 0;
  mostUnderWay = 0;
  partial = 0;
  /** The longest time without an acknowledgement while something was sent, ms. */
  longestSilenceMs = 0;
  readonly #options: ClientOptions;
  readonly #random: Random;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  readonly #plain: Client;
  readonly #gzip: Client;
  #isStopped = false;
  #isClosed = false;
  #loops: Promise<unknown> = Promise.resolve();
  #acknowledgedMs = performance.now();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, 'client');
    const random = new Random(options.seed, 'load');
    this.load = new ExactLoad(random.next() * 2 ** 32, () => random.next());
    const settings = {
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 1000,
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
    };
    this.#plain = new Client(options.grpc, credentials.createInsecure(), settings);
    this.#gzip = new Client(options.grpc, credentials.createInsecure(), {
      ...settings,
      'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
    });
  }

  start(): void {
    const {
      rates: { spans, logs, points },
      itemsPerRequest = ITEMS_PER_REQUEST,
    } = this.#options;
    this.#loops = Promise.all([
      this.#loop(spans, (nowMs) => this.load.spans(nowMs, itemsPerRequest)),
      this.#loop(logs, (nowMs) => this.load.logs(nowMs, itemsPerRequest)),
      this.#loop(points, (nowMs) => this.load.points(nowMs, itemsPerRequest)),
    ]);
  }

  /** No new requests; resolves when all are answered, or the time is over. Returns how many are not. */
  async finish(withinMs: number): Promise<number> {
    this.#isStopped = true;
    await this.#loops;
    for (const untilMs = performance.now() + withinMs; this.underWay > 0 && performance.now() < untilMs;)
      await sleep(100);
    const left = this.underWay;
    this.#isClosed = true;
    this.#agent.destroy();
    this.#plain.close();
    this.#gzip.close();
    return left;
  }

  /** Sends one batch until it is answered for good. */
  async deliver(batch: ExactBatch): Promise<void> {
    const random = this.#random;
    const { signal, items } = batch;
    const numbers = this.numbers[signal];
    numbers.set(items, SENT);
    if (this.underWay === 0) this.#acknowledgedMs = performance.now();
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    const isGrpc = random.chance(0.5);
    const isGzip = random.chance(0.3);
    const isJson = random.chance(0.3);
    const body = isGrpc || !isJson ? batch.body : Buffer.from(this.load.json(batch));
    for (let backoffMs = FIRST_BACKOFF_MS; !this.#isClosed; backoffMs = Math.min(MOST_BACKOFF_MS, backoffMs * 1.5)) {
      const startedMs = performance.now();
      const result = await (isGrpc ? this.#callGrpc(signal, body, isGzip) : this.#post(signal, body, isJson, isGzip));
      const nowMs = performance.now();
      this.longestSilenceMs = Math.max(this.longestSilenceMs, nowMs - this.#acknowledgedMs);
      if (result.kind === 'ok') {
        this.#acknowledgedMs = nowMs;
        this.latenciesMs.push(nowMs - startedMs);
        if (result.isPartial) this.partial++;
        numbers.set(items, ACKNOWLEDGED);
        break;
      }
      if (result.kind === 'never') {
        this.refusedForGood.push(`${signal}: ${result.why}`);
        break;
      }
      this.again.set(result.why, (this.again.get(result.why) ?? 0) + 1);
      await sleep((result.afterMs ?? backoffMs) * random.between(0.8, 1.2));
    }
    this.underWay--;
  }

  async #loop(rate: number, make: (nowMs: number) => ExactBatch): Promise<void> {
    if (rate <= 0) return;
    const { mostUnderWay = 400 } = this.#options;
    const startedMs = performance.now();
    for (let made = 0; !this.#isStopped;) {
      const due = ((performance.now() - startedMs) / 1000) * rate;
      if (made < due && this.underWay < mostUnderWay) {
        const batch = make(Date.now());
        made += batch.items.length;
        void this.deliver(batch);
        continue;
      }
      if (this.underWay >= mostUnderWay) made = Math.max(made, due - rate); // no flood afterwards
      await sleep(5);
    }
  }

  #callGrpc(signal: Signal, body: Buffer, isGzip: boolean): Promise<Result> {
    const asIs = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve) => {
      (isGzip ? this.#gzip : this.#plain).makeUnaryRequest(
        otlpSignals[signal].grpcPath,
        asIs,
        asIs,
        body,
        new Metadata(),
        { deadline: Date.now() + DEADLINE_MS },
        (error, answer) => {
          resolve(error === null ? { kind: 'ok', isPartial: (answer?.length ?? 0) > 0 } : grpcResult(error));
        },
      );
    });
  }

  #post(signal: Signal, body: Buffer, isJson: boolean, isGzip: boolean): Promise<Result> {
    const bytes = isGzip ? gzipSync(body) : body;
    const [host, port] = this.#options.http.split(':');
    return new Promise((resolve) => {
      const again = (why: string, afterMs?: number): void => resolve({ kind: 'again', why: `http ${why}`, afterMs });
      const request = http.request(
        {
          host,
          port,
          method: 'POST',
          path: otlpSignals[signal].httpPath,
          agent: this.#agent,
          timeout: DEADLINE_MS,
          headers: {
            'content-type': isJson ? 'application/json' : 'application/x-protobuf',
            'content-length': bytes.length,
            ...(isGzip && { 'content-encoding': 'gzip' }),
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', (error: NodeJS.ErrnoException) => again(error.code ?? error.message));
          response.on('end', () => {
            const text = Buffer.concat(parts);
            const code = response.statusCode ?? 0;
            if (code === 200) resolve({ kind: 'ok', isPartial: text.length > 2 });
            else if (RETRYABLE_HTTP.has(code))
              again(String(code), Number(response.headers['retry-after'] ?? Number.NaN) * 1000 || undefined);
            else resolve({ kind: 'never', why: `http ${code} ${text.toString('latin1').slice(0, 200)}` });
          });
        },
      );
      const timer = setTimeout(
        () => request.destroy(Object.assign(new Error('deadline'), { code: 'deadline' })),
        DEADLINE_MS,
      );
      request.on('close', () => clearTimeout(timer));
      request.on('error', (error: NodeJS.ErrnoException) => again(error.code ?? error.message));
      request.end(bytes);
    });
  }
}

function grpcResult(error: ServiceError): Result {
  const details = error.metadata?.get('grpc-status-details-bin')[0];
  const afterMs = details instanceof Buffer ? readRpcStatus(details).retryAfterMs : undefined;
  if (RETRYABLE_GRPC.has(error.code) || (error.code === status.RESOURCE_EXHAUSTED && afterMs !== undefined))
    return { kind: 'again', why: `grpc ${error.code}`, afterMs };
  return { kind: 'never', why: `grpc ${error.code} ${error.details.slice(0, 200)}` };
}
