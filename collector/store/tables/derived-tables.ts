// Encodes what is counted from all spans: RED increments and edges between services.
import { RED_TABLE } from '#proto/tables/red.ts';
import { EDGES_TABLE } from '#proto/tables/edges.ts';
import { BlockTable } from './block-table.ts';
import { appendBuckets } from './map-rows.ts';

export interface RedRow {
  timeSeconds: number;
  service: string;
  name: string;
  /** OTLP SpanKind and StatusCode. */
  kind: number;
  status: number;
  calls: number;
  durationSumNs: number;
  /** Upper bounds in µs, ascending; one more count than bounds: the last is +Inf. Counts are not cumulative. */
  boundsUs: ArrayLike<number>;
  counts: ArrayLike<number>;
}

export class RedTable extends BlockTable<typeof RED_TABLE> {
  readonly #time = this.columns.time;
  readonly #service = this.columns.service;
  readonly #name = this.columns.name;
  readonly #kind = this.columns.kind;
  readonly #status = this.columns.status;
  readonly #calls = this.columns.calls;
  readonly #durationSum = this.columns.duration_sum_ns;
  readonly #buckets = this.columns.duration_buckets;

  constructor() {
    super(RED_TABLE);
  }

  append(row: RedRow): void {
    this.#time.append(row.timeSeconds);
    this.#service.appendText(row.service);
    this.#name.appendText(row.name);
    this.#kind.append(row.kind);
    this.#status.append(row.status);
    this.#calls.append(row.calls);
    this.#durationSum.append(row.durationSumNs);
    appendBuckets(this.#buckets, row.boundsUs, row.counts);
    this.endRow();
  }
}

export interface EdgeRow {
  minuteSeconds: number;
  caller: string;
  callee: string;
  kind: 'rpc' | 'db' | 'queue' | 'external' | 'internal';
  calls: number;
  errors: number;
  clientServerCalls: number;
  durationSumNs: number;
  boundsUs: ArrayLike<number>;
  counts: ArrayLike<number>;
  lagCount: number;
  lagSumNs: number;
}

export class EdgesTable extends BlockTable<typeof EDGES_TABLE> {
  readonly #minute = this.columns.minute;
  readonly #caller = this.columns.caller;
  readonly #callee = this.columns.callee;
  readonly #kind = this.columns.kind;
  readonly #calls = this.columns.calls;
  readonly #errors = this.columns.errors;
  readonly #clientServerCalls = this.columns.client_server_calls;
  readonly #durationSum = this.columns.duration_sum_ns;
  readonly #buckets = this.columns.duration_buckets;
  readonly #lagCount = this.columns.lag_count;
  readonly #lagSum = this.columns.lag_sum_ns;

  constructor() {
    super(EDGES_TABLE);
  }

  append(row: EdgeRow): void {
    this.#minute.append(row.minuteSeconds);
    this.#caller.appendText(row.caller);
    this.#callee.appendText(row.callee);
    this.#kind.appendText(row.kind);
    this.#calls.append(row.calls);
    this.#errors.append(row.errors);
    this.#clientServerCalls.append(row.clientServerCalls);
    this.#durationSum.append(row.durationSumNs);
    appendBuckets(this.#buckets, row.boundsUs, row.counts);
    this.#lagCount.append(row.lagCount);
    this.#lagSum.append(row.lagSumNs);
    this.endRow();
  }
}
