// Encodes what is counted from all spans: RED increments and edges between services.
import { mapOf } from '../columns/array-columns.ts';
import { DictionaryColumn } from '../columns/dictionary-column.ts';
import { Float64Column, Int64Column, UInt32Column, UInt8Column } from '../columns/fixed-columns.ts';
import { BlockTable } from './block-table.ts';
import { appendBuckets } from './map-rows.ts';

export type RedRow = {
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
};

export class RedTable extends BlockTable {
  readonly #time = new UInt32Column('DateTime');
  readonly #service = new DictionaryColumn();
  readonly #name = new DictionaryColumn();
  readonly #kind = new UInt8Column();
  readonly #status = new UInt8Column();
  readonly #storedAt = new UInt32Column('DateTime');
  readonly #calls = new Int64Column('UInt64');
  readonly #durationSum = new Float64Column();
  readonly #buckets = mapOf(new UInt32Column(), new Int64Column('UInt64'));
  protected readonly columns = {
    time: this.#time,
    service: this.#service,
    name: this.#name,
    kind: this.#kind,
    status: this.#status,
    stored_at: this.#storedAt,
    calls: this.#calls,
    duration_sum_ns: this.#durationSum,
    duration_buckets: this.#buckets,
  };

  constructor() {
    super('red');
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

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }
}

export type EdgeRow = {
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
};

export class EdgesTable extends BlockTable {
  readonly #minute = new UInt32Column('DateTime');
  readonly #caller = new DictionaryColumn();
  readonly #callee = new DictionaryColumn();
  readonly #kind = new DictionaryColumn();
  readonly #storedAt = new UInt32Column('DateTime');
  readonly #calls = new Int64Column('UInt64');
  readonly #errors = new Int64Column('UInt64');
  readonly #clientServerCalls = new Int64Column('UInt64');
  readonly #durationSum = new Float64Column();
  readonly #buckets = mapOf(new UInt32Column(), new Int64Column('UInt64'));
  readonly #lagCount = new Int64Column('UInt64');
  readonly #lagSum = new Float64Column();
  protected readonly columns = {
    minute: this.#minute,
    caller: this.#caller,
    callee: this.#callee,
    kind: this.#kind,
    stored_at: this.#storedAt,
    calls: this.#calls,
    errors: this.#errors,
    client_server_calls: this.#clientServerCalls,
    duration_sum_ns: this.#durationSum,
    duration_buckets: this.#buckets,
    lag_count: this.#lagCount,
    lag_sum_ns: this.#lagSum,
  };

  constructor() {
    super('edges');
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

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }
}
